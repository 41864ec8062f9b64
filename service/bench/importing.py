"""What it costs to import a data set, and the same one several times over."""

import re
from itertools import pairwise
from pathlib import Path
from shutil import copytree
from time import perf_counter
from typing import Any

from service.app import Teten, opened
from service.bench.extent import Extent
from service.bench.place import Place
from service.bench.processes import Apart
from service.importing import reading
from service.importing.run import Import
from service.settings import Settings

TEXTS = (".csv", ".json", ".xml")


class Importing:
    """An empty home of its own, into which data sets are brought."""

    def __init__(self, url: str) -> None:
        self._url = url

    def bring(self, folder: Path, home: Path, times: int) -> list[dict[str, Any]]:
        """What each time cost. Data set and programme are called otherwise each time."""
        settings = Settings(home, self._url, home / "master.key")
        found = []
        with opened(settings) as teten:
            for number in range(times):
                again = folder if number == 0 else renamed(folder, home / f"again-{number}", number)
                found.append(_brought(teten, again))
        return found

    def close(self) -> None:
        """Nothing is kept open."""


def _brought(teten: Teten, folder: Path) -> dict[str, Any]:
    marks = [("", perf_counter())]
    data = reading.read(folder)
    marks.append(("read", perf_counter()))
    run = Import(data, teten.log, teten.vault, teten.clerk)
    run.run()
    marks.append(("enter", perf_counter()))
    teten.rows.catch_up()
    marks.append(("project", perf_counter()))
    with teten.reports(data.programme.id) as reports:
        reports.report(None, data.programme.end)
    marks.append(("report", perf_counter()))
    seconds = {part: round(at - before, 3) for (_, before), (part, at) in pairwise(marks)}
    seconds["all"] = round(marks[-1][1] - marks[0][1], 3)
    return {
        "rows": run.steps,
        "events": teten.log.head(),
        "seconds": seconds,
        "rows_per_second": round(run.steps / seconds["all"]),
    }


def renamed(folder: Path, copy: Path, number: int) -> Path:
    """The same data set under another programme's name, and with case numbers of that."""
    copytree(folder, copy)
    name = re.compile(rb"\b%s\b" % re.escape(reading.read(folder).programme.id.encode()))
    for path in copy.rglob("*"):
        if path.suffix in TEXTS and path.is_file():
            path.write_bytes(name.sub(rb"\g<0>%d" % number, path.read_bytes()))
    return copy


def import_data(place: Place, much: Extent) -> dict[str, Any]:
    """The data set as it is, and then again under other names, on top of what is there."""
    folder = much.data_set
    home = place.folder / f"import-{folder.name}"
    home.mkdir()
    with Apart(Importing, place.database(f"import {folder.name}")) as importing:
        found = importing.ask("bring", folder, home, much.imports)
        memory = importing.peak_memory_mb
    return {"folder": folder.name, "times": found, "peak_memory_mb": memory}
