"""A group course (holdforløb) and the costs that its participants share, each from a line of their own.

A shared cost is spread when somebody attests it: each participant's part becomes an expense of the
participant's line. From then on all parts move together, as one payment.
"""

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, ClassVar

from domain.case.expenses import (
    ApproveExpense,
    AttestExpense,
    RejectExpense,
    approved_part,
    attested_part,
    rejected_part,
)
from domain.case.line import Expense
from domain.case.state import (
    Case,
    CaseCommand,
    LineCommand,
    cases,
    open_case_of,
    programme_of,
)
from domain.identity import Cvr, Key, Reference, Sha256, WordsRef
from domain.money import Money, PositiveMoney, split, total
from domain.programme import Data
from domain.words import Command, Decider, Draft, Event, News, Past, Refused, decides


class Share(Data):
    """One participant's part of a shared cost."""

    case_no: Key
    line_no: int
    amount: PositiveMoney


# Events ------------------------------------------------------------------------------------------


class GroupFormed(Event):
    """A group course was set up, whose costs its participants share."""

    programme: Key
    group: Key


class ParticipantJoined(Event):
    """From now on this participant bears a part of the group's costs, from this line."""

    programme: Key
    group: Key
    case_no: Key
    line_no: int


class ParticipantLeft(Event):
    """The participant bears no part of what is attested from now on."""

    programme: Key
    group: Key
    case_no: Key


class SharedCostReceived(Event):
    """A cost of the group came in: a supplier's invoice, or what a colleague laid out."""

    programme: Key
    group: Key
    ref: Reference
    amount: PositiveMoney
    claimed_by: Key | None  # The colleague; `None`: a supplier's invoice.
    supplier_cvr: Cvr | None
    supplier_name: str
    issued_on: date
    sha256: Sha256


class SharedCostCredited(Event):
    """The supplier's credit note takes this much off the group's invoice."""

    programme: Key
    group: Key
    ref: Reference
    credit_note: Reference
    amount: PositiveMoney
    sha256: Sha256


class SharedCostSpread(Event):
    """The cost was attested, and spread evenly over those who were in the group by then."""

    programme: Key
    group: Key
    ref: Reference
    shares: tuple[Share, ...]


class SharedCostRejected(Event):
    """It is not going to be paid."""

    programme: Key
    group: Key
    ref: Reference
    reason: WordsRef | None


class ShareCharged(Event):
    """The participant's part of a cost of the group, to be paid from this line."""

    case_no: Key
    line_no: int
    ref: Reference
    group: Key
    amount: PositiveMoney
    claimed_by: Key | None


# Commands ----------------------------------------------------------------------------------------


class GroupCommand(Command):
    group: Key


class FormGroup(GroupCommand):
    pass


class JoinGroup(LineCommand):
    group: Key


class LeaveGroup(CaseCommand, GroupCommand):
    pass


class SharedCostCommand(GroupCommand):
    ref: Reference


class AttestSharedCost(SharedCostCommand):
    pass


class ApproveSharedCost(SharedCostCommand):
    may_hold_earlier: ClassVar[bool] = False


class RejectSharedCost(SharedCostCommand):
    reason: WordsRef | None = None


# State -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SharedCost:
    ref: str
    amount: Money
    claimed_by: str = ""
    notes: dict[str, Money] = field(default_factory=dict)
    shares: tuple[Share, ...] = ()
    rejected: bool = False

    @property
    def due(self) -> Money:
        return self.amount - total(self.notes.values())


@dataclass(frozen=True)
class Group:
    formed: bool = False
    participants: dict[str, int] = field(default_factory=dict)  # Case to line, in order of joining.
    costs: dict[str, SharedCost] = field(default_factory=dict)

    def cost(self, ref: str) -> SharedCost:
        """Guard: the group has such a cost, and it wasn't rejected."""
        if ref not in self.costs:
            raise Refused("not_found", what="cost", ref=ref)
        if self.costs[ref].rejected:
            raise Refused("wrong_state", what="cost", is_already="rejected")
        return self.costs[ref]

    def with_cost(self, cost: SharedCost) -> "Group":
        return replace(self, costs=self.costs | {cost.ref: cost})


groups: Decider[Group] = Decider("group", Group())


@groups.on(GroupFormed)
def _formed(group: Group, _: GroupFormed) -> Group:
    return replace(group, formed=True)


@groups.on(ParticipantJoined)
def _joined(group: Group, event: ParticipantJoined) -> Group:
    return replace(group, participants=group.participants | {event.case_no: event.line_no})


@groups.on(ParticipantLeft)
def _left(group: Group, event: ParticipantLeft) -> Group:
    stay = {case: line for case, line in group.participants.items() if case != event.case_no}
    return replace(group, participants=stay)


@groups.on(SharedCostReceived)
def _received(group: Group, event: SharedCostReceived) -> Group:
    return group.with_cost(SharedCost(event.ref, event.amount, event.claimed_by or ""))


@groups.on(SharedCostCredited)
def _credited(group: Group, event: SharedCostCredited) -> Group:
    cost = group.costs[event.ref]
    return group.with_cost(replace(cost, notes=cost.notes | {event.credit_note: event.amount}))


@groups.on(SharedCostSpread)
def _spread(group: Group, event: SharedCostSpread) -> Group:
    return group.with_cost(replace(group.costs[event.ref], shares=event.shares))


