"""Where a line's money comes from, when there are several sources: by share, or one after the other.

Whatever moves on such a line moves in parts, each on the account string of its source, so that the
source of each krone is known.
"""

from domain.identity import Key
from domain.money import ZERO, Money, PositiveMoney, split, total
from domain.programme import Data


class AccountString(Data):
    """The dimensions (kontostreng) that a posting is booked on, as they were when it was booked.
    Of a funding agreement only the programme and the source are known."""

    programme: Key
    funding: Key
    legal_basis: Key | None = None
    category: Key | None = None
    phase: str | None = None


class Part(Data):
    """So much of an amount is on this source."""

    account_string: AccountString
    amount: Money


Parts = tuple[Part, ...]
# How much of each source stands where: `committed`, `advance`, `ordered T-1` and so on.
Pots = dict[str, dict[AccountString, Money]]


class Source(Data):
    """A source of a line: its share of every amount, by weight; or its turn, up to an amount. The last in
    turn, with neither, pays what is left."""

    account_string: AccountString
    share: int | None
    up_to: PositiveMoney | None


class SourceWanted(Data):
    legal_basis: Key
    funding: Key
    share: int | None = None
    up_to: PositiveMoney | None = None


def well_formed(sources: tuple[SourceWanted, ...]) -> bool:
    """Two or more, each of them once; all by share, or all in turn."""
    *before, last = sources
    distinct = len({(each.legal_basis, each.funding) for each in sources}) == len(sources)
    by_share = all((each.share or 0) > 0 and each.up_to is None for each in sources)
    in_turn = all(each.up_to and each.share is None for each in before) and (
        last.share is None and last.up_to is None
    )
    return bool(before) and distinct and (by_share or in_turn)


def drawn(
    amount: Money, pot: dict[AccountString, Money], sources: tuple[Source, ...]
) -> list[Money]:
    """Parts of what stands there: by what each source has, or in turn. What is more than that (a refund
    is due, and used already) is on the first source."""
    has = [max(ZERO, pot.get(source.account_string, ZERO)) for source in sources]
    if amount >= total(has):
        parts = has
    elif sources[0].share:
        parts = split(amount, [each.ore for each in has])
    else:
        parts, rest = [], amount
        for each in has:
            parts.append(min(each, rest))
            rest -= parts[-1]
    return [parts[0] + amount - total(parts), *parts[1:]]


def drawn_from(
    amount: Money, pots: list[dict[AccountString, Money]], sources: tuple[Source, ...]
) -> list[Money]:
    """Parts drawn from one pot after the other; of the last, also what is more than there is."""
    parts = [ZERO for _ in sources]
    for place, pot in enumerate(pots, start=1):
        there = total(max(ZERO, each) for each in pot.values())
        part = amount if place == len(pots) else min(amount, there)
        parts = [one + more for one, more in zip(parts, drawn(part, pot, sources), strict=True)]
        amount -= part
    return parts


def granted(change: Money, pots: Pots, sources: tuple[Source, ...]) -> list[Money]:
    """Parts of a change of the grant. What is taken back is what isn't ordered, the last in turn first."""
    if not sources:
        return []
    if change < ZERO:
        backwards = drawn(-change, pots.get("committed", {}), sources[::-1])
        return [-each for each in backwards[::-1]]
    if sources[0].share:
        return split(change, [source.share or 0 for source in sources])
    parts, rest = [], change
    for source in sources:
        before = pots.get("granted", {}).get(source.account_string, ZERO)
        room = rest if source.up_to is None else max(ZERO, source.up_to - before)
        parts.append(min(room, rest))
        rest -= parts[-1]
    return parts


def in_parts(amounts: list[Money], sources: tuple[Source, ...]) -> Parts:
    return tuple(
        Part(account_string=source.account_string, amount=amount)
        for source, amount in zip(sources, amounts, strict=True)
        if amount
    )
