"""Benchmarks: honest figures with the machine and the versions that gave them."""

import json
import math
from pathlib import Path
from typing import Annotated, Any

import typer

from service.app import opened
from service.bench.extent import PILOT, Extent
from service.cli.terminal import AsJson, app, complain, err, out, print_json, progress
from service.settings import Settings

DEFAULT = Extent()

bench = typer.Typer(help="Measure it here.", invoke_without_command=True)
app.add_typer(bench, name="bench")


@bench.callback()
def bench_all(
    context: typer.Context,
    as_json: AsJson = False,
    figures: Annotated[
        Path | None,
        typer.Option("--of", exists=True, dir_okay=False, help="What --json printed before."),
    ] = None,
) -> None:
    """Measure everything in one run of some ten minutes, and print it as tables in Markdown."""
    if context.invoked_subcommand:
        return
    if figures:
        _tell(json.loads(figures.read_text("utf-8")), as_json)
    else:
        from service.bench.everything import measure  # noqa: PLC0415 - it would slow every other command
        from service.bench.place import place  # noqa: PLC0415

        with place() as here:
            _tell(measure(here, told=lambda part: err.print(f"{part} …")), as_json)


@bench.command("append")
def bench_append(as_json: AsJson = False) -> None:
    """Commands a second at 1, 4, 16 and 64 clients, beside the server's and the stock library's."""
    _part("append", DEFAULT, as_json)


@bench.command("hot-fund")
def bench_hot_fund(as_json: AsJson = False) -> None:
    """Approvals a second when eight at a time commit in one fund."""
    _part("hot_fund", DEFAULT, as_json)


@bench.command("visible")
def bench_visible(as_json: AsJson = False) -> None:
    """How long after its answer a command is seen in every projection."""
    _part("visible", DEFAULT, as_json)


@bench.command("rebuild")
def bench_rebuild(as_json: AsJson = False) -> None:
    """Make all projections anew from 100,000 and 1,000,000 events, beside reading and other ledgers."""
    _part("rebuild", DEFAULT, as_json)


@bench.command("evidence")
def bench_evidence(as_json: AsJson = False) -> None:
    """The tree over 100,000 and 1,000,000 events, verifying them beside hashing alone, and a proof."""
    _part("evidence", DEFAULT, as_json)


@bench.command("as-of")
def bench_as_of(as_json: AsJson = False) -> None:
    """A balance as of a past day in logs of 10,000, 100,000 and 1,000,000 events."""
    _part("as_of", DEFAULT, as_json)


@bench.command("disk")
def bench_disk(as_json: AsJson = False) -> None:
    """Bytes on disk for each event."""
    _part("disk", DEFAULT, as_json)


@bench.command("bundle")
def bench_bundle(as_json: AsJson = False) -> None:
    """Make an auditor's bundle of 10,000 and of 100,000 events, and verify it."""
    _part("bundle", DEFAULT, as_json)


@bench.command("intake")
def bench_intake(
    receipts: Annotated[
        int, typer.Option(min=1, help="Handed over, so that all but those read meanwhile wait.")
    ] = DEFAULT.queued,
    photographs: Annotated[
        int, typer.Option(min=1, help="Of them, of 4 MB.")
    ] = DEFAULT.photographs,
    minutes: Annotated[
        float, typer.Option(min=0, help="For which they are read; 0: until none waits.")
    ] = DEFAULT.minutes,
    as_json: AsJson = False,
) -> None:
    """Hand over photographs, scans and worse to a service, and have them read: time, and memory."""
    photographs, minutes = min(receipts, photographs), minutes or math.inf
    _part("intake", Extent(queued=receipts, photographs=photographs, minutes=minutes), as_json)


@bench.command("import")
def bench_import(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False)] = PILOT,
    times: Annotated[int, typer.Option(min=1, help="Again under other names.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Import a data set (without an argument the pilot), and say where the time went."""
    _part("import", Extent(data_set=folder.absolute(), imports=times), as_json)


@bench.command("ocr")
def bench_ocr(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(exists=True, file_okay=False, help="Data sets, or pictures with an index."),
    ] = None,
    sample: Annotated[
        int | None, typer.Option(min=1, help="So many of each, always the same.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read receipts whose truth is known (without an argument the pilot's), beside plain tesseract."""
    from service.bench.ocr import DATA_SETS, NothingKnown, markdown, measure  # noqa: PLC0415

    try:
        found = measure([folder.absolute() for folder in folders or DATA_SETS], sample)
    except NothingKnown as error:
        complain(str(error))
        raise typer.Exit(1) from error
    if as_json:
        print_json(found)
    else:
        typer.echo(markdown(found))


@bench.command("flags")
def bench_flags(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FOLDER]...", exists=True, file_okay=False, help="Data sets."),
    ] = None,
    made_up: Annotated[int, typer.Option(min=0, help="So many seeds of each kind, too.")] = 3,
    cases: Annotated[int, typer.Option(min=4, help="In each made-up data set.")] = 30,
    events: Annotated[int, typer.Option(min=0, help="Time all rules over such a log, too.")] = 0,
    as_json: AsJson = False,
) -> None:
    """What every flag rule finds in data sets whose misuse is known, and what it says of the innocent."""
    from service.bench.flags.measuring import measure  # noqa: PLC0415
    from service.bench.flags.telling import data, markdown  # noqa: PLC0415
    from service.bench.place import place  # noqa: PLC0415

    with place() as here:
        measured, speed = measure(
            here, folders, made_up, cases, events, told=lambda name: err.print(f"{name} …")
        )
    told = data(measured, speed)
    if as_json:
        print_json(told)
    else:
        typer.echo(markdown(told))


@bench.command("generate")
def bench_generate(
    events: Annotated[int, typer.Option(min=1, help="How many.")],
    seed: Annotated[int, typer.Option(help="Another one gives another log.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Fill the configured database, which must be empty, with made-up events. They can't be removed."""
    from service.bench.generator import generate  # noqa: PLC0415
    from service.bench.storing import LogNotEmpty, store  # noqa: PLC0415

    with opened(Settings.read()) as teten:
        try:
            with progress("generate", events) as tick:
                made = store(teten.url, generate(events, seed), tick)
        except (LogNotEmpty, ValueError) as error:
            complain(str(error))
            raise typer.Exit(1) from error
    if as_json:
        print_json({"events": made})
    else:
        out.print(f"{made} events. `teten rebuild` makes the projections of them.", highlight=False)


def _part(name: str, much: Extent, as_json: bool) -> None:
    from service.bench.everything import PARTS  # noqa: PLC0415
    from service.bench.place import place  # noqa: PLC0415

    with place() as here:
        _tell({name: PARTS[name](here, much), "machine": here.machine()}, as_json)


def _tell(found: dict[str, Any], as_json: bool) -> None:
    from service.bench.tables import markdown  # noqa: PLC0415

    if as_json:
        print_json(found)
    else:
        typer.echo(markdown(found))
