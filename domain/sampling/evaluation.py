"""What a sample says of the whole: the misstatement projected, and its upper limit.

The Stringer bound (Stringer 1963; AICPA, Audit Guide: Audit Sampling, chapter 6): taintings, the largest
projected first, each by what one error more adds to the Poisson factor, on top of the basic precision.
Strata with intervals of their own are one population in which each krone of a denser one counts for less:
so the longest interval gives the basic precision, and every error ranks by what it projects to.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from domain.money import Money, total
from domain.programme import Data
from domain.sampling.drawing import DrawnItem
from domain.sampling.factors import factor, step
from domain.sampling.population import FixedStratum


class Conclusion(StrEnum):
    WITHIN = "within"  # Both limits are within the materiality: not materially misstated.
    UNSURE = "unsure"  # The projection is within it, a limit is not: nothing is shown either way.
    ABOVE = "above"  # The projection itself is above it.


class Misstatement(Data):
    """In one direction. `upper_limit` = `projected` + `basic_precision` + `incremental_allowance`, but for
    rounding, and never more than there is."""

    errors: int
    known: Money  # Found in the items themselves.
    projected: Money  # The best estimate for the whole; what certain items hold counts as found.
    basic_precision: Money  # What might hide in spite of a sample without any error.
    incremental_allowance: Money  # That the errors found might be more than they look.
    upper_limit: Money


class Evaluation(Data):
    overstated: Misstatement  # Booked above what was found.
    understated: Misstatement  # Booked below it.
    conclusion: Conclusion | None  # None: not every item was looked at yet.


class Error(NamedTuple):
    amount: int  # Øre.
    projected: Fraction  # Tainting x interval, where chance drew it.
    certain: bool


def evaluated(
    strata: Sequence[FixedStratum],
    items: Iterable[DrawnItem],
    audited: Mapping[int, Money],
    confidence: int,
    materiality: Money,
) -> Evaluation:
    """Of the items that were audited, by position: what was found behind each."""
    intervals = {each.name: each.interval for each in strata}
    over: list[Error] = []
    under: list[Error] = []
    all_looked_at = True
    for item in items:
        if item.position not in audited:
            all_looked_at = False
            continue
        error = item.amount.ore - audited[item.position].ore
        projected = Fraction(abs(error) * intervals[item.stratum].ore, item.amount.ore)
        if error:
            (over if error > 0 else under).append(Error(abs(error), projected, item.certain))
    longest = max((each.interval.ore for each in strata if each.sampled), default=0)
    everything = total(each.amount for each in strata)
    overstated = _misstated(over, longest, confidence, at_most=everything)
    understated = _misstated(under, longest, confidence)
    return Evaluation(
        overstated=overstated,
        understated=understated,
        conclusion=_concluded(overstated, understated, materiality) if all_looked_at else None,
    )


def _misstated(
    errors: Sequence[Error], longest: int, confidence: int, at_most: Money | None = None
) -> Misstatement:
    ranked = sorted((each.projected for each in errors if not each.certain), reverse=True)
    certain = Fraction(sum(each.amount for each in errors if each.certain))
    basic = factor(0, confidence) * longest
    allowed = sum(((step(n, confidence) - 1) * each for n, each in enumerate(ranked)), Fraction())
    projected = certain + sum(ranked, Fraction())
    nearest, limit = Money(round(projected)), _up(projected + basic + allowed)
    return Misstatement(
        errors=len(errors),
        known=Money(sum(each.amount for each in errors)),
        projected=nearest if at_most is None else min(nearest, at_most),
        basic_precision=_up(basic),
        incremental_allowance=_up(allowed),
        upper_limit=limit if at_most is None else min(limit, at_most),
    )


def _up(ore: Fraction) -> Money:
    return Money(-(-ore.numerator // ore.denominator))


def _concluded(over: Misstatement, under: Misstatement, materiality: Money) -> Conclusion:
    if max(over.projected, under.projected) > materiality:
        return Conclusion.ABOVE
    if max(over.upper_limit, under.upper_limit) > materiality:
        return Conclusion.UNSURE
    return Conclusion.WITHIN
