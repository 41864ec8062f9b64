"""Flags at the command line: what is due is raised, and every flag ever raised is listed."""

from datetime import date, datetime
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from domain.flags import FlagStage
from domain.flags import flags as flags_of
from projections.flags.catalogue import RULES
from projections.programmes import programmes
from projections.review import review
from service.app import Teten, opened
from service.clerk import DANISH_TIME
from service.cli.terminal import AsJson, ProgrammeId, app, complain, out, print_json, progress
from service.flags.raising import raise_due, would_raise
from service.flags.rules import PrecisionView, RuleView, rule_views
from service.flags.views import FlagView, flag_views
from service.intake.draining import drain
from service.report import chosen
from service.settings import Settings

flags = typer.Typer(help="Questions that rules put to people.", invoke_without_command=True)
app.add_typer(flags, name="flags")

AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], metavar="DAY", help="As it stood that day."),
]


@flags.callback()
def list_flags(
    context: typer.Context,
    programme: ProgrammeId = None,
    case: Annotated[str | None, typer.Option(help="Of this case alone.")] = None,
    status: Annotated[FlagStage | None, typer.Option(help="In this state alone.")] = None,
    as_of: AsOf = None,
    no_raise: Annotated[
        bool, typer.Option("--no-raise", help="Only list; nothing is raised first.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Every flag ever raised, once what is due has been raised."""
    if context.invoked_subcommand:
        return
    day = as_of.date() if as_of else _today()
    failing: dict[str, str] = {}
    with opened(Settings.read()) as teten:
        named = _programmes(teten, programme)
        if not no_raise:
            drain(teten, progress)
        for each in () if no_raise else named:
            failing |= raise_due(teten, each, day).failing
        found = [
            flag
            for each in named
            for flag in _flags(teten, each, day)
            if case in (None, flag.case) and status in (None, flag.status)
        ]
        told = [_with_reason(teten, flag) for flag in found] if as_json else []
    if as_json:
        print_json(told)
    else:
        _print_flags(found)
    for rule, error in failing.items():
        complain(f"The rule {rule} failed ({error}). The others went on.")
    if failing:
        raise typer.Exit(1)


@flags.command("rules")
def list_rules(programme: ProgrammeId = None, as_of: AsOf = None, as_json: AsJson = False) -> None:
    """Every rule as the programme has it, and how often it was right."""
    day = as_of.date() if as_of else _today()
    with opened(Settings.read()) as teten, teten.rows.snapshot() as view:
        found = rule_views(view, chosen(view, programme).programme, day)
    if as_json:
        print_json([each.model_dump(mode="json") for each in found])
    else:
        _print_rules(found)


@flags.command("run")
def run(
    rule: Annotated[str, typer.Argument(help="A rule, live, draft or off.")],
    programme: ProgrammeId = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """What a rule finds, beside what was answered of that. Nothing is raised."""
    day = as_of.date() if as_of else _today()
    with opened(Settings.read()) as teten:
        if rule not in RULES:
            complain(f"There is no rule {rule}: `teten flags rules` lists them.")
            raise typer.Exit(1)
        with teten.rows.snapshot() as view:
            named = chosen(view, programme).programme
            rows = view.all(review, flags_of.stream(named, "")).values()
        found = would_raise(teten, named, rule, day)
        answered = {
            (each.raised.rule, each.raised.key): each.stage(day).value
            for row in rows
            for each in row.flags.values()
        }
    told = [
        each.model_dump(mode="json") | {"status": answered.get((each.rule, each.key))}
        for each in found
    ]
    if as_json:
        print_json(told)
        return
    table = Table("on", "case", "kr.", "answered", "what")
    for each, row in zip(found, told, strict=True):
        where = f"{each.case_no or '-'}/{each.line_no or '-'}"
        status = row["status"] or "not raised"
        table.add_row(str(each.on), where, each.amount.danish(), status, escape(each.sentence_en))
    out.print(table)


def _today() -> date:
    return datetime.now(DANISH_TIME).date()


def _programmes(teten: Teten, programme: str | None) -> list[str]:
    """That which is named, or all. UnknownProgramme."""
    with teten.rows.snapshot() as view:
        if programme is None:
            return list(view.all(programmes))
        return [chosen(view, programme).programme]


def _flags(teten: Teten, programme: str, day: date) -> list[FlagView]:
    with teten.rows.snapshot() as view:
        return flag_views(view, programme, day, lambda _: True)


def _with_reason(teten: Teten, flag: FlagView) -> dict[str, Any]:
    """With the words of the latest answer: whoever runs this has the vault's key."""
    reason = next((each.reason for each in reversed(flag.answers) if each.reason), None)
    return flag.model_dump(mode="json") | {"reason": teten.vault.read(reason)}


def _print_flags(found: list[FlagView]) -> None:
    table = Table("flag", "case", "kr.", "found on", "status", "by", "what")
    for each in found:
        table.add_row(
            escape(each.flag),
            escape(f"{each.case or '-'}/{each.line or '-'}"),
            each.amount.danish(),
            str(each.raised_on),
            each.status.value,
            escape(each.answered_by or each.assigned_to or "-"),
            escape(each.sentence_en),
        )
    out.print(table)
    out.print(f"{len(found)} flags", highlight=False)


def _print_rules(found: list[RuleView]) -> None:
    table = Table("rule", "stage", "version", "parameters", "hits", "upheld", "dismissed", "right")
    for each in found:
        parameters = ", ".join(f"{name}={value}" for name, value in each.parameters.items())
        row = (each.rule, each.stage.value, str(each.version), escape(parameters or "-"))
        table.add_row(*row, *_precision(each.precision, each.version))
        for other in each.precision:
            if other.version != each.version:
                table.add_row("", "", str(other.version), "", *_precision([other], other.version))
    out.print(table)


def _precision(found: list[PrecisionView], version: int) -> tuple[str, str, str, str]:
    told = next((each for each in found if each.version == version), None)
    if told is None:
        return "0", "0", "0", "-"
    right = "too few answers"
    if told.per_mille is not None:
        right = f"{told.per_mille / 10:.1f} % ({told.low / 10:.1f} to {told.high / 10:.1f})"
    return str(told.raised), str(told.upheld), str(told.dismissed), right
