"""`teten lapse`: tranches that the bank hasn't paid in time; and stops, with their reasons in the vault."""

from pathlib import Path
from typing import Any

import pytest

from service.app import opened
from service.settings import Settings
from tests.conftest import import_into
from tests.data_sets import change, tiny
from tests.shell import Shell


def unpaid(settings: Settings, *rules: str) -> Shell:
    """The tiny data set up to the release of R-1, which the bank never pays."""
    data = tiny(settings.home / "data")
    journal = data / "journal.csv"
    rows = journal.read_bytes().partition(b"\n15;")[0]
    journal.write_bytes(rows + b"\n")
    change(data / "programme.json", '"months": 6', ", ".join(['"months": 6', *rules]))
    with opened(settings) as running:
        import_into(running, data)
        running.rows.catch_up()
    return Shell(settings)


def waiting(shell: Shell) -> list[str]:
    report: dict[str, Any] = shell.data("report")
    return [each["end_to_end_id"] for each in report["released_unpaid"]]


def test_what_the_bank_has_not_paid_in_time_lapses_once(settings: Settings) -> None:
    shell = unpaid(settings, '"lapse_days": 14')
    assert waiting(shell) == ["R-1"]
    done = shell("lapse", "--as", "system")
    assert (done.returncode, done.stdout, done.stderr) == (0, "1 lapsed: R-1\n", "")
    assert waiting(shell) == []
    assert shell.data("report")["line"]["T-1/1"]["committed"] == "4000.00"
    assert shell.data("lapse", "--as", "fin-1") == {"lapsed": [], "refused": {}}


def test_where_the_rules_have_no_such_limit_nothing_lapses(settings: Settings) -> None:
    shell = unpaid(settings)
    assert shell("lapse", "--as", "system").stdout == "0 lapsed: -\n"
    assert waiting(shell) == ["R-1"]


def test_who_may_not_ask_is_refused_and_it_ends_with_3(settings: Settings) -> None:
    shell = unpaid(settings, '"lapse_days": 14')
    done = shell("lapse", "--as", "kons-1")
    assert (done.returncode, done.stderr) == (3, "")
    assert done.stdout == "0 lapsed: -\nrefused: R-1: forbidden\n"
    assert waiting(shell) == ["R-1"]


@pytest.mark.parametrize(("scope", "key"), [("case", "T-1"), ("fund", "AARHUS")])
def test_the_reason_for_a_stop_is_sealed_with_the_key_of_whom_it_is_about(
    shell: Shell, teten_tt: Any, tmp_path: Path, scope: str, key: str
) -> None:
    wish = {"programme": "TT", "scope": scope, "key": key, "ground": "doubt", "reason": "Skal ses"}
    [event] = shell.do("FreezePayouts", wish, "--as", "fin-1")["events"]
    with teten_tt.log.pool.connection() as connection:
        [(subject,)] = connection.execute(
            "SELECT subject FROM people.words WHERE ref = %s", (event["reason"],)
        ).fetchall()
    citizen = teten_tt.vault.pseudonym("610190-1001")
    assert subject == (citizen if scope == "case" else "programme-TT")
