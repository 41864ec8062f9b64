"""The command line: what is asked, what is answered, and what is said when it can't be."""

import socket
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
import typer.main
from typer.testing import CliRunner

from projections.registry import PROJECTIONS
from service.app import Teten, opened
from service.cli.terminal import app
from service.settings import Settings
from tests.conftest import import_into
from tests.data_sets import change, tiny
from tests.shell import Shell

LATER = date(2026, 11, 22)


@pytest.fixture
def own(settings: Settings) -> Shell:
    """On a database of the test's own, with the tiny data set in it."""
    with opened(settings) as running:
        import_into(running, tiny(settings.home / "data"))
        running.rows.catch_up()
    return Shell(settings)


# Usage -------------------------------------------------------------------------------------------


def commands(group: Any, *path: str) -> Iterator[tuple[str, ...]]:
    yield path
    for name, command in getattr(group, "commands", {}).items():
        yield from commands(command, *path, name)


KNOWN = list(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("path", KNOWN, ids=" ".join)
def test_every_command_tells_how_it_is_used(path: tuple[str, ...]) -> None:
    told = CliRunner().invoke(app, [*path, "--help"], prog_name="teten")
    assert (told.exit_code, told.stderr) == (0, "")
    assert f"Usage: {' '.join(['teten', *path])}" in told.stdout


def test_these_are_the_commands() -> None:
    assert {("import",), ("report",), ("do",), ("db", "stop"), ("bench", "import")} <= set(KNOWN)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["invoice"], "No such command"),
        (["import"], "Missing argument"),
        (["import", "/nowhere"], "does not exist"),
        (["report", "--as-of", "31-12-2019"], "--as-of"),
        (["report", "--as-of", "2019-02-30"], "--as-of"),
        (["serve", "--port", "70000"], "--port"),
        (["rebuild", "[nothing-1]"], "There is no projection [nothing-1]; there are: programmes-2"),
        (["do", "StopCase"], "Missing argument"),
        (["do", "StopCase", "{case_no: T-1}"], "must be a JSON object"),
        (["do", "StopCase", "[1]"], "must be a JSON object"),
        (["do", "StopCase", "1" * 5_000], "must be a JSON object"),
        (["do", "HandInReceipt", "{}", "--file", "/nowhere"], "does not exist"),
    ],
)
def test_what_is_asked_in_a_wrong_way_ends_with_2_and_its_reason(
    arguments: list[str], reason: str
) -> None:
    told = CliRunner().invoke(app, arguments)
    assert (told.exit_code, told.stdout) == (2, "")
    assert reason in told.stderr


def test_a_process_ends_with_the_same_code(shell: Shell) -> None:
    assert shell("report", "--as-of", "yesterday").returncode == 2


# What isn't there, or isn't right ----------------------------------------------------------------


@pytest.mark.parametrize("url", ["postgresql://teten:hush@127.0.0.1:9/teten", "not a url"])
def test_a_database_that_is_not_there_is_told_with_what_to_do(shell: Shell, url: str) -> None:
    done = shell("report", TETEN_DATABASE_URL=url)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Check TETEN_DATABASE_URL" in done.stderr
    assert "hush" not in done.stderr


