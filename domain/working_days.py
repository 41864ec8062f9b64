"""Danish working days: a letter with a deadline in it neither comes nor ends on a day on which nobody
answers the telephone."""

from datetime import date, timedelta

SATURDAY = 5
# New Year's Day, Constitution Day, Christmas from its eve, New Year's Eve: as public offices keep them.
FIXED = {(1, 1), (6, 5), (12, 24), (12, 25), (12, 26), (12, 31)}
# In days after Easter: Maundy Thursday to Easter Monday, Ascension and Whit Monday.
MOVABLE = {-3, -2, 1, 39, 50}
GREAT_PRAYER_DAY, LAST_GREAT_PRAYER_DAY = 26, 2023  # Given up by law from 2024 on.


def working_day(day: date) -> date:
    """That day, or the first one after it that is no weekend and no public holiday."""
    while day.weekday() >= SATURDAY or _holiday(day):
        day += timedelta(days=1)
    return day


def _holiday(day: date) -> bool:
    since_easter = (day - easter(day.year)).days
    prayer = since_easter == GREAT_PRAYER_DAY and day.year <= LAST_GREAT_PRAYER_DAY
    return (day.month, day.day) in FIXED or since_easter in MOVABLE or prayer


def easter(year: int) -> date:
    """Easter Sunday, by the rule of the Gregorian calendar as Oudin wrote it."""
    golden, century = year % 19, year // 100
    epact = (century - century // 4 - (8 * century + 13) // 25 + 19 * golden + 15) % 30
    late = (29 // (epact + 1)) * ((21 - golden) // 11)
    full_moon = epact - (epact // 28) * (1 - (epact // 28) * late)
    weekday = (year + year // 4 + full_moon + 2 - century + century // 4) % 7
    after = full_moon - weekday  # Days after 28 March, less than nothing before it.
    return date(year, 3, 28) + timedelta(days=after)
