"""An import that is killed in the middle is started again, and nothing is lost or doubled."""

import json
import random
import subprocess
import sys
from datetime import date
from pathlib import Path
from time import monotonic, sleep

import psycopg

from service.app import opened
from service.settings import Settings
from tests.conftest import PILOT, environment

TETEN = Path(sys.executable).with_name("teten")
EXPECTED = json.loads((PILOT / "expected.json").read_text("utf-8"))


def start_import(settings: Settings) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [TETEN, "import", "--no-read", PILOT],
        env=environment(settings),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def entered(settings: Settings) -> int:
    """How many commands have been answered."""
    try:
        with psycopg.connect(settings.database_url or "") as connection:
            found = connection.execute("SELECT count(*) FROM commands").fetchone()
    except psycopg.errors.UndefinedTable:
        return 0
    assert found
    return int(found[0])


def test_killed_again_and_again_the_import_ends_with_the_same_balances(settings: Settings) -> None:
    moments = random.Random(
        7
    )  # Where it is killed: another place each time, the same in every run.
    for _ in range(4):
        importing = start_import(settings)
        goal = entered(settings) + moments.randrange(50, 900)
        deadline = monotonic() + 60
        while entered(settings) < goal and monotonic() < deadline:
            sleep(0.01)
        importing.kill()
        importing.wait()
    assert entered(settings) < 5_055, "it was never killed in the middle"

    importing = start_import(settings)
    assert importing.wait(timeout=120) == 0
    with opened(settings) as teten:
        with teten.reports("LTT") as reports:
            assert reports.report(None, date(2026, 11, 22)) == EXPECTED["end"]
        assert entered(settings) == 1 + 2 * 206 + 3760 + 882
        events = teten.log.after(0, 10_000)
        assert len({(event.stream, event.version) for event in events}) == len(events) == 7592
        unfinished = list((settings.home / "files").rglob("*.part"))
        assert len(unfinished) <= 4  # At most one for each kill, and nothing speaks of it.
