"""The clerk: takes a command with its words and files, and has everything stored together or not at all."""

import json
import re
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple, get_args, get_type_hints
from uuid import uuid4
from zoneinfo import ZoneInfo

import structlog
from eventsourcing.persistence import StoredEvent
from psycopg import Cursor
from pydantic import BaseModel, TypeAdapter, ValidationError

import domain.review  # noqa: F401 - so that every command is known
from domain.case import cases
from domain.case.accounts import RegisterAccount
from domain.case.enrolment import RegisterCase
from domain.case.forgetting import ForgetCitizen
from domain.case.receipts import DeclareLoss, HandInReceipt
from domain.case.shared_receipts import ShareReceipt
from domain.identity import Account, WordsRef
from domain.intake import ReceiveVoucher
from domain.programme import programmes
from domain.reference import ReferenceTaken, invoice_numbers
from domain.voucher import Voucher, VoucherStage, vouchers
from domain.words import COMMANDS, Command, Event, Recorded, Refused
from service import sampling
from service.answers import Answer
from service.deciding import UNCONDITIONAL, Beside, Conditions
from service.evidence.checkpoints import Checkpoints
from service.flags import rules as flag_rules
from service.formats import einvoice
from service.log import Log
from service.people.files import FileLost, Files, Staged
from service.people.forgetting import Forgetting, not_forgotten, of_no_case, unmoved
from service.people.sealing import fingerprint
from service.people.vault import Sealed, Vault

logger = structlog.get_logger()
DANISH_TIME = ZoneInfo("Europe/Copenhagen")
DOCUMENTS = {"ReceiveInvoice": "Invoice", "ReceiveCreditNote": "CreditNote"}
ID_MAX = 200
FILES = (HandInReceipt, ShareReceipt)  # A voucher that arrived, if they name one.
NO_FILE = "0" * 64  # Of a voucher that never arrived.
OF_CITIZENS = {"ForgetCitizen": ("last_days",), "DeclareLoss": ("other_cases",)}
LOOKED_UP = {**sampling.LOOKED_UP, **flag_rules.LOOKED_UP, **OF_CITIZENS}
NOBODY = "nobody"  # As a subject of the vault.
UNSEALED = f"words-{0:032x}"  # In place of words that are not kept.
UNMARKED = f"account-{0:032x}"
ACCOUNT: TypeAdapter[str] = TypeAdapter(Account)
UNSTORABLE = "A text of the command holds a character that can't be stored."


class UnknownCommand(ValueError):
    """There is no command of that name."""


class Malformed(ValueError):
    """The command can't be taken as it was written; the message says why."""


def storable(value: Any) -> bool:
    """Whether every text in it can be written as UTF-8 and kept by PostgreSQL. One event that can't would
    stop whoever reads the log, for good."""
    match value:
        case str():
            return not re.search("[\0\ud800-\udfff]", value)
        case dict():
            return all(storable(key) and storable(each) for key, each in value.items())
        case list() | tuple():
            return all(storable(each) for each in value)
    return True


class Attachment(NamedTuple):
    """A file to keep with the command's events, sealed with the subject's key."""

    subject: str
    content: bytes


