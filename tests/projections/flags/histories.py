"""Histories of cases, told event by event, for the rules to look at."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Any

from domain.case.accounts import AccountRegistered
from domain.case.budget import BudgetLine, BudgetSeen, BudgetSubmitted, LineGranted
from domain.case.enrolment import CaseRegistered
from domain.case.invoices import InvoiceReceived
from domain.case.merchant_refunds import ReceiptRefunded
from domain.case.outlays import OutlayClaimed
from domain.case.payouts import (
    CardUsed,
    PayoutSeen,
    TrancheReleased,
    TrancheReturned,
    TrancheSettled,
)
from domain.case.readings import ReceiptRead
from domain.case.receipts import (
    LossDeclared,
    ReceiptAccepted,
    ReceiptHandedIn,
    ReceiptRejected,
    UnspentReturned,
)
from domain.case.sources import AccountString
from domain.case.state import cases
from domain.case.time_frame import TimeFrameSet
from domain.money import ZERO, Money, kr
from domain.programme import Category, ProgrammeEstablished, Route, Terms
from domain.reading import ReadDay, Reading, ReadMoney, ReadText
from domain.voucher import AsideFor, Channel, VoucherReceived, VoucherSetAside, vouchers
from domain.words import Event, Recorded
from projections.flags.catalogue import RULES
from projections.flags.facts import Arrival, CaseFacts
from projections.flags.gathering import arrivals, case_facts
from projections.flags.rule import Finding, InForce, as_delivered, findings
from projections.flags.view import Facts
from projections.programmes import Established
from projections.programmes import programmes as established
from tests.examples import terms
from tests.scenario import recorded

MONDAY = date(2019, 3, 4)
LATE = date(2100, 1, 1)
CATEGORIES = {
    "course": "Kurser",
    "computer": "Computer",
    "business": "Udstyr til egen virksomhed",
    "other": "Andet",
}
WORDS = "words-" + 32 * "0"
NOTHING_SEEN = PayoutSeen(rules=1, line_left=ZERO, exposure=ZERO, overdue=ZERO)


def day(number: int) -> date:
    """So many days after a Monday in March."""
    return MONDAY + timedelta(days=number)


@dataclass
class History:
    """What happened in one programme. Each word adds an event, on that day after the Monday."""

    log: list[Recorded[Event]] = field(default_factory=list)
    refs: int = 0

    def tells(self, event: Event, on: int, by: str = "kons-1", at: time = time(12)) -> "History":
        moment = datetime.combine(day(on), at, UTC)
        if isinstance(event, VoucherReceived | VoucherSetAside):
            stream = vouchers.stream("TT", event.ref)
        else:
            stream = cases.stream(getattr(event, "case_no", ""))
        entry = recorded(event, stream=stream, version=1, position=len(self.log) + 1)
        self.log.append(replace(entry, at=moment, actor=by, effective_on=day(on)))
        return self

    def case(
        self, case_no: str, *categories: str, route: str = "account", **more: Any
    ) -> "History":
        """Registered, with a budget of a line of each category."""
        number = int(sha256(more.get("citizen", case_no).encode()).hexdigest()[:12], 16)
        registered = CaseRegistered(
            case_no=case_no,
            programme="TT",
            citizen=f"citizen-{number:016x}",
            phase="1",
            selection="random",
            sparring="individual",
            caseworker="kons-1",
        )
        lines = tuple(
            BudgetLine(
                line_no=number,
                amount=kr(10_000),
                includes_vat=True,
                route=Route(route),
                account_string=_string(category),
                supplier_cvr=None,
                supplier_name=more.get("supplier"),
                words=None,
            )
            for number, category in enumerate(categories, start=1)
        )
        self.tells(registered, more.get("on", 0))
        return self.tells(BudgetSubmitted(case_no=case_no, lines=lines), more.get("on", 0))

    def pays(self, case_no: str, amount: Money, on: int, line_no: int = 1) -> "History":
        """Released, booked the day after, and in the statement the day after that."""
        ref = self.new("T")
        which: dict[str, Any] = {"case_no": case_no, "line_no": line_no, "ref": ref}
        self.tells(
            TrancheReleased(
                **which,
                amount=amount,
                account_string=_string("course"),
                seen=NOTHING_SEEN,
                released_on=day(on),
                released_by="fin-1",
            ),
            on,
        )
        settled = TrancheSettled(
            **which,
            amount=amount,
            account_string=_string("course"),
            booked_on=day(on + 1),
            statement="S",
            entry=ref,
        )
        return self.tells(settled, on + 2)

    def receipt(
        self,
        case_no: str,
        amount: Money,
        on: int,
        merchant: str = "Kurser Nord",
        **more: Any,
    ) -> str:
        """Handed in. What is bought two days before, unless another day is told."""
        ref: str = more.get("ref") or self.new("R")
        self.tells(
            ReceiptHandedIn(
                case_no=case_no,
                line_no=more.get("line_no", 1),
                ref=ref,
                amount=amount,
                sha256=sha256(ref.encode()).hexdigest(),
                merchant=merchant,
                purchased_on=day(more.get("bought", on - 2)),
                note=WORDS if more.get("note") else None,
                whole=more.get("whole"),
            ),
            on,
        )
        if "says" in more:
            self.reads(case_no, ref, on, more["says"], more.get("line_no", 1))
        return ref

    def receipt_of(self, case_no: str, merchant: str, on: int) -> "History":
        """One of that merchant."""
        self.receipt(case_no, kr(500), on, merchant)
        return self

    def arrives(self, file: str, case_no: str | None, on: int) -> str:
        """By mail, for a case or for none. Files are told apart by what they are called here."""
        ref = self.new("V")
        received = VoucherReceived(
            programme="TT",
            ref=ref,
            case_no=case_no,
            line_no=None,
            sha256=sha256(file.encode()).hexdigest(),
            size=1,
            channel=Channel.MAIL,
        )
        self.tells(received, on, "system")
        return ref

    def sets_aside(self, ref: str, reason: AsideFor, on: int) -> "History":
        return self.tells(VoucherSetAside(programme="TT", ref=ref, reason=reason, words=None), on)

    def reads(
        self, case_no: str, ref: str, on: int, reading: Reading, line_no: int = 1
    ) -> "History":
        read = ReceiptRead(case_no=case_no, line_no=line_no, ref=ref, reading=reading)
        return self.tells(read, on, "system")

    def accepts(
        self, case_no: str, ref: str, amount: Money, on: int, by: str = "kons-1"
    ) -> "History":
        accepted = ReceiptAccepted(
            case_no=case_no, line_no=1, ref=ref, amount=amount, account_string=_string("course")
        )
        return self.tells(accepted, on, by)

    def rejects(self, case_no: str, ref: str, on: int) -> "History":
        rejected = ReceiptRejected(case_no=case_no, line_no=1, ref=ref, reason=None)
        return self.tells(rejected, on)

    def loses(self, case_no: str, amount: Money, on: int) -> "History":
        lost = LossDeclared(
            case_no=case_no,
            line_no=1,
            amount=amount,
            account_string=_string("course"),
            words=None,
        )
        return self.tells(lost, on, "fin-1")

    def hands_back(self, case_no: str, amount: Money, on: int) -> "History":
        back = UnspentReturned(
            case_no=case_no,
            line_no=1,
            amount=amount,
            account_string=_string("course"),
            statement="S",
            entry=self.new("E"),
        )
        return self.tells(back, on, "system")

    def returns(self, case_no: str, on: int) -> "History":
        """The latest tranche that was paid came back, if there is one."""
        for paid in self._latest(TrancheSettled, case_no):
            told = paid.model_dump(include=set(TrancheReturned.model_fields))
            self.tells(TrancheReturned(**told, return_reason="AC04"), on, "system")
        return self

    def refunds(self, case_no: str, on: int) -> "History":
        """The merchant gave back all that was accepted of the latest receipt, if there is one."""
        for accepted in self._latest(ReceiptAccepted, case_no):
            told = accepted.model_dump(include=set(ReceiptRefunded.model_fields))
            self.tells(ReceiptRefunded(**told, refunded_on=day(on), words=None), on)
        return self

    def _latest(self, kind: type[Event], case_no: str) -> list[Any]:
        events: list[Any] = [each.event for each in self.log if isinstance(each.event, kind)]
        return [each for each in events if each.case_no == case_no][-1:]

    def uses(
        self, case_no: str, mcc: str, amount: Money, on: int, merchant: str = "Et sted"
    ) -> "History":
        used = CardUsed(case_no=case_no, merchant=merchant, mcc=mcc, amount=amount)
        return self.tells(used, on, "system")

    def invoice(self, case_no: str, amount: Money, on: int, supplier: str = "Kurser Nord") -> str:
        ref = f"91335417:{self.new('F')}"
        received = InvoiceReceived(
            case_no=case_no,
            line_no=1,
            ref=ref,
            amount=amount,
            supplier_cvr="91335417",
            supplier_name=supplier,
            issued_on=day(on),
            sha256=sha256(ref.encode()).hexdigest(),
        )
        self.tells(received, on, "system")
        return ref

    def outlay(self, case_no: str, amount: Money, on: int, merchant: str) -> "History":
        ref = self.new("U")
        claimed = OutlayClaimed(
            case_no=case_no,
            line_no=1,
            ref=ref,
            amount=amount,
            claimed_by="kons-1",
            merchant=merchant,
            purchased_on=day(on),
            sha256=sha256(ref.encode()).hexdigest(),
        )
        return self.tells(claimed, on)

    def grants(self, case_no: str, on: int, by: str, at: time = time(12)) -> "History":
        granted = LineGranted(
            case_no=case_no,
            line_no=1,
            amount=kr(10_000),
            change=kr(10_000),
            account_string=_string("course"),
            seen=BudgetSeen(rules=1, assessments={}, cap_left=ZERO, fund_left=ZERO),
            granted_by=by,
        )
        return self.tells(granted, on, by, at)

    def ends(self, case_no: str, end: int, on: int = 1) -> "History":
        return self.tells(TimeFrameSet(case_no=case_no, end_date=day(end)), on)

    def account(self, case_no: str, mark: str, on: int) -> "History":
        digits = sha256(mark.encode()).hexdigest()
        return self.tells(AccountRegistered(case_no=case_no, account=account_mark(digits)), on)

    def new(self, letter: str) -> str:
        self.refs += 1
        return f"{letter}-{self.refs}"

    # What is found -------------------------------------------------------------------------------

    def facts(self, until: date = LATE, of: Container[str] | None = None) -> Facts:
        """By what happened by that day, and of those kinds alone."""
        rows: dict[str, CaseFacts] = {}
        came: dict[str, Arrival] = {}
        for news in self.log:
            if news.at.date() <= until and (of is None or type(news.event).__name__ in of):
                for key in case_facts.keys(news):
                    rows[key] = case_facts.fold(rows.get(key) or CaseFacts(), key, news)
                for key in arrivals.keys(news):
                    came[key] = arrivals.fold(came.get(key) or Arrival(), key, news)
        known = {row.case_no: row for row in rows.values()}
        return Facts(programme(), known, list(came.values()))

    def finds(self, rule: str, as_of: date = LATE, **given: int) -> list[Finding]:
        of = RULES[rule]
        in_force = InForce(of, of.version, {**of.parameters, **given})
        return list(findings(self.facts(), [in_force], as_of))

    def found_by_then(self, then: date) -> list[Finding]:
        """By all rules, when nobody knows more than what had happened by that day."""
        return list(findings(self.facts(then), as_delivered(), then))


def account_mark(digits: str) -> str:
    return f"account-{digits[:32]}"


def _string(category: str) -> AccountString:
    return AccountString(
        programme="TT", funding="AARHUS", legal_basis="LAB-32", category=category, phase="1"
    )


def programme() -> Established:
    told: Terms = terms().model_copy(
        update={
            "categories": tuple(Category(id=id_, name=name) for id_, name in CATEGORIES.items())
        }
    )
    begun = recorded(ProgrammeEstablished(programme="TT", terms=told))
    return established.fold(Established(), "TT", begun)


def says(total: Money | None = None, *unsure: str, **fields: Any) -> Reading:
    """A reading that is sure of all that it read, but for the fields named."""
    read: dict[str, Any] = {
        "total": total and ReadMoney(amount=total, confidence=90),
        "vat": ReadMoney(amount=fields["vat"], confidence=90) if "vat" in fields else None,
        "purchased_on": ReadDay(day=fields["on"], confidence=90) if "on" in fields else None,
    }
    for name in ("time", "cvr", "number", "merchant"):
        text = fields.get(name)
        read[name] = ReadText(text=text, confidence=90) if text else None
    agreed = tuple(name for name, field_ in read.items() if field_ and name not in unsure)
    return Reading(
        readers=("as told",), pages=1, **read, agreed=agreed, likeness=fields.get("likeness")
    )


def cases_of(found: Iterable[Finding]) -> Sequence[str | None]:
    return [each.case_no for each in found]
