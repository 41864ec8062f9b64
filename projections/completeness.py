"""Is the accounting complete? From each posting to its voucher, and from each voucher to its posting.

Auditors call it progressive and retrograde testing. Whatever has no counterpart is a gap, unless there is
a stated reason: rejected, credited, unreconciled. What waits for somebody is listed with its age.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from domain.case.expenses import ExpenseApproved, ExpenseReturned
from domain.money import ZERO, Money, total
from projections.papers import Answer, Booked, Fate, Papers, Voucher
from projections.vouchers import TRACED, VoucherKind

OPEN = (Fate.UNRECONCILED, Fate.REFUND_DUE, Fate.AWAITING)


class Missing(StrEnum):
    VOUCHER = "voucher"  # Booked, and nothing stands for it.
    FILE = "file"  # The voucher's file is not kept.
    POSTING = "posting"  # The bank moved money, and it is neither booked nor unreconciled.
    AMOUNT = "amount"  # What was booked of a bank's entry isn't its amount.
    NAME = "name"  # A file is kept that no voucher names.
    REASON = "reason"  # Booked or rejected on somebody's word, and no ground was given.


class Item(BaseModel):
    """Something to look at: by its event or kind of voucher, and where it is."""

    what: str
    case: str | None
    line: int | None
    ref: str | None
    amount: Money | None
    day: date
    age: int  # Days, counted on the day of the report.
    position: int


class Gap(Item):
    missing: Missing


class OpenVoucher(Item):
    fate: Fate


class Traced(BaseModel):
    """Vouchers of one kind, by what became of them."""

    kind: VoucherKind
    count: int
    fates: dict[Fate, int]


class BookedAs(BaseModel):
    """Postings of one kind of event."""

    event: str
    count: int
    amount: Money
    with_voucher: int


class Completeness(BaseModel):
    postings: list[BookedAs]
    vouchers: list[Traced]
    documented: dict[VoucherKind, Money]  # The figure *documented*, by the vouchers that are there.
    gaps: list[Gap]
    open: list[OpenVoucher]

    @property
    def documented_in_all(self) -> Money:
        return total(self.documented.values())

    @property
    def breaches(self) -> list[Gap]:
        """Gaps that nobody's word explains."""
        return [gap for gap in self.gaps if gap.missing is not Missing.REASON]


def check(
    rows: Iterable[Papers],
    programme: str,
    as_of: date,
    counted_on: date,
    held: Collection[str] | None = None,
) -> Completeness:
    """Both ways, as known on that day. `rows` are those of all programmes; `held` the SHA-256 of every file
    that is kept: without it, files are not looked at."""
    rows = list(rows)
    mine = [_by(papers, as_of) for papers in rows if papers.programme == programme]
    named = {each.sha256 for papers in rows for each in papers.vouchers}
    looked_at = _Look(mine, counted_on, held)
    gaps = [*looked_at.postings(), *looked_at.vouchers()]
    gaps.extend(looked_at.unnamed(sha256) for sha256 in sorted(set(held or ()) - named))
    return Completeness(
        postings=looked_at.booked_as(),
        vouchers=looked_at.traced(),
        documented=looked_at.documented(),
        gaps=sorted(gaps, key=lambda gap: (gap.day, gap.position, gap.ref or "")),
        open=looked_at.waiting(),
    )


def _by(papers: Papers, as_of: date) -> Papers:
    """What was there by the end of that day."""
    return papers.model_copy(
        update={
            name: [each for each in getattr(papers, name) if each.day <= as_of]
            for name in ("booked", "vouchers", "answers")
        }
    )


