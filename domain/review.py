"""Answers to flags: who looks at one, and what they found. Every step is an event.

Nobody answers a flag about a payment that they took part in, nor one about themselves. Looking at it comes
after the payment, so that it keeps nobody from taking part in a later one.
"""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import AfterValidator

from domain.case.line import Line
from domain.case.state import case_named, cases, programme_of
from domain.flags import (
    NO_CASE,
    Flag,
    FlagAssigned,
    FlagDismissed,
    FlagMuted,
    FlagRaised,
    FlagReopened,
    FlagUpheld,
    flags,
)
from domain.identity import Key, WordsRef
from domain.money import ZERO, Money
from domain.permissions import roles_of
from domain.programme import programmes
from domain.words import Command, Day, Event, News, Past, Refused, decides


def _none_or_more(amount: Money) -> Money:
    if amount < ZERO:
        raise ValueError("a flag holds for 0.00 or more")
    return amount


Held = Annotated[Money, AfterValidator(_none_or_more)]

# Commands ----------------------------------------------------------------------------------------


class FlagCommand(Command):
    may_hold_earlier: ClassVar[bool] = False
    case_no: Key | None = None  # None: the flag is about no single case.
    flag: Key


class AssignFlag(FlagCommand):
    """To a colleague, or to oneself."""

    to: Key


class MuteFlag(FlagCommand):
    until: Day
    reason: WordsRef


class DismissFlag(FlagCommand):
    reason: WordsRef


class UpholdFlag(FlagCommand):
    amount: Held
    reason: WordsRef


class ReopenFlag(FlagCommand):
    reason: WordsRef | None = None


# Who took part -----------------------------------------------------------------------------------


def took_part(line: Line) -> frozenset[str]:
    """Who had a hand in the payments of a line: granted it, requested, approved or ordered a tranche, laid
    out, attested or approved an expense, accepted a receipt or did without it."""
    people = line.granters | line.orderers | line.acceptors
    for tranche in line.tranches.values():
        people |= {tranche.requested_by or "", tranche.approved_by}
    for expense in line.expenses.values():
        people |= expense.attesters | expense.approvers | {expense.claimed_by}
    return people - {""}


def lines_of(flag: FlagRaised, past: Past) -> Iterator[Line]:
    """The lines whose payments it is about: the one that it names, all of the case that it names or, where
    it is about no single case, those that have what it rests on."""
    if flag.case_no:
        lines = past(cases, flag.case_no).lines
        yield from [lines[flag.line_no]] if flag.line_no in lines else lines.values()
        return
    for entry in flag.evidence:
        for line in past(cases, entry.case_no).lines.values() if entry.case_no else ():
            if entry.ref in line.tranches | line.expenses | line.receipts:
                yield line


def independent(person: str, flag: FlagRaised, past: Past) -> None:
    """Guard: the flag isn't about that person, nor about a payment that they took part in."""
    if person == flag.about:
        raise Refused("same_person", about=person)
    for line in lines_of(flag, past):
        if person in took_part(line):
            raise Refused("same_person", took_part=person, line_no=line.line_no)


# Decide ------------------------------------------------------------------------------------------


def raised_flag(ask: FlagCommand, past: Past) -> Flag:
    """Guard: the flag was raised, and about that case."""
    programme_of(ask, past)
    if ask.case_no:
        case_named(ask.programme, ask.case_no, past)
    known = past(flags, ask.programme, ask.case_no or NO_CASE).by_id
    if ask.flag not in known:
        raise Refused("not_found", what="flag", flag=ask.flag)
    return known[ask.flag]


def unanswered(ask: FlagCommand, past: Past) -> Flag:
    """Guard: nobody has answered the flag yet."""
    flag = raised_flag(ask, past)
    if flag.answer:
        stage = flag.stage(ask.effective_on)
        raise Refused("wrong_state", what="flag", is_already=stage.value)
    return flag


def _told(ask: FlagCommand, event: Event) -> list[News]:
    return [flags.news(event, ask.programme, ask.case_no or NO_CASE)]


@decides(AssignFlag)
def assign_flag(ask: AssignFlag, past: Past) -> list[News]:
    """Also by who may not answer it: somebody has to pass it on."""
    flag = unanswered(ask, past)
    may_answer = roles_of(DismissFlag.__name__)
    if not set(past(programmes, ask.programme).roles.get(ask.to, ())) & set(may_answer):
        raise Refused("forbidden", needs=[role.value for role in may_answer], of=[ask.to])
    if flag.assigned_to == ask.to:
        raise Refused("wrong_state", what="flag", is_already="assigned")
    independent(ask.to, flag.raised, past)
    assigned = FlagAssigned(
        programme=ask.programme,
        flag=ask.flag,
        case_no=ask.case_no,
        to=ask.to,
        assigned_by=ask.by,
    )
    return _told(ask, assigned)


@decides(MuteFlag)
def mute_flag(ask: MuteFlag, past: Past) -> list[News]:
    flag = unanswered(ask, past)
    independent(ask.by, flag.raised, past)
    if ask.until <= ask.effective_on:
        raise Refused("wrong_state", what="until", until=str(ask.until))
    muted = FlagMuted(
        programme=ask.programme,
        flag=ask.flag,
        case_no=ask.case_no,
        until=ask.until,
        reason=ask.reason,
        muted_by=ask.by,
    )
    return _told(ask, muted)


@decides(DismissFlag)
def dismiss_flag(ask: DismissFlag, past: Past) -> list[News]:
    flag = unanswered(ask, past)
    independent(ask.by, flag.raised, past)
    dismissed = FlagDismissed(
        programme=ask.programme,
        flag=ask.flag,
        case_no=ask.case_no,
        reason=ask.reason,
        answered_by=ask.by,
    )
    return _told(ask, dismissed)


@decides(UpholdFlag)
def uphold_flag(ask: UpholdFlag, past: Past) -> list[News]:
    flag = unanswered(ask, past)
    independent(ask.by, flag.raised, past)
    upheld = FlagUpheld(
        programme=ask.programme,
        flag=ask.flag,
        case_no=ask.case_no,
        amount=ask.amount,
        reason=ask.reason,
        answered_by=ask.by,
    )
    return _told(ask, upheld)


@decides(ReopenFlag)
def reopen_flag(ask: ReopenFlag, past: Past) -> list[News]:
    """Not while a claim rests on it: that is to be dropped first, or goes on to an appeal."""
    flag = raised_flag(ask, past)
    stage = flag.stage(ask.effective_on)
    if stage.waits:
        raise Refused("wrong_state", what="flag", is_already=stage.value)
    independent(ask.by, flag.raised, past)
    if ask.case_no and any(claim.amount for claim in past(cases, ask.case_no).claims_on(ask.flag)):
        raise Refused("wrong_state", what="flag", is_already="claimed")
    reopened = FlagReopened(
        programme=ask.programme,
        flag=ask.flag,
        case_no=ask.case_no,
        reason=ask.reason,
        reopened_by=ask.by,
    )
    return _told(ask, reopened)
