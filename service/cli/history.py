"""The log's history: what differs between two points of it, and one case step by step."""

from datetime import datetime
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from projections.balances import Dimension
from projections.steps import Seen, Step
from service.app import opened
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
)
from service.history import DifferenceView, PointView, Side, case_steps, difference
from service.settings import Settings


@app.command("diff")
def diff(
    before: Annotated[
        str, typer.Option("--from", metavar="KNOWN@DAY", help="A position or a moment, and a day.")
    ],
    after: Annotated[
        str, typer.Option("--to", metavar="KNOWN@DAY", help="The same; without it, now.")
    ] = "now",
    by: Annotated[
        Dimension, typer.Option("--by", help="Of which amounts the events are told.")
    ] = Dimension.LINE,
    programme: ProgrammeId = None,
    as_json: AsJson = False,
) -> None:
    """What differs between two points of the log: amounts, counts and lists, with the events that made it."""
    sides = Side.read(before), Side.read(after)
    with opened(Settings.read()) as teten:
        found = difference(teten, programme, *sides, datetime.now(DANISH_TIME).date())
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        _print_difference(found, by)


def _print_difference(found: DifferenceView, by: Dimension) -> None:
    out.print(f"[bold]{found.programme}[/bold]  {_point(found.before)} → {_point(found.after)}")
    out.print(_amounts(found, Dimension.PROGRAMME))
    if by is not Dimension.PROGRAMME:
        out.print(_amounts(found, by))
    for each in found.amounts:
        if each.dimension is by:
            out.print(f"{each.value} {each.amount}: {each.change.danish()}", markup=False)
            for news in each.events:
                line = f"{news.case_no}/{news.line_no}" if news.line_no else news.case_no or "-"
                out.print(
                    f"  {news.position}  {news.effective_on}  recorded {_time(news.recorded_at)}"
                    f"  {news.event}  {line}  by {news.actor}  {news.change.danish()}",
                    markup=False,
                )
    for count in found.counts:
        out.print(f"{count.count} {count.phase}: {count.before} → {count.after}", markup=False)
    for name, moved in found.lists.items():
        out.print(f"{name}: {len(moved.came)} came, {len(moved.went)} went")
    out.print(f"refused: {found.refused:+}")


def _point(point: PointView) -> str:
    return f"known at {point.position}" + (f", as of {point.as_of}" if point.as_of else "")


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(DANISH_TIME):%Y-%m-%d %H:%M:%S}"


def _amounts(found: DifferenceView, dimension: Dimension) -> Table:
    table = Table(dimension.value, "amount", "before", "after", "change")
    for column in table.columns[2:]:
        column.justify = "right"
    for each in found.amounts:
        if each.dimension is dimension:
            table.add_row(
                escape(each.value),
                each.amount,
                *(money.danish() for money in (each.before, each.after, each.change)),
            )
    return table


@app.command("replay")
def replay(
    case_no: Annotated[str, typer.Argument(metavar="CASE", help="Its number.")],
    known: KnownWhen = None,
    as_json: AsJson = False,
) -> None:
    """A case step by step: what each event changed, and what its approver saw beside what was so. Exit
    code 1: an approver saw something else than what was so."""
    then = known_at(known)
    with opened(Settings.read()) as teten, teten.view(then) as view:
        steps = case_steps(view, case_no)
    if steps is None:
        complain(f"There is no case {case_no}.")
        raise typer.Exit(1)
    if as_json:
        print_json([each.model_dump(mode="json") for each in steps])
    else:
        for step in steps:
            _print_step(step)
    if not all(step.agrees for step in steps):
        complain("What an approver saw is not what was so: look for DIFFERS.")
        raise typer.Exit(1)


def _print_step(step: Step) -> None:
    lines = [
        f"{step.position}  {step.event}  by {step.actor}  command {step.command}",
        f"  done {_time(step.at)}, effective {step.effective_on}, recorded {_time(step.recorded_at)}",
        *(
            f"  {f'line {each.line_no}' if each.line_no else 'case'} {each.amount}: "
            f"{each.before.danish()} → {each.after.danish()}"
            for each in step.changes
        ),
        *map(_seen, step.seen),
    ]
    out.print("\n".join(lines), markup=False, highlight=False)


def _seen(seen: Seen) -> str:
    verdict = "as it was" if seen.agrees else f"DIFFERS: it was {seen.was}"
    return f"  saw {' '.join(filter(None, (seen.what, seen.of)))} = {seen.saw}; {verdict}"
