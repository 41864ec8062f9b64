"""The pages of the cases, in Danish: all of them by number, and one with what is left of it."""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import get_args

import pytest
from fastapi.testclient import TestClient

from domain.case.line import ExpenseStage, ReceiptStage, TrancheStage
from domain.case.state import Stage
from domain.case.stops import Ground, Scope
from domain.money import Money
from domain.programme import Route
from projections.payouts import PayoutStatus
from service.app import Teten
from service.web import words
from tests import examples, examples_plan
from tests.conftest import import_into
from tests.data_sets import PERSONAL, change, tiny
from tests.examples_expenses import attest, credit_note, invoice
from tests.examples_rules import change_rules, freeze
from tests.service.conftest import served
from tests.service.test_overdocumented import enter
from tests.service.test_page import page, table, text
from tests.service.test_people import column

LEFT = "Kroner på hver post og i alt"
DAY = "2020-02-15"
PAGES = (
    *("/cases", "/cases/NP-001", "/cases/NP-035", f"/cases/NP-035?as_of={DAY}", "/cases/NP-004"),
    *("/cases/NP-035?known=900", "/cases/NP-001/steps", "/cases/NP-035/steps?known=900"),
    *("/difference", "/difference?from_known=900&to_known=905&to_as_of=2020-05-01&by=case"),
)
WRONG = (
    *("/cases?as_of=soon", "/cases/NP-001?as_of=soon", "/cases/NP-999", "/cases?programme=XX"),
    *("/cases?known=soon", "/cases/NP-001?known=soon", "/cases/NP-001/steps?known=soon"),
    *("/cases/NP-999/steps", "/difference?from_known=soon", "/difference?programme=XX&to_known=9"),
)


@pytest.fixture(scope="module")
def client(practice: Teten) -> Iterator[TestClient]:
    """Over the new practice."""
    with served(practice, "rev-01") as client:
        yield client


def waiting(client: TestClient, path: str) -> list[str]:
    found = page(client, path)
    return [text(item) for item in found.xpath("//section[@aria-labelledby='waiting']//li")]


# All of them -------------------------------------------------------------------------------------


@pytest.mark.parametrize("day", ["", DAY])
def test_every_case_is_listed_with_its_stage_and_its_figures(client: TestClient, day: str) -> None:
    report = client.get("/v1/report", params={"as_of": day} if day else {}).json()
    found = page(client, f"/cases?as_of={day}")
    shown = table(found, "Forløb efter nummer, i kroner")
    assert list(shown) == [f"NP-{number:03}" for number in range(1, 61)]
    for case_no, row in shown.items():
        figures = report["case"].get(case_no)
        granted = Money.parse(figures["granted"]).danish() if figures else "–"
        assert row["Bevilget"] == granted
    stages = [row["Trin"] for row in shown.values()]
    assert stages.count("Gennemført") == report["counts"]["completed"]["total"]
    late = {each["case"] for each in report["receipts_overdue"]}
    assert {no for no, row in shown.items() if row["Bilag over fristen"] != "–"} == late


def test_the_front_page_leads_to_the_list_and_the_list_to_each_case(client: TestClient) -> None:
    for day, query in (("", ""), (DAY, f"?as_of={DAY}")):
        front = page(client, f"/?as_of={day}")
        nav = front.find(".//nav/a")
        listed = page(client, nav.get("href"))
        assert listed.xpath("//input[@id='as_of']/@value") == [day]
        links = listed.findall(".//tbody//a")
        assert [link.get("href") for link in links] == [
            f"/cases/NP-{number:03}{query}" for number in range(1, 61)
        ]
    late = front.xpath("//section[@aria-labelledby='waiting']//details//a")
    assert late
    for link in late:
        assert text(page(client, link.get("href")).find(".//h1")) == f"Forløb {text(link)}"


def test_a_line_with_more_receipts_than_money_leads_to_its_case(
    own: TestClient, teten: Teten
) -> None:
    enter(teten, examples.establish(), *examples.assessing(), examples.approve_line())
    enter(teten, *examples.payment(), examples.hand_in(), examples.accept_receipt())
    enter(teten, examples.receive(examples.returned_payment(), statement="S-2"))
    [link] = page(own).xpath("//li/a")
    assert (text(link), link.get("href")) == ("A-1/1", "/cases/A-1")


