"""A log with two programmes in it, of which one is bundled; and bundles as an auditor meets them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from service.app import Teten, opened
from service.bundle.making import make
from service.bundle.verify import BROKEN, Bundle
from service.bundle.wanted import Wanted
from service.settings import Settings
from tests.conftest import fresh_database, import_into
from tests.data_sets import tiny

FIRST, LAST = date(2019, 1, 1), date(2019, 12, 31)


@contextmanager
def town(server: str, home: Path) -> Iterator[Teten]:
    """A municipality with the programmes TT and TU, of which a checkpoint was made after each."""
    with fresh_database(server) as url, opened(Settings(home, url, home / "master.key")) as running:
        import_into(running, tiny(home / "tt"))
        running.checkpoints.make()
        import_into(running, tiny(home / "tu", programme="TU", cases="U"))
        running.checkpoints.make()
        yield running


def bundled(teten: Teten, folder: Path, **wanted: Any) -> dict[str, Any]:
    """The bundle of TU in that folder, and what was told of it."""
    asked: dict[str, Any] = {"programme": "TU", "since": FIRST, "through": LAST} | wanted
    return make(teten, Wanted(**asked), folder)


def wrong(folder: Path, vkey: str | None = None) -> list[str]:
    """What its own program finds wrong with a bundle."""
    try:
        return [each for found in Bundle(folder, vkey).verify().values() for each in found]
    except BROKEN as error:
        return [f"no whole bundle: {error}"]


def content(folder: Path) -> dict[str, bytes]:
    return {
        each.relative_to(folder).as_posix(): each.read_bytes()
        for each in sorted(folder.rglob("*"))
        if each.is_file()
    }


def rows(folder: Path, name: str) -> list[Any]:
    """The lines of a file of JSON."""
    return [json.loads(line) for line in (folder / name).read_text("utf-8").splitlines()]
