"""Running it: serve, doctor, the database, and any command by hand."""

import json
import socket
from pathlib import Path
from typing import Annotated, Any

import typer

from domain.words import Refused
from service import doctor as checks
from service.app import opened
from service.cli.terminal import AsJson, app, complain, out, print_json
from service.database import connected, database, server
from service.migrations import migrate as apply_steps
from service.migrations import missing
from service.postgres import stop
from service.refusals import TEXTS
from service.settings import Settings


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on.")] = 8000,
) -> None:
    """Start the service: the page, the API, and the follower that keeps the figures fresh."""
    from service.serving import run  # noqa: PLC0415 - the web stack would slow every other command

    listening = listen(host, port)
    if not run(Settings.read(), listening):
        raise typer.Exit(1)


def listen(host: str, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except OSError as error:
        complain(
            f"Can't listen on {host}:{port}: {error.strerror}. Is another service running there? "
            "Choose another port with --port."
        )
        raise typer.Exit(1) from error
    return listening


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Check the database, the log, the projections, the vault and the files."""
    with opened(Settings.read()) as teten:
        found = checks.examine(teten)
    if as_json:
        print_json([check._asdict() for check in found])
    else:
        for check in found:
            out.print(f"{'ok  ' if check.ok else 'FAIL'} {check.name}: {check.says}", markup=False)
    if not all(check.ok for check in found):
        raise typer.Exit(1)


@app.command()
def migrate(
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit code 1 if a step is missing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Bring the tables to this version, step by step. What was applied before is left alone."""
    with server(Settings.read()) as url, connected(url) as connection:
        applied = [] if check else apply_steps(connection)
        lacking = [step.name for step in missing(connection)]
    if as_json:
        print_json({"applied": applied, "missing": lacking})
    else:
        for name in applied:
            out.print(f"applied {name}", markup=False)
        for name in lacking:
            out.print(f"missing {name}", markup=False)
        if not applied + lacking:
            out.print("The tables are of this version.")
    if lacking:
        raise typer.Exit(1)


database_commands = typer.Typer(help="The database itself.", no_args_is_help=True)
app.add_typer(database_commands, name="db")


@database_commands.command("url")
def db_url(as_json: AsJson = False) -> None:
    """Print where the database is reached, for psql or pg_dump. Our own server stays up for that until
    `teten db stop`, or until a service that was started meanwhile ends."""
    with database(Settings.read(), leave_running=True) as url:
        if as_json:
            print_json({"url": url})
        else:
            typer.echo(url)


@database_commands.command("stop")
def db_stop(as_json: AsJson = False) -> None:
    """Stop our own server, whoever uses it."""
    stopped = stop(Settings.read().home)
    if as_json:
        print_json({"stopped": stopped})
    else:
        out.print("Stopped." if stopped else "It was not running.")


@app.command("do")
def do_command(
    command: Annotated[str, typer.Argument(help="A command of the domain, say ApproveLine.")],
    body: Annotated[
        str, typer.Argument(metavar="JSON", help="Its fields; - reads standard input.")
    ],
    actor: Annotated[str | None, typer.Option("--as", help="Who asks, if not in the JSON.")] = None,
    file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A file to keep with it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Have any command of the domain decided. Prints the events, or the refusal (exit code 3)."""
    fields = _fields(body, actor)
    content = file.read_bytes() if file else None
    with opened(Settings.read()) as teten:
        try:
            answer = teten.clerk.in_plain(command, fields, content)
        except Refused as no:
            print_refusal(no, as_json=as_json)
            raise typer.Exit(3) from no
        events = [
            {
                "position": each.position,
                "stream": each.stream,
                "event": type(each.event).__name__,
                **each.event.model_dump(mode="json"),
            }
            for each in teten.clerk.events(answer)
        ]
        teten.rows.catch_up()
    print_json({**answer.model_dump(mode="json"), "events": events})


def _fields(body: str, actor: str | None) -> dict[str, Any]:
    try:
        fields = json.loads(typer.get_text_stream("stdin").read() if body == "-" else body)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        complain('The body must be a JSON object, like {"case_no": "LTT-001", "line_no": 1}.')
        raise typer.Exit(2)
    return fields | ({"by": actor} if actor else {})


def print_refusal(no: Refused, *, as_json: bool) -> None:
    text = TEXTS[no.code]
    if as_json:
        print_json({"refused": no.code, "facts": no.facts, **text._asdict()})
        return
    out.print(f"refused: {no.code}  {json.dumps(no.facts, ensure_ascii=False)}", markup=False)
    out.print(f"  {text.danish}\n  {text.english}", markup=False)
