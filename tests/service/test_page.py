"""The front page: the pilot's published figures, in Danish, for whoever looks and whoever listens."""

from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from lxml import etree

from domain.money import Money
from service.app import Teten
from tests.conftest import import_into
from tests.data_sets import change, tiny

LATER = date(2026, 11, 22)
DAY = date(2017, 5, 31)
# Elements of HTML that hold nothing, and are not closed.
VOID = {"meta", "link", "input", "br", "hr", "img"}


class Balanced(HTMLParser):
    """Fails where an element is closed that isn't open; `open` is what was left open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def page(client: TestClient, path: str = "/", status: int = 200) -> Any:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert Balanced(answer.text).open == []
    return etree.fromstring(answer.text, etree.HTMLParser())


def text(node: Any) -> str:
    return " ".join("".join(node.itertext()).split())


def figures(found: Any) -> dict[str, str]:
    """The large figures, by what they are called."""
    return {text(pair.find("dt")): text(pair.find("dd")) for pair in found.findall(".//dl/div")}


def table(found: Any, caption: str) -> dict[str, dict[str, str]]:
    """A table by its caption: each row by its name, each cell by its column's."""
    [wanted] = [each for each in found.iter("table") if text(each.find("caption")) == caption]
    columns = [text(th) for th in wanted.findall("thead/tr/th")][1:]
    return {
        text(row.find("th")): dict(zip(columns, map(text, row.findall("td")), strict=True))
        for row in wanted.findall("tbody/tr")
    }


def report(teten: Teten, as_of: date | None) -> dict[str, Any]:
    with teten.reports(None) as reports:
        return reports.report(as_of, LATER)


# The figures -------------------------------------------------------------------------------------


def test_the_published_figures_are_on_the_page(client: TestClient) -> None:
    assert figures(page(client)) == {
        "fik tilbuddet": "206",
        "borgere deltog": "97",
        "kr. bevilget": "4.083.685,00",
        "kr. i gennemsnit pr. borger": "42.100",
        "borgere misbrugte midler": "7",
        "kr. misbrugt": "150.000,00",
        "af det udbetalte": "3,7 %",
        "forlod kontanthjælp": "32",
    }


def test_they_are_shown_phase_by_phase(client: TestClient, pilot: Teten) -> None:
    counts = report(pilot, None)["counts"]
    shown = table(page(client), "Borgere i hver fase")
    for label, name in (
        ("Fik tilbuddet", "offered"),
        ("Deltog", "participants"),
        ("Takkede nej", "declined"),
        ("Fik bevilling", "with_grant"),
        ("Gennemførte", "completed"),
        ("Afbrudt", "stopped"),
        ("Forlod kontanthjælp", "left_benefits"),
    ):
        phases = {
            "I alt" if phase == "total" else f"Fase {phase}": str(number)
            for phase, number in counts[name].items()
        }
        assert shown[label] == phases


@pytest.mark.parametrize(
    ("caption", "part", "key", "name"),
    [
        ("Kroner i hver fase", "phase", "2", "2"),
        ("Efter finansieringskilde", "funding", "VELUX", "VELUX FONDEN"),
        ("Efter lovhjemmel", "legal_basis", "LAS-82", None),
        ("Efter formål", "category", "driving_licence", "Kørekort"),
    ],
)
def test_the_money_is_shown_by_what_it_is_called_in_danish(
    client: TestClient, pilot: Teten, caption: str, part: str, key: str, name: str | None
) -> None:
    expected = report(pilot, None)[part]
    shown = table(page(client), caption)
    assert len(shown) == len(expected)
    row = shown[name or "Psykologhjælp, tandbehandling, briller m.m., LAS § 82"]
    assert row == {
        label: Money.parse(expected[key][amount]).danish()
        for label, amount in (
            ("Bevilget", "granted"),
            ("Udbetalt", "paid"),
            ("Dokumenteret", "documented"),
            ("Udokumenteret", "undocumented"),
            ("Misbrug", "misuse"),
            ("Tilsagn tilbage", "committed"),
        )
    }


def test_what_waits_for_somebody_is_counted(client: TestClient, pilot: Teten) -> None:
    expected = report(pilot, DAY)
    waiting = [text(item) for item in page(client, f"/?as_of={DAY}").findall(".//section//li")]
    for number, what in (
        (len(expected["receipts_overdue"]), "udbetalte rater mangler kvitteringer efter fristen"),
        (len(expected["released_unpaid"]), "betalinger er frigivet og ikke udbetalt"),
        (len(expected["unreconciled"]), "bankposteringer er ikke afstemt"),
        (expected["refused"], "handlinger blev afvist"),
    ):
        assert [item for item in waiting if item.startswith(f"{number} {what}")]
    assert "(talt den 31-05-2017)" in waiting[0]


