"""A funding source: never committed past the amount agreed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.fund import CommitmentReleased, Fund, FundAgreed, FundCommitted, commit, funds
from domain.money import ZERO, Money, kr
from domain.words import Refused

LINE = {"programme": "NP", "fund": "VELUX", "case_no": "A-1", "line_no": 2}


def committed(fund: Fund, change: Money) -> list[object]:
    return [new.event for new in commit(fund, "NP", "VELUX", "A-1", 2, change)]


def test_a_source_is_committed_to_its_last_ore_and_not_past_it() -> None:
    fund = Fund(agreed=kr(10), committed=kr(4))
    assert committed(fund, kr(6)) == [FundCommitted(**LINE, amount=kr(6))]
    with pytest.raises(Refused) as no:
        committed(fund, kr(6, 1))
    assert no.value.code == "funding_exhausted"
    assert no.value.facts == {"fund": "VELUX", "available": "6.00"}


def test_less_is_a_release_and_nothing_is_nothing() -> None:
    full = Fund(agreed=kr(10), committed=kr(10))
    assert committed(full, -kr(3)) == [CommitmentReleased(**LINE, amount=kr(3))]
    assert committed(full, ZERO) == []


def test_the_news_are_of_the_funds_own_stream() -> None:
    [new] = commit(Fund(agreed=kr(10)), "NP", "VELUX", "A-1", 2, kr(1))
    assert new.stream == "fund-NP/VELUX"


def test_a_source_that_nobody_agreed_to_has_nothing() -> None:
    assert funds.initial.available == ZERO
    with pytest.raises(Refused):
        committed(funds.initial, kr(0, 1))


def test_a_source_may_be_agreed_to_bit_by_bit() -> None:
    agreed = FundAgreed(programme="NP", fund="VELUX", name="VELUX FONDEN", amount=kr(10))
    assert funds.fold([agreed, agreed]).available == kr(20)


@given(st.lists(st.integers(-1_000, 1_000).map(Money)))
def test_whatever_is_committed_and_released_the_events_tell_what_is_left(
    changes: list[Money],
) -> None:
    fund = Fund(agreed=kr(15))
    for change in changes:
        if change > fund.available or fund.committed + change < ZERO:
            continue
        before = fund
        fund = funds.fold(
            [new.event for new in commit(fund, "NP", "VELUX", "A-1", 2, change)], fund
        )
        assert fund.committed == before.committed + change
        assert ZERO <= fund.committed <= fund.agreed
        assert fund.available + fund.committed == fund.agreed