class _Look:
    """Everything of one programme, found by key."""

    def __init__(self, rows: list[Papers], counted_on: date, held: Collection[str] | None) -> None:
        self._counted_on, self._held = counted_on, None if held is None else set(held)
        self._booked = sorted(
            ((papers, each) for papers in rows for each in papers.booked),
            key=lambda pair: pair[1].position,
        )
        vouchers = sorted(
            ((papers, each) for papers in rows for each in papers.vouchers),
            key=lambda pair: pair[1].position,
        )
        # A budget may be submitted again, and a group's credit note is told again for each share.
        self._vouchers: dict[str, tuple[Papers, Voucher]] = {}
        for papers, voucher in vouchers:
            self._vouchers.setdefault(voucher.key, (papers, voucher))
        self._booked_by: dict[str, list[Booked]] = {}
        for _, booked in self._booked:
            for key in booked.wanted:
                self._booked_by.setdefault(key, []).append(booked)
        self._answers: dict[str, list[tuple[Papers, Answer]]] = {}
        for papers in rows:
            for answer in papers.answers:
                self._answers.setdefault(answer.key, []).append((papers, answer))
        self._credited: dict[str, Money] = {}
        for _, voucher in self._vouchers.values():
            if voucher.credits and voucher.amount:
                invoice = f"expense {voucher.credits}"
                self._credited[invoice] = self._credited.get(invoice, ZERO) + voucher.amount
        self._fates = {
            key: self._fate(voucher)
            for key, (_, voucher) in self._vouchers.items()
            if voucher.kind in TRACED
        }

    # From posting to voucher.

    def postings(self) -> Iterator[Gap]:
        for papers, booked in self._booked:
            if self._without(booked):
                yield self._gap(papers, booked, booked.event, Missing.VOUCHER)
            if not booked.stated:
                yield self._gap(papers, booked, booked.event, Missing.REASON)

    def _without(self, booked: Booked) -> bool:
        """No voucher, or one that came after what it is said to stand for."""
        found = [self._vouchers.get(key) for key in booked.wanted]
        return any(each is None or each[1].position > booked.position for each in found)

    # From voucher to posting.

    def vouchers(self) -> Iterator[Gap]:
        for key, (papers, voucher) in self._vouchers.items():
            fate = self._fates.get(key)
            # The file of what was filed is the receipt's, and looked for there.
            gone_by_right = papers.forgotten or fate is Fate.FILED
            held = self._held is None or gone_by_right or voucher.sha256 in self._held
            if voucher.sha256 and not held:
                yield self._gap(papers, voucher, voucher.kind, Missing.FILE)
            if fate is Fate.MISSING:
                yield self._gap(papers, voucher, voucher.kind, Missing.POSTING)
            if fate is Fate.REJECTED and not self._rejections(voucher)[-1].stated:
                yield self._gap(papers, voucher, voucher.kind, Missing.REASON)
            if voucher.kind is VoucherKind.ENTRY and fate is Fate.POSTED:
                booked = total(each.amount for each in self._booked_by[key])
                if booked != voucher.amount:
                    yield self._gap(papers, voucher, voucher.kind, Missing.AMOUNT)

    def _fate(self, voucher: Voucher) -> Fate:
        if self._booked_by.get(voucher.key):
            return Fate.POSTED
        if self._rejections(voucher):
            return Fate.REJECTED
        answers = [answer.fate for _, answer in self._answers.get(voucher.key, ())]
        match voucher.kind:
            case VoucherKind.ENTRY:
                return Fate.UNRECONCILED if answers else Fate.MISSING
            case VoucherKind.ARRIVAL:
                return Fate.FILED if answers else Fate.AWAITING
            case VoucherKind.CREDIT_NOTE:
                due = answers and not self._paid_anew(voucher)
                return Fate.REFUND_DUE if due else Fate.CREDITED
        credited = self._credited.get(voucher.key)
        return Fate.CREDITED if credited and credited == voucher.amount else Fate.AWAITING

    def _rejections(self, voucher: Voucher) -> list[Answer]:
        """A share of a group's cost may be given up and spread anew: that doesn't reject the cost itself."""
        shared = voucher.kind is VoucherKind.SHARED_COST
        return [
            answer
            for papers, answer in self._answers.get(voucher.key, ())
            if answer.fate is Fate.REJECTED and (papers.case_no is None or not shared)
        ]

    def _paid_anew(self, note: Voucher) -> bool:
        """The payment came back after the note, or was ordered anew without what the note takes off."""
        names = {ExpenseApproved.__name__, ExpenseReturned.__name__}
        found = self._booked_by.get(f"expense {note.credits}", ())
        return any(each.event in names and each.position > note.position for each in found)

    # What it comes to.

    def documented(self) -> dict[VoucherKind, Money]:
        found: dict[VoucherKind, Money] = {}
        for _, booked in self._booked:
            if booked.documented and not self._without(booked):
                kind = booked.own or self._vouchers[booked.wanted[0]][1].kind
                found[kind] = found.get(kind, ZERO) + booked.documented
        return found

    def booked_as(self) -> list[BookedAs]:
        found: dict[str, list[Booked]] = {}
        for _, booked in self._booked:
            found.setdefault(booked.event, []).append(booked)
        return [
            BookedAs(
                event=event,
                count=len(each),
                amount=total(booked.amount for booked in each),
                with_voucher=sum(not self._without(booked) for booked in each),
            )
            for event, each in sorted(found.items())
        ]

    def traced(self) -> list[Traced]:
        counted = Counter((self._vouchers[key][1].kind, fate) for key, fate in self._fates.items())
        return [
            Traced(
                kind=kind,
                count=sum(count for (of, _), count in counted.items() if of is kind),
                fates={fate: counted[kind, fate] for fate in Fate if counted[kind, fate]},
            )
            for kind in TRACED
        ]

    def waiting(self) -> list[OpenVoucher]:
        return [
            OpenVoucher(**self._item(papers, voucher, voucher.kind), fate=self._fates[key])
            for key, (papers, voucher) in self._vouchers.items()
            if self._fates.get(key) in OPEN
        ]

    def unnamed(self, sha256: str) -> Gap:
        return Gap(
            what="file",
            case=None,
            line=None,
            ref=sha256,
            amount=None,
            day=self._counted_on,
            age=0,
            position=0,
            missing=Missing.NAME,
        )

    def _gap(self, papers: Papers, it: Booked | Voucher, what: str, missing: Missing) -> Gap:
        return Gap(**self._item(papers, it, what), missing=missing)

    def _item(self, papers: Papers, it: Booked | Voucher, what: str) -> Mapping[str, Any]:
        return {
            "what": str(what),
            "case": papers.case_no,
            "line": it.line_no,
            "ref": it.ref,
            "amount": it.amount,
            "day": it.day,
            "age": (self._counted_on - it.day).days,
            "position": it.position,
        }