@groups.on(SharedCostRejected)
def _rejected(group: Group, event: SharedCostRejected) -> Group:
    return group.with_cost(replace(group.costs[event.ref], rejected=True))


@cases.on(ShareCharged)
def _charged(case: Case, event: ShareCharged) -> Case:
    line = case.lines[event.line_no]
    share = Expense(event.ref, event.amount, claimed_by=event.claimed_by or "", group=event.group)
    if before := line.expenses.get(event.ref):  # Spread anew: who had it in hand before still had.
        share = replace(share, attesters=before.attesters, approvers=before.approvers)
    return case.with_line(line.with_expense(share))


# Decide ------------------------------------------------------------------------------------------


def group_of(ask: GroupCommand | JoinGroup, past: Past) -> Group:
    """Guard: there is such a group in the programme."""
    group = past(groups, ask.programme, ask.group)
    if not group.formed:
        raise Refused("not_found", what="group", group=ask.group)
    return group


@decides(FormGroup)
def form(ask: FormGroup, past: Past) -> list[News]:
    programme_of(ask, past)
    if past(groups, ask.programme, ask.group).formed:
        raise Refused("wrong_state", what="group", is_already="formed")
    formed = GroupFormed(programme=ask.programme, group=ask.group)
    return [groups.news(formed, ask.programme, ask.group)]


@decides(JoinGroup)
def join(ask: JoinGroup, past: Past) -> list[News]:
    programme_of(ask, past)
    group = group_of(ask, past)
    line = open_case_of(ask, past).line(ask.line_no)
    if line.granted is None or ask.case_no in group.participants:
        raise Refused("wrong_state", what="line", line_no=ask.line_no)
    joined = ParticipantJoined(
        programme=ask.programme, group=ask.group, case_no=ask.case_no, line_no=ask.line_no
    )
    return [groups.news(joined, ask.programme, ask.group)]


@decides(LeaveGroup)
def leave(ask: LeaveGroup, past: Past) -> list[News]:
    """Also of a closed case, and when its citizen was forgotten: the others go on."""
    programme_of(ask, past)
    group = group_of(ask, past)
    if past(cases, ask.case_no).programme != ask.programme:
        raise Refused("not_found", what="case", case_no=ask.case_no)
    if ask.case_no not in group.participants:
        raise Refused("not_found", what="participant", case_no=ask.case_no)
    left = ParticipantLeft(programme=ask.programme, group=ask.group, case_no=ask.case_no)
    return [groups.news(left, ask.programme, ask.group)]


@decides(AttestSharedCost)
def attest_shared(ask: AttestSharedCost, past: Past) -> list[News]:
    """Spread over those in the group now, if every participant's line has room for its part. Attested again
    before it is approved, it is spread anew: a participant's case may have been closed since."""
    programme_of(ask, past)
    group = group_of(ask, past)
    cost = group.cost(ask.ref)
    if not group.participants:
        raise Refused("wrong_state", what="group", participants=0)
    parts = split(cost.due, [1] * len(group.participants))
    shares = tuple(
        Share(case_no=case_no, line_no=line_no, amount=part)
        for (case_no, line_no), part in zip(group.participants.items(), parts, strict=True)
        if part
    )
    if not shares:  # Credit notes have left nothing to pay.
        raise Refused("wrong_state", what="cost", due=str(cost.due))
    spread = SharedCostSpread(programme=ask.programme, group=ask.group, ref=ask.ref, shares=shares)
    draft = Draft(past)
    for share in cost.shares:
        draft.add(rejected_part(RejectExpense(**_part_of(ask, share)), draft, ask.group))
    draft.add(groups.news(spread, ask.programme, ask.group))
    for share in shares:
        charged = ShareCharged(
            case_no=share.case_no,
            line_no=share.line_no,
            ref=ask.ref,
            group=ask.group,
            amount=share.amount,
            claimed_by=cost.claimed_by or None,
        )
        draft.add(cases.news(charged, share.case_no))
        draft.add(attested_part(AttestExpense(**_part_of(ask, share)), draft, ask.group))
    return draft.news


@decides(ApproveSharedCost)
def approve_shared(ask: ApproveSharedCost, past: Past) -> list[News]:
    programme_of(ask, past)
    cost = group_of(ask, past).cost(ask.ref)
    if not cost.shares:
        raise Refused("wrong_state", what="cost", missing="attested")
    draft = Draft(past)
    for share in cost.shares:
        draft.add(approved_part(ApproveExpense(**_part_of(ask, share)), draft, ask.group))
    return draft.news


@decides(RejectSharedCost)
def reject_shared(ask: RejectSharedCost, past: Past) -> list[News]:
    programme_of(ask, past)
    cost = group_of(ask, past).cost(ask.ref)
    rejected = SharedCostRejected(
        programme=ask.programme, group=ask.group, ref=ask.ref, reason=ask.reason
    )
    draft = Draft(past)
    for share in cost.shares:
        asked = RejectExpense(**_part_of(ask, share), reason=ask.reason)
        draft.add(rejected_part(asked, draft, ask.group))
    draft.add(groups.news(rejected, ask.programme, ask.group))
    return draft.news


def _part_of(ask: SharedCostCommand, share: Share) -> dict[str, Any]:
    """What is asked of the whole, asked of one part."""
    asked = {name: getattr(ask, name) for name in Command.model_fields}
    return asked | {"case_no": share.case_no, "line_no": share.line_no, "ref": ask.ref}
