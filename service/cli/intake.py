"""Reading the pictures in the queue, and taking in what arrives."""

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from service.app import Teten, opened
from service.cli.terminal import AsJson, ProgrammeId, app, complain, out, print_json, progress
from service.intake.draining import Drained, drain, read_again
from service.intake.mail import MESSAGE_MAX, NoMail
from service.intake.taking import Counter, Taken
from service.people.files import DiskFull
from service.report import chosen
from service.settings import Settings

intake = typer.Typer(help="Vouchers that came by e-mail or lie in a folder.", no_args_is_help=True)
app.add_typer(intake, name="intake")


@app.command("read")
def read(
    again: Annotated[
        bool, typer.Option("--again", help="Also what couldn't be read before.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read every picture that waits, on all cores. Where a service reads, wait until it is through."""
    with opened(Settings.read()) as teten:
        # First, so that what can't be read now isn't tried twice.
        found = read_again(teten, progress) if again else Drained()
        drained = drain(teten, progress)
        found = Drained([*found.outcomes, *drained.outcomes], drained.by_service)
    if as_json:
        print_json(found.data())
        return
    for line in found.sentences():
        out.print(line, markup=False, highlight=False)


@intake.command("mail")
def take_mail(
    files: Annotated[
        list[Path],
        typer.Argument(allow_dash=True, help="E-mails as files (.eml); -: one on standard input."),
    ],
    programme: ProgrammeId = None,
    as_json: AsJson = False,
) -> None:
    """Take in the pictures of e-mails. The same e-mail again changes nothing."""

    def taken(counter: Counter) -> Iterator[Taken]:
        for file in files:
            name, most = str(file), MESSAGE_MAX + 1  # One more than is taken, which is then said.
            try:
                if name == "-":
                    content = sys.stdin.buffer.read(most)
                else:
                    with file.open("rb") as opened_file:
                        content = opened_file.read(most)
                yield counter.mail(name, content)
            except NoMail as error:
                yield Taken(name, [], left_out=(str(error),))
            except DiskFull:  # Which says so itself.
                raise
            except OSError as error:
                yield Taken(name, [], left_out=(f"it can't be read: {type(error).__name__}",))

    _take(programme, taken, as_json)


@intake.command("folder")
def take_folder(
    folder: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="Of a scanner, say.")
    ],
    programme: ProgrammeId = None,
    as_json: AsJson = False,
) -> None:
    """Take in what lies in a folder: CASE_LINE_anything, or in a subfolder a case. Nothing is moved."""
    _take(programme, lambda counter: counter.folder(folder), as_json)


def _take(
    programme: str | None, taken: Callable[[Counter], Iterable[Taken]], as_json: bool
) -> None:
    found: list[Taken] = []
    with opened(Settings.read()) as teten:
        try:
            found.extend(taken(Counter(teten, _programme(teten, programme))))
        finally:  # What is in is told, whatever stops it.
            _tell(found, as_json=as_json)
    if any(each.left_out for each in found):
        raise typer.Exit(3)


def _tell(found: list[Taken], *, as_json: bool) -> None:
    if as_json:
        print_json([each._asdict() for each in found])
    for each in () if as_json else found:
        new = len(each.refs) - each.again
        told = f"{new} taken, {each.again} came before: {', '.join(each.refs) or '-'}"
        out.print(f"{each.name}: {told}", markup=False, highlight=False)
    for each in found:
        for why in each.left_out:
            complain(f"{each.name}: left out: {why}")


def _programme(teten: Teten, programme: str | None) -> str:
    with teten.rows.snapshot() as snapshot:
        return chosen(snapshot, programme).programme
