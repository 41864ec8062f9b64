"""Three cases whose receipts, refunds, declarations and claims are asked for, and a second reckoning beside.

What each command is answered is foretold by a simple model (purse.py); afterwards the state, the rows, the
books and the vouchers must all tell the model's figures (telling.py), on that day and on every day before.
"""

from collections import Counter
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from domain.case.forgetting import LastDay
from domain.case.shared_receipts import ReceiptShare
from domain.case.sources import SourceWanted
from domain.money import Money, kr
from domain.programme import FundingAgreement, Route
from domain.words import Command, Draft, Event, Recorded, Refused, decide
from tests import examples as ask
from tests import examples_intake as intakes
from tests.domain import telling
from tests.domain.purse import No, Purse, Slip, unless
from tests.domain.telling import TOLD, Place
from tests.examples_rules import forget_citizen
from tests.scenario import DAY, fold, given, noon, recorded

MOST = 150  # Øre that a declaration may come to.
BY_SHARE = (
    SourceWanted(legal_basis="LAB-32", funding="AARHUS", share=2),
    SourceWanted(legal_basis="LAB-76", funding="VELUX", share=1),
)
IN_TURN = (
    SourceWanted(legal_basis="LAB-32-KK", funding="VELUX", up_to=Money(130)),
    SourceWanted(legal_basis="LAB-32", funding="AARHUS"),
)
LINES = (
    ask.course(amount=kr(50), sources=BY_SHARE),
    ask.licence(amount=kr(50), sources=IN_TURN, route=Route.ACCOUNT),
    ask.computer(amount=kr(50), route=Route.CARD),
)
TERMS = ask.terms(undocumented_limit=None, tranche_max=None, declaration_max=Money(MOST))
FUNDING = (
    FundingAgreement(id="AARHUS", name="Aarhus Kommune", amount=kr(900)),
    FundingAgreement(id="VELUX", name="VELUX FONDEN", amount=kr(900)),
)
PROGRAMME_OF = {"A-1": "NP", "B-1": "NP", "C-1": "OP"}


@dataclass
class Arrived:
    case_no: str | None
    file: int
    stage: str = "received"


@dataclass
class World:
    """What the model knows of everything but the purses."""

    numbers: set[tuple[str, str]] = field(default_factory=set)
    files: set[tuple[str, int]] = field(default_factory=set)
    vouchers: dict[tuple[str, int], Arrived] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    forgotten: set[str] = field(default_factory=set)


