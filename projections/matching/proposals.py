"""Proposals, best first, each with its reasons in words. Whoever decides sees what was gone by."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from itertools import combinations
from typing import NamedTuple

from pydantic import BaseModel

from domain.money import Money, total
from domain.programme import Route
from domain.reading import Reading
from projections.matching.facts import Bought, CardPurchase, CaseFacts, LineFacts
from projections.matching.likeness import ALIKE, likeness

DAYS_APART = (
    3  # Between a card's purchase and its receipt: the issuer's day is not always the shop's.
)
SOON = timedelta(days=45)  # After a payment, most of what it is for is bought.
WEAKEST = 15  # Nothing weaker is proposed.
# For the very amount, to the øre, that a line lacks: more than for its supplier and any other amount.
JUST_THAT = 55
MOST = 10  # Proposals of one receipt.
Known = Mapping[str, Mapping[str, int]]  # Merchants, by category.
Sold = Mapping[str, int]  # How often a category's things were bought of the merchant in question.


class Wanted(BaseModel):
    """What is known of a receipt: read from its picture, or keyed by a person."""

    amount: Money | None = None
    purchased_on: date | None = None
    merchant: str = ""
    cvr: str = ""
    ref: str = ""  # Where it was handed in already.

    @classmethod
    def read(cls, reading: Reading) -> "Wanted":
        return cls(
            amount=reading.total.amount if reading.total else None,
            purchased_on=reading.purchased_on.day if reading.purchased_on else None,
            merchant=reading.merchant.text if reading.merchant else "",
            cvr=reading.cvr.text if reading.cvr else "",
        )

    @classmethod
    def keyed(cls, receipt: Bought) -> "Wanted":
        return cls(
            amount=receipt.amount,
            purchased_on=receipt.purchased_on,
            merchant=receipt.merchant,
            ref=receipt.ref,
        )


class Share(BaseModel):
    line_no: int
    amount: Money
    tranche: str | None


class Proposal(BaseModel):
    """`also`: the shares of other lines, where the receipt seems to stand for several."""

    case_no: str
    line_no: int
    tranche: str | None  # The oldest that nobody has accounted for in full.
    card_use: int | None  # Its position in the log.
    amount: Money | None  # What of the receipt there is room for; none where no amount was read.
    also: tuple[Share, ...] = ()
    because_da: str
    because_en: str
    strength: int  # Of 100: for the order alone. It is no probability.


class _Reason(NamedTuple):
    points: int
    danish: str
    english: str


def proposals(wanted: Wanted, cases: Iterable[CaseFacts], known: Known) -> list[Proposal]:
    """For one case, or for as many as it may belong to."""
    sold = {
        category: sum(
            count for name, count in names.items() if likeness(wanted.merchant, name) >= ALIKE
        )
        for category, names in known.items()
    }
    found = [each for facts in cases for each in _of_case(wanted, facts, sold)]
    return [each.proposal for each in sorted(found, key=_best_first)[:MOST]]


class _Scored(NamedTuple):
    points: int  # All of them: what is certain by two lines is not as certain by both.
    proposal: Proposal


def _best_first(scored: _Scored) -> tuple[int, str, int]:
    return -scored.points, scored.proposal.case_no, scored.proposal.line_no


def _of_case(wanted: Wanted, facts: CaseFacts, sold: Sold) -> Iterator[_Scored]:
    purchase = _purchase(wanted, facts)
    scored = {
        line.line_no: list(_reasons(wanted, facts, line, purchase, sold)) for line in facts.waiting
    }
    for line_no, reasons in scored.items():
        line = facts.lines[line_no]
        if _points(reasons) >= WEAKEST:
            yield _Scored(_points(reasons), _proposal(wanted, facts, line, purchase, reasons))
    yield from _shared(wanted, facts, purchase, scored)


def _points(reasons: Iterable[_Reason]) -> int:
    return sum(each.points for each in reasons)


def _proposal(
    wanted: Wanted,
    facts: CaseFacts,
    line: LineFacts,
    purchase: CardPurchase | None,
    reasons: list[_Reason],
) -> Proposal:
    tranche, room = _room(line)
    return Proposal(
        case_no=facts.case_no,
        line_no=line.line_no,
        tranche=tranche,
        card_use=purchase.position if purchase else None,
        amount=None if wanted.amount is None else min(wanted.amount, room) if room else None,
        because_da=_sentence(each.danish for each in reasons),
        because_en=_sentence(each.english for each in reasons),
        strength=min(100, _points(reasons)),
    )


def _sentence(parts: Iterable[str]) -> str:
    text = "; ".join(part for part in parts if part)
    return f"{text[:1].upper()}{text[1:]}."


def _room(line: LineFacts) -> tuple[str | None, Money]:
    """The oldest tranche that is open, and what is open of the line."""
    found = list(line.lacking())
    return (found[0][0].ref if found else None), total(lacking for _, lacking in found)


# The card ----------------------------------------------------------------------------------------


def _purchase(wanted: Wanted, facts: CaseFacts) -> CardPurchase | None:
    """The purchase of that amount about that day, that no other receipt stands for yet."""
    free = list(facts.purchases)
    seen: set[str] = {wanted.ref}
    for receipt in facts.receipts:
        if receipt.rejected or receipt.ref in seen:
            continue
        seen.add(receipt.ref)
        fitting = _fitting(free, receipt.amount, receipt.purchased_on, receipt.merchant)
        if fitting:
            free.remove(fitting)
    return _fitting(free, wanted.amount, wanted.purchased_on, wanted.merchant)


def _fitting(
    purchases: Iterable[CardPurchase], amount: Money | None, on: date | None, merchant: str
) -> CardPurchase | None:
    found = [
        each
        for each in purchases
        if each.amount == amount and (on is None or abs((each.on - on).days) <= DAYS_APART)
    ]
    return min(
        found,
        key=lambda each: (
            abs((each.on - on).days) if on else 0,
            -likeness(each.merchant, merchant),
            each.position,
        ),
        default=None,
    )


# Reasons -----------------------------------------------------------------------------------------


def _reasons(
    wanted: Wanted,
    facts: CaseFacts,
    line: LineFacts,
    purchase: CardPurchase | None,
    sold: Sold,
) -> Iterator[_Reason]:
    if purchase and line.route is Route.CARD:
        yield _Reason(
            20,
            f"hævekortet blev brugt for {purchase.amount.danish()} kr. {purchase.on:%d-%m-%Y}",
            f"the card was used for {purchase.amount} kr. on {purchase.on}",
        )
    yield from _by_name(wanted, facts, line)
    yield from _by_category(facts, line, sold)
    yield from _by_money(wanted, line)


def _by_name(wanted: Wanted, facts: CaseFacts, line: LineFacts) -> Iterator[_Reason]:
    name = wanted.merchant
    if wanted.cvr and wanted.cvr == line.supplier_cvr:
        yield _Reason(
            50, "CVR-nummeret er postens leverandørs", "the CVR number is the line's supplier's"
        )
    elif line.supplier and likeness(name, line.supplier) >= ALIKE:
        yield _Reason(
            40, f"{line.supplier} er postens leverandør", f"{line.supplier} is the line's supplier"
        )
    earlier = [
        each.ref
        for each in facts.receipts
        if each.line_no == line.line_no
        and each.accepted
        and each.ref != wanted.ref
        and likeness(name, each.merchant) >= ALIKE
    ]
    if earlier:
        yield _Reason(
            40,
            f"kvittering {earlier[-1]} på posten er fra samme forhandler",
            f"receipt {earlier[-1]} of the line is of the same merchant",
        )


def _by_category(facts: CaseFacts, line: LineFacts, sold: Sold) -> Iterator[_Reason]:
    """As much as the category is of what the merchant sells to this case's categories."""
    categories = {each.category for each in facts.waiting}
    of_each = {each: sold.get(each, 0) for each in categories}
    here = of_each[line.category]
    if here:
        yield _Reason(
            10 + 25 * here // sum(of_each.values()),
            "forhandleren sælger det, posten er til",
            "the merchant sells what the line is for",
        )


