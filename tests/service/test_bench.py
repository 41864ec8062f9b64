"""Every part of the benchmarks runs, in no time and with few events: what the figures are is not tested."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from service.app import Teten
from service.bench import plain_text
from service.bench.clients import Timing, percentile, summary
from service.bench.everything import DEFINITIONS, PARTS, measure, ratios
from service.bench.extent import PILOT, Extent
from service.bench.generator import generate
from service.bench.importing import renamed
from service.bench.place import place
from service.bench.storing import store
from service.bench.tables import TABLES, markdown
from service.cli.terminal import app
from service.importing import reading
from service.importing.run import check
from service.settings import Settings
from tests.conftest import environment
from tests.data_sets import tiny


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    extent = Extent(
        rounds=1,
        seconds=0.1,
        clients=(16, 64),
        cases=70,
        rebuilt=(500, 1_000),
        looked_at=(500, 1_000),
        looks=9,
        bundled=(500,),
        data_set=tiny(tmp_path_factory.mktemp("data") / "set"),
        imports=1,
        queued=3,
        photographs=1,
        minutes=0.01,
    )
    with place() as here:
        return measure(here, extent)


def test_every_part_is_measured_on_a_server_that_writes_to_the_disk(found: dict[str, Any]) -> None:
    assert set(PARTS) <= set(found)
    assert found["machine"]["postgresql"]["fsync"] == "on"


def test_every_ratio_has_a_figure_and_a_definition(found: dict[str, Any]) -> None:
    assert set(found["ratios"]) == set(DEFINITIONS)
    missing = {name for name, ratio in found["ratios"].items() if ratio is None}
    tools = found["rebuild"]["tools"]
    not_installed = {name for name in ("hledger", "beancount") if tools[name]["seconds"] is None}
    assert missing == {f"rebuild_vs_{name}" for name in not_installed}


def test_everybody_did_something_and_whoever_is_faster_took_less_time(
    found: dict[str, Any],
) -> None:
    for name in ("pgbench", "psycopg", "library", "threads", "asyncio"):
        for each in found["append"][name].values():
            assert each["least"] <= each["per_second"] <= each["most"]
            assert each["per_second"] > 0 < each["p50_ms"] <= each["p99_ms"]


def test_a_load_is_seen_in_every_projection(found: dict[str, Any]) -> None:
    for load in ("low", "half"):
        assert found["visible"][load]["unseen"] == 0


def test_other_ledgers_come_to_our_balances(found: dict[str, Any]) -> None:
    tools = found["rebuild"]["tools"]
    told = [tools[name] for name in ("hledger", "ledger", "beancount") if tools[name]["seconds"]]
    assert told
    assert all(each["balances_are_ours"] for each in told)


def test_the_tables_tell_of_every_part(found: dict[str, Any], tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    figures.write_text(json.dumps(found), "utf-8")
    told = CliRunner().invoke(app, ["bench", "--of", str(figures)])
    assert told.stdout == markdown(found) + "\n"
    assert all(f"## {title}\n" in told.stdout for title, _ in TABLES.values())


def test_what_is_missing_leaves_its_ratio_empty(found: dict[str, Any]) -> None:
    assert (
        ratios(found | {"append": found["append"] | {"pgbench": {}}})["append_vs_pgbench_64"]
        is None
    )


def test_a_percentile_is_a_value_that_so_many_do_not_exceed() -> None:
    values = [float(each) for each in range(1, 101)]
    assert (percentile(values, 50), percentile(values, 99)) == (50.0, 99.0)
    assert (percentile([7.0], 99), percentile([], 50)) == (7.0, 0.0)


def test_a_summary_is_the_median_of_its_rounds() -> None:
    rounds = [Timing(done, 2.0, 1.0, done / 10, 7.0) for done in (10, 40, 20)]
    told = summary(rounds)
    assert (told["least"], told["per_second"], told["most"], told["p99_ms"]) == (5, 10, 20, 2.0)


def test_a_tool_with_other_balances_is_told_apart(teten: Teten, settings: Settings) -> None:
    store(teten.url, generate(1_000))
    books = plain_text.write(teten.url, settings.home)
    more = books.balances | {account: amount + amount for account, amount in books.balances.items()}
    told = plain_text.reckoned(books._replace(balances=more), 30)
    assert {each["balances_are_ours"] for each in told.values() if each["seconds"]} == {False}


def test_a_made_up_log_is_put_into_an_empty_database_alone(settings: Settings) -> None:
    asked = ["bench", "generate", "--events", "500", "--json"]
    first, second = (CliRunner().invoke(app, asked, env=environment(settings)) for _ in "12")
    assert (first.exit_code, json.loads(first.stdout)) == (0, {"events": 500})
    assert (second.exit_code, second.stdout) == (1, "")
    assert "TETEN_HOME" in second.stderr


def test_a_data_set_under_another_name_is_as_good_as_the_first(tmp_path: Path) -> None:
    first, second = reading.read(PILOT), reading.read(renamed(PILOT, tmp_path / "again", 2))
    check(second)
    assert (first.programme.id, second.programme.id) == ("LTT", "LTT2")
    assert not {row.case_no for row in first.cases} & {row.case_no for row in second.cases}
    assert [row.amount for row in first.journal] == [row.amount for row in second.journal]
