"""Audit samples: fixed before anybody knows what is drawn, drawn by a checkpoint, looked at, evaluated."""

from datetime import datetime
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.markup import escape
from rich.table import Table

from domain.money import Money
from domain.sampling.evaluation import Evaluation
from domain.sampling.population import Kind, Stratum
from domain.words import Refused
from service.app import Teten, opened
from service.cli.operations import print_refusal
from service.cli.terminal import AsJson, ProgrammeId, app, complain, out, print_json
from service.report import chosen
from service.sampling import LookedAt, SampleView, redrawn, sample_view, sample_views
from service.settings import Settings

sampling = typer.Typer(help="An auditor's samples.", no_args_is_help=True)
app.add_typer(sampling, name="sample")

TheSample = Annotated[str, typer.Argument(metavar="ID", help="What the sample is called.")]
Auditor = Annotated[str, typer.Option("--as", help="The auditor.")]
SAYS = {
    "within": "not materially misstated",
    "unsure": "not shown to be within the materiality",
    "above": "materially misstated",
}


@sampling.command("fix")
def fix(
    sample: TheSample,
    kind: Annotated[Kind, typer.Option(help="Payments settled, receipts accepted, or expenses.")],
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], metavar="DATE")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], metavar="DATE")],
    materiality: Annotated[str, typer.Option(help="Tolerable misstatement in kr., as 50000.00.")],
    actor: Auditor,
    expected: Annotated[str, typer.Option(help="Misstatement expected, in kr.")] = "0.00",
    confidence: Annotated[int, typer.Option(help="In per cent, 70 to 99.")] = 95,
    stratum: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME:WEIGHT:FACTS",
            help="Drawn so many times as densely: card:3:route=card,undocumented=yes. Again for more.",
        ),
    ] = None,
    purpose: Annotated[str | None, typer.Option(help="What it is for; sealed.")] = None,
    programme: ProgrammeId = None,
    as_json: AsJson = False,
) -> None:
    """Fix the population: from here on nobody chooses."""
    wish: dict[str, Any] = {
        "kind": kind,
        "first_day": str(first.date()),
        "last_day": str(last.date()),
        "materiality": materiality,
        "expected": expected,
        "confidence": confidence,
        "strata": [_stratum(text) for text in stratum or ()],
    }
    _ask("FixPopulation", sample, actor, programme, wish | _said("purpose", purpose), as_json)


@sampling.command("draw")
def draw(
    sample: TheSample, actor: Auditor, programme: ProgrammeId = None, as_json: AsJson = False
) -> None:
    """Draw by the first checkpoint that speaks of the population."""
    _ask("DrawSample", sample, actor, programme, {}, as_json)


@sampling.command("result")
def result(
    sample: TheSample,
    item: Annotated[int, typer.Argument(help="The item's position in the log.")],
    actor: Auditor,
    audited: Annotated[str | None, typer.Option(help="The amount found, in kr.")] = None,
    missing: Annotated[bool, typer.Option("--missing", help="Nothing is there.")] = False,
    reason: Annotated[str | None, typer.Option(help="Why; sealed.")] = None,
    correct: Annotated[
        bool, typer.Option("--correct", help="In place of what was entered.")
    ] = False,
    programme: ProgrammeId = None,
    as_json: AsJson = False,
) -> None:
    """Enter what was found behind an item, or correct it."""
    if missing == (audited is not None):
        complain(
            "Say what was found with --audited 1950.00, or that nothing is there with --missing."
        )
        raise typer.Exit(2)
    wish = {"item": item, "audited": audited or "0.00", "missing": missing}
    name = "CorrectResult" if correct else "EnterResult"
    _ask(name, sample, actor, programme, wish | _said("reason", reason), as_json)


@sampling.command("close")
def close(
    sample: TheSample, actor: Auditor, programme: ProgrammeId = None, as_json: AsJson = False
) -> None:
    """Close the sample with what it says, once all of it was looked at."""
    _ask("CloseSample", sample, actor, programme, {}, as_json)


@sampling.command("list")
def list_samples(programme: ProgrammeId = None, as_json: AsJson = False) -> None:
    """Every sample of the programme, as they were fixed."""
    with opened(Settings.read()) as teten, teten.rows.snapshot() as snapshot:
        views = sample_views(snapshot, chosen(snapshot, programme).programme)
    if as_json:
        print_json([view.model_dump(mode="json") for view in views])
        return
    for view in views:
        out.print(_summary(view), markup=False, highlight=False)


@sampling.command("items")
def items(sample: TheSample, programme: ProgrammeId = None, as_json: AsJson = False) -> None:
    """What was drawn, and what was found behind it."""
    with opened(Settings.read()) as teten:
        view = _view(teten, sample, programme)
        reasons = {item.position: teten.vault.read(item.reason) for item in view.items}
    if as_json:
        told = [each.model_dump(mode="json") for each in view.items]
        print_json([each | {"reason": reasons[each["position"]]} for each in told])
        return
    table = Table("item", "case", "line", "ref", "stratum", "booked", "found", "reason")
    for each in view.items:
        table.add_row(
            str(each.position),
            escape(each.case_no),
            str(each.line_no),
            escape(each.ref or "-"),
            escape(each.stratum) + (" (certain)" if each.certain else ""),
            each.amount.danish(),
            _found(each),
            escape(reasons[each.position] or ""),
        )
    out.print(table)