# One ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/cases/NP-035", f"/cases/NP-035?as_of={DAY}"])
def test_what_is_left_is_shown_for_each_line_and_in_all(client: TestClient, path: str) -> None:
    case = client.get(f"/v1{path}").json()
    shown = table(page(client, path), LEFT)
    for row, told in zip(shown.values(), [*case["lines"], case], strict=True):
        assert row == {
            label: Money.parse(amount).danish()
            for label, amount in (
                ("Bevilget", told["balance"]["granted"]),
                ("Udbetalt", told["balance"]["paid"]),
                ("Dokumenteret", told["balance"]["documented"]),
                ("Udokumenteret", told["balance"]["undocumented"]),
                ("Tilsagn tilbage", told["balance"]["committed"]),
                ("Bilag over fristen", told["overdue"]),
                ("Kan stadig bruges", told["left"]),
            )
        }
    assert next(iter(shown)) == "1 Udstyr til egen virksomhed"
    assert list(shown)[-1] == "I alt"


def test_each_line_is_shown_with_its_tranches_expenses_and_receipts(client: TestClient) -> None:
    found = page(client, "/cases/NP-001")
    first = table(found, "Rater, udgifter og kvitteringer på post 1")
    assert first["T00001"] == {"Slags": "Rate", "Beløb": "3.300,00", "Status": "Kom retur"}
    assert first["R00003"] == {"Slags": "Kvittering", "Beløb": "795,55", "Status": "Godkendt"}
    second = table(found, "Rater, udgifter og kvitteringer på post 2")
    assert second["91335417:8525"] == {"Slags": "Udgift", "Beløb": "9.280,00", "Status": "Betalt"}


def test_each_payout_is_shown_with_its_days(client: TestClient) -> None:
    shown = table(page(client, "/cases/NP-001"), "Hver betaling, der er bestilt")
    assert shown["T00001"] == {
        "Slags": "Rate",
        "Post": "1",
        "Beløb": "3.300,00",
        "Bestilt": "06-02-2019",
        "Udbetalt": "07-02-2019",
        "Retur eller bortfaldet": "01-03-2019",
        "Status": "Kom retur",
    }


def test_the_timeline_tells_everything_in_order(client: TestClient) -> None:
    timeline = client.get("/v1/cases/NP-001").json()["timeline"]
    rows = page(client, "/cases/NP-001").xpath("//section[@aria-labelledby='timeline']//tbody/tr")
    assert [[text(cell) for cell in row] for row in rows] == [
        [f"{date.fromisoformat(told['effective_on']):%d-%m-%Y}", told["sentence"], told["actor"]]
        for told in timeline
    ]


def test_what_waits_is_told_and_where_nothing_does_that(client: TestClient) -> None:
    assert waiting(client, "/cases/NP-001") == ["Intet venter."]
    assert waiting(client, "/cases/NP-055") == [
        "Rate T00163 på post 3, udbetalt 12-05-2020, mangler bilag for 164,60 kr. efter fristen"
    ]
    assert waiting(client, f"/cases/NP-035?as_of={DAY}") == [
        "Rate T00116 på post 1, 10.000,00 kr., er bestilt 12-02-2020 og ikke udbetalt",
        "Rate T00117 på post 4, 2.000,00 kr., er bestilt 12-02-2020 og ikke udbetalt",
    ]


