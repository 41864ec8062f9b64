"""Data for other systems: one command a format."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from service.app import opened
from service.cli.terminal import KnownWhen, ProgrammeId, app, known_at
from service.formats import hledger
from service.known import Through
from service.report import chosen
from service.settings import Settings

exports = typer.Typer(help="Data for other systems.", no_args_is_help=True)
app.add_typer(exports, name="export")


@exports.command("hledger")
def export_hledger(
    file: Annotated[
        Path | None,
        typer.Argument(dir_okay=False, help="Written when it is whole; else standard output."),
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="What holds by that day."),
    ] = None,
    known: KnownWhen = None,
    programme: ProgrammeId = None,
) -> None:
    """Write a programme's whole ledger as hledger's plain text."""
    day, then = as_of.date() if as_of else date.max, known_at(known)
    with opened(Settings.read()) as teten:
        with teten.view(then) as view:
            name, log = chosen(view, programme).programme, Through(teten.log, view.position)
        _write(hledger.write(log, name, day), file)


def _write(texts: Iterable[str], file: Path | None) -> None:
    """In UTF-8 with plain line ends, on any machine."""
    if not file:
        out = typer.get_binary_stream("stdout")
        for text in texts:
            out.write(text.encode())
        return
    with whole(file) as part:
        for text in texts:
            part.write(text.encode())


@contextmanager
def whole(file: Path) -> Iterator[BinaryIO]:
    """A file that gets its name when it is whole."""
    part = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with part.open("wb") as out:
            yield out
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
