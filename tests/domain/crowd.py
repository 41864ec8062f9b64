"""People who ask for anything: mostly what makes sense, mostly by whoever may, never in any order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Protocol, TypeVar

from domain.case.receipts import AcceptReceipt
from domain.case.shared_receipts import ReceiptShare
from domain.money import Money, kr
from domain.programme import FundingAgreement, Ladder, Role
from domain.words import Command
from tests import examples as ask
from tests import examples_reminders as ladder
from tests import examples_rules as rule
from tests.domain.reckoning import Reckoning
from tests.scenario import DAY, NOON, noon

T = TypeVar("T")

# Few kroner, so that every boundary is soon met; and two funds that soon run dry.
TERMS = ask.terms(
    cap=kr(10),
    tranche_max=kr(3),
    undocumented_limit=kr(3),
    declaration_max=kr(2),
    declarations_max_total=kr(2),
    declarations_months=3,
    months=3,
    lapse_days=9,
    ladder=Ladder(remind=(1,), hold=1, tell=1, claim=9),
)
FUNDING = (
    FundingAgreement(id="AARHUS", name="Aarhus Kommune", amount=kr(8)),
    FundingAgreement(id="VELUX", name="VELUX FONDEN", amount=kr(7)),
)
ESTABLISH = ask.establish(terms=TERMS, funding=FUNDING)
CASEWORKERS = {"A-1": "kons-1", "B-1": "kons-2"}
FEW = [kr(1), kr(1), kr(2), kr(2), kr(3), kr(4), kr(5), kr(0, 1)]
CASES = ["A-1"] * 8 + ["B-1"] * 4 + ["X-9"]
TWO_LINES = [(1, 2), (2, 1), (1, 3), (1, 4)]
LINES = [1] * 8 + [2] * 6 + [3] * 2 + [4]
ANYBODY = ["kons-1", "kons-2", "both-1", "fin-1", "rev-1", "adm-1", "system", "nobody"]
LATE = "written down late"  # The cause of what is asked for with effect from a month ago.
STOPS = [("case", "A-1"), ("case", "B-1"), ("fund", "AARHUS"), ("programme", "NP"), ("fund", "X-9")]
CASEWORK, APART = (Role.CASEWORKER,), (Role.ADMINISTRATOR, Role.CONTROLLER)
ACCOUNTS = [ask.ACCOUNT, f"account-{1:032x}"]
CASEWORKER, CONTROLLER = ["kons-1", "kons-2", "both-1"], ["fin-1", "both-1"]


class Choose(Protocol):
    """By dice or by hypothesis."""

    def __call__(self, of: Sequence[T], /) -> T: ...


@dataclass
class Crowd:
    told: Reckoning
    today: date
    choose: Choose
    wishes: Sequence["Wish"]

    def asks(self) -> Sequence[Command]:
        commands = self.choose(self.wishes)(self)
        if self.choose([False] * 15 + [True]):
            commands = [each.model_copy(update={"by": self.choose(ANYBODY)}) for each in commands]
        if self.choose([False] * 31 + [True]):
            commands = [each.model_copy(update={"cause": LATE}) for each in commands]
        return commands

    # Where, who and how much ---------------------------------------------------------------------

    def case(self) -> dict[str, Any]:
        return {"case_no": self.choose(CASES), "by": self.choose(CASEWORKER)}

    def line(self) -> dict[str, Any]:
        return self.case() | {"line_no": self.choose(LINES)}

    def one_of(self, lines: list[tuple[str, int]]) -> dict[str, Any]:
        """Any line that is good for it; if there is none, any line at all."""
        if not lines:
            return self.line()
        case_no, line_no = self.choose(lines)
        return {"case_no": case_no, "line_no": line_no}

    def amount(self) -> dict[str, Money]:
        return {"amount": self.choose(FEW)}

    def controls(self) -> dict[str, str]:
        return {"by": self.choose(CONTROLLER)}

    def tranche(self) -> dict[str, Any]:
        """A tranche on its own line, most of the time."""
        known = list(self.told.tranches) or ["T-1"]
        ref = self.choose(known)
        return self.one_of([self.told.line_of[ref]] if ref in self.told.line_of else []) | {
            "ref": ref
        }

    def room(self) -> list[tuple[str, int]]:
        """Lines with a grant that is not used up, and that are paid by tranches."""
        told, by_tranche = self.told, (1, 2)
        lines = [line for line in told.lines() if line[1] in by_tranche]
        return [line for line in lines if told.live(line) < told.granted(line)]

    def paid(self) -> list[tuple[str, int]]:
        return [line for line in self.told.lines() if self.told.advance(line)]

    def claims(self) -> list[tuple[str, int]]:
        return [line for line in self.told.lines() if self.told.claim(line)]

    # The budget ----------------------------------------------------------------------------------

    def a_budget(self) -> Sequence[Command]:
        lines = [line(**self.amount()) for line in (ask.course, ask.licence, ask.computer)]
        colour = self.choose(["green", "green", "yellow", "red"])
        case = self.case()
        return [
            ask.request_changes(**case),
            ask.submit(**case, lines=lines),
            ask.assess(**case | {"by": self.choose(CASEWORKER)}, colour=colour),
            ask.approve_line(**case, line_no=self.choose(LINES)),
        ]

    def a_green_light(self) -> Sequence[Command]:
        """So that a red one, or a budget that was sent back, is not the end of it."""
        case = {"case_no": self.choose(CASES)}
        colleagues = [ask.assess(**case, by=by) for by in CASEWORKER]
        return [ask.submit(**case, lines=BUDGET), *colleagues, ask.approve_line(**case, line_no=1)]

    def another_amount(self) -> Sequence[Command]:
        line = self.line()
        return [ask.amend_line(**line, **self.amount()), ask.approve_line(**line)]

    # Money out -----------------------------------------------------------------------------------

    def a_tranche(self) -> Sequence[Command]:
        """All the way to the bank, or part of it."""
        where = self.one_of(self.room()) | {"ref": f"T-{len(self.told.tranches) + 1}"}
        steps = [
            ask.request_tranche(**where | {"by": "kons-1"}, **self.amount()),
            ask.approve_tranche(**where | {"by": self.choose(CASEWORKER)}),
            ask.release_tranche(**where | self.controls()),
        ]
        return steps[: self.choose([1, 2, 3, 3, 3, 3])]

    def ordered_payments(self) -> Sequence[Command]:
        return [ask.receive(*(self.entry(ref) for ref in self.told.refs("TrancheReleased")))]

    def a_return(self) -> Sequence[Command]:
        settled = self.told.refs("TrancheSettled")
        back = {"indicator": "CRDT", "return_reason": "AC04"}
        entries = [self.entry(self.choose(settled)).model_copy(update=back)] if settled else []
        return [ask.receive(*entries)]

    def entry(self, ref: str) -> Any:
        amount = Money(self.told.amount_of[ref])
        return ask.debit(entry=f"E-{ref}", end_to_end_id=ref, amount=amount, booked_on=self.today)

    def stray_entries(self) -> Sequence[Command]:
        ref = self.tranche()["ref"]
        entries = (
            ask.debit(end_to_end_id=ref, **self.amount()),
            ask.returned_payment(end_to_end_id=ref, **self.amount()),
        )
        return [ask.receive(self.choose(entries), self.choose(entries))]

    # What changes, stops or closes -----------------------------------------------------------------

    def other_rules(self) -> Sequence[Command]:
        latest = self.told.rules[-1][1] if self.told.rules else TERMS.rules
        new = {
            "version": latest.version + 1,
            "cap": self.choose([kr(10), kr(9), kr(11)]),
            "tranche_max": self.choose([kr(3), kr(2), None]),
            "undocumented_limit": self.choose([kr(3), kr(4), None]),
            "receipt_deadline_days": self.choose([30, 20]),
            "lapse_days": self.choose([None, 0, 9, 9]),
        }
        asked_on = self.today + timedelta(days=self.choose([0, 0, 0, 1]))
        rules = latest.model_copy(update=new)
        return [rule.change_rules(rules=rules, at=noon(asked_on))]

    def a_stop(self) -> Sequence[Command]:
        """Lifted again, most of the time, before more is wanted."""
        scope, key = self.choose(STOPS)
        lifted = [rule.resume(scope=scope, key=key)] * self.choose([0, 1, 1, 1])
        ground = self.choose(["audit", "year_end", "doubt"])
        return [rule.freeze(scope=scope, key=key, ground=ground), *self.a_tranche(), *lifted]

    def all_flows_again(self) -> Sequence[Command]:
        return [rule.resume(scope=scope, key=key) for scope, key in STOPS]

    def a_month_is_closed(self) -> Sequence[Command]:
        """The next one, or the one before this."""
        last = self.told.closed_through
        months = [self.today.replace(day=1) - timedelta(days=1)]
        months += [last + timedelta(days=1)] if last > date.min else []
        month = f"{self.choose(months):%Y-%m}"
        return [rule.close_month(month=month, at=noon(self.today))]

    def tranches_lapse(self) -> Sequence[Command]:
        refs = self.told.refs("TrancheReleased")
        where = {ref: self.told.line_of[ref] for ref in refs}
        return [
            rule.lapse_tranche(case_no=case_no, line_no=line_no, ref=ref)
            for ref, (case_no, line_no) in where.items()
        ] or [rule.lapse_tranche(**self.tranche() | {"by": "system"})]

    # Money accounted for -------------------------------------------------------------------------

    def a_receipt(self) -> Sequence[Command]:
        number = len(self.told.receipts.numbers) + 1
        known = [each for each in sorted(self.told.receipts.numbers) if self.choose([True, False])]
        ref, file = self.choose([f"K-{number}"] * 3 + known), self.choose([number, number, 1])
        where = self.one_of(self.paid()) | {"ref": ref}
        steps = [
            ask.hand_in(**where, sha256=f"{file:064x}", purchased_on=self.today, **self.amount()),
            self.choose([ask.record_reading, ask.record_unreadable])(**where),
            ask.accept_receipt(**where, **self.amount()),
            ask.reject_receipt(**where),
        ]
        return steps if self.choose([True, False]) else [*steps[:2], steps[3]]

    def a_shared_receipt(self) -> Sequence[Command]:
        """For two lines; each share is judged for itself."""
        number = len(self.told.receipts.numbers) + 1
        where, ref = self.case(), f"K-{number}"
        shares = tuple(
            ReceiptShare(line_no=line_no, **self.amount()) for line_no in self.choose(TWO_LINES)
        )
        of_it = {
            **where,
            "ref": ref,
            "purchased_on": self.today,
            "amount": self.choose([kr(2), kr(4), kr(9)]),
        }
        judged = [
            self.choose([ask.accept_receipt, ask.accept_receipt, ask.reject_receipt])(
                **where, ref=ref, line_no=share.line_no
            )
            for share in shares
        ]
        accepted = [
            each.model_copy(update=self.amount()) if isinstance(each, AcceptReceipt) else each
            for each in judged
        ]
        return [
            ask.share_receipt(**of_it, shares=shares, sha256=f"{number:064x}"),
            *accepted[: self.choose([1, 2])],
        ]

    def of_a_receipt(self) -> dict[str, Any]:
        """One that was accepted, most of the time."""
        known = list(self.told.receipts.accepted)
        if not known:
            return self.line() | {"ref": "K-1"}
        case_no, line_no, ref = self.choose(known)
        return {"case_no": case_no, "line_no": line_no, "ref": ref}

    def the_rest_of_a_receipt(self) -> Sequence[Command]:
        return [ask.accept_receipt(**self.of_a_receipt(), **self.amount(), rest=True)]

    def a_merchants_refund(self) -> Sequence[Command]:
        days = [date(2019, 2, 1), self.today + timedelta(days=1)]
        day = self.choose([self.today, self.today, self.today, *days])
        where = self.of_a_receipt() | {"refunded_on": day, "at": noon(self.today)}
        return [ask.refund(**where, **self.amount())]

    def a_lost_receipt(self) -> Sequence[Command]:
        return [ask.declare_loss(**self.one_of(self.paid()) | self.controls(), **self.amount())]

    def receipts_that_do_not_come(self) -> Sequence[Command]:
        """Of a tranche that the bank paid yesterday: the ladder up; and then another tranche is wanted."""
        line, number = self.one_of(self.room()), len(self.told.tranches) + 1
        first, second = ({**line, "ref": f"T-{number + place}"} for place in (0, 1))
        steps = (ladder.remind, ladder.hold, ladder.tell, ladder.propose)
        paid = ask.debit(
            entry=f"E-{first['ref']}",
            end_to_end_id=first["ref"],
            amount=kr(1),
            booked_on=self.today - timedelta(days=1),
        )
        return [
            *self.paid_out(first),
            ask.receive(paid),
            *(step(**first | {"by": "system"}, at=NOON) for step in steps),
            *self.paid_out(second),
        ]

    def paid_out(self, where: dict[str, Any]) -> list[Command]:
        """One krone, by three people who all may."""
        return [
            ask.request_tranche(**where | {"by": "kons-1"}, amount=kr(1)),
            ask.approve_tranche(**where | {"by": "kons-2"}),
            ask.release_tranche(**where | {"by": "fin-1"}),
        ]

    def a_waiver(self) -> Sequence[Command]:
        return [ladder.waive(**self.tranche() | self.controls())]

    def misuse(self) -> Sequence[Command]:
        return [ask.confirm_misuse(**self.one_of(self.paid()) | self.controls(), **self.amount())]

    def money_handed_back(self) -> Sequence[Command]:
        what = self.choose(["UNSPENT", "REPAY"])
        line = self.one_of(self.paid() if what == "UNSPENT" else self.claims())
        text = f"{what} {line['case_no']}/{line['line_no']}"
        return [
            ask.receive(
                ask.handed_back(
                    entry=f"E-{self.choose(range(9_999))}", hands_back=text, **self.amount()
                )
            )
        ]

    def a_write_off(self) -> Sequence[Command]:
        return [ask.write_off(**self.one_of(self.claims()) | self.controls(), **self.amount())]


BUDGET = (ask.course(amount=kr(4)), ask.licence(amount=kr(3)), ask.computer(amount=kr(2)))
Wish = Callable[[Crowd], Sequence[Command]]
WISHES: list[Wish] = [
    lambda _: [ESTABLISH],
    lambda c: [ask.register(case_no=c.choose(CASES))],
    lambda c: [ask.register_account(**c.case(), account=c.choose(ACCOUNTS))],
    lambda c: [ask.offer(**c.case())],
    lambda c: [ask.accept_offer(**c.case())],
    lambda c: [ask.decline_offer(**c.case())],
    lambda c: [ask.stop(**c.case())],
    lambda c: [ask.complete(**c.case())],
    lambda c: [ask.record_outcome(**c.case())],
    lambda c: [ask.request_changes(**c.case())],
    lambda c: [ask.approve_line(**c.line())],
    lambda c: [ask.reject_line(**c.line())],
    lambda c: [ask.extend(**c.case(), end_date=c.today + timedelta(days=c.choose([0, 40])))],
    lambda c: [ask.extend(**c.case(), end_date=DAY + timedelta(days=100))],
    lambda c: [ask.approve_tranche(**c.tranche())],
    lambda c: [ask.release_tranche(**c.tranche() | c.controls())],
    lambda c: [ask.cancel_tranche(**c.tranche())],
    lambda c: [ask.use_card(case_no=c.choose(CASES))],
    Crowd.a_budget,
    *[Crowd.a_green_light] * 2,
    *[Crowd.another_amount] * 3,
    *[Crowd.a_tranche] * 18,
    *[Crowd.ordered_payments] * 5,
    Crowd.a_return,
    Crowd.stray_entries,
    *[Crowd.a_receipt] * 3,
    Crowd.a_shared_receipt,
    Crowd.the_rest_of_a_receipt,
    *[Crowd.a_merchants_refund] * 4,
    *[Crowd.a_lost_receipt] * 2,
    *[Crowd.receipts_that_do_not_come] * 2,
    Crowd.a_waiver,
    *[Crowd.misuse] * 2,
    *[Crowd.money_handed_back] * 2,
    *[Crowd.a_write_off] * 2,
    Crowd.a_stop,
    *[Crowd.all_flows_again] * 2,
    *[Crowd.tranches_lapse] * 2,
    Crowd.other_rules,
    Crowd.a_month_is_closed,
    lambda c: [
        rule.assign_roles(
            person=c.choose(["kons-9", "adm-1"]), roles=c.choose([CASEWORK, CASEWORK, APART])
        )
    ],
    lambda c: [rule.assign_team(person=c.choose(["kons-1", "kons-2", "kons-9", "adm-1"]))],
    lambda c: [
        rule.reassign_case(case_no=c.choose(CASES), caseworker=c.choose([*CASEWORKER, "fin-1"]))
    ],
]
