"""Webhooks: other systems that are told of events."""

from typing import Annotated, Any

import typer

from service.app import opened
from service.cli.terminal import AsJson, ProgrammeId, app, err, out, print_json
from service.settings import Settings
from service.webhooks.endpoints import Endpoint
from service.webhooks.sending import Attempt

webhooks = typer.Typer(help="Other systems that are told of events.", no_args_is_help=True)
app.add_typer(webhooks, name="webhooks")

Name = Annotated[str, typer.Argument(metavar="NAME", help="What the webhook is called.")]
By = Annotated[str, typer.Option("--as", help="Who does it, to be written down.")]


@webhooks.command("add")
def add(
    name: Name,
    url: Annotated[str, typer.Argument(help="Where events are sent: https://…")],
    by: By,
    event: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="An event that is wanted. Again for more; none: all."),
    ] = None,
    programme: ProgrammeId = None,
    after: Annotated[
        int | None,
        typer.Option(min=0, help="Begin after that position, 0 with the first event of all."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell another system of events, and print the secret that it verifies them with: once."""
    with opened(Settings.read()) as teten:
        secret = teten.webhooks.endpoints.add(
            name, url, by=by, types=event or (), programme=programme, after=after
        )
        endpoint = teten.webhooks.endpoints.get(name)
    _print(endpoint, as_json, secret)


@webhooks.command("list")
def list_webhooks(as_json: AsJson = False) -> None:
    """Every webhook, how far it is, and what is in its way; exit code 1 if one fails or was given up."""
    with opened(Settings.read()) as teten:
        endpoints = teten.webhooks.endpoints.all()
        standings = teten.webhooks.standings()
    if as_json:
        print_json([_data(each) for each in endpoints])
    else:
        for endpoint, standing in zip(endpoints, standings, strict=True):
            out.print(
                f"{endpoint.name}: {endpoint.url}\n  {standing.told}", markup=False, highlight=False
            )
    if any(each.in_trouble for each in standings):
        raise typer.Exit(1)


@webhooks.command("deliveries")
def deliveries(
    name: Name,
    limit: Annotated[int, typer.Option(min=1, help="How many, the latest first.")] = 20,
    as_json: AsJson = False,
) -> None:
    """What was tried in the last 30 days."""
    with opened(Settings.read()) as teten:
        found = teten.webhooks.endpoints.deliveries(name, None, limit)
    if as_json:
        print_json([_plain(each._asdict()) for each in found])
        return
    for each in found:
        came = "delivered" if each.delivered_at else f"not taken: {each.says}"
        tried = each.tried_at.isoformat(timespec="seconds")
        out.print(
            f"{tried} {each.position or ''} {each.type} {each.id}: {came}, {each.tries} tries",
            markup=False,
            highlight=False,
        )


@webhooks.command("rotate")
def rotate(name: Name, by: By, as_json: AsJson = False) -> None:
    """Make a new secret and print it, once. Both sign until the old one is retired."""
    with opened(Settings.read()) as teten:
        secret = teten.webhooks.endpoints.rotate(name, by=by)
        endpoint = teten.webhooks.endpoints.get(name)
    _print(endpoint, as_json, secret)


@webhooks.command("retire")
def retire(name: Name, by: By, as_json: AsJson = False) -> None:
    """Destroy the old secret: the new one alone signs."""
    with opened(Settings.read()) as teten:
        teten.webhooks.endpoints.retire(name, by=by)
        endpoint = teten.webhooks.endpoints.get(name)
    _print(endpoint, as_json)


@webhooks.command("disable")
def disable(name: Name, by: By, as_json: AsJson = False) -> None:
    """Send nothing more, until it is enabled."""
    with opened(Settings.read()) as teten:
        teten.webhooks.endpoints.disable(name, by=by)
        endpoint = teten.webhooks.endpoints.get(name)
    _print(endpoint, as_json)


@webhooks.command("enable")
def enable(name: Name, by: By, as_json: AsJson = False) -> None:
    """Go on where it was: nothing is skipped."""
    with opened(Settings.read()) as teten:
        teten.webhooks.endpoints.enable(name, by=by)
        endpoint = teten.webhooks.endpoints.get(name)
    _print(endpoint, as_json)


@webhooks.command("replay")
def replay(
    name: Name,
    position: Annotated[int, typer.Argument(min=1, help="Of the event in the log.")],
    by: By,
    alone: Annotated[
        bool, typer.Option("--alone", help="That event alone, now, and out of order.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Send everything from that position on again, while the service runs; or one event, now."""
    with opened(Settings.read()) as teten:
        if alone:
            _tell(teten.webhooks.resend(name, position, by=by), as_json)
            return
        teten.webhooks.endpoints.rewind(name, position, by=by)
        endpoint = teten.webhooks.endpoints.get(name)
    _print(endpoint, as_json)


@webhooks.command("ping")
def ping(name: Name, by: By, as_json: AsJson = False) -> None:
    """Send what says nothing of the log, once; exit code 1 if it isn't taken."""
    with opened(Settings.read()) as teten:
        attempt = teten.webhooks.ping(name, by=by)
    _tell(attempt, as_json)


def _data(endpoint: Endpoint) -> dict[str, Any]:
    return _plain(endpoint._asdict())


def _plain(found: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in found.items()
    }


def _print(endpoint: Endpoint, as_json: bool, secret: str | None = None) -> None:
    if as_json:
        print_json(_data(endpoint) | ({"secret": secret} if secret else {}))
        return
    state = f"disabled ({endpoint.disabled})" if endpoint.disabled else "enabled"
    told = f"{endpoint.name}: {state}, after position {endpoint.position}"
    out.print(f"{told}, {endpoint.secrets} secrets", markup=False, highlight=False)
    if secret:
        out.print(secret, markup=False, highlight=False)
        err.print("The secret is told now and never again: put it where the receiver reads it.")


def _tell(attempt: Attempt, as_json: bool) -> None:
    if as_json:
        print_json({"delivered": attempt.delivered, "status": attempt.status, "says": attempt.says})
    else:
        out.print("delivered" if attempt.delivered else f"not taken: {attempt.says}", markup=False)
    if not attempt.delivered:
        raise typer.Exit(1)
