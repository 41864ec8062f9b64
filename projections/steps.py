"""One case, step by step: what each event changed, and what each approver saw, beside what was so.

What an approver saw is kept in the event. Here it is reckoned anew from all that stood in the log before
that event: the case, the rules that were known for the day, and what its funding sources had left.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel

from domain.case.budget import BudgetSeen, LineGranted
from domain.case.claims import ClaimDecided, ClaimSeen
from domain.case.expenses import ExpenseApproved
from domain.case.payouts import PayoutSeen, TrancheApproved, TrancheReleased
from domain.case.state import Case, cases
from domain.flags import flags
from domain.fund import funds
from domain.money import Money, total
from domain.programme import Data, Rules, programmes
from domain.words import Decider, Event, Recorded, S
from projections.audit_trail import sentence
from projections.balances import Balance, Dimension, balances


class Changed(BaseModel):
    """An amount of the case (`line_no` is null) or of one of its lines, before an event and after it."""

    line_no: int | None
    amount: str
    before: Money
    after: Money


class Seen(BaseModel):
    """Something that an approver had in view, and what it was by the log; null: nothing of the kind."""

    what: str
    of: str  # Whose: a colleague's assessment, a funding source. Empty: the case's or the line's.
    saw: str | None
    was: str | None

    @property
    def agrees(self) -> bool:
        return self.saw == self.was


class Step(BaseModel):
    position: int
    event: str
    sentence: str
    line_no: int | None
    actor: str
    command: str
    cause: str
    at: datetime
    effective_on: date
    recorded_at: datetime
    changes: list[Changed]
    seen: list[Seen]

    @property
    def agrees(self) -> bool:
        """Whether the approver saw what was so."""
        return all(each.agrees for each in self.seen)


def steps(case_no: str, history: Iterable[Recorded[Event]]) -> Iterator[Step]:
    """Every event of the case in order. `history`: in the order of the log, the events of the case, of its
    flags, of its programme, and of the sources that pay for it."""
    stood = Stood()
    rows: dict[str, Balance] = {}
    for news in history:
        if news.stream == cases.stream(case_no):
            after = rows | {
                key: balances.fold(rows.get(key, Balance()), key, news)
                for key in balances.keys(news)
                if key.startswith((f"{Dimension.CASE}/", f"{Dimension.LINE}/"))
            }
            yield _step(news, list(_changes(rows, after)), list(_seen(news, stood)))
            rows = after
        stood.evolve(news)


def _step(news: Recorded[Event], changes: list[Changed], seen: list[Seen]) -> Step:
    event = news.event
    return Step(
        position=news.position,
        event=type(event).__name__,
        sentence=sentence(event),
        line_no=getattr(event, "line_no", None),
        actor=news.actor,
        command=news.command,
        cause=news.cause,
        at=news.at,
        effective_on=news.effective_on,
        recorded_at=news.recorded_at,
        changes=changes,
        seen=seen,
    )


def _changes(before: Mapping[str, Balance], after: Mapping[str, Balance]) -> Iterator[Changed]:
    for key, balance in after.items():
        was = before.get(key, Balance())
        if was is balance:
            continue
        line_no = balance.value.partition("/")[2]
        then = was.figures(date.max)
        for name, amount in balance.figures(date.max):
            earlier: Money = getattr(then, name)
            if amount != earlier:
                yield Changed(
                    line_no=int(line_no) if line_no else None,
                    amount=name,
                    before=earlier,
                    after=amount,
                )


class Stood:
    """How the streams stood just before an event."""

    def __init__(self) -> None:
        self._states: dict[str, Any] = {}

    def evolve(self, news: Recorded[Event]) -> None:
        deciders: tuple[Decider[Any], ...] = (cases, programmes, funds, flags)
        for decider in deciders:
            if news.stream.startswith(f"{decider.prefix}-"):
                state = self._states.get(news.stream, decider.initial)
                self._states[news.stream] = decider.evolve(state, news.event)

    def __call__(self, decider: Decider[S], *key: str) -> S:
        state: S = self._states.get(decider.stream(*key), decider.initial)
        return state


def _seen(news: Recorded[Event], stood: Stood) -> Iterator[Seen]:
    """What the event says that its approver saw, beside what was so. None: nothing is approved by it."""
    event = news.event
    if not isinstance(
        event, LineGranted | TrancheApproved | TrancheReleased | ExpenseApproved | ClaimDecided
    ):
        return
    case = stood(cases, event.case_no)
    rules = stood(programmes, case.programme).rules_on(news.effective_on)
    was: Data
    match event:
        case LineGranted():
            was = _budget(case, event, rules, stood)
        case ClaimDecided():
            line = case.lines[event.line_no]
            claim = line.claims[event.ref]
            was = ClaimSeen(
                rules=rules.version,
                deadline=claim.deadline or date.min,
                answered=claim.answered,
                undocumented=line.undocumented,
            )
        case _:
            overdue = case.overdue(news.effective_on, rules.receipt_deadline_days)
            was = PayoutSeen(
                rules=rules.version,
                line_left=case.lines[event.line_no].left,
                exposure=case.exposure,
                overdue=total(lacking for _, _, lacking in overdue),
                flags=_waiting(case, news, stood),
            )
    saw, so = _items(event.seen), _items(was)
    for what, of in saw | so:
        yield Seen(what=what, of=of, saw=saw.get((what, of)), was=so.get((what, of)))


def _waiting(case: Case, news: Recorded[Event], stood: Stood) -> tuple[str, ...]:
    return stood(flags, case.programme, case.case_no).waiting(news.effective_on)


def _budget(case: Case, event: LineGranted, rules: Rules, stood: Stood) -> BudgetSeen:
    line = case.lines[event.line_no]
    left = {
        codes.funding: stood(funds, case.programme, codes.funding).available
        for codes in line.account_strings
    }
    return BudgetSeen(
        rules=rules.version,
        assessments=case.assessments,
        cap_left=rules.cap - case.granted,
        fund_left=left.pop(line.account_string.funding),
        other_funds_left=left,
    )


def _items(seen: Data) -> dict[tuple[str, str], str]:
    """Each thing by its name and whose it is."""
    found: dict[tuple[str, str], str] = {}
    for what in type(seen).model_fields:
        value = getattr(seen, what)
        parts: Iterable[tuple[str, Any]] = [("", value)]
        if isinstance(value, Mapping):
            parts = value.items()
        elif isinstance(value, tuple):  # Flags, each by its name.
            parts = [(flag, "open") for flag in value]
        found |= {(what, of): str(part) for of, part in parts}
    return found
