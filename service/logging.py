"""Log lines: one JSON object each, with request and command ids, and nobody's personal data.

Whoever logs names kinds, places and numbers, never a text that could quote a person. What other libraries
log, and what nobody caught, is told in the same way; and whatever still has the shape of a CPR number is
masked in the end.
"""

import logging
import re
import sys
import threading
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog

MASKED = "******-****"
# A CPR number, in whatever way it is written. Not within a longer number, a UUID or a digest.
CPR = re.compile(r"(?<![0-9A-Fa-f])[0-9]{6}[- ]?[0-9]{4}(?![0-9A-Fa-f])", re.ASCII)
FRAMES = 20  # The innermost ones of a defect.
logger = structlog.get_logger()


def configure(level: int = logging.INFO) -> None:
    """To standard error, so that a command's own output stays clean."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            masked,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(handlers=[Theirs()], level=logging.WARNING, force=True)
    logging.captureWarnings(capture=True)
    sys.excepthook = _uncaught
    threading.excepthook = lambda told: _uncaught(told.exc_type, told.exc_value, told.exc_traceback)


def masked(_: Any, __: str, line: structlog.typing.EventDict) -> Mapping[str, Any]:
    """The last line of defence: no CPR number leaves, whoever logged it, in whatever."""
    return {_masked(name): _masked(value) for name, value in line.items()}


def without_cpr(text: str) -> str:
    """For what is answered to somebody who may have typed one where none belongs."""
    return CPR.sub(MASKED, text)


def _masked(value: Any) -> Any:
    match value:
        case None | bool() | float():
            return value
        case int():
            return MASKED if CPR.fullmatch(str(value)) else value
        case Mapping():
            return {_masked(name): _masked(each) for name, each in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_masked(each) for each in value]
    return without_cpr(value if isinstance(value, str) else repr(value))


class Theirs(logging.Handler):
    """Of a line of another library: its text as it is written there, without what was filled in, and of an
    error its kind and where. Warnings bring the line that warned along, and are told by their kind."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        told: dict[str, Any] = {"of": record.name, **(defect(error) if error else {})}
        text = "warning" if record.name == "py.warnings" else str(record.msg)
        level = record.levelname.lower() if record.levelno < logging.CRITICAL else "critical"
        getattr(logger, level, logger.warning)(text, **told)


def defect(error: BaseException) -> dict[str, Any]:
    """Of an error that nobody foresaw: its kind and where. Its text, and what was at hand there, could
    quote a person."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    where = [f"{Path(each.filename).name}:{each.lineno}" for each in reversed(frames)]
    return {"error": type(error).__name__, "where": where}


def _uncaught(
    kind: type[BaseException], error: BaseException | None, _: TracebackType | None
) -> None:
    """What ends a program or a thread."""
    if issubclass(kind, SystemExit | KeyboardInterrupt):
        return
    if error is None:
        logger.critical("failed", error=kind.__name__)
    else:
        logger.critical("failed", **defect(error))
