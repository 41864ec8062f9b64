"""Data in, figures out: import, report, rebuild."""

import csv
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from domain.money import Money
from projections.registry import PROJECTIONS
from service.app import opened
from service.bundle.reading import reports as of_bundle
from service.clerk import DANISH_TIME
from service.cli.terminal import (
    AsJson,
    KnownWhen,
    ProgrammeId,
    app,
    complain,
    known_at,
    out,
    print_json,
    progress,
)
from service.importing import reading
from service.importing.run import Import, Imported
from service.intake.draining import drain
from service.pictures.workshop import WorkshopClosed
from service.report import END_OF_TIME, Reports
from service.settings import Settings


@app.command("import")
def import_data(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="The data set.")],
    refusals: Annotated[
        Path | None, typer.Option(help="Write the refused rows here, as seq;code.")
    ] = None,
    read: Annotated[
        bool, typer.Option("--read/--no-read", help="Read the receipts at the end, or leave it.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Import a data set, and read its receipts. A second run changes nothing; a killed run goes on."""
    data = reading.read(folder)
    with opened(Settings.read()) as teten:
        run = Import(data, teten.log, teten.vault, teten.clerk)
        with progress(f"{data.programme.id}", run.steps) as tick:
            imported = run.run(tick)
        teten.checkpoints.make()
        teten.rows.catch_up()
        try:
            drained = drain(teten, progress) if read else None
        except WorkshopClosed as error:
            drained = None
            complain(f"The receipts are entered, and none is read: {error} Then run `teten read`.")
    if refusals:
        _write_refusals(refusals, imported)
    if as_json:
        print_json(vars(imported))
        return
    out.print(
        f"{imported.programme}: {imported.applied} rows applied, {imported.again} entered before, "
        f"{len(imported.refused)} refused; {imported.card_transactions} card transactions."
    )
    for seq, code in imported.refused:
        out.print(f"  seq {seq}: {code}")
    for line in drained.sentences() if drained else ():
        out.print(line, markup=False, highlight=False)


def _write_refusals(file: Path, imported: Imported) -> None:
    with file.open("w", encoding="utf-8-sig", newline="") as opened_file:
        writer = csv.writer(opened_file, delimiter=";")
        writer.writerow(("seq", "code"))
        writer.writerows(imported.refused)


@app.command()
def report(
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], metavar="DATE", help="As it stood at the end of that day."
        ),
    ] = None,
    known: KnownWhen = None,
    programme: ProgrammeId = None,
    bundle: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="Of an auditor's bundle, verified first."),
    ] = None,
    vkey: Annotated[
        str | None, typer.Option(help="The log's public key, which the bundle must be signed with.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Every balance, count and list: now, as it stood on a day, or as it was known at a moment."""
    day, then = as_of.date() if as_of else None, known_at(known)
    if bundle and then is not None:
        complain("A bundle is of one moment: leave out --known, or ask the log itself.")
        raise typer.Exit(2)
    if bundle:
        if not vkey:
            complain(
                "Without --vkey anybody can have made this bundle: it is only known to be whole."
            )
        _tell_report(of_bundle(bundle, vkey), day, as_json)
        return
    with opened(Settings.read()) as teten, teten.reports(programme, then) as reports:
        _tell_report(reports, day, as_json)


def _tell_report(reports: Reports, day: date | None, as_json: bool) -> None:
    found = reports.report(day, datetime.now(DANISH_TIME).date())
    if as_json:
        print_json(found)
    else:
        _print_report(reports, found, day or END_OF_TIME)


def _print_report(reports: Reports, found: dict[str, Any], as_of: Any) -> None:
    counts, misuse = found["counts"], found["misuse"]
    out.print(f"[bold]{reports.programme}[/bold]  {escape(reports.terms.name)}")
    out.print(
        f"{counts['offered']['total']} offered, {counts['participants']['total']} took part, "
        f"{counts['left_benefits']['total']} left benefits; {misuse['cases']} citizens misused "
        f"{_danish(misuse['amount'])} kr. ({misuse['percent_of_paid'] or '-'} % of paid)"
    )
    if case := reports.business_case(as_of):
        out.print(
            f"Granted {case.granted.danish()} kr., {case.average_whole_kroner.danish()} kr. on average; "
            f"{case.cost_per_citizen.danish()} kr. a citizen is earned back in "
            f"{case.months_to_break_even_with_casework_and_activation} months "
            f"({case.months_to_break_even} by the benefit alone)"
        )
    for dimension in ("funding", "legal_basis", "category", "phase"):
        out.print(_table(dimension, found[dimension]))
    for name in ("released_unpaid", "receipts_overdue", "unreconciled"):
        out.print(f"{name}: {len(found[name])}")
    out.print(f"overdocumented: {', '.join(reports.overdocumented(as_of)) or 0}")
    out.print(f"refused: {found['refused']}")


def _table(name: str, rows: dict[str, dict[str, str]]) -> Table:
    shown = ("granted", "paid", "documented", "undocumented", "misuse", "committed")
    table = Table(name, *shown)
    for column in table.columns[1:]:
        column.justify = "right"
    for key, figures in rows.items():
        table.add_row(escape(key), *(_danish(figures[column]) for column in shown))
    return table


def _danish(amount: str) -> str:
    return Money.parse(amount).danish()


@app.command()
def rebuild(
    name: Annotated[
        str | None, typer.Argument(help="One projection; without a name, all of them.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make projections anew from the log, beside the rows that readers go on seeing, and swap."""
    known = [projection.name for projection in PROJECTIONS]
    chosen = [each for each in known if name in (None, each, each.rpartition("-")[0])]
    if not chosen:
        complain(f"There is no projection {name}; there are: {', '.join(known)}")
        raise typer.Exit(2)
    with opened(Settings.read()) as teten:
        events = teten.rows.rebuild(chosen)
        teten.rows.catch_up()
    if as_json:
        print_json({"rebuilt": chosen, "events": events})
    else:
        out.print(f"Rebuilt from {events} events: {', '.join(chosen)}")
