"""Log lines: one JSON object each, with request and command ids, and nobody's personal data."""

import logging
import sys

import structlog


def configure(level: int = logging.INFO) -> None:
    """To standard error, so that a command's own output stays clean."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
