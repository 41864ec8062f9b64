"""Reports that are filed, and whether the accounts are complete."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from service.app import opened
from service.cli.export import exports, whole
from service.cli.terminal import (
    AsJson,
    KnownWhen,
    ProgrammeId,
    app,
    complain,
    known_at,
    out,
    print_json,
)
from service.documents.audit import Audit
from service.documents.completing import completeness_of
from service.documents.filing import Filed, Kind, filed
from service.documents.funder import Statement
from service.report import chosen
from service.settings import Settings

Into = Annotated[Path, typer.Argument(dir_okay=False, help="Written when it is whole.")]
Format = Annotated[
    Kind | None, typer.Option("--format", help="Without it, as the file's name ends.")
]
Day = typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="Without it, today.")


@exports.command("report")
def export_report(
    file: Into,
    as_of: Annotated[datetime | None, Day] = None,
    known: KnownWhen = None,
    programme: ProgrammeId = None,
    kind: Format = None,
) -> None:
    """Write a programme's audit report, as PDF, workbook (xlsx), text for spreadsheets (csv) or data."""
    chosen_kind, then = _kind(file, kind), known_at(known)
    with opened(Settings.read()) as teten:
        day = teten.day(as_of.date() if as_of else None, then)
        _file(Audit(teten, programme, day, then), chosen_kind, file)


@exports.command("statement")
def export_statement(
    file: Into,
    fund: Annotated[str, typer.Option(help="The funding source.")],
    first: Annotated[
        datetime,
        typer.Option("--from", formats=["%Y-%m-%d"], metavar="DATE", help="Its first day."),
    ],
    last: Annotated[
        datetime, typer.Option("--to", formats=["%Y-%m-%d"], metavar="DATE", help="Its last day.")
    ],
    known: KnownWhen = None,
    programme: ProgrammeId = None,
    kind: Format = None,
) -> None:
    """Write the statement of a funding source for a period: what it paid, and what stands for it."""
    chosen_kind, then = _kind(file, kind), known_at(known)
    with opened(Settings.read()) as teten:
        _file(Statement(teten, programme, fund, first.date(), last.date(), then), chosen_kind, file)


@app.command()
def completeness(
    as_of: Annotated[datetime | None, Day] = None,
    known: KnownWhen = None,
    programme: ProgrammeId = None,
    as_json: AsJson = False,
) -> None:
    """Hold each posting to its voucher, and each voucher to its posting or the reason why it has none. Exit
    code 1: one of them lacks its counterpart."""
    then = known_at(known)
    with opened(Settings.read()) as teten, teten.view(then) as view:
        day = teten.day(as_of.date() if as_of else None, then)
        found = completeness_of(teten, view, chosen(view, programme).programme, day)
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        for booked in found.postings:
            out.print(f"{booked.event}: {booked.count}, with voucher {booked.with_voucher}")
        for traced in found.vouchers:
            fates = ", ".join(f"{count} {fate}" for fate, count in traced.fates.items())
            out.print(f"{traced.kind}: {traced.count}{': ' if fates else ''}{fates}")
        out.print(f"documented by vouchers: {found.documented_in_all.danish()} kr.")
        for waits in found.open:
            where = f"{waits.case or '-'}/{waits.line or '-'} {waits.ref}"
            out.print(f"{waits.fate}: {waits.what} {where} since {waits.day}", markup=False)
        for gap in found.gaps:
            where = f"{gap.case or '-'}/{gap.line or '-'} {gap.ref or ''}"
            complain(f"no {gap.missing}: {gap.what} {where} of {gap.day} (position {gap.position})")
    if found.breaches:
        raise typer.Exit(1)


def _kind(file: Path, kind: Kind | None) -> Kind:
    if kind:
        return kind
    try:
        return Kind(file.suffix.removeprefix("."))
    except ValueError:
        formats = ", ".join(Kind)
        complain(
            f"Which format {file.name} is to have can't be told from its name: --format ({formats})."
        )
        raise typer.Exit(2) from None


def _file(what: Filed, kind: Kind, file: Path) -> None:
    content = filed(what, kind)
    with whole(file) as out_file:
        out_file.write(content)
