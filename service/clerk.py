"""The clerk: takes a command with its words and files, and has everything stored together or not at all."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, get_args
from uuid import uuid4
from zoneinfo import ZoneInfo

import structlog
from psycopg import Cursor
from pydantic import BaseModel

from domain.case import cases
from domain.identity import WordsRef
from domain.words import COMMANDS, Command, Event, Recorded, Refused
from service.log import Answer, Log
from service.people.files import Files
from service.people.vault import Sealed, Vault

logger = structlog.get_logger()
DANISH_TIME = ZoneInfo("Europe/Copenhagen")


class UnknownCommand(ValueError):
    """There is no command of that name."""


class Attachment(NamedTuple):
    """A file to keep with the command's events, sealed with the subject's key."""

    subject: str
    content: bytes


class Clerk:
    def __init__(self, log: Log, vault: Vault, files: Files) -> None:
        self._log, self._vault, self._files = log, vault, files

    def handle(
        self,
        command: Command,
        words: Sequence[Sealed] = (),
        attachments: Sequence[Attachment] = (),
    ) -> Answer:
        """As `Log.handle`; words and files are kept if the command is done, and only then."""

        def keep(curs: Cursor[Any]) -> None:
            self._vault.keep(curs, words)
            for attachment in attachments:
                self._files.keep(curs, attachment.subject, attachment.content)

        told = logger.bind(command=command.id, kind=type(command).__name__, actor=command.by)
        try:
            answer = self._log.handle(command, keep)
        except Refused as no:
            told.info("refused", code=no.code)
            raise
        told.info("done", position=answer.last_position, again=answer.again)
        return answer

    def in_plain(self, name: str, body: dict[str, Any], file: bytes | None = None) -> Answer:
        """A command by its name, as a person writes it: free text in clear, and what goes without saying
        (an id, the time, the day) left out. UnknownCommand, or pydantic's ValidationError."""
        kind = COMMANDS.get(name)
        if not kind:
            raise UnknownCommand(
                f"There is no command {name}; there are: {', '.join(sorted(COMMANDS))}"
            )
        now = datetime.now(UTC)
        today = str(now.astimezone(DANISH_TIME).date())
        body = {"id": str(uuid4()), "at": now.isoformat(), "effective_on": today, **body}
        subject = self._subject(body)
        sealed: list[Sealed] = []

        def seal(words: str, path: str) -> str:
            sealed.append(self._vault.seal(subject, words, f"{body['id']}/{path}"))
            return sealed[-1].ref

        command = kind.model_validate(_with_words_sealed(kind, body, seal))
        return self.handle(command, sealed, [Attachment(subject, file)] if file else [])

    def events(self, answer: Answer) -> list[Recorded[Event]]:
        """What an answered command led to."""
        count = answer.last_position - answer.first_position + 1
        found = self._log.after(answer.first_position - 1, count)
        return [each for each in found if each.command == answer.command]

    def _subject(self, body: dict[str, Any]) -> str:
        case_no = body.get("case_no")
        if not case_no:
            return f"programme-{body.get('programme')}"
        return self._log.state(cases, str(case_no)).citizen or f"case-{case_no}"


def _with_words_sealed(
    kind: type[BaseModel], body: Any, seal: Callable[[str, str], str], path: str = ""
) -> Any:
    """The body with a reference in each place where the model wants one."""
    if not isinstance(body, dict):
        return body
    done = dict(body)
    for name, value in body.items():
        wanted = get_args(kind.model_fields[name].annotation) if name in kind.model_fields else ()
        part = next(
            (each for each in wanted if isinstance(each, type) and issubclass(each, BaseModel)),
            None,
        )
        if WordsRef in wanted and isinstance(value, str):
            done[name] = seal(value, f"{path}{name}")
        elif part and isinstance(value, list):
            done[name] = [
                _with_words_sealed(part, each, seal, f"{path}{name}/{place}/")
                for place, each in enumerate(value)
            ]
    return done
