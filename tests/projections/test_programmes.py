"""The programmes there are, with their terms and the names of their funds."""

from projections.programmes import programmes
from tests.everything import EVERYTHING
from tests.examples import (
    ESTABLISHED,
    TERMS,
    establish,
    terms,
)
from tests.scenario import fold


def test_a_programme_tells_its_terms_and_its_funds() -> None:
    rows = fold(programmes, EVERYTHING.log)
    assert list(rows) == ["NP", "WEZM"]
    assert (rows["NP"].programme, rows["NP"].terms) == ("NP", TERMS)
    assert rows["NP"].funds == {"AARHUS": "Aarhus Kommune", "VELUX": "VELUX FONDEN"}


def test_each_programme_has_a_row_of_its_own() -> None:
    both = ESTABLISHED.does(establish(programme="LTT", terms=terms(months=9), funding=()))
    rows = fold(programmes, both.log)
    assert rows["NP"].terms == TERMS
    assert rows["LTT"].terms == terms(months=9)
    assert rows["LTT"].funds == {}