def _by_money(wanted: Wanted, line: LineFacts) -> Iterator[_Reason]:
    found = list(line.lacking())
    room = total(lacking for _, lacking in found)
    if not found:
        if line.ordered:
            yield _Reason(15, "en rate er på vej", "a tranche is on its way")
        return
    said = f"{room.danish()} kr. mangler bilag på posten", f"{room} kr. of the line lacks receipts"
    if wanted.amount is not None and wanted.amount <= room:
        yield _Reason(JUST_THAT if wanted.amount == room else 12, *said)
    else:
        yield _Reason(5, *said)
    bought = wanted.purchased_on
    paid = [each for each, _ in found if bought and each.booked_on <= bought]
    if bought and any(bought <= each.booked_on + SOON for each in paid):
        yield _Reason(
            10,
            f"købt efter rate {paid[-1].ref} blev udbetalt",
            f"bought after tranche {paid[-1].ref} was paid",
        )


# Several lines -----------------------------------------------------------------------------------


def _shared(
    wanted: Wanted,
    facts: CaseFacts,
    purchase: CardPurchase | None,
    scored: Mapping[int, list[_Reason]],
) -> Iterator[_Scored]:
    """What the receipt says is what several lines lack together, to the øre, and more than any of them."""
    lacking = {line_no: _room(facts.lines[line_no]) for line_no in scored}
    for number in (2, 3):
        for lines in combinations(sorted(no for no, (_, room) in lacking.items() if room), number):
            if total(lacking[no][1] for no in lines) != wanted.amount:
                continue
            first, *others = sorted(lines, key=lambda no: (-_points(scored[no]), no))
            alone = _proposal(wanted, facts, facts.lines[first], purchase, scored[first])
            also = tuple(
                Share(line_no=no, amount=lacking[no][1], tranche=lacking[no][0]) for no in others
            )
            posts = ", ".join(map(str, sorted(lines)))
            reasons = [
                _Reason(
                    30,
                    f"beløbet er præcis, hvad der mangler bilag for på post {posts} tilsammen",
                    f"the amount is just what lacks receipts of lines {posts} together",
                ),
                *(reason for no in lines for reason in scored[no] if reason.points > 0),
            ]
            points = 30 + min(_points(scored[no]) for no in lines)
            together = alone.model_copy(
                update={
                    "also": also,
                    "strength": min(100, points),
                    "because_da": _sentence(dict.fromkeys(each.danish for each in reasons)),
                    "because_en": _sentence(dict.fromkeys(each.english for each in reasons)),
                }
            )
            yield _Scored(points, together)
