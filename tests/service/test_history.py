"""Two points compared, and a case replayed: on the command line, over HTTP and on pages."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from domain.money import ZERO, Money, total
from domain.words import Event, Recorded
from projections.steps import steps
from service.app import Teten
from tests.service.conftest import served
from tests.service.test_page import page, table, text
from tests.service.test_pilot import EXPECTED
from tests.shell import Shell


@pytest.fixture(scope="module")
def client(practice: Teten) -> Iterator[TestClient]:
    """Over the new practice."""
    with served(practice, "rev-01") as client:
        yield client


# Two points --------------------------------------------------------------------------------------


@pytest.mark.parametrize("programme", ["LTT", "NP"])
def test_between_two_days_every_amount_differs_by_its_events(
    programme: str, request: pytest.FixtureRequest
) -> None:
    teten: Teten = request.getfixturevalue({"LTT": "pilot", "NP": "practice"}[programme])
    answers = EXPECTED[programme]["as_of"]
    first, *_, last = answers
    with served(teten, "rev-01") as client:
        sides = {"from": f"@{first}", "to": f"@{last}"}
        found = client.get("/v1/difference", params=sides).json()
    was, is_ = answers[first], answers[last]
    differing = {
        (dimension, value, amount)
        for dimension in ("funding", "legal_basis", "category", "phase", "case", "line")
        for value, figures in is_[dimension].items()
        for amount in figures
        if figures[amount] != was[dimension].get(value, {}).get(amount, "0.00")
    }
    told = {(each["dimension"], each["value"], each["amount"]): each for each in found["amounts"]}
    assert {row for row in told if row[0] != "programme"} == differing
    for (dimension, value, amount), each in told.items():
        mine = [Money.parse(news["change"]) for news in each["events"]]
        assert str(total(mine)) == each["change"]
        expected = is_["programme"] if dimension == "programme" else is_[dimension][value]
        assert each["after"] == expected[amount]
    for name, moved in found["lists"].items():
        assert [each for each in is_[name] if each not in was[name]] == in_order(
            moved["came"], is_[name]
        )
        assert len(moved["went"]) == sum(each not in is_[name] for each in was[name])
    assert found["refused"] == is_["refused"] - was["refused"]
    offered = [
        each for each in found["counts"] if (each["count"], each["phase"]) == ("offered", "total")
    ]
    assert [each["after"] for each in offered] in ([], [is_["counts"]["offered"]["total"]])


def in_order(some: list[Any], of: list[Any]) -> list[Any]:
    return [each for each in of if each in some]


def test_from_nothing_everything_came(client: TestClient) -> None:
    found = client.get("/v1/difference", params={"from": "0"}).json()
    assert found["before"] == {"position": 0, "as_of": None}
    end = EXPECTED["NP"]["end"]
    told = {
        each["amount"]: each["after"]
        for each in found["amounts"]
        if each["dimension"] == "programme"
    }
    assert told == {name: amount for name, amount in end["programme"].items() if amount != "0.00"}


def test_a_point_that_there_is_none_of_is_told(client: TestClient) -> None:
    for sides in ({"from": "soon"}, {"from": "1", "to": "@tomorrow"}, {"from": "9999999"}):
        answer = client.get("/v1/difference", params=sides)
        assert (answer.status_code, answer.json()["title"]) == (422, "not_known")
    assert client.get("/v1/difference", params={"from": "1", "programme": "XX"}).status_code == 404
    assert client.get("/v1/difference").status_code == 422


def test_the_page_shows_each_amount_with_its_events(client: TestClient) -> None:
    asked = {"from": "900@2020-05-01", "to": "940@2020-05-01"}
    told = client.get("/v1/difference", params=asked).json()
    path = "from_known=900&from_as_of=2020-05-01&to_known=940&to_as_of=2020-05-01"
    found = page(client, f"/difference?{path}&by=line")
    lines = [each for each in told["amounts"] if each["dimension"] == "line"]
    assert lines
    for value in {each["value"] for each in lines}:
        shown = table(found, f"Beløb, der er forskellige, i kroner: {value}")
        mine = [each for each in lines if each["value"] == value]
        assert [row["Forskel"] for row in shown.values()] == [
            Money.parse(each["change"]).danish() for each in mine
        ]
    summaries = [text(each) for each in found.iter("summary")]
    assert any("hændelser" in each for each in summaries)
    [link] = found.xpath("//footer//a[text()='/v1/difference']/@href")
    assert client.get(link).json() == told


def test_the_difference_page_begins_with_a_question(client: TestClient) -> None:
    found = page(client, "/difference?programme=NP")
    assert not list(found.iter("table"))
    [leads] = page(client).xpath("//nav/a[contains(@href, 'difference')]/@href")
    assert leads == "/difference?programme=NP"


# A case, step by step ----------------------------------------------------------------------------


@pytest.mark.parametrize("data_set", ["pilot", "practice"])
def test_no_approver_ever_saw_anything_but_what_was_so(
    data_set: str, request: pytest.FixtureRequest
) -> None:
    teten: Teten = request.getfixturevalue(data_set)
    streams: dict[str, list[Recorded[Event]]] = {}
    for news in teten.log.everything():
        streams.setdefault(news.stream, []).append(news)
    beside = [
        news
        for name, history in streams.items()
        if name.startswith(("programme-", "fund-"))
        for news in history
    ]
    seen = 0
    for name, history in streams.items():
        if name.startswith("case-"):
            log = sorted([*history, *beside], key=lambda news: news.position)
            for step in steps(name.removeprefix("case-"), log):
                assert step.agrees, step
                seen += len(step.seen)
    assert seen > 2_000


def test_a_case_is_replayed_with_what_its_approvers_saw(client: TestClient) -> None:
    timeline = client.get("/v1/cases/NP-035").json()["timeline"]
    told = client.get("/v1/cases/NP-035/steps").json()
    assert [step["position"] for step in told] == [each["position"] for each in timeline]
    assert [step["sentence"] for step in told] == [each["sentence"] for each in timeline]
    found = page(client, "/cases/NP-035/steps")
    assert "Det, godkenderne så, er det, der stod i loggen." in text(found)
    [granted, *_] = [step for step in told if step["event"] == "LineGranted"]
    shown = table(found, f"Hvad {granted['actor']} så ved position {granted['position']}")
    assert shown["Tilbage under loftet"] == {
        "Så": "50.000,00 kr.",
        "Var": "50.000,00 kr.",
        "Stemmer": "ja",
    }
    changed = table(found, f"Ændrede beløb ved position {granted['position']}, i kroner")
    line = f"Post {granted['line_no']}: Bevilget"
    assert changed[line]["Før"] == ZERO.danish()
    assert changed[line]["Efter"] == changed["Forløbet: Bevilget"]["Efter"] != ZERO.danish()
    [link] = page(client, "/cases/NP-035").xpath("//nav/a[contains(@href, 'steps')]/@href")
    assert link == "/cases/NP-035/steps"
    asked = f"?as_of=2019-12-31&known={granted['position']}"
    links = page(client, f"/cases/NP-035/steps{asked}").xpath("//nav/a/@href")
    assert links == [f"/cases/NP-035{asked}", f"/cases?programme=NP&{asked[1:]}"]
    early = client.get("/v1/cases/NP-035/steps", params={"known": granted["position"]}).json()
    assert early == [step for step in told if step["position"] <= granted["position"]]


@pytest.mark.parametrize("case_no", ["NP-999", "%00"])
def test_a_case_that_there_is_none_of_has_no_steps(client: TestClient, case_no: str) -> None:
    assert client.get(f"/v1/cases/{case_no}/steps").status_code == 404
    page(client, f"/cases/{case_no}/steps", status=404)


# On the command line -----------------------------------------------------------------------------


def test_the_command_line_asks_what_was_known(shell: Shell) -> None:
    now, head = shell.data("report"), shell.count("log_events")
    assert shell.data("report", "--known", str(head)) == now
    early = shell.data("report", "--known", str(head - 20), "--as-of", "2019-12-31")
    assert early != now
    ledger = shell("export", "hledger", "--known", str(head - 20)).stdout
    assert f"({head})" not in ledger
    assert "FundAgreed" in ledger
    wrong = shell("report", "--known", "soon")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "'soon' is neither a position nor a moment" in wrong.stderr


def test_the_command_line_compares_two_points(shell: Shell) -> None:
    found = shell.data("diff", "--from", "@2019-04-03", "--to", "@2019-04-05")
    told = {
        (each["value"], each["amount"]): each
        for each in found["amounts"]
        if each["dimension"] == "line"
    }
    misuse = told["T-1/1", "misuse"]
    assert (misuse["change"], [news["event"] for news in misuse["events"]]) == (
        "300.00",
        ["MisuseConfirmed"],
    )
    shown = shell("diff", "--from", "@2019-04-03", "--to", "@2019-04-05")
    assert "T-1/1 misuse: 300,00" in shown.stdout
    assert "MisuseConfirmed  T-1/1  by fin-1  300,00" in shown.stdout
    by_fund = shell("diff", "--from", "0", "--by", "funding").stdout
    assert "FundAgreed  -  by system  10.000,00" in by_fund


def test_the_command_line_replays_a_case_and_tells_what_an_approver_did_not_see(
    shell: Shell,
) -> None:
    told = shell.data("replay", "T-1")
    assert told[0]["event"] == "CaseRegistered"
    shown = shell("replay", "T-1")
    assert shown.returncode == 0
    assert "saw cap_left = 20000.00; as it was" in shown.stdout
    assert "saw assessments kons-2 = green; as it was" in shown.stdout
    # When the log is changed behind its back
    shell.harm(
        "ALTER TABLE log_events DISABLE TRIGGER append_only;"
        "UPDATE log_events SET state = replace(convert_from(state, 'UTF8'), '\"exposure\":\"0.00\"',"
        " '\"exposure\":\"7.00\"')::bytea WHERE topic = 'TrancheReleased';"
        "ALTER TABLE log_events ENABLE ALWAYS TRIGGER append_only"
    )
    harmed = shell("replay", "T-1")
    assert harmed.returncode == 1
    assert "saw exposure = 7.00; DIFFERS: it was 0.00" in harmed.stdout
    assert "not what was so" in harmed.stderr
