"""History replayed under other rules: every payment is asked for again, as soon as the rules allow it and
as much of it as they allow."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

from domain.case.annulment import GrantAnnulled
from domain.case.appeals import MisuseReversed
from domain.case.budget import BudgetSubmitted
from domain.case.lapse import TrancheLapsed
from domain.case.line import Line
from domain.case.merchant_refunds import ReceiptRefunded
from domain.case.payouts import (
    TrancheApproved,
    TrancheCancelled,
    TrancheReleased,
    TrancheRequested,
    TrancheReturned,
    TrancheSettled,
    largest,
    room,
)
from domain.case.receipts import LossDeclared
from domain.case.recovery import MisuseConfirmed
from domain.case.reminders import (
    CaseworkerTold,
    ClaimProposed,
    ReceiptsRemindedOf,
    ReceiptsWaived,
    TranchesHeld,
)
from domain.case.state import Case, cases
from domain.case.stops import PayoutsResumed
from domain.case.time_frame import TimeFrameExtended
from domain.case.trajectory import TrajectoryPhaseEntered
from domain.fund import funds
from domain.money import ZERO, Money, total
from domain.programme import Route, programmes
from domain.words import Event, Recorded, Refused
from projections.whatif.payments import COVERS, History, Parcel, Purpose
from projections.whatif.rules import Assumptions, Habit, OtherRules, Placement
from projections.whatif.wishes import Hold, Spent, Tranche, Wish
from projections.whatif.world import World

# The replay asks for tranches itself; and what a closed case gives back, nobody is paid.
# The ladder is of tranches as history paid them.
LEFT_OUT = (
    TrancheRequested,
    TrancheApproved,
    TrancheCancelled,
    GrantAnnulled,
    ReceiptsRemindedOf,
    TranchesHeld,
    CaseworkerTold,
    ClaimProposed,
    ReceiptsWaived,
)
# After these a tranche may be released that was refused before.
OPENS_UP = (
    *COVERS,
    TrancheSettled,
    TrancheReturned,
    TrancheLapsed,
    TimeFrameExtended,
    TrajectoryPhaseEntered,
    PayoutsResumed,
)
WAITS_FOR_RECEIPTS = {"receipts_first", "undocumented_limit", "receipts_overdue"}


@dataclass(frozen=True)
class Replayed:
    """What would have happened."""

    cases: dict[str, Case]
    wishes: list[Wish]
    undocumented: dict[date, Money]  # What each day adds to it.


class Replay:
    def __init__(self, told: History, rules: OtherRules, assumed: Assumptions) -> None:
        self._told, self._rules, self._assumed = told, rules, assumed
        self._world = World(told.programme, rules)
        self._wishes: dict[int, Wish] = {}  # By the position of history's release.
        self._of_case: dict[str, list[Wish]] = {}
        self._waiting: dict[str, list[Wish]] = {}
        self._due: dict[int, list[Spent]] = {}  # What history's own receipt accounts for.
        self._agenda: dict[date, list[tuple[str, Callable[[], None]]]] = {}
        self._standing: dict[tuple[str, int], Money] = {}  # History's confirmed misuse, by line.
        # Of each receipt, what was accepted and is refunded later.
        self._refundable: dict[tuple[str, int, str], Money] = {}
        self._today, self._position = date.min, 0

    def run(self) -> Replayed:
        for each in self._in_order():
            self._come_to(each.effective_on)
            self._position = max(self._position, each.position)
            self._enter(each)
        self._come_to(self._told.period[1])
        world, wishes = self._world, list(self._wishes.values())
        return Replayed(world.cases, wishes, world.undocumented)

    def _in_order(self) -> list[Recorded[Any]]:
        """As in the log; but what a case was paid at one go comes in the order that is assumed."""
        if self._assumed.placement is Placement.IN_PROPORTION:
            return self._told.events
        misused_first = self._assumed.placement is Placement.MISUSED_FIRST
        runs: list[list[Recorded[Any]]] = []
        for each in self._told.events:
            if runs and _at_one_go(runs[-1][-1], each):
                runs[-1].append(each)
            else:
                runs.append([each])
        return [
            each
            for run in runs
            for each in sorted(run, key=lambda e: len(run) > 1 and self._last(e, misused_first))
        ]

    def _last(self, released: Recorded[Any], misused_first: bool) -> bool:  # noqa: FBT001
        payment = self._told.payments[released.position]
        return bool(payment.of(Purpose.MISUSED)) is not misused_first

    # The calendar --------------------------------------------------------------------------------

    def _put_off(self, day: date, case_no: str, then: Callable[[], None]) -> None:
        self._agenda.setdefault(day, []).append((case_no, then))

    def _come_to(self, day: date) -> None:
        """What was put off until then is done. A day that was entered late doesn't turn the clock back."""
        day = max(day, self._today)
        while self._agenda and (first := min(self._agenda)) <= day:
            self._today = max(first, self._today)
            for case_no, then in self._agenda.pop(first):
                then()
                self._try(case_no)
        self._today = day

    # What history tells --------------------------------------------------------------------------

    def _enter(self, each: Recorded[Any]) -> None:
        kind, _, key = each.stream.partition("-")
        if kind == programmes.prefix:
            self._world.of_programme(each.event)
        elif kind == funds.prefix:
            self._world.of_fund(key.rpartition("/")[2], each.event)
        else:
            self._in_case(each, key)
        if isinstance(each.event, OPENS_UP):
            for case_no in [key] if kind == cases.prefix else list(self._waiting):
                self._try(case_no)

    def _in_case(self, each: Recorded[Any], case_no: str) -> None:
        event = each.event
        match event:
            case TrancheReleased():
                self._wish(each)
            case TrancheSettled() | TrancheReturned() | TrancheLapsed():
                self._moved(each)
            case MisuseReversed():
                line = self._world.cases[case_no].lines[event.line_no]
                standing = self._confirm(event, -event.amount)
                self._partly(event, max(ZERO, line.misuse - standing))
            case ReceiptRefunded():
                self._refund(event)
            case BudgetSubmitted(lines=lines):
                paid_by = (
                    line.model_copy(update={"route": self._rules.route(line)}) for line in lines
                )
                self._fold(case_no, event.model_copy(update={"lines": tuple(paid_by)}))
            case _ if isinstance(event, COVERS):
                if isinstance(event, MisuseConfirmed):
                    self._confirm(event, event.amount)
                    self._stop(case_no, "misuse_confirmed")
                self._account(event, *self._due.pop(each.position, []))
                self._account_until_refunded(event, each.position)
            case _ if not isinstance(event, LEFT_OUT):
                self._fold(case_no, event)

    def _confirm(self, event: Any, amount: Money) -> Money:
        """What stands confirmed in history, of the line. What it takes back, it takes of what isn't paid here
        first."""
        key = (event.case_no, event.line_no)
        self._standing[key] = self._standing.get(key, ZERO) + amount
        return self._standing[key]

    def _fold(self, case_no: str, event: Event) -> None:
        self._world.of_case(case_no, event, self._today)

    def _partly(self, event: Any, amount: Money) -> None:
        if amount:
            self._world.happens(event, self._today, amount=amount)

    def _moved(self, each: Recorded[Any]) -> None:
        """The bank did to what was paid on the day of the wish what it did to history's payment."""
        wish = self._wishes[self._told.moved[each.position].position]
        for tranche in wish.tranches:
            if tranche.at_once:
                self._bank(each.event, wish, tranche)
        if each is wish.payment.gone:
            self._give_up(wish, "returned")  # History asked for it anew: that is another wish.

    def _bank(self, event: Any, wish: Wish, tranche: Tranche, days_later: int = 0) -> None:
        otherwise: dict[str, Any] = {"ref": tranche.ref, "amount": tranche.amount}
        if not isinstance(event, TrancheSettled):
            self._world.happens(event, self._today, **otherwise)
            return
        booked_on = event.booked_on + timedelta(days=days_later)
        self._world.happens(event, self._today, **otherwise, booked_on=booked_on)
        for parcel, amount in wish.place(tranche.amount, self._assumed.placement):
            self._spend(wish, parcel, amount, booked_on)

    def _spend(self, wish: Wish, parcel: Parcel, amount: Money, booked_on: date) -> None:
        """The purchase is made when it was made in history, or else when the money is there. The receipt
        comes as many days after it as it did."""
        spent = Spent(parcel, amount, max(0, (booked_on - parcel.needed_on).days))
        wish.spent.append(spent)
        told_by = parcel.told_by
        if told_by is None:
            return
        if not spent.days_later and told_by.position > self._position:
            self._due.setdefault(told_by.position, []).append(spent)
            return
        day = max(self._today, told_by.effective_on + timedelta(days=spent.days_later))
        self._put_off(day, wish.payment.case_no, partial(self._account, told_by.event, spent))

    def _account(self, event: Any, *found: Spent) -> None:
        """The event accounts for all of this that nothing accounted for before."""
        new = [each for each in found if not each.accounted_on]
        for each in new:
            each.accounted_on = self._today
        self._partly(event, total(each.amount for each in new))

    def _account_until_refunded(self, event: Any, position: int) -> None:
        """What the merchant gave back later was accounted for until then, if it was paid at all."""
        amount = self._told.refunded.get(position, ZERO)
        line = self._world.cases[event.case_no].lines[event.line_no]
        amount = max(ZERO, min(amount, line.undocumented))
        if amount:
            key = (event.case_no, event.line_no, event.ref)
            self._refundable[key] = self._refundable.get(key, ZERO) + amount
            self._partly(event, amount)

    def _refund(self, event: ReceiptRefunded) -> None:
        key = (event.case_no, event.line_no, event.ref)
        amount = min(event.amount, self._refundable.get(key, ZERO))
        self._refundable[key] = self._refundable.get(key, ZERO) - amount
        self._partly(event, amount)

    # Asking for money ----------------------------------------------------------------------------

    def _wish(self, each: Recorded[Any]) -> None:
        payment = self._told.payments[each.position]
        wish = self._wishes[each.position] = Wish(payment)
        self._of_case.setdefault(payment.case_no, []).append(wish)
        line = self._world.cases[payment.case_no].lines[payment.line_no]
        if line.route is Route.EAN:
            wish.invoiced = payment.amount
            return
        self._pay(wish, payment.requested_on, payment.on, at_once=True)
        if wish.left:
            self._waiting.setdefault(payment.case_no, []).append(wish)

    def _try(self, case_no: str) -> None:
        for wish in self._waiting.get(case_no, []):
            self._pay(wish, self._today, self._today)
        self._waiting[case_no] = [each for each in self._waiting.get(case_no, []) if each.left]

    def _pay(self, wish: Wish, requested_on: date, on: date, *, at_once: bool = False) -> None:
        """A day that history entered late is judged by its own rules, whatever the clock says."""
        payment = wish.payment
        while wish.left:
            case = self._world.cases[payment.case_no]
            line = case.lines[payment.line_no]
            if rule := self._still_held(wish, case, line, on):
                self._ask_for_receipts(payment.case_no, rule)
                return
            amount = self._bite(wish, case, line, requested_on, on)
            whole = amount == payment.amount
            ref = payment.ref if whole else f"{payment.ref}.{len(wish.tranches) + 1}"
            try:
                self._receipts_first(case, line)
                self._world.pay(payment, ref, amount, requested_on, on)
            except Refused as no:
                self._hold(wish, no)
                return
            tranche = Tranche(ref, amount, on, at_once)
            wish.tranches.append(tranche)
            if not at_once:
                self._follow(wish, tranche)

    def _bite(self, wish: Wish, case: Case, line: Line, requested_on: date, on: date) -> Money:
        """As much as there may be. Where there is no room at all, the whole: to be told why not."""
        most = largest(line, self._world.rules_on(requested_on))
        free = room(case, line, self._world.rules_on(on))
        return min(wish.left, *(each for each in (most, free, wish.left) if each and each > ZERO))

    def _receipts_first(self, case: Case, line: Line) -> None:
        """Guard, of a rule that no programme has yet. As the domain's own, it leaves cards alone."""
        if self._rules.receipts_first and line.route is not Route.CARD and case.exposure > ZERO:
            raise Refused("receipts_first", exposure=str(case.exposure))

    def _still_held(self, wish: Wish, case: Case, line: Line, on: date) -> str:
        """The rule that held it before, where it would only be refused again; empty: it may be tried."""
        rules = self._world.rules_on(on)
        if case.stage.closed:
            rule = "case_closed"
        elif case.end_date and on > case.end_date:
            rule = "after_end_date"
        elif room(case, line, rules) == ZERO:
            rule = "undocumented_limit"
        else:
            late = any(case.overdue(on, rules.receipt_deadline_days))
            rule = "receipts_overdue" if late else ""
        return rule if rule in wish.holds else ""

    def _follow(self, wish: Wish, tranche: Tranche) -> None:
        """The bank takes as long as it did with history's payment, for good or ill."""
        days = (tranche.on - wish.payment.on).days
        for told in (wish.payment.settled, wish.payment.gone):
            if told:
                then = partial(self._bank, told.event, wish, tranche, days)
                day = told.effective_on + timedelta(days=days)
                self._put_off(day, wish.payment.case_no, then)

    def _hold(self, wish: Wish, no: Refused) -> None:
        facts = {name: str(fact) for name, fact in no.facts.items()}
        wish.holds.setdefault(no.code, Hold(no.code, self._today, facts))
        self._ask_for_receipts(wish.payment.case_no, no.code)

    def _ask_for_receipts(self, case_no: str, rule: str) -> None:
        if self._assumed.habit is Habit.AS_THEN or rule not in WAITS_FOR_RECEIPTS:
            return
        deadline = self._world.rules_on(self._today).receipt_deadline_days
        for wish in self._of_case[case_no]:
            line = self._world.cases[case_no].lines[wish.payment.line_no]
            for spent in wish.spent:
                if spent.asked or spent.accounted_on or spent.parcel.purpose is Purpose.MISUSED:
                    continue
                spent.asked = True
                receipt = LossDeclared(
                    case_no=case_no,
                    line_no=line.line_no,
                    amount=spent.amount,
                    account_string=line.account_string,
                    words=None,
                )
                day = self._today + timedelta(days=deadline)
                self._put_off(day, case_no, partial(self._account, receipt, spent))

    def _stop(self, case_no: str, why: str) -> None:
        for wish in self._waiting.pop(case_no, []):
            wish.holds[why] = Hold(why, self._today, {})

    def _give_up(self, wish: Wish, why: str) -> None:
        waiting = self._waiting.get(wish.payment.case_no, [])
        if wish in waiting:
            waiting.remove(wish)
            wish.holds[why] = Hold(why, self._today, {})


def _at_one_go(one: Recorded[Any], other: Recorded[Any]) -> bool:
    """Released on one day, in one case, with nothing of the case between them."""
    both = isinstance(one.event, TrancheReleased) and isinstance(other.event, TrancheReleased)
    return both and (one.stream, one.effective_on) == (other.stream, other.effective_on)