def test_screening_phases_changes_and_freezes_are_shown(own: TestClient, teten: Teten) -> None:
    strict = examples.rules(screening=True, trajectory=examples_plan.TRAJECTORY)
    enter(teten, examples.establish(), examples.register(), change_rules(rules=strict))
    asked = table(page(own, "/cases/A-1"), "Screening")
    assert asked == {"Passer tilbuddet til borgeren?": {"Svar": "Ikke screenet"}}
    enter(teten, examples.offer(), examples.accept_offer(), examples.submit())
    assert waiting(own, "/cases/A-1")[0] == "Post 1 på 20.000,00 kr. er ikke godkendt"
    enter(teten, examples_plan.screen_case(), examples_plan.screen_line(), examples.assess())
    enter(teten, examples.approve_line(), examples_plan.enter_phase())
    enter(teten, examples_plan.report_change(amount=Money(1_900_000)), freeze())
    enter(teten, freeze(scope="fund", key="VELUX", ground="year_end"))
    found = page(own, "/cases/A-1")
    answers = [row["Svar"] for row in table(found, "Screening").values()]
    assert answers == ["Ja", "Ja", "Ikke screenet", "Ikke screenet"]
    [(phase, row)] = table(found, "Forløbets faser").items()
    assert phase == examples_plan.TRAJECTORY[0].name
    assert list(row) == ["Sidste dag"]
    told = waiting(own, "/cases/A-1")
    assert told[:3] == [
        "Udbetalinger er sat i bero: Forløbet A-1 (tvivl)",
        "Udbetalinger er sat i bero: Finansieringskilden VELUX FONDEN (årsafslutning)",
        "Ændring V-1 af post 1 er ikke afgjort; nyt beløb 19.000,00 kr.",
    ]
    enter(teten, examples.stop())
    assert [each for each in waiting(own, "/cases/A-1") if "i bero" not in each] == []


def test_of_an_invoice_what_is_due_is_shown(own: TestClient, teten: Teten) -> None:
    enter(teten, examples.establish(), *examples.assessing(), examples.approve_line(line_no=3))
    enter(teten, invoice(), attest(), credit_note())
    shown = table(page(own, "/cases/A-1"), "Rater, udgifter og kvitteringer på post 3")
    assert list(shown.values()) == [
        {"Slags": "Udgift", "Beløb": "5.000,00", "Status": "Attesteret, ikke anvist"}
    ]


def test_everything_that_a_case_may_come_to_has_a_danish_word() -> None:
    kinds: list[tuple[type[StrEnum], dict[str, str]]] = [
        (TrancheStage, words.TRANCHES),
        (ExpenseStage, words.EXPENSES),
        (ReceiptStage, words.RECEIPTS),
        (PayoutStatus, words.PAYOUTS),
        (Route, words.ROUTES),
    ]
    for kind, called in kinds:
        assert set(called) == {each.value for each in kind}
    assert set(words.STAGES) == {each.value for each in Stage} - {"unknown"}
    assert set(words.SCOPES) == set(get_args(Scope))
    assert set(words.GROUNDS) == set(get_args(Ground))


# When it can't be shown --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "case_no", ["NP-999", "np-001", "NP-001%20", "%00", "'", "<script>", "9" * 400]
)
def test_a_case_that_there_is_none_of_is_told_in_danish(client: TestClient, case_no: str) -> None:
    found = page(client, f"/cases/{case_no}", status=404)
    assert text(found.find(".//p[@role='alert']")) == "Der er intet forløb med det nummer."
    assert not list(found.iter("script", "table"))
    assert not list(found.iterfind(".//main//form"))


@pytest.mark.parametrize("path", ["/cases", "/cases/NP-001"])
def test_a_day_that_is_none_is_told_in_danish(client: TestClient, path: str) -> None:
    found = page(client, f"{path}?as_of=i+morgen", status=422)
    assert text(found.find(".//p[@role='alert']")) == "»i morgen« er ikke en dato (åååå-mm-dd)."
    assert not list(found.iter("script", "table"))


def test_a_programme_that_there_is_none_of_is_told_in_danish(client: TestClient) -> None:
    found = page(client, "/cases?programme=XX", status=404)
    assert text(found.find(".//p[@role='alert']")) == "Programmet XX findes ikke; kendte: NP."
    [link] = found.findall(".//main//a")
    assert text(page(client, link.get("href")).find(".//h2")) == "60 forløb"


def test_what_people_wrote_is_shown_as_they_wrote_it(own: TestClient, teten: Teten) -> None:
    data = tiny(teten.settings.home / "data")
    change(data / "programme.json", '"name": "Befordring"', '"name": "<b>Bus</b>"')
    import_into(teten, data)
    found = page(own, "/cases/T-1")
    assert "1 <b>Bus</b>" in table(found, LEFT)
    assert not list(found.iter("b", "script"))