def _found(item: LookedAt) -> str:
    if item.audited is None:
        return ""
    told = "missing" if item.missing else item.audited.danish()
    return f"{told} (corrected)" if item.corrected else told


@sampling.command("evaluate")
def evaluate(sample: TheSample, programme: ProgrammeId = None, as_json: AsJson = False) -> None:
    """What the results so far say of the whole population."""
    with opened(Settings.read()) as teten:
        view = _view(teten, sample, programme)
    if as_json:
        told = view.evaluation.model_dump(mode="json") if view.evaluation else None
        print_json({"to_look_at": view.to_look_at, "evaluation": told})
        return
    out.print(_summary(view), markup=False, highlight=False)
    if view.evaluation:
        _print_evaluation(view, view.evaluation)


def _print_evaluation(view: SampleView, found: Evaluation) -> None:
    rows = {"booked too high": found.overstated, "booked too low": found.understated}
    table = Table("kr.", *rows)
    for field in type(found.overstated).model_fields:
        amounts = [getattr(each, field) for each in rows.values()]
        told = [each.danish() if isinstance(each, Money) else str(each) for each in amounts]
        table.add_row(field.replace("_", " "), *told)
    out.print(table)
    if not found.conclusion:
        out.print(f"{view.to_look_at} items are still to be looked at: this says nothing yet.")
    else:
        population = view.population
        out.print(
            f"With {population.confidence} % confidence, of {population.amount.danish()} kr.: "
            f"{SAYS[found.conclusion]} (materiality {population.materiality.danish()} kr.).",
            highlight=False,
        )


@sampling.command("redraw")
def redraw(sample: TheSample, programme: ProgrammeId = None, as_json: AsJson = False) -> None:
    """Draw again from the log and the checkpoint alone, reckon anew what a closed sample says, and compare.
    Exit code 1: it isn't the same."""
    with opened(Settings.read()) as teten:
        population = _view(teten, sample, programme).population
        compared = redrawn(teten.log, teten.checkpoints, population.programme, sample)
    if not compared:
        complain(f"Sample {sample} isn't drawn yet: teten sample draw {sample}")
        raise typer.Exit(1)
    if as_json:
        print_json([each._asdict() for each in compared])
    else:
        for each in compared:
            told = f"{'ok  ' if each.same else 'FAIL'} {each.what}: {each.says}"
            out.print(told, markup=False, highlight=False)
    if not all(each.same for each in compared):
        raise typer.Exit(1)


def _ask(
    command: str,
    sample: str,
    actor: str,
    programme: str | None,
    wish: dict[str, Any],
    as_json: bool,
) -> None:
    """Have it decided, and tell how the sample stands then."""
    with opened(Settings.read()) as teten:
        with teten.rows.snapshot() as snapshot:
            name = chosen(snapshot, programme).programme
        told = {"programme": name, "sample": sample, "by": actor, "cause": "teten sample"}
        try:
            teten.clerk.in_plain(command, wish | told)
        except Refused as no:
            print_refusal(no, as_json=as_json)
            raise typer.Exit(3) from no
        view = _view(teten, sample, name)
    if as_json:
        print_json(view.model_dump(mode="json"))
    else:
        out.print(_summary(view), markup=False, highlight=False)


def _view(teten: Teten, sample: str, programme: str | None) -> SampleView:
    with teten.rows.snapshot() as snapshot:
        view = sample_view(snapshot, chosen(snapshot, programme).programme, sample)
    if not view:
        complain(f"There is no sample {sample}. Those that there are: teten sample list")
        raise typer.Exit(1)
    return view


def _summary(view: SampleView) -> str:
    population = view.population
    told = (
        f"{population.sample}: {population.items} {population.kind.value} of "
        f"{population.amount.danish()} kr., {population.first_day} to {population.last_day}; "
        f"{population.left_out_items} of {population.left_out_amount.danish()} kr. left out; {view.stage}"
    )
    if view.drawing:
        told += f" by checkpoint {view.drawing.size}: {len(view.items)} items, {view.to_look_at} to look at"
    return told


def _said(field: str, words: str | None) -> dict[str, str]:
    return {field: words} if words else {}


def _stratum(text: str) -> dict[str, Any]:
    name, _, rest = text.partition(":")
    weight, _, facts = rest.partition(":")
    told = dict(each.partition("=")[::2] for each in facts.split(",") if each)
    try:
        stratum = Stratum.model_validate({"name": name, "weight": weight} | told)
    except ValidationError as error:
        wrong = ", ".join(str(each["loc"][0]) for each in error.errors())
        complain(
            f"A stratum is NAME:WEIGHT:FACTS, say card:3:route=card,at_least=5000.00,undocumented=yes,"
            f"declared=no. In {text} this can't be read: {wrong}"
        )
        raise typer.Exit(2) from error
    return stratum.model_dump(mode="json")
