"""How sure the figures of misuse are, and which of them may be published."""

from fractions import Fraction

from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.money import ZERO, Money, kr, total
from projections.balances import balances
from projections.intervals import Interval, wilson
from projections.misuse import misuse
from projections.misuse_figures import (
    Misused,
    _wilson,
    misused,
    of_kroner,
)
from tests.examples import (
    MISUSED,
    SETTLED,
)
from tests.projections.test_misuse import view
from tests.scenario import fold

# How sure ----------------------------------------------------------------------------------------


def test_the_pilots_share_has_the_interval_that_a_textbook_gives() -> None:
    assert wilson(7, 97) == Interval(35, 142)
    assert wilson(0, 0) == Interval(0, 1_000)


@for_all(of=st.integers(1, 400), data=st.data())
def test_kroner_that_are_all_alike_are_as_sure_as_the_citizens(
    of: int, data: st.DataObject
) -> None:
    """Where each was paid the same, and misused all or nothing, a krone is a citizen."""
    hits = data.draw(st.integers(0, of))
    citizens = [(kr(9), kr(9))] * hits + [(kr(9), ZERO)] * (of - hits)
    low, high = of_kroner(citizens)
    told = wilson(hits, of)
    # The variance of a sample divides by one less than there are: as sure as one citizen fewer.
    assert low <= told.low + 1
    assert high >= told.high - 1
    assert (low, high) == _wilson(
        Fraction(hits, of), Fraction(max(of - 1, 1) if 0 < hits < of else of)
    )


@for_all(of=st.integers(1, 400), data=st.data())
def test_the_interval_is_wilsons(of: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, of))
    low, high = _wilson(Fraction(hits, of), Fraction(of))
    told = wilson(hits, of)
    assert abs(low - told.low) <= 1
    assert abs(high - told.high) <= 1


AMOUNTS = st.integers(1, 5_000_000)


@for_all(
    citizens=st.lists(
        st.tuples(AMOUNTS, st.integers(0, 100)).map(
            lambda each: (Money(each[0]), Money(each[0] * each[1] // 100))
        ),
        max_size=30,
    )
)
def test_an_interval_holds_its_share_and_stays_within_all_and_nothing(
    citizens: list[tuple[Money, Money]],
) -> None:
    low, high = of_kroner(citizens)
    paid, bad = (total(each[place] for each in citizens).ore for place in (0, 1))
    assert 0 <= low <= high <= 1_000
    assert low * paid <= 1_000 * bad <= high * paid


def test_few_citizens_are_less_sure_than_many_with_the_same_share() -> None:
    few, many = ([(kr(9), kr(9)), *[(kr(9), ZERO)] * 9] * times for times in (1, 20))
    wide, narrow = of_kroner(few), of_kroner(many)
    assert wide.low < narrow.low < 100 < narrow.high < wide.high


def test_nobody_who_misused_is_not_the_same_as_none_ever_will() -> None:
    assert of_kroner([(kr(9), ZERO)] * 10) == wilson(0, 10)
    assert of_kroner([(kr(1_000), ZERO), *[(kr(1), ZERO)] * 9]).high > wilson(0, 2).high


# Published ---------------------------------------------------------------------------------------


def citizens(*paid_and_bad: tuple[str, int]) -> Misused:
    """One citizen for each: in which phase, and how many kroner were misused."""
    found = view(MISUSED)
    known, lines = {}, {}
    row = fold(misuse, MISUSED.log)["case-A-1"]
    balance = [fold(balances, each.log)["line/NP/A-1/1"] for each in (SETTLED, MISUSED)]
    for number, (phase, misused_kroner) in enumerate(paid_and_bad):
        name = f"C-{number}"
        known[name] = row.model_copy(update={"case_no": name, "phase": phase})
        lines[f"{name}/1"] = balance[misused_kroner]
    return misused("NP", known.values(), lines, (), found.as_of)


def test_nothing_of_few_citizens_is_published_nor_what_it_could_be_reckoned_from() -> None:
    both = citizens(*[("1", 1)] * 5, *[("2", 1)] * 4, *[("2", 0)] * 9).published()
    assert both
    assert (both.whole.misused_by, both.phase, both.findings) == (9, [], [])
    assert [each.misused_by for each in both.selection] == [9]
    assert both.to_confirmation.median is None


def test_none_who_misused_is_not_few_and_fewer_than_five_in_all_are_not_told_of() -> None:
    told = citizens(*[("1", 1)] * 5, *[("2", 0)] * 5).published()
    assert told
    assert [each.misused_by for each in told.phase] == [5, 0]
    assert citizens(*[("1", 1)] * 4, *[("2", 0)] * 9).published() is None
    assert citizens(*[("1", 0)] * 4).published() is None
