"""Misuse confirmed by a person, and the repayment claim (tilbagebetalingskrav) that follows from it."""

from dataclasses import replace

from domain.case.state import AccountString, Case, LineCommand, case_of, cases, programme_of
from domain.identity import Key, WordsRef
from domain.money import PositiveMoney
from domain.programme import Role
from domain.words import Event, News, Past, Refused, decides

# Events ------------------------------------------------------------------------------------------


class MisuseConfirmed(Event):
    """A controller found that part of an advance was misused. It is now claimed back from the citizen."""

    case_no: Key
    line_no: int
    amount: PositiveMoney
    kind: str
    account_string: AccountString


class ClaimRepaid(Event):
    """The citizen paid some of the claim back."""

    case_no: Key
    line_no: int
    amount: PositiveMoney
    account_string: AccountString
    statement: str
    entry: str


class ClaimWrittenOff(Event):
    """Some of the claim was given up."""

    case_no: Key
    line_no: int
    amount: PositiveMoney
    account_string: AccountString
    reason: WordsRef | None


# Commands ----------------------------------------------------------------------------------------


class ConfirmMisuse(LineCommand):
    amount: PositiveMoney
    kind: str


class WriteOffClaim(LineCommand):
    amount: PositiveMoney
    reason: WordsRef | None = None


# Evolve ------------------------------------------------------------------------------------------


@cases.on(MisuseConfirmed)
def _confirmed(case: Case, event: MisuseConfirmed) -> Case:
    line = case.lines[event.line_no]
    return case.with_line(replace(line, misuse=line.misuse + event.amount))


@cases.on(ClaimRepaid)
def _repaid(case: Case, event: ClaimRepaid) -> Case:
    line = case.lines[event.line_no]
    return case.with_line(replace(line, repaid=line.repaid + event.amount))


@cases.on(ClaimWrittenOff)
def _written_off(case: Case, event: ClaimWrittenOff) -> Case:
    line = case.lines[event.line_no]
    return case.with_line(replace(line, written_off=line.written_off + event.amount))


# Decide ------------------------------------------------------------------------------------------


@decides(ConfirmMisuse)
def confirm(ask: ConfirmMisuse, past: Past) -> list[News]:
    programme = programme_of(ask, past, Role.CONTROLLER)
    line = case_of(ask, past).line(ask.line_no)
    if ask.kind not in programme.terms.misuse_kinds:
        raise Refused("not_found", what="kind", known=list(programme.terms.misuse_kinds))
    if ask.amount > line.undocumented:
        raise Refused("above_advance", undocumented=str(line.undocumented))
    confirmed = MisuseConfirmed(
        case_no=ask.case_no,
        line_no=ask.line_no,
        amount=ask.amount,
        kind=ask.kind,
        account_string=line.account_string,
    )
    return [cases.news(confirmed, ask.case_no)]


@decides(WriteOffClaim)
def write_off(ask: WriteOffClaim, past: Past) -> list[News]:
    programme_of(ask, past, Role.CONTROLLER)
    line = case_of(ask, past).line(ask.line_no)
    if ask.amount > line.claim:
        raise Refused("above_claim", claim=str(line.claim))
    written_off = ClaimWrittenOff(
        case_no=ask.case_no,
        line_no=ask.line_no,
        amount=ask.amount,
        account_string=line.account_string,
        reason=ask.reason,
    )
    return [cases.news(written_off, ask.case_no)]