# For everybody -----------------------------------------------------------------------------------


def test_no_page_tells_whose_case_it_is(client: TestClient, own: TestClient, teten: Teten) -> None:
    import_into(teten, tiny(teten.settings.home / "data"))
    paths = ("/cases", "/cases/T-1", "/cases/T-2", "/cases/T-3", "/v1/payouts", "/v1/cases/T-1")
    told = "\n".join(own.get(path).text for path in paths)
    assert not [each for each in PERSONAL if each in told]
    citizens = [own.get(f"/v1/cases/{case_no}").json()["citizen"] for case_no in ("T-1", "T-2")]
    pages = "\n".join(own.get(path).text for path in paths[:4])
    assert not [each for each in citizens if each in pages]


def test_no_case_of_the_pilot_tells_whose_it_is(pilot: Teten) -> None:
    with served(pilot, "rev-01") as client:
        numbers = [f"LTT-{number:03}" for number in range(6, 206, 20)]
        told = "\n".join(client.get(f"/cases/{case_no}").text for case_no in numbers)
        told += client.get("/cases").text + client.get("/v1/payouts").text
    for name in ("cpr", "name", "account"):
        assert not [value for value in column("cases.csv", name) if value in told]


@pytest.mark.parametrize("path", PAGES)
def test_every_table_can_be_read_aloud(client: TestClient, path: str) -> None:
    for each in page(client, path).iter("table"):
        assert text(each.find("caption"))
        assert {th.get("scope") for th in each.findall("thead//th")} == {"col"}
        rows = each.findall("tbody/tr")
        assert [th.get("scope") for th in each.findall("tbody//th")] == ["row"] * len(rows)
        widths = {len(row) for row in rows} | {len(each.findall("thead//th"))}
        assert len(widths) == 1


@pytest.mark.parametrize("path", [*PAGES, *WRONG])
def test_every_part_has_a_name_and_headings_are_in_order(client: TestClient, path: str) -> None:
    found = page(client, path, status=client.get(path).status_code)
    assert found.get("lang") == "da"
    ids = [node.get("id") for node in found.xpath("//*[@id]")]
    assert len(set(ids)) == len(ids)
    for section in found.iter("section"):
        assert section.get("aria-labelledby") in ids
    fields = [
        each.get("id") for each in found.iter("input", "select") if each.get("type") != "hidden"
    ]
    assert [label.get("for") for label in found.iter("label")] == fields
    levels = [int(node.tag[1]) for node in found.iter("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("path", [*PAGES[1:], *WRONG])
def test_the_pages_need_nothing_from_elsewhere(client: TestClient, path: str) -> None:
    found = page(client, path, status=client.get(path).status_code)
    assert not list(found.iter("script", "style", "iframe"))
    assert not found.xpath("//*[@style or @onclick or @onload]")
    for address in found.xpath("//@href | //@src"):
        assert address.startswith("/")
        assert client.get(address).status_code == 200, address


def test_what_a_merchants_refund_makes_lack_receipts_again_is_told_with_its_day(
    own: TestClient, teten: Teten
) -> None:
    enter(teten, examples.establish(), *examples.assessing(), *examples.APPROVE_ALL)
    enter(teten, *examples.payment(), examples.hand_in(amount=examples.FIVE_THOUSAND))
    enter(teten, examples.accept_receipt(amount=examples.FIVE_THOUSAND))
    assert waiting(own, "/cases/A-1") == ["Intet venter."]
    back = examples.refund(amount=Money.parse("500.00"))
    enter(teten, back)
    teten.rows.catch_up()
    told = waiting(own, "/cases/A-1")
    [again] = [each for each in told if "mangler igen bilag, for 500,00 kr." in each]
    assert f"den {back.refunded_on:%d-%m-%Y}. Rykkere og frister regnes fra den dag." in again
    due = own.get("/v1/cases/A-1").json()["receipts_due"]["T-1"]
    deadline = date.fromisoformat(due) - back.refunded_on
    assert deadline.days == examples.TERMS.rules.receipt_deadline_days
