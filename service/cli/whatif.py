"""What other rules would have saved."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from projections.whatif.answer import Answer
from service.app import opened
from service.cli.terminal import AsJson, ProgrammeId, app, complain, out, print_json
from service.settings import Settings
from service.whatif import NO_LIMIT, RulesAsked, answered, as_data, read_rules

Amount = Annotated[str | None, typer.Option(metavar="KRONER", help="Or `none`: no such limit.")]


@app.command()
def whatif(
    rules: Annotated[
        Path | None,
        typer.Option(exists=True, help="A data set, a programme.json, or a file of some rules."),
    ] = None,
    tranche_max: Amount = None,
    undocumented_limit: Amount = None,
    receipt_deadline_days: Annotated[int | None, typer.Option(min=0, max=36_500)] = None,
    receipts_first: Annotated[
        bool, typer.Option("--receipts-first", help="No tranche before the former is documented.")
    ] = False,
    routes: Annotated[
        str | None, typer.Option(metavar="ean,account,card", help="Those that are offered.")
    ] = None,
    programme: ProgrammeId = None,
    as_json: AsJson = False,
) -> None:
    """Replay all history under other rules: what would not have been paid, who would have waited."""
    given = read_rules(rules).model_dump(mode="json", exclude_unset=True) if rules else {}
    options: dict[str, Any] = {
        "tranche_max": _kroner(tranche_max),
        "undocumented_limit": _kroner(undocumented_limit),
        "receipt_deadline_days": receipt_deadline_days,
        "routes": routes.split(",") if routes else None,
        "receipts_first": receipts_first or None,
    }
    given |= {name: value for name, value in options.items() if value is not None}
    if not given:
        complain("Say which rules: --rules DATA_SET, or any of the options (teten whatif --help).")
        raise typer.Exit(2)
    given = {name: None if value == NO_LIMIT else value for name, value in given.items()}
    asked = RulesAsked.model_validate(given)
    with opened(Settings.read()) as teten:
        found = answered(teten, programme, asked)
    if as_json:
        print_json(as_data(found))
    else:
        _print(found)


def _kroner(text: str | None) -> str | None:
    """`10000` is as good as `10000.00`."""
    return f"{text}.00" if text and text.isdecimal() else text


def _print(found: Answer) -> None:
    saved, waits = found.answer.saved, found.answer.waits
    out.print(f"[bold]{escape(found.programme)}[/bold]  {_rules(found.answer.rules)}")
    out.print(
        f"Of {found.confirmed_misuse.danish()} kr. of confirmed misuse ({found.cases_with_misuse} citizens)"
        f" [bold]{saved.central.danish()} kr.[/bold] could not have been paid; certainly"
        f" {saved.certain.danish()} kr., of what was tried {saved.low.danish()} to {saved.high.danish()} kr."
    )
    out.print(_scenarios(found))
    out.print(
        f"Undocumented at its peak: {found.undocumented.peak.danish()} kr. on {found.undocumented.peak_on},"
        f" replayed {found.answer.undocumented.peak.danish()} kr. on {found.answer.undocumented.peak_on};"
        f" on average {found.undocumented.average.danish()} and"
        f" {found.answer.undocumented.average.danish()} kr."
    )
    for title, each in (("", waits), (" if no receipt had been hurried", found.waits_as_then)):
        out.print(
            f"Citizens without misuse{title}: {each.waited} of {each.payments} payments waited,"
            f" {each.average_days or 0} days on average, {each.longest_days} at most; {each.never_in_full}"
            f" never paid in full ({each.never_paid.danish()} kr.); {each.purchases_waited} of"
            f" {each.purchases} purchases came later, by {each.purchases_average_days or 0} days on average"
        )
    check = found.self_check
    out.print(
        f"Self-check under the rules as they were: {check.payments_that_differ} payments,"
        f" {check.days_that_differ} days and {check.misuse_differs_by.danish()} kr. of misuse differ"
    )
    out.print(f"\nMethod. {found.method['en']}\n\nLimits.", highlight=False)
    for limit in found.limits["en"]:
        out.print(f"- {limit}", highlight=False)


def _scenarios(found: Answer) -> Table:
    columns = ("certain", "low", "central", "high", "peak", "tranches", "receipts")
    table = Table("could not have been paid", *columns)
    for column in table.columns[1:]:
        column.justify = "right"
    for each in found.scenarios:
        amounts = [amount.danish() for _, amount in each.saved]
        work = (f"{each.extra_work.tranches:+}", f"{each.extra_work.receipts:+}")
        table.add_row(each.name, *amounts, each.undocumented.peak.danish(), *work)
    return table


def _rules(rules: dict[str, Any]) -> str:
    return escape(", ".join(f"{name} {_plain(value)}" for name, value in rules.items()))


def _plain(value: Any) -> str:
    return "+".join(value) if isinstance(value, list) else NO_LIMIT if value is None else str(value)
