"""Backup and restore."""

from pathlib import Path
from typing import Annotated

import typer

from service.app import opened
from service.backup.making import back_up
from service.backup.manifest import Manifest
from service.backup.restoring import check as check_backup
from service.backup.restoring import restore as restore_backup
from service.cli.terminal import AsJson, app, complain, out
from service.settings import Settings

TheFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The backup.")]


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="Written when it is whole.")],
    as_json: AsJson = False,
) -> None:
    """Back up the database and the files, but not the master key, into one file. The service may run."""
    with opened(Settings.read()) as teten:
        made = back_up(teten, file)
    _tell("Backed up", made, as_json=as_json)
    if made.missing:
        complain(
            f"{len(made.missing)} files that the log speaks of are missing, and not in the backup: "
            f"{', '.join(made.missing)}. Take them from an older one."
        )
        raise typer.Exit(1)
    if not as_json:
        out.print("The master key is not in it: keep that apart.")


@app.command()
def restore(
    file: TheFile,
    check: Annotated[
        bool, typer.Option("--check", help="Only read the file and compare its checksums.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make everything anew from a backup, in an empty place, and show that it agrees."""
    if check:
        _tell("The backup is whole:", check_backup(file), as_json=as_json)
        return
    told = restore_backup(Settings.read(), file)
    _tell("Restored", told, as_json=as_json)
    if not as_json:
        out.print("Everything agrees: head, events, files, projections and each account's total.")


def _tell(what: str, found: Manifest, *, as_json: bool) -> None:
    if as_json:
        typer.echo(found.model_dump_json(indent=1))
        return
    programmes = ", ".join(found.totals) or "-"
    out.print(
        f"{what} {found.events} events up to position {found.head}, {found.files} files; "
        f"programmes: {programmes}; as of {found.made_at.isoformat(timespec='seconds')}.",
        markup=False,
        highlight=False,
    )
