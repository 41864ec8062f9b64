"""Rules on what a prepaid card was used for."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from domain.money import ZERO, Money, kr, total
from projections.flags.facts import CardUse, CaseFacts, LineFact
from projections.flags.kinds import DANISH, ENGLISH, Kind, kind_of_code, shop
from projections.flags.rule import Hit, Parameters, rule
from projections.flags.view import GAPS, NOBODY, TRADES, Facts, gaps
from projections.flags.wording import counted, dkk
from projections.flags.wording import kr as kroner

CARD = "card"
PRIVATE = ("CardUsed", "BudgetSubmitted", "TrancheReleased")


class Private(NamedTuple):
    """A use of the card that none of the case's lines is for."""

    use: CardUse
    kind: Kind


def private(facts: Facts, case: CaseFacts) -> list[Private]:
    """In the order of time. Groceries can be the raw materials of a business of one's own, and where a
    line is for whatever no category covers, it may be for the children or for a journey: as far as
    the money reaches that was released on such lines."""
    found = []
    spent: dict[Callable[[LineFact], bool], Money] = defaultdict(lambda: ZERO)
    for use in sorted(case.uses, key=lambda use: (use.on, use.position)):
        kind = kind_of_code(use.mcc)
        if kind is None:
            continue
        agreed = _agreed(facts, kind)
        if agreed:
            spent[agreed] += use.amount
        if not agreed or spent[agreed] > _released(case, agreed, use.on):
            found.append(Private(use, kind))
    return found


def _agreed(facts: Facts, kind: Kind) -> Callable[[LineFact], bool] | None:
    """Which lines may be for it. `None`: no line is."""
    if kind is Kind.GROCERIES:
        return facts.buys_goods
    return facts.is_open if kind in (Kind.FAMILY, Kind.LEISURE) else None


def _released(case: CaseFacts, of: Callable[[LineFact], bool], by: date) -> Money:
    """What was released by that day on the case's lines of that sort."""
    return total(
        each.amount for each in case.released if each.on <= by and of(case.lines[each.line_no])
    )


def crossed(spent: Iterable[Private], kinds: Collection[Kind], at_least: int) -> list[Private]:
    """The uses of those kinds up to the one with which they came to so many kroner; none: they didn't."""
    so_far: list[Private] = []
    for each in spent:
        if each.kind in kinds:
            so_far.append(each)
            if total(one.use.amount for one in so_far) >= kr(at_least):
                return so_far
    return []


def _spent(facts: Facts, kinds: Collection[Kind], at_least: int) -> Iterator[Hit]:
    for case in facts.cases.values():
        uses = crossed(private(facts, case), kinds, at_least)
        if uses:
            amount = total(each.use.amount for each in uses)
            first, last = uses[0].use.on, uses[-1].use.on
            named = sorted({each.kind for each in uses})
            yield Hit(
                key=f"{case.case_no}/{'+'.join(sorted(kinds))}",
                case_no=case.case_no,
                on=last,
                da=f"Hævekortet er brugt {counted(len(uses), 'gang', 'gange')} til"
                f" {' og '.join(DANISH[kind] for kind in named)}: {kroner(amount)}"
                f" fra {first:%d-%m-%Y} til {last:%d-%m-%Y}. Ingen budgetpost er til det.",
                en=f"The card was used {counted(len(uses), 'time', 'times')} for"
                f" {' and '.join(ENGLISH[kind] for kind in named)}: {dkk(amount)}"
                f" from {first} to {last}. No budget line is for that.",
                facts=[each.use for each in uses],
                amount=amount,
            )


@rule(2, PRIVATE, at_least=1_000)
def card_cash(facts: Facts, given: Parameters) -> Iterator[Hit]:
    """Cash was taken out with the card, of so many kroner in all. What cash is spent on nobody can see, and
    the card was made for not needing it."""
    yield from _spent(facts, {Kind.CASH}, given["at_least"])


@rule(2, PRIVATE, at_least=1_000)
def card_private_spending(facts: Facts, given: Parameters) -> Iterator[Hit]:
    """The card was used in cafés, for groceries, alcohol, betting and the like, for so many kroner in all.
    Groceries are left out as far as the money reaches that was released on lines for a business of the
    citizen's own, which may buy raw materials; school, care and leisure as far as that on lines for
    what no category covers."""
    yield from _spent(facts, set(Kind) - {Kind.CASH}, given["at_least"])


@rule(2, (*PRIVATE, *GAPS), days=60, at_least=1_000)
def card_unaccounted(facts: Facts, given: Parameters) -> Iterator[Hit]:
    """Two signs together: a card line lacks receipts so many days after the money came, and the case's card
    was used for cash or private spending. Each alone says little: as long as nobody asked for receipts,
    most cases lack some, and the card's issuer shows that they were spent as agreed."""
    for case in facts.cases.values():
        spent = private(facts, case)
        uses = crossed(spent, set(Kind), given["at_least"])
        if not uses:
            continue
        for gap in gaps(case, given["days"], since=uses[-1].use.on):
            line = case.lines[gap.tranche.line_no]
            least = facts.rules_on(gap.on).declaration_max
            if line.route != CARD or gap.lacking <= least:
                continue
            shown = [each.use for each in spent if each.use.on <= gap.on]
            amount = min(gap.lacking, total(use.amount for use in shown))
            yield Hit(
                key=f"{case.case_no}/{line.line_no}/{gap.tranche.ref}",
                case_no=case.case_no,
                line_no=line.line_no,
                on=gap.on,
                da=f"{given['days']} dage efter udbetalingen mangler der kvitteringer for"
                f" {kroner(gap.lacking)} af budgetpost {line.line_no}, og hævekortet er brugt til"
                f" {kroner(total(use.amount for use in shown))}, som ingen budgetpost er til.",
                en=f"{given['days']} days after the payment, receipts for {dkk(gap.lacking)} of line"
                f" {line.line_no} are missing, and the card was used for"
                f" {dkk(total(use.amount for use in shown))} that no budget line is for.",
                facts=[gap.tranche, *shown],
                amount=amount,
            )


@rule(1, ("CardUsed", *TRADES), days=30, at_least=1_000, cases=3)
def card_merchant_fits_no_line(facts: Facts, given: Parameters) -> Iterator[Hit]:
    """The card was used at a merchant of a kind that other cases' lines, invoices and receipts know only
    for other categories than this case's, in so many cases or more, and no receipt of that merchant
    came within so many days."""
    for case in facts.cases.values():
        for use in case.uses:
            on = use.on + timedelta(days=given["days"])
            mine = {line.category for line in case.lines.values() if line.on <= on}
            handed_in = {shop(each.merchant) for each in case.handed_in() if each.on <= on}
            if kind_of_code(use.mcc) or shop(use.merchant) in handed_in:
                continue
            trade = facts.trades_by_code.get(use.mcc, NOBODY)
            others = trade.cases.count(on, case.case_no)
            fits = any(trade.knows(category, on, case.case_no) for category in mine)
            if use.amount < kr(given["at_least"]) or fits or others < given["cases"]:
                continue
            yield Hit(
                key=f"{case.case_no}/{use.position}",
                case_no=case.case_no,
                on=on,
                da=f"Hævekortet er brugt hos {use.merchant} ({kroner(use.amount)}). I {others}"
                " andre forløb er den slags forretninger kun brugt til andet, end dette forløbs"
                " budgetposter er til.",
                en=f"The card was used at {use.merchant} ({dkk(use.amount)}). In {others} other"
                " cases such merchants were only used for something else than this case's lines.",
                facts=[use],
                amount=max(use.amount, ZERO),
            )
