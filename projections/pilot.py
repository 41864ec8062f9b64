"""The figures that the pilot published: granted, misused, left benefits, and the business case."""

from collections.abc import Mapping
from fractions import Fraction

from pydantic import BaseModel

from domain.money import Money, total
from domain.programme import CostFigures

MONTHS_IN_A_YEAR = 12
OVER_MONTHS = 3  # The report's horizon (p. 41): three more months in work.


class Misuse(BaseModel):
    """Confirmed misuse, in citizens, kroner and per cent of what was paid (report p. 31)."""

    cases: int
    amount: Money
    percent_of_paid: str | None


class BusinessCase(BaseModel):
    """What a citizen's budget costs, and how many months off benefits pay it back (report p. 41)."""

    citizens: int
    granted: Money
    average: Money
    average_whole_kroner: Money
    cost_per_citizen: Money
    benefit_per_month: Money
    saved_in_3_months: Money
    months_to_break_even: str
    months_to_break_even_with_casework_and_activation: str


def half_up(value: Fraction, decimals: int) -> str:
    """A share or a ratio in digits, halves rounded away from zero as people do by hand."""
    scaled = abs(value) * 10**decimals
    digits = int(scaled + Fraction(1, 2))
    whole, rest = divmod(digits, 10**decimals)
    sign = "-" if value < 0 and digits else ""
    return f"{sign}{whole}.{rest:0{decimals}d}" if decimals else f"{sign}{whole}"


def misuse(by_case: Mapping[str, Money], paid: Money) -> Misuse:
    """The confirmed misuse of each case, and its share of what was paid; `None` if nothing was."""
    amount = total(by_case.values())
    share = half_up(Fraction(100 * amount.ore, paid.ore), 1) if paid else None
    return Misuse(
        cases=sum(1 for each in by_case.values() if each), amount=amount, percent_of_paid=share
    )


def business_case(granted: Money, participants: int, costs: CostFigures) -> BusinessCase | None:
    """Reckoned as the report does: the average in whole kroner, plus the extra costs of each citizen.
    `None`: nobody takes part yet."""
    if not participants:
        return None
    average = Fraction(granted.ore, participants)
    whole = Money(int(half_up(average / 100, 0)) * 100)
    cost = whole + total(costs.extra_cost_per_citizen.values())
    yearly = costs.casework_per_year + costs.activation_per_year
    saved_monthly = Fraction(costs.benefit_per_month.ore) + Fraction(yearly.ore, MONTHS_IN_A_YEAR)
    return BusinessCase(
        citizens=participants,
        granted=granted,
        average=Money(int(half_up(average, 0))),
        average_whole_kroner=whole,
        cost_per_citizen=cost,
        benefit_per_month=costs.benefit_per_month,
        saved_in_3_months=Money(OVER_MONTHS * costs.benefit_per_month.ore),
        months_to_break_even=half_up(Fraction(cost.ore, costs.benefit_per_month.ore), 2),
        months_to_break_even_with_casework_and_activation=half_up(cost.ore / saved_monthly, 2),
    )
