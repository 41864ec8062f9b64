"""Payouts are frozen for an audit and resumed; months are closed, rules changed; a tranche lapses."""

from domain.money import kr
from service.app import Teten
from tests.examples import RULES
from tests.stories.schemes import line, scheme
from tests.stories.town import Town

TETEN = scheme(
    "Langtidsledige tager teten",
    start="2018-01-01",
    end="2018-12-31",
    bases={"LAB-32": "KOMMUNEN", "LAB-76": "VELUX"},
    categories={"course": "Kurser", "tools": "Arbejdsredskaber"},
)
SECOND = {"case_no": "A-1", "line_no": 2, "ref": "T-2"}


def test_a_programme_is_frozen_resumed_and_closed_month_by_month(teten: Teten) -> None:
    town = Town(teten, "LTT", TETEN, {"KOMMUNEN": 30_000, "VELUX": 30_000})

    # Given
    town.tells(
        "A citizen is granted a course and tools. The first tranche is on its way to the bank."
    )
    town.on("2018-02-05")
    town.takes_part("A-1")
    course = line(1, "course", 16_000, "LAB-32", "KOMMUNEN")
    tools = line(2, "tools", 4_000, "LAB-76", "VELUX")
    town.is_granted("A-1", course, tools)
    town.orders("A-1", 1, "T-1", 8_000)

    # When
    the_auditors_come_and_go(town)
    the_rules_change(town)
    nobody_pays_the_second_tranche(town)
    town.orders("A-1", 2, "T-3", 3_000)
    town.bank_pays()
    town.on("2018-04-03")
    town.explains("A-1", 2, "K-2", 3_000, "Bauhaus")
    town.kirsten.does("CompleteCase", case_no="A-1")

    # Then
    assert town.figures("line", "A-1/1").paid == kr(8_000)
    assert town.figures("line", "A-1/2").paid == kr(3_000)
    town.stands_at(
        granted=11_000, paid=11_000, advance_paid=11_000, documented=11_000, available=49_000
    )
    with teten.reports("LTT") as reports:
        assert reports.report(None, town.today)["refused"] == 6
    town.on("2018-05-02")
    town.closes("2018-03", "2018-04")
    town.recomputed()


def the_auditors_come_and_go(town: Town) -> None:
    town.tells("The auditors come. What is ordered is still paid; nothing else is ordered.")
    town.on("2018-02-12")
    stop = {"scope": "programme", "key": "LTT"}
    town.finn.does("FreezePayouts", **stop, ground="audit", reason="Revisionen ser på februar")
    town.applies("A-1", 2, "T-2", 2_000)
    with town.refused("frozen", scope="programme", ground="audit"):
        town.finn.does("ReleaseTranche", **SECOND)
    town.bank_pays()
    assert town.unpaid == {}
    town.explains("A-1", 1, "K-1", 8_000, "Fagkurser Midt")
    town.on("2018-03-05")
    town.finn.does("ResumePayouts", **stop, reason="Ingen bemærkninger")
    town.finn.does("ReleaseTranche", **SECOND)
    town.closes("2018-02")
    with town.refused("month_closed", closed_through="2018-02-28"):
        town.finn.does("CloseMonth", month="2018-02", effective_on="2018-02-28")


def the_rules_change(town: Town) -> None:
    town.tells("From 15 March a tranche is 3,000 kr. at most, and lapses when unpaid for 14 days.")
    town.on("2018-03-12")
    rules = RULES.model_copy(update={"version": 2, "tranche_max": kr(3_000), "lapse_days": 14})
    new = {"rules": rules.model_dump(mode="json"), "effective_on": "2018-03-15"}
    with town.refused("forbidden", needs=["administrator"]):
        town.finn.does("ChangeRules", **new)
    town.anna.does("ChangeRules", **new, reason="Efter revisionen")
    with town.refused("wrong_state", missing="lapse_days", rules=1):
        town.system.does("LapseTranche", **SECOND)


def nobody_pays_the_second_tranche(town: Town) -> None:
    town.tells("The bank can't pay the second tranche.")
    town.bank_pays(but=["T-2"])
    assert town.unpaid == {"T-2": kr(2_000)}
    town.on("2018-03-19")
    with town.refused("wrong_state", last_day="2018-03-19", rules=2):
        town.system.does("LapseTranche", **SECOND)
    town.on("2018-03-20")
    town.system.does("LapseTranche", **SECOND)
    assert town.unpaid == {}
    with town.refused("tranche_too_large", most="3000.00", rules=2):
        town.orders("A-1", 2, "T-3", 4_000)