class Clerk:
    def __init__(
        self,
        log: Log,
        vault: Vault,
        files: Files,
        checkpoints: Checkpoints,
        forgetting: Forgetting,
    ) -> None:
        self._log, self._vault, self._files = log, vault, files
        self._checkpoints, self._forgetting = checkpoints, forgetting

    def handle(
        self,
        command: Command,
        words: Sequence[Sealed] = (),
        attachments: Sequence[Attachment] = (),
        conditions: Conditions = UNCONDITIONAL,
    ) -> Answer:
        """As `Log.handle`; words and files are kept if the command is done, and only then."""
        _check(command)
        told = logger.bind(command=command.id, kind=type(command).__name__, actor=command.by)
        try:
            with ExitStack() as until_answered:
                staged = [until_answered.enter_context(self._files.staged(*a)) for a in attachments]
                kept = self._beside(command, words, staged)
                answer = self._log.handle(command, kept, conditions)
        except Refused as no:
            told.info("refused", code=no.code)
            raise
        told.info("done", position=answer.last_position, again=answer.again)
        if isinstance(command, ForgetCitizen):
            self._forgetting.finish()
        if isinstance(command, FILES) and command.voucher is not None:
            self._forgetting.file(command.programme, command.voucher)
        return answer

    def in_plain(
        self,
        name: str,
        body: dict[str, Any],
        file: bytes | None = None,
        conditions: Conditions = UNCONDITIONAL,
    ) -> Answer:
        """A command by its name, as a person writes it: free text in clear, and what goes without saying
        (an id, the time, the day, a file's SHA-256) left out. UnknownCommand, Malformed, or pydantic's
        ValidationError."""
        sealed: list[Sealed] = []

        def seal(subject: str, words: str, context: str) -> str:
            sealed.append(self._vault.seal(subject, words, context))
            return sealed[-1].ref

        def mark(subject: str, account: str) -> str:
            sealed.append(self._vault.with_account(subject, account))
            return self._vault.account(subject, account)

        command, subject = self._read(name, body, file, seal, mark)
        attachments = [] if file is None else self._attached(command, subject, file)
        attachments += self._of_no_case_before(command, subject)
        return self.handle(command, sealed, attachments, conditions)

    def rehearsed(
        self,
        name: str,
        body: dict[str, Any],
        file: bytes | None = None,
        conditions: Conditions = UNCONDITIONAL,
    ) -> list[StoredEvent]:
        """What a command in plain would lead to as things stand now, with a placeholder for each text.
        Nothing is kept. Refused, and as `in_plain`."""
        command, _ = self._read(name, body, file, lambda *_: UNSEALED, lambda *_: UNMARKED)
        _check(command)
        return self._log.rehearse(command, conditions)

    def _read(
        self,
        name: str,
        body: dict[str, Any],
        file: bytes | None,
        seal: Callable[[str, str, str], str],
        mark: Callable[[str, str], str],
    ) -> tuple[Command, str]:
        """The command, and whose key seals what comes with it."""
        kind = COMMANDS.get(name)
        if not kind:
            raise UnknownCommand(
                f"There is no command {name}; there are: {', '.join(sorted(COMMANDS))}"
            )
        if not storable(body):
            raise Malformed(UNSTORABLE)
        now = datetime.now(DANISH_TIME)  # So that the day of `at` is the day of whoever asks.
        # Asked again on another day, it is still the same wish.
        before = self._log.effective_day(str(body["id"])) if "id" in body else None
        told = {"at": now.isoformat(), "effective_on": str(before or now.date())}
        body = {"id": str(uuid4()), **told, **body}
        body |= _fingerprint(kind, body, file) | _told_by(name, body, file)
        subject = self._subject(body)
        if name == RegisterAccount.__name__ and "account" in body:
            account = _account(body["account"])
            body["account"] = UNMARKED if subject == NOBODY else mark(subject, account)

        def of_subject(words: str, path: str) -> str:
            return seal(subject, words, f"{body['id']}/{path}")

        done = _with_words_sealed(kind, body, of_subject) | self._looked_up(name, body)
        return kind.model_validate_json(json.dumps(done)), subject

    def events(self, answer: Answer) -> list[Recorded[Event]]:
        """What an answered command led to."""
        count = answer.last_position - answer.first_position + 1
        found = self._log.after(answer.first_position - 1, count)
        return [each for each in found if each.command == answer.command]

    def other_cases(self, case_no: str) -> tuple[str, ...]:
        """Of the same citizen, in any programme, as the log says. None, of a case that nobody knows."""
        known = self._forgetting.last_days(self._log.state(cases, case_no).citizen)
        return tuple(each.case_no for each in known if each.case_no != case_no)

    def _looked_up(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        """What the log itself says. Nobody may tell of another population or another checkpoint."""
        if given := sorted(body.keys() & set(LOOKED_UP.get(name, ()))):
            raise Malformed(f"It is looked up in the log; leave out {', '.join(given)}.")
        if name in OF_CITIZENS:
            asked_of = str(body.get("case_no"))
            if name == DeclareLoss.__name__:
                return {"other_cases": self.other_cases(asked_of)}
            known = self._forgetting.last_days(self._log.state(cases, asked_of).citizen)
            return {"last_days": [each.model_dump(mode="json") for each in known]}
        if name in {each.__name__ for each in FILES} and body.get("voucher") is not None:
            arrived = self._arrived(str(body.get("programme")), str(body["voucher"]))
            return {"sha256": arrived.sha256 or NO_FILE}
        if name in flag_rules.LOOKED_UP:
            return flag_rules.looked_up(body)
        return sampling.looked_up(self._log, self._checkpoints, name, body)

    def _attached(self, command: Command, subject: str, file: bytes) -> list[Attachment]:
        """What comes for no case is sealed with a key of its own. Told of again it is kept already, or was
        filed meanwhile."""
        if not isinstance(command, ReceiveVoucher) or command.case_no is not None:
            return [Attachment(subject, file)]
        if self._arrived(command.programme, command.ref).stage is not VoucherStage.UNKNOWN:
            return []
        own = of_no_case(command.programme, command.ref)
        return [Attachment(NOBODY if subject == NOBODY else own, file)]

    def _of_no_case_before(self, command: Command, subject: str) -> list[Attachment]:
        """The file of a voucher that came for no case: from now on the citizen's key seals it. FileLost."""
        if not isinstance(command, FILES) or command.voucher is None:
            return []
        voucher = self._arrived(command.programme, command.voucher)
        if voucher.stage is not VoucherStage.RECEIVED or voucher.case_no is not None:
            return []
        keeper = of_no_case(command.programme, command.voucher)
        try:
            return [Attachment(subject, self._files.read(voucher.sha256, keeper))]
        except FileLost:
            if self._arrived(command.programme, command.voucher).stage is VoucherStage.RECEIVED:
                raise
            return []  # Somebody else filed it at this moment.

    def _arrived(self, programme: str, ref: str) -> Voucher:
        return self._log.state(vouchers, programme, ref)

    def _beside(
        self, command: Command, words: Sequence[Sealed], staged: Sequence[Staged]
    ) -> Beside | None:
        """What is kept, or looked at, in the transaction of the command's events."""
        if isinstance(command, ForgetCitizen):
            citizen = self._log.state(cases, command.case_no).citizen
            return partial(unmoved, command, citizen)
        if isinstance(command, RegisterCase):
            return partial(not_forgotten, command)
        return _together(self._vault, words, staged)

    def _subject(self, body: dict[str, Any]) -> str:
        """Whose key seals what comes with a command. What nobody knows is refused, so it is nobody's."""
        of_order, _, _ = str(body.get("order_reference", "")).rpartition("/")
        frozen = body.get("key") if body.get("scope") == "case" else None
        if case_no := body.get("case_no") or of_order or frozen or self._credited(body):
            case = self._log.state(cases, str(case_no))
            return NOBODY if case.forgotten else case.citizen or NOBODY
        programme = str(body.get("programme"))
        known = self._log.state(programmes, programme).established
        return f"programme-{programme}" if known else NOBODY

    def _credited(self, body: dict[str, Any]) -> str:
        """The case of the invoice that a credit note is on; empty: of none, or of a group's."""
        if "invoice_number" not in body:
            return ""
        invoice = f"{body.get('supplier_cvr')}:{body.get('invoice_number')}"
        taken = self._log.state(invoice_numbers, str(body.get("programme")), invoice).taken
        return taken.case_no if isinstance(taken, ReferenceTaken) else ""


def _check(command: Command) -> None:
    """Malformed: it can't be stored."""
    if len(command.id) > ID_MAX:
        raise Malformed(f"The command's id is longer than {ID_MAX} characters.")
    if not storable(command.model_dump()):
        raise Malformed(UNSTORABLE)


def _account(told: Any) -> str:
    """Malformed: it isn't one. The number itself stays out of the message."""
    try:
        return ACCOUNT.validate_python(told)
    except ValidationError:
        raise Malformed("The account is not one like 9999-0001234567.") from None


def _together(vault: Vault, words: Sequence[Sealed], staged: Sequence[Staged]) -> Beside | None:
    """How words and files are kept with the command's events."""
    if not words and not staged:
        return None

    def keep(curs: Cursor[Any]) -> None:
        vault.keep(curs, words)
        for file in staged:
            file.keep(curs)

    return keep


def _fingerprint(kind: type[Command], body: dict[str, Any], file: bytes | None) -> dict[str, Any]:
    """What the log will know the file by. Nobody may speak of one file and hand over another, or none."""
    if "sha256" not in kind.model_fields:
        if file is not None:
            raise Malformed(f"{kind.__name__} takes no file.")
        return {}
    if kind in FILES and body.get("voucher") is not None:
        if file is not None or "sha256" in body:
            raise Malformed("The voucher's file is the receipt's; leave out file and sha256.")
        return {}
    if file is None:
        raise Malformed(f"{kind.__name__} needs its file.")
    found = fingerprint(file)
    if body.get("sha256", found) != found:
        raise Malformed("The file is not the one that sha256 tells of; leave sha256 out.")
    told: dict[str, Any] = {"sha256": found, "size": len(file)}
    return {field: value for field, value in told.items() if field in kind.model_fields}


def _told_by(name: str, body: dict[str, Any], file: bytes | None) -> dict[str, Any]:
    """What an electronic document says itself. Nobody may hand over one and tell of another."""
    document = DOCUMENTS.get(name)
    if not document or file is None:
        return {}
    told = einvoice.told(file, document)
    if both := sorted(told.keys() & body.keys()):
        raise Malformed(f"What the document says is read from it; leave out {', '.join(both)}.")
    said = {field: str(value) for field, value in told.items() if value is not None}
    return said | {"faults": list(told["faults"])}


def _with_words_sealed(
    kind: type[BaseModel], body: Any, seal: Callable[[str, str], str], path: str = ""
) -> Any:
    """The body with a reference in each place where the model wants one."""
    if not isinstance(body, dict):
        return body
    done, hints = dict(body), get_type_hints(kind, include_extras=True)
    for name, value in body.items():
        wanted = (hints[name], *get_args(hints[name])) if name in kind.model_fields else ()
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