def test_a_port_that_is_taken_is_told_with_what_to_do(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = shell("serve", "--port", str(taken.getsockname()[1]))
    assert (done.returncode, done.stdout) == (1, "")
    assert "Choose another port with --port" in done.stderr


def test_a_master_key_that_is_none_is_told(shell: Shell, tmp_path: Path) -> None:
    key = tmp_path / "some.key"
    key.write_text("ab" * 20)
    done = shell("report", TETEN_MASTER_KEY_FILE=str(key))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"The master key in {key} must be 64 hexadecimal digits.\n"


def test_another_master_key_is_told_and_nothing_is_added_under_it(
    shell: Shell, teten_tt: Teten, tmp_path: Path
) -> None:
    key = tmp_path / "other.key"
    key.write_text("ab" * 32)
    before = shell.count("people.keys")
    done = shell("import", shell.settings.home / "data", TETEN_MASTER_KEY_FILE=str(key))
    assert (done.returncode, done.stdout) == (1, "")
    assert "Put the right key at TETEN_MASTER_KEY_FILE" in done.stderr
    assert shell.count("people.keys") == before


def test_a_home_that_can_not_be_made_is_told(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    home = {"TETEN_HOME": str(tmp_path / "file"), "TETEN_DATABASE_URL": ""}
    done = shell("db", "url", **home)
    assert (done.returncode, done.stdout) == (1, "")
    assert str(tmp_path / "file") in done.stderr


# Data in and figures out -------------------------------------------------------------------------


def test_broken_data_are_told_and_nothing_is_printed_as_a_result(
    shell: Shell, tmp_path: Path
) -> None:
    data = tiny(tmp_path / "data")
    change(data / "journal.csv", "1.950,00", "1950")
    change(data / "cases.csv", "610190-1001", "6101901001")
    done = shell("import", data)
    assert (done.returncode, done.stdout) == (1, "")
    cases, journal = done.stderr.splitlines()
    assert cases.startswith("cases.csv, række/row 2, kolonne/column cpr: ")
    assert journal.startswith("journal.csv, række/row 13, kolonne/column amount: ")


def figures(own: Shell, as_of: date | None = None) -> dict[str, Any]:
    with opened(own.settings) as running, running.reports("TT") as reports:
        return reports.report(as_of, LATER)


def test_the_report_is_the_one_that_the_service_gives(own: Shell) -> None:
    now, then = own.data("report"), own.data("report", "--as-of", "2019-04-02")
    assert now == figures(own)
    assert then == figures(own, date(2019, 4, 2))
    assert now["programme"]["documented"] == "1250.00"
    assert then["programme"]["documented"] == "0.00"


def test_the_report_is_also_for_people(shell: Shell) -> None:
    done = shell("report", "--as-of", "2019-12-31")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("TT  Teten i det små\n3 offered, 2 took part")
    assert "1.950,00" in done.stdout


def test_of_several_programmes_one_must_be_chosen(own: Shell) -> None:
    """Their names may hold what a terminal would take for markup."""
    other = tiny(own.settings.home / "other", programme="UU", cases="U")
    change(other / "programme.json", "Teten i det små", "[/b]Teten [i det små]")
    assert own.data("import", other)["applied"] == 30
    done = own("report")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "There are several programmes (TT, UU): choose one.\n"
    chosen = own("report", "--programme", "UU")
    assert chosen.stdout.startswith("UU  [/b]Teten [i det små]\n")


def test_projections_are_made_anew_one_or_all(own: Shell) -> None:
    before = figures(own)
    own.harm("DELETE FROM projections.rows WHERE projection LIKE 'balances-%'")
    assert figures(own) != before
    [balances] = own.data("rebuild", "balances")["rebuilt"]
    assert balances.startswith("balances-")
    assert figures(own) == before
    own.harm("TRUNCATE projections.rows, projections.progress")
    assert own.data("rebuild")["rebuilt"] == [projection.name for projection in PROJECTIONS]
    assert figures(own) == before


# The embedded server -----------------------------------------------------------------------------


def test_the_embedded_server_stays_up_for_whoever_asked_for_its_url_until_it_is_stopped(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    shell = Shell(Settings(home, None, home / "master.key"))
    assert shell("db", "stop").stdout == "It was not running.\n"
    done = shell("db", "url")
    assert (done.returncode, done.stderr) == (0, "")
    url = done.stdout.strip()
    try:
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT count(*) FROM log_events").fetchone() == (0,)
        assert shell.data("db", "url") == {"url": url}
    finally:
        assert shell("db", "stop").stdout == "Stopped.\n"
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
