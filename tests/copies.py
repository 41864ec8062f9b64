"""A data set that takes long to import, imported by one of the processes that run the tests.

The others wait for it, and take a copy of its database and its home.
"""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from service.app import opened
from service.backup.programs import fitting
from service.importing import reading
from service.importing.run import Import
from service.settings import Settings

SERVER = 18  # What the wheel brings.


def imported_or_copied(settings: Settings, data: Path, run: Path) -> None:
    """Fill an empty database and an empty home. `run`: where all processes of this run look."""
    kept = run / f"imported-{data.name}"
    with kept.with_suffix(".lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not kept.exists():
            import_whole(settings, data)
            half = kept.with_suffix(".half")
            shutil.copytree(settings.home, half / "home")
            _run("pg_dump", settings, "--format=custom", "--file", half / "database")
            half.rename(kept)
            return
    shutil.copytree(kept / "home", settings.home, dirs_exist_ok=True)
    _run("pg_restore", settings, "--single-transaction", "--no-owner", kept / "database")


def import_whole(settings: Settings, data: Path) -> None:
    """With its projections."""
    with opened(settings) as running:
        Import(reading.read(data), running.log, running.vault, running.clerk).run()
        running.rows.catch_up()


def folder_of_the_run(made: pytest.TempPathFactory) -> Path:
    """Each process of xdist has a folder of its own in it."""
    own = made.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def _run(name: str, settings: Settings, *arguments: str | Path) -> None:
    program, _ = fitting(name, SERVER, embedded=True)
    subprocess.run([program, f"--dbname={settings.database_url}", *arguments], check=True)
