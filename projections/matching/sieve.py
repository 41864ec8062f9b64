"""Which cases a receipt of no known case may belong to: a first look that is quick, before each is scored."""

from collections.abc import Iterable, Iterator

from domain.money import Money, total
from projections.matching.facts import CaseFacts
from projections.matching.likeness import ALIKE, likeness
from projections.matching.proposals import Wanted


def likely(wanted: Wanted, cases: Iterable[CaseFacts]) -> list[CaseFacts]:
    """Where the card was used for just that amount, where just that amount lacks receipts, or where the
    merchant is a line's supplier or of an earlier receipt."""
    alike: dict[str, bool] = {}  # Each name is compared once, of however many cases it is.

    def is_the_merchant(name: str) -> bool:
        if name not in alike:
            alike[name] = likeness(wanted.merchant, name) >= ALIKE
        return alike[name]

    return [
        facts
        for facts in cases
        if wanted.amount in set(_amounts(facts))
        or wanted.cvr in _suppliers(facts)
        or any(is_the_merchant(name) for name in _names(facts))
    ]


def _amounts(facts: CaseFacts) -> Iterator[Money]:
    """Of purchases, of what a tranche or a line lacks, and of what all lines lack together."""
    yield from (each.amount for each in facts.purchases)
    of_lines = []
    for line in facts.waiting:
        each_lacks = [amount for _, amount in line.lacking()]
        yield from each_lacks
        of_lines.append(total(each_lacks))
    yield from of_lines
    yield total(of_lines)


def _suppliers(facts: CaseFacts) -> set[str]:
    return {line.supplier_cvr for line in facts.waiting} - {""}


def _names(facts: CaseFacts) -> Iterator[str]:
    yield from (line.supplier for line in facts.waiting if line.supplier)
    yield from (receipt.merchant for receipt in facts.receipts if receipt.accepted)