class Cases:
    """Three cases in two programmes, with money that is asked about; and the model beside them."""

    def __init__(self) -> None:
        self.past = Draft(given())
        self.log: list[Recorded[Event]] = []
        self.rows: dict[str, dict[str, Any]] = {each.name: {} for each in TOLD}
        self.purses = {(case, line): Purse() for case in PROGRAMME_OF for line in (1, 2, 3)}
        self.world = World()
        self.today = DAY
        self.then: dict[date, dict[Place, Purse]] = {}
        self.looked_at = 0
        self.payments = 0
        self.reached: Counter[str] = Counter()

    def are_granted(self) -> None:
        for programme in ("NP", "OP"):
            self.done(ask.establish(programme=programme, terms=TERMS, funding=FUNDING))
        for number, (case_no, programme) in enumerate(PROGRAMME_OF.items()):
            of_it: dict[str, Any] = {"case_no": case_no, "programme": programme}
            self.done(ask.register(**of_it, citizen=f"citizen-{number:016x}"))
            self.done(ask.offer(**of_it))
            self.done(ask.accept_offer(**of_it))
            self.done(ask.submit(**of_it, lines=LINES))
            self.done(ask.assess(**of_it))
            for line_no in (1, 2, 3):
                self.done(ask.approve_line(**of_it, line_no=line_no))

    # Asking ----------------------------------------------------------------------------------------

    def done(self, command: Command) -> None:
        """Answered the same when it is asked twice without being done; then done."""
        day = {"at": noon(self.today), "effective_on": self.today}
        command = command.model_copy(update=day)
        dry = decide(command, self.past)
        news = decide(command, self.past)
        assert [each.event for each in dry] == [each.event for each in news]
        for new in news:
            self.reached[type(new.event).__name__] += 1
            self.past.add(new)
            entry = recorded(
                new.event,
                stream=new.stream,
                actor=command.by,
                at=command.at,
                effective_on=self.today,
                position=len(self.log) + 1,
            )
            self.log.append(entry)
            for each in TOLD:
                self.rows[each.name] = fold(each, [entry], self.rows[each.name])

    def asks(self, command: Command, foretold: Any) -> bool:
        """Whether it was done. The model is asked first: what it changes, the domain must do; what it
        refuses, the domain must refuse for the same reason."""
        try:
            foretold()
        except No as no:
            try:
                self.done(command)
            except Refused as refused:
                self.reached[refused.code] += 1
                assert refused.code == str(no), f"{command}: {refused.code}, foretold {no}"
                self.all_tell_the_same()
                return False
            raise AssertionError(f"{command} was done; foretold: {no}") from no
        self.done(command)
        self.all_tell_the_same()
        return True

    def at(self, place: Place) -> dict[str, Any]:
        case_no, line_no = place
        return {"case_no": case_no, "line_no": line_no, "programme": PROGRAMME_OF[case_no]}

    def known(self, case_no: str) -> None:
        unless(case_no not in self.world.forgotten, "citizen_forgotten")

    def of(self, place: Place, change: str, *what: Any, **more: Any) -> Any:
        """What the model does to that line, whose citizen must be known."""

        def foretold() -> None:
            self.known(place[0])
            getattr(self.purses[place], change)(*what, **more)

        return foretold

    # Money out and back ----------------------------------------------------------------------------

    def a_tranche_is_paid(self, place: Place, ore: int) -> None:
        if place[0] in self.world.closed:
            return
        self.payments += 1
        ref, where = f"T-{999 - self.payments}", self.at(place)  # The oldest is not the first.
        for step in (ask.request_tranche, ask.approve_tranche, ask.release_tranche):
            amount = {"amount": Money(ore)} if step is ask.request_tranche else {}
            try:
                self.done(step(**where, ref=ref, **amount))
            except Refused as no:
                assert no.code in {"above_grant", "after_end_date", "receipts_overdue"}
                return
        self.purses[place].paid[ref], self.purses[place].booked[ref] = ore, self.today
        self.states(place, ask.debit(
            entry=f"E-{ref}", end_to_end_id=ref, amount=Money(ore), booked_on=self.today
        ))  # fmt: skip

    def states(self, place: Place, entry: Any) -> None:
        """The bank's statement of that."""
        self.payments += 1
        statement = ask.receive(entry, statement=f"S-{self.payments}")
        programme = PROGRAMME_OF[place[0]]
        self.done(statement.model_copy(update={"programme": programme}))
        self.all_tell_the_same()

    def a_payment_comes_back(self, place: Place, number: int) -> None:
        purse = self.purses[place]
        if there := sorted(set(purse.paid) - purse.back):
            ref = there[number % len(there)]
            purse.back.add(ref)
            self.states(place, ask.returned_payment(
                entry=f"B-{ref}", end_to_end_id=ref, amount=Money(purse.paid[ref])
            ))  # fmt: skip

    def the_citizen_pays(self, place: Place, ore: int, what: str) -> None:
        purse = self.purses[place]
        booked = purse.hand_back(ore) if what == "UNSPENT" else purse.repay(ore)
        case_no, line_no = place
        back = {"amount": Money(ore), "hands_back": f"{what} {case_no}/{line_no}"}
        self.payments += 1
        self.states(place, ask.handed_back(entry=f"H-{self.payments}", **back))
        left = type(self.log[-1].event).__name__ == "EntryUnreconciled"
        assert left is not booked

    # Receipts --------------------------------------------------------------------------------------

    def new_receipt(self, programme: str, ref: str, file: int) -> None:
        world = self.world
        unless((programme, ref) not in world.numbers, "wrong_state")
        unless((programme, file) not in world.files, "duplicate_receipt")

    def taken(self, case_no: str, ref: str, file: int, voucher: int | None) -> None:
        programme = PROGRAMME_OF[case_no]
        self.world.numbers.add((programme, ref))
        self.world.files.add((programme, file))
        if voucher is not None:
            # From now on it is of that case, whatever it came for.
            self.world.vouchers[programme, voucher] = Arrived(case_no, file, "filed")

    def waits(self, programme: str, voucher: int | None, case_no: str | None, file: int) -> None:
        if voucher is None:
            return
        arrived = self.world.vouchers.get((programme, voucher))
        unless(arrived is not None and arrived.case_no in (None, case_no), "not_found")
        assert arrived
        unless(arrived.stage == "received", "wrong_state")
        unless(arrived.file == file, "not_found")

    def a_receipt_is_handed_in(
        self, place: Place, ore: int, *, number: int, file: int, voucher: int | None
    ) -> None:
        programme, ref = PROGRAMME_OF[place[0]], f"K-{number}"

        def foretold() -> None:
            self.known(place[0])
            self.new_receipt(programme, ref, file)
            self.waits(programme, voucher, place[0], file)
            self.taken(place[0], ref, file, voucher)
            self.purses[place].slips[ref] = Slip(ore)

        of_it = {"ref": ref, "amount": Money(ore), "sha256": f"{file:064x}"}
        via = {"voucher": f"V-{voucher}"} if voucher else {}
        self.asks(ask.hand_in(**self.at(place), **of_it, **via, purchased_on=self.today), foretold)

    def a_receipt_is_shared(
        self,
        case_no: str,
        shares: Sequence[tuple[int, int]],
        less: int,
        *,
        number: int,
        file: int,
        voucher: int | None,
    ) -> None:
        programme, ref = PROGRAMME_OF[case_no], f"K-{number}"
        whole = sum(ore for _, ore in shares) + less

        def foretold() -> None:
            self.known(case_no)
            unless(less >= 0, "above_receipt")
            self.new_receipt(programme, ref, file)
            self.waits(programme, voucher, case_no, file)
            self.taken(case_no, ref, file, voucher)
            for line_no, ore in shares:
                self.purses[case_no, line_no].slips[ref] = Slip(ore)

        asked = tuple(ReceiptShare(line_no=line_no, amount=Money(ore)) for line_no, ore in shares)
        of_it = {"ref": ref, "amount": Money(whole), "sha256": f"{file:064x}", "shares": asked}
        where = {"case_no": case_no, "programme": programme, "purchased_on": self.today}
        via = {"voucher": f"V-{voucher}"} if voucher else {}
        self.asks(ask.share_receipt(**where, **of_it, **via), foretold)

    def a_voucher_arrives(self, place: Place, number: int, file: int, of_none: bool) -> None:  # noqa: FBT001 - one of the two ways in which it comes.
        programme, case_no = PROGRAMME_OF[place[0]], None if of_none else place[0]

        def foretold() -> None:
            unless(of_none or place[0] not in self.world.forgotten, "citizen_forgotten")
            unless((programme, number) not in self.world.vouchers, "wrong_state")
            self.world.vouchers[programme, number] = Arrived(case_no, file)

        of_it = {"ref": f"V-{number}", "sha256": f"{file:064x}", "by": "system"}
        where = {"case_no": case_no, "line_no": None, "programme": programme}
        self.asks(intakes.receive_voucher(**where, **of_it), foretold)

    def a_voucher_is_set_aside(self, place: Place, number: int, of_none: bool) -> None:  # noqa: FBT001 - one of the two ways in which it comes.
        programme, case_no = PROGRAMME_OF[place[0]], None if of_none else place[0]

        def foretold() -> None:
            unless(of_none or place[0] not in self.world.forgotten, "citizen_forgotten")
            arrived = self.world.vouchers.get((programme, number))
            unless(arrived is not None and arrived.case_no in (None, case_no), "not_found")
            assert arrived
            unless(arrived.stage == "received", "wrong_state")
            arrived.stage = "set_aside"

        where = {"case_no": case_no, "programme": programme, "ref": f"V-{number}"}
        self.asks(intakes.set_voucher_aside(**where), foretold)

    def a_receipt_is_accepted(self, place: Place, ref: str, ore: int, *, rest: bool) -> None:
        command = ask.accept_receipt(**self.at(place), ref=ref, amount=Money(ore), rest=rest)
        self.asks(command, self.of(place, "accept", ref, ore, rest=rest))

    def a_receipt_is_rejected(self, place: Place, ref: str) -> None:
        self.asks(ask.reject_receipt(**self.at(place), ref=ref), self.of(place, "reject", ref))

    def the_merchant_refunds(self, place: Place, ref: str, ore: int) -> None:
        back = {"ref": ref, "amount": Money(ore), "refunded_on": self.today}
        self.asks(ask.refund(**self.at(place), **back), self.of(place, "refund", ref, ore))

    def a_receipt_is_declared_lost(self, place: Place, ore: int) -> None:
        command = ask.declare_loss(**self.at(place), amount=Money(ore))
        self.asks(command, self.of(place, "declare", ore, MOST))

    def misuse_is_confirmed(self, place: Place, ore: int) -> None:
        command = ask.confirm_misuse(**self.at(place), amount=Money(ore))
        self.asks(command, self.of(place, "confirm", ore))

    def a_claim_is_written_off(self, place: Place, ore: int) -> None:
        command = ask.write_off(**self.at(place), amount=Money(ore))
        self.asks(command, self.of(place, "give_up", ore))

    # Time ------------------------------------------------------------------------------------------

    def days_pass(self, days: int) -> None:
        self.today += timedelta(days=days)

    def a_case_is_stopped(self, case_no: str) -> None:
        def foretold() -> None:
            self.known(case_no)
            unless(case_no not in self.world.closed, "case_closed")
            self.world.closed.add(case_no)

        self.asks(ask.stop(case_no=case_no, programme=PROGRAMME_OF[case_no]), foretold)

    def years_pass_and_the_citizen_is_forgotten(self, case_no: str, years: int) -> None:
        self.today = self.today.replace(day=1, year=self.today.year + years)
        last_on = max(each.effective_on for each in self.log if each.stream == f"case-{case_no}")

        def foretold() -> None:
            self.known(case_no)
            unless(case_no in self.world.closed, "case_open")
            for line_no in (1, 2, 3):
                purse = self.purses[case_no, line_no]
                unless(not purse.undocumented and not purse.claim, "money_open")
            unless(self.today > date(last_on.year + 5, 12, 31), "retained")
            self.world.forgotten.add(case_no)

        days = (LastDay(case_no=case_no, day=last_on),)
        where = {"case_no": case_no, "programme": PROGRAMME_OF[case_no]}
        self.asks(forget_citizen(**where, last_days=days), foretold)

    def everything_is_settled(self, case_no: str) -> None:
        """What nobody has accounted for is handed back, and what is claimed given up."""
        for line_no in (1, 2, 3):
            place = case_no, line_no
            for amount, settle in (("undocumented", "UNSPENT"), ("claim", "REPAY")):
                if (ore := getattr(self.purses[place], amount)) > 0:
                    self.the_citizen_pays(place, ore, settle)

    # What always holds -----------------------------------------------------------------------------

    def all_tell_the_same(self) -> None:
        for entry in self.log[self.looked_at :]:
            telling.an_event_books(entry)
        self.looked_at = len(self.log)
        for place, purse in self.purses.items():
            telling.a_line_tells(place, purse, self.past, self.rows, self.today)
            telling.each_source_bears_its_own(place, purse, self.past)
        telling.the_queue_tells(self.purses, self.rows)
        self.then[self.today] = {at: deepcopy(purse) for at, purse in self.purses.items()}

    def all_told_each_day(self) -> None:
        """Each day, looked at when all is over."""
        telling.told_anew_is_the_same(self.log, self.rows)
        for day, purses in self.then.items():
            telling.the_parts_agree(purses, PROGRAMME_OF, self.rows, day)
            for programme in ("NP", "OP"):
                mine = {at: each for at, each in purses.items() if PROGRAMME_OF[at[0]] == programme}
                telling.vouchers_are_complete(mine, programme, self.rows, day)
                for fund in ("AARHUS", "VELUX"):
                    telling.a_source_accounts_for_a_period(
                        programme, fund, self.rows, day, self.today
                    )
