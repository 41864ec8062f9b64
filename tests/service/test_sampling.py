"""Samples as auditors meet them: at the command line, over HTTP and on pages; drawn again, and found out when
what is behind them was changed."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError

from domain.money import kr
from domain.words import Refused
from service.app import Teten, opened
from service.clerk import Malformed
from service.sampling import redrawn
from service.settings import Settings
from service.web import words
from tests import examples
from tests.conftest import fresh_database
from tests.service.conftest import served
from tests.service.test_overdocumented import enter
from tests.service.test_page import page, table, text
from tests.shell import Shell

YEAR = {"kind": "payments", "first_day": "2019-01-01", "last_day": "2019-12-31"}
OF = {"programme": "NP", "by": "rev-1"}
FIX = (
    *("--kind", "payments", "--from", "2019-01-01", "--to", "2019-12-31", "--as", "rev-1"),
    *("--materiality", "9000.00", "--stratum", "large:2:route=account,at_least=4000.00"),
)


@pytest.fixture(scope="module")
def paid(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Teten]:
    """5,000 and 3,000 kr. paid to a citizen, of which the 3,000 came back."""
    home = tmp_path_factory.mktemp("paid")
    with fresh_database(server) as url, opened(Settings(home, url, home / "master.key")) as teten:
        enter(teten, examples.establish(), *examples.assessing(), *examples.APPROVE_ALL)
        enter(teten, *examples.payment(), *examples.payment("T-2", kr(3_000)))
        came_back = examples.returned_payment(end_to_end_id="T-2", amount=kr(3_000))
        enter(teten, examples.receive(came_back, statement="S-9"))
        yield teten


@pytest.fixture(scope="module")
def shell(paid: Teten) -> Shell:
    return Shell(paid.settings)


@pytest.fixture(scope="module")
def drawn(paid: Teten, shell: Shell) -> dict[str, Any]:
    """A sample, fixed and drawn at the command line, as that tells of it."""
    fixed = shell.data("sample", "fix", "R-1", *FIX, "--purpose", "Årets revision")
    assert (fixed["stage"], fixed["drawing"], fixed["items"]) == ("fixed", None, [])
    refused = shell("sample", "draw", "R-1", "--as", "rev-1")
    assert (refused.returncode, refused.stdout.split()[1]) == (3, "no_checkpoint")
    assert paid.checkpoints.make()
    told: dict[str, Any] = shell.data("sample", "draw", "R-1", "--as", "rev-1")
    return told


@pytest.fixture(scope="module")
def looked_at(paid: Teten, shell: Shell, drawn: dict[str, Any]) -> list[dict[str, Any]]:
    """Half of the large payment was found, and nothing behind any other: at first it looked like 1 kr."""
    first, *others = drawn["items"]
    named = ("sample", "result", "R-1", str(first["position"]), "--as", "rev-1")
    told = shell(*named, "--audited", "2500.00", "--reason", "Halvdelen mangler")
    assert (told.returncode, told.stderr) == (0, "")
    for item in others:
        body = OF | {"sample": "R-1", "item": item["position"]}
        paid.clerk.in_plain("EnterResult", body | {"audited": "1.00"})
        better = {"audited": "0.00", "missing": True, "reason": "En andens kvittering"}
        paid.clerk.in_plain("CorrectResult", body | better)
    found: list[dict[str, Any]] = shell.data("sample", "items", "R-1")
    return found


@pytest.fixture
def client(paid: Teten, looked_at: Any) -> Iterator[TestClient]:
    with served(paid) as client:
        yield client


# At the command line -----------------------------------------------------------------------------


def test_a_sample_is_fixed_and_drawn_by_the_first_checkpoint_after_that(
    paid: Teten, drawn: dict[str, Any]
) -> None:
    population = drawn["population"]
    assert (population["items"], population["amount"]) == (2, "8000.00")
    assert (population["left_out_items"], population["left_out_amount"]) == (1, "-3000.00")
    made = paid.checkpoints.first_from(drawn["fixed_at"])
    assert made
    assert (drawn["drawing"]["size"], drawn["drawing"]["note"]) == (made.size, made.note)
    assert drawn["items"][0]["certain"]  # 5,000 kr., where every 1,502.10 kr. is looked at.


def test_items_are_told_with_what_was_found_and_why(
    shell: Shell, looked_at: list[dict[str, Any]]
) -> None:
    assert (looked_at[0]["audited"], looked_at[0]["reason"]) == ("2500.00", "Halvdelen mangler")
    shown = shell("sample", "items", "R-1").stdout
    assert ("missing (corrected)" in shown) == (len(looked_at) > 1)
    assert "2.500,00 (corrected)" not in shown


def test_what_the_sample_says_is_told_in_words(shell: Shell, looked_at: Any) -> None:
    told = shell("sample", "evaluate", "R-1")
    assert told.returncode == 0
    assert "upper limit" in told.stdout
    assert "8.000,00 kr." in told.stdout
    assert "95 % confidence" in told.stdout


def test_a_sample_is_closed_when_all_of_it_was_looked_at_and_all_are_listed(
    paid: Teten, shell: Shell, looked_at: Any
) -> None:
    plan = {"sample": "R-0", "confidence": 95, "materiality": "9000.00"}
    paid.clerk.in_plain("FixPopulation", OF | YEAR | plan)
    refused = shell("sample", "close", "R-0", "--as", "rev-1")
    assert (refused.returncode, refused.stdout.split()[1]) == (3, "wrong_state")
    told = shell("sample", "list").stdout.splitlines()
    listed = {name: rest for name, _, rest in (line.partition(":") for line in told)}
    assert [name for name in listed if name in ("R-0", "R-1")] == ["R-1", "R-0"]
    assert "0 to look at" in listed["R-1"]


def test_a_sample_is_drawn_again_and_is_the_same(paid: Teten, shell: Shell, looked_at: Any) -> None:
    """Whoever asks: later checkpoints and later events make no difference."""
    assert paid.checkpoints.make()
    told = shell("sample", "redraw", "R-1")
    assert told.returncode == 0
    assert [line.split()[:2] for line in told.stdout.splitlines()] == [
        ["ok", f"{what}:"] for what in ("population", "checkpoint", "seed", "items")
    ]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("result", "R-1", "1", "--as", "rev-1"), "--missing"),
        (("fix", "R-9", *FIX, "--stratum", "x:2:age=30"), "can't be read: age"),
    ],
)
def test_what_is_not_understood_is_told(
    shell: Shell, looked_at: Any, arguments: tuple[str, ...], says: str
) -> None:
    told = shell("sample", *arguments)
    assert told.returncode in (1, 2)
    assert says in told.stderr


# Nobody chooses ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "field"),
    [
        ("FixPopulation", {"items": []}),
        ("FixPopulation", {"through": 1}),
        ("DrawSample", {"size": 9}),
        ("DrawSample", {"note": "heads"}),
    ],
)
def test_nobody_tells_what_the_log_says(paid: Teten, command: str, field: dict[str, Any]) -> None:
    with pytest.raises(Malformed, match="looked up in the log"):
        paid.clerk.in_plain(command, OF | YEAR | {"sample": "R-2"} | field)


def test_a_plan_that_names_no_population_is_told(paid: Teten) -> None:
    with pytest.raises(ValidationError, match="last_day"):
        paid.clerk.in_plain("FixPopulation", OF | {"sample": "R-2", "first_day": "2019-01-01"})


def test_what_was_never_fixed_has_nothing_to_be_drawn_from(paid: Teten) -> None:
    with pytest.raises(Refused, match="not_found"):
        paid.clerk.in_plain("DrawSample", OF | {"sample": "R-2"})
    assert redrawn(paid.log, paid.checkpoints, "NP", "R-2") == []


def test_asked_again_after_the_log_has_grown_it_is_the_same_answer(paid: Teten) -> None:
    plan = (
        OF | YEAR | {"id": "fix-R-3", "sample": "R-3", "confidence": 95, "materiality": "9000.00"}
    )
    first = paid.clerk.in_plain("FixPopulation", plan)
    assert paid.checkpoints.make()
    drawing = OF | {"id": "draw-R-3", "sample": "R-3"}
    drew = paid.clerk.in_plain("DrawSample", drawing)
    assert paid.clerk.in_plain("FixPopulation", plan).last_position == first.last_position
    again = paid.clerk.in_plain("DrawSample", drawing)
    assert (again.last_position, again.again) == (drew.last_position, True)


# Over HTTP and on pages --------------------------------------------------------------------------


def test_samples_are_read_over_http(client: TestClient, looked_at: Any) -> None:
    told = client.get("/v1/samples/R-1").json()
    assert (told["stage"], told["to_look_at"]) == ("drawn", 0)
    assert told["evaluation"]["overstated"]["known"] != "0.00"
    assert told in client.get("/v1/samples").json()
    assert "Halvdelen" not in client.get("/v1/samples").text
    assert client.get("/v1/samples/R-9").status_code == 404
    assert client.get("/v1/samples/R-1%00").status_code == 404


def test_a_page_tells_of_every_sample_and_another_of_one(client: TestClient) -> None:
    found = page(client, "/samples")
    row = table(found, "Stikprøver i den rækkefølge, de blev fastlagt, i kroner")["R-1"]
    assert (row["Af"], row["Population"], row["Mangler"]) == ("Udbetalinger", "8.000,00", "0")

    told = client.get("/v1/samples/R-1").json()
    found = page(client, "/samples/R-1")
    says = text(found.xpath("//section[@aria-labelledby='says']")[0])
    assert words.CONCLUSIONS[told["evaluation"]["conclusion"]] in says
    shown = table(found, "Bilag i loggens rækkefølge, i kroner")
    assert list(shown) == [str(item["position"]) for item in told["items"]]
    strata = table(found, "Strata og deres intervaller, i kroner")
    assert (strata["large"]["Interval"], strata["resten"]["Interval"]) == ("1.502,10", "3.004,20")


def test_a_page_that_is_not_there_says_so(client: TestClient) -> None:
    assert "ingen stikprøve" in client.get("/samples/R-9").text
    for path in ("/samples/R-9", "/samples?programme=XX", "/samples/R-1?programme=XX"):
        assert page(client, path, 404).xpath("//p[@role='alert']")


def test_a_sample_that_is_not_drawn_yet_says_what_it_waits_for(
    client: TestClient, paid: Teten
) -> None:
    plan = {"sample": "R-4", "confidence": 95, "materiality": "9000.00"}
    paid.clerk.in_plain("FixPopulation", OF | YEAR | plan)
    assert "Den trækkes af det første checkpoint" in client.get("/samples/R-4").text


def test_the_page_has_a_word_for_every_kind_stage_and_conclusion() -> None:
    assert set(words.SAMPLED) == {"payments", "receipts", "expenses"}
    assert set(words.CONCLUSIONS) == {"within", "unsure", "above"}


# Changed behind its back -------------------------------------------------------------------------


def test_what_was_changed_behind_a_sample_is_found_when_it_is_drawn_again(
    settings: Settings,
) -> None:
    with opened(settings) as teten:
        enter(teten, examples.establish(), *examples.assessing(), *examples.APPROVE_ALL)
        enter(teten, *examples.payment())
        plan = {"confidence": 95, "materiality": "9000.00"}
        for name in ("R-1", "R-2"):
            teten.clerk.in_plain("FixPopulation", OF | YEAR | plan | {"sample": name})
        teten.checkpoints.make()
        teten.clerk.in_plain("DrawSample", OF | {"sample": "R-1"})
        [paid] = [
            each.position
            for each in teten.log.everything()
            if type(each.event).__name__ == "TrancheSettled"
        ]
        teten.clerk.in_plain(
            "EnterResult", OF | {"sample": "R-1", "item": paid, "audited": "10.00"}
        )
        teten.clerk.in_plain("CloseSample", OF | {"sample": "R-1"})
        assert all(each.same for each in redrawn(teten.log, teten.checkpoints, "NP", "R-1"))
        with psycopg.connect(teten.url) as connection:
            connection.execute("ALTER TABLE log_events DISABLE TRIGGER append_only")
            connection.execute(
                "UPDATE log_events SET state = convert_to(replace(convert_from(state, 'UTF8'),"
                " '\"5000.00\"', '\"4000.00\"'), 'UTF8') WHERE topic = 'TrancheSettled'"
            )
            connection.execute(
                "UPDATE log_events SET state = convert_to(replace(convert_from(state, 'UTF8'),"
                " '\"10.00\"', '\"5000.00\"'), 'UTF8') WHERE topic = 'ResultEntered'"
            )
        again = {
            each.what: each.same for each in redrawn(teten.log, teten.checkpoints, "NP", "R-1")
        }
        assert again == {
            "population": False,
            "checkpoint": True,
            "seed": False,
            "items": False,
            "evaluation": False,
        }
        with pytest.raises(Refused, match="population_differs"):
            teten.clerk.in_plain("DrawSample", OF | {"sample": "R-2"})


@pytest.mark.parametrize("harm", ["keys", "checkpoint"])
def test_a_checkpoint_that_is_not_the_logs_is_told(settings: Settings, harm: str) -> None:
    with opened(settings) as teten:
        enter(teten, examples.establish(), *examples.assessing(), *examples.APPROVE_ALL)
        enter(teten, *examples.payment())
        plan = {"sample": "R-1", "confidence": 95, "materiality": "9000.00"}
        teten.clerk.in_plain("FixPopulation", OF | YEAR | plan)
        teten.checkpoints.make()
        teten.clerk.in_plain("DrawSample", OF | {"sample": "R-1"})
        if harm == "keys":
            (teten.checkpoints.folder / "keys.txt").unlink()
        else:
            with psycopg.connect(teten.url) as connection:
                connection.execute("ALTER TABLE evidence.checkpoints DISABLE TRIGGER append_only")
                connection.execute("DELETE FROM evidence.checkpoints")
        again = redrawn(teten.log, teten.checkpoints, "NP", "R-1")
        assert not next(each.same for each in again if each.what == "checkpoint")