def test_as_of_a_day_the_page_shows_what_was_known_then(client: TestClient, pilot: Teten) -> None:
    expected = report(pilot, DAY)
    found = page(client, f"/?as_of={DAY}")
    shown = figures(found)
    assert shown["fik tilbuddet"] == str(expected["counts"]["offered"]["total"])
    assert shown["kr. bevilget"] == Money.parse(expected["programme"]["granted"]).danish()
    assert found.xpath("//input[@id='as_of']/@value") == [str(DAY)]
    assert page(client).xpath("//input[@id='as_of']/@value") == [""]


def test_before_anything_happened_there_is_no_average(client: TestClient) -> None:
    shown = figures(page(client, "/?as_of=2016-03-01"))
    assert shown["borgere deltog"] == "0"
    assert "kr. i gennemsnit pr. borger" not in shown
    assert "af det udbetalte" not in shown


# When it can't be shown --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "as_of", ["31-05-2017", "2017-02-30", "20170531", "2017-W22-3", "<script>", "i morgen"]
)
def test_a_day_that_is_none_is_told(client: TestClient, as_of: str) -> None:
    found = page(client, f"/?as_of={as_of}", status=422)
    assert text(found.find(".//p[@role='alert']")) == f"»{as_of}« er ikke en dato (åååå-mm-dd)."
    assert not list(found.iter("script", "dl", "table"))


def test_where_there_is_nothing_yet_the_page_says_what_to_do(own: TestClient) -> None:
    alert = page(own, status=404).find(".//p[@role='alert']")
    assert text(alert) == "Der er intet program endnu. Indlæs et: teten import MAPPE"


def test_of_several_programmes_one_is_chosen_by_its_link(
    own: TestClient, teten: Teten, tmp_path: Path
) -> None:
    import_into(teten, tiny(tmp_path / "one"))
    assert figures(page(own))["fik tilbuddet"] == "3"
    import_into(teten, tiny(tmp_path / "two", programme="BÆK", cases="U"))
    links = page(own, status=404).findall(".//main//a")
    assert [text(link) for link in links] == ["BÆK", "TT"]
    for link in links:
        assert figures(page(own, link.get("href")))["fik tilbuddet"] == "3"
    page(own, "/?programme=XX", status=404)


def test_what_people_wrote_is_shown_as_they_wrote_it(
    own: TestClient, teten: Teten, tmp_path: Path
) -> None:
    """Nothing that is entered becomes a part of the page itself."""
    data = tiny(tmp_path / "data")
    change(data / "programme.json", "Teten i det små", "<script>alert('Teten')</script> & <b>")
    change(data / "programme.json", '"name": "Aarhus Kommune",', '"name": "<i>Aarhus</i>",')
    import_into(teten, data)
    found = page(own)
    assert text(found.find(".//h1")) == "<script>alert('Teten')</script> & <b>"
    assert "<i>Aarhus</i>" in table(found, "Efter finansieringskilde")
    assert not list(found.iter("script", "b", "i"))


# For everybody -----------------------------------------------------------------------------------


def test_the_page_is_danish_and_named(client: TestClient) -> None:
    found = page(client)
    assert found.get("lang") == "da"
    assert text(found.find(".//title")) == "Teten: Langtidsledige tager teten"
    assert [text(h1) for h1 in found.iter("h1")] == ["Langtidsledige tager teten"]
    assert found.find(".//meta[@name='viewport']") is not None


def test_every_table_can_be_read_aloud(client: TestClient) -> None:
    tables = list(page(client).iter("table"))
    assert len(tables) == 5
    for each in tables:
        assert text(each.find("caption"))
        assert {th.get("scope") for th in each.findall("thead//th")} == {"col"}
        assert [th.get("scope") for th in each.findall("tbody//th")] == ["row"] * len(
            each.findall("tbody/tr")
        )


def test_every_part_and_every_field_has_a_name(client: TestClient) -> None:
    found = page(client)
    ids = [node.get("id") for node in found.xpath("//*[@id]")]
    assert len(set(ids)) == len(ids)
    for section in found.iter("section"):
        assert section.get("aria-labelledby") in ids
    fields = [field for field in found.iter("input") if field.get("type") != "hidden"]
    assert [label.get("for") for label in found.iter("label")] == [f.get("id") for f in fields]
    levels = [int(node.tag[1]) for node in found.iter("h1", "h2", "h3")]
    assert levels == [1] + [2] * (len(levels) - 1)


def test_the_page_needs_nothing_from_elsewhere(client: TestClient) -> None:
    found = page(client)
    assert not list(found.iter("script", "style", "iframe"))
    assert not found.xpath("//*[@style or @onclick or @onload]")
    for address in found.xpath("//@href | //@src"):
        assert address.startswith("/")
        assert client.get(address).status_code == 200
    style = client.get("/style.css")
    assert style.headers["content-type"].startswith("text/css")
    assert "url(" not in style.text
