"""Who gets in: clients of the API, citizens' links, and the end of sessions."""

from datetime import timedelta
from typing import Annotated

import typer

from domain.case import cases
from domain.programme import Role
from service.access.principal import Kind, Means, Principal
from service.access.sessions import now
from service.app import Teten, opened
from service.cli.terminal import AsJson, app, complain, out, print_json
from service.settings import Settings

clients = typer.Typer(help="Other systems, which sign in for themselves.", no_args_is_help=True)
links = typer.Typer(help="Citizens' own links to their cases.", no_args_is_help=True)
sessions = typer.Typer(help="Who is signed in.", no_args_is_help=True)
app.add_typer(clients, name="clients")
app.add_typer(links, name="links")
app.add_typer(sessions, name="sessions")
ClientId = Annotated[str, typer.Argument(metavar="CLIENT", help="Its id.")]
CaseNo = Annotated[str, typer.Argument(metavar="CASE_NO")]
As = Annotated[str, typer.Option("--as", help="The caseworker who asks.")]


@clients.command("add")
def add_client(
    name: Annotated[str, typer.Argument(help="What system it is.")],
    person: Annotated[str, typer.Option(help="Who it acts as in the log: a key of staff.")],
    role: Annotated[list[Role], typer.Option(help="What it may do at most; several times.")],
    as_json: AsJson = False,
) -> None:
    """Let a system in. Its secret is shown this once."""
    if Role.CITIZEN in role:
        complain("No system is a citizen.")
        raise typer.Exit(2)
    with opened(Settings.read()) as teten:
        client, secret = teten.clients.add(name, person, role)
    _tell_secret(client, secret, as_json=as_json)


@clients.command("rotate")
def rotate_client(
    client: ClientId,
    overlap: Annotated[
        int, typer.Option(min=0, metavar="HOURS", help="How long the old secret holds, too.")
    ] = 24,
    as_json: AsJson = False,
) -> None:
    """Give a client a new secret. Its old one holds for a while beside it."""
    with opened(Settings.read()) as teten:
        secret = teten.clients.rotate(client, timedelta(hours=overlap))
    _tell_secret(client, secret, as_json=as_json)


def _tell_secret(client: str, secret: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"client_id": client, "client_secret": secret})
    else:
        out.print(
            f"client_id      {client}\nclient_secret  {secret}", markup=False, highlight=False
        )


@clients.command("revoke")
def revoke_client(client: ClientId, as_json: AsJson = False) -> None:
    """Shut a client out, at once."""
    with opened(Settings.read()) as teten:
        person = teten.clients.revoke(client)
        ended = teten.sessions.end_of(person, Means.CLIENT)
    if as_json:
        print_json({"revoked": client, "sessions_ended": ended})
    else:
        out.print(f"{client} is revoked; {ended} tokens of {person}'s clients ended.", markup=False)


@clients.command("list")
def list_clients(as_json: AsJson = False) -> None:
    """Every client, with whom it acts as and with which roles."""
    with opened(Settings.read()) as teten:
        found = teten.clients.all()
    if as_json:
        print_json(
            [
                {
                    **each._asdict(),
                    "made_at": each.made_at.isoformat(),
                    "revoked_at": each.revoked_at and each.revoked_at.isoformat(),
                }
                for each in found
            ]
        )
        return
    for each in found:
        state = "revoked" if each.revoked_at else ", ".join(each.roles)
        out.print(f"{each.id}  {each.name}  as {each.person}: {state}", markup=False)


@links.command("add")
def add_link(case_no: CaseNo, by: As, as_json: AsJson = False) -> None:
    """Make a link for the citizen of a case, in place of the one before. It is shown this once."""
    with opened(Settings.read()) as teten:
        citizen = _citizen(teten, case_no, by)
        token = teten.links.make(case_no, citizen, by)
        teten.sessions.end_of(citizen, Means.LINK)
        address = f"{(teten.settings.public_url or '').rstrip('/')}/min-sag/{token}"
    if as_json:
        print_json({"address": address})
    else:
        typer.echo(address)


@links.command("revoke")
def revoke_link(case_no: CaseNo, by: As, as_json: AsJson = False) -> None:
    """Take the link of a case back, and sign out whoever came in by it."""
    with opened(Settings.read()) as teten:
        citizen = _citizen(teten, case_no, by)
        revoked = teten.links.revoke(case_no)
        teten.sessions.end_of(citizen, Means.LINK)
    if as_json:
        print_json({"revoked": revoked})
    else:
        out.print("Revoked." if revoked else "There was none.")


@links.command("list")
def list_links(case_no: CaseNo, as_json: AsJson = False) -> None:
    """Every link that was made for a case, by whom, and what has become of it."""
    with opened(Settings.read()) as teten:
        found = teten.links.of(case_no)
    told = [
        {
            "made_by": each.made_by,
            "made_at": each.made_at.isoformat(),
            "until": each.until.isoformat(),
            "state": each.state(now()),
        }
        for each in found
    ]
    if as_json:
        print_json(told)
        return
    for row in told:
        out.print("  ".join(row.values()), markup=False)


def _citizen(teten: Teten, case_no: str, by: str) -> str:
    """Whose case it is, if it is one of this caseworker's."""
    from service.access.guard import Access  # noqa: PLC0415 - the web stack would slow every command

    roles = frozenset({Role.CASEWORKER})
    caseworker = Principal(kind=Kind.STAFF, means=Means.OIDC, person=by, roles=roles)
    if not Access(teten, caseworker, "").sees_case("manage_links", case_no):
        complain(f"There is no case {case_no}, or it isn't one of {by}'s team.")
        raise typer.Exit(1)
    return teten.log.state(cases, case_no).citizen


@sessions.command("end")
def end_sessions(
    person: Annotated[str, typer.Argument(help="A key of staff, or a citizen's pseudonym.")],
    as_json: AsJson = False,
) -> None:
    """Sign a person out everywhere, clients that act as them included."""
    with opened(Settings.read()) as teten:
        ended = teten.sessions.end_of(person)
    if as_json:
        print_json({"ended": ended})
    else:
        out.print(f"{ended} sessions ended.")
