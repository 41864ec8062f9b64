"""The programmes there are, with their terms and the names of their funds."""

from datetime import date, timedelta

from domain.programme import programmes as state
from projections.programmes import Established, programmes
from tests.everything import EVERYTHING
from tests.examples import ESTABLISHED, RULES, STAFF, TERMS, establish, rules, terms
from tests.examples_rules import assign_team, change_rules
from tests.scenario import fold


def test_a_programme_tells_its_terms_and_its_funds() -> None:
    rows = fold(programmes, EVERYTHING.log)
    assert list(rows) == ["NP", "WEZM"]
    assert (rows["NP"].programme, rows["NP"].terms) == ("NP", TERMS)
    first = {"AARHUS": "Aarhus Kommune", "VELUX": "VELUX FONDEN"}
    assert rows["NP"].funds == first | {"REALDANIA": "Realdania"}


def test_each_programme_has_a_row_of_its_own() -> None:
    both = ESTABLISHED.does(establish(programme="LTT", terms=terms(months=9), funding=()))
    rows = fold(programmes, both.log)
    assert rows["NP"].terms == TERMS
    assert rows["LTT"].terms == terms(months=9)
    assert rows["LTT"].funds == {}


def test_a_programme_tells_the_rules_of_any_day() -> None:
    april, may = date(2019, 4, 1), date(2019, 5, 1)
    story = ESTABLISHED.does(
        change_rules(rules=rules(receipt_deadline_days=20), effective_on=april),
        change_rules(rules=rules(3, receipt_deadline_days=10), effective_on=may),
    )
    row = Established.model_validate_json(fold(programmes, story.log)["NP"].model_dump_json())
    days = {day: row.rules_on(day).receipt_deadline_days for day in (date.min, april, may)}
    assert days == {date.min: 30, april: 20, may: 10}
    assert row.rules_on(april - timedelta(days=1)) == RULES
    assert [row.rules_on(day) for day in days] == [story(state, "NP").rules_on(day) for day in days]


def test_a_programme_tells_who_holds_which_role_and_is_in_which_team() -> None:
    story = ESTABLISHED.does(
        assign_team(), assign_team(person="kons-2"), assign_team(person="kons-2", team=None)
    )
    row = fold(programmes, story.log)["NP"]
    assert row.teams == {"kons-1": "nord"}
    assert row.roles == {member.person: member.roles for member in STAFF}
