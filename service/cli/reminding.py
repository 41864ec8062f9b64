"""When receipts don't come: the steps of a day, and the letters that tell of them."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer

from domain.case import cases
from domain.programme import programmes
from projections.programmes import programmes as known_programmes
from service.app import Teten, opened
from service.clerk import DANISH_TIME
from service.cli.terminal import AsJson, ProgrammeId, app, complain, out, print_json
from service.people.looking import Looker
from service.reminding.steps import Taken
from service.settings import Settings

letters = typer.Typer(
    help="Letters about receipts that don't come: sent, waiting, failed.", no_args_is_help=True
)
app.add_typer(letters, name="letters")
Position = Annotated[int, typer.Argument(min=1, help="Of the letter's step in the log.")]
By = Annotated[str, typer.Option("--as", help="Who does it, to be written down.")]


@app.command()
def remind(
    actor: Annotated[
        str | None, typer.Option("--as", help="Who asks, if not the programme's system.")
    ] = None,
    on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Another day than today: of a history brought in."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what is due.")] = False,
    programme: ProgrammeId = None,
    as_json: AsJson = False,
) -> None:
    """Take every step that is due of a ladder, for receipts that don't come. The service does it daily."""
    day = on.date() if on else None
    if day and day > datetime.now(DANISH_TIME).date() and not dry_run:
        complain("That day has not come yet. With --dry-run it is said what will be due.")
        raise typer.Exit(2)
    with opened(Settings.read()) as teten:
        teten.rows.catch_up()
        taken = teten.reminders.take(day, programme=programme, by=actor, dry_run=dry_run)
        teten.rows.catch_up()
    done = [_step(each) for each in taken if not each.refused]
    refused = [_step(each) | {"refused": each.refused} for each in taken if each.refused]
    if as_json:
        print_json({"dry_run": dry_run, "steps": done, "refused": refused})
    else:
        out.print(f"{len(done)} {'due' if dry_run else 'taken'}", markup=False)
        for each in (*done, *refused):
            line = "{step}: {case}/{line} {tranche}, {amount} kr., due {due_on}".format_map(each)
            out.print(
                f"{line}; refused: {each['refused']}" if "refused" in each else line, markup=False
            )
    if refused:
        raise typer.Exit(3)


def _step(taken: Taken) -> dict[str, Any]:
    due = asdict(taken.due)
    return {
        "programme": taken.programme,
        "case": taken.case_no,
        "line": str(due["line_no"]),
        "tranche": due["ref"],
        "step": taken.due.step.value,
        "amount": str(taken.due.amount),
        "due_on": str(due["due_on"]),
    }


@letters.command("list")
def list_letters(
    programme: ProgrammeId = None,
    only_open: Annotated[
        bool, typer.Option("--open", help="Only those that nobody has yet.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Every letter, the latest first, and what became of it; exit code 1 if one failed or was stopped."""
    with opened(Settings.read()) as teten:
        found = teten.letters.listed(programme, only_open=only_open)
        counts = teten.letters.counts()
    if as_json:
        print_json([each.model_dump(mode="json") for each in found])
    for each in [] if as_json else found:
        says = f"; {each.says}" if each.says else ""
        twice = "; perhaps sent twice" if each.perhaps_twice else ""
        out.print(
            f"{each.position}: {each.event} {each.case_no}/{each.line_no} {each.tranche} to the"
            f" {each.recipient}, {each.channel or '-'}: {each.state}, tried {each.tries} times{says}{twice}",
            markup=False,
            highlight=False,
        )
    if counts.get("failed") or counts.get("stopped"):
        raise typer.Exit(1)


@letters.command("send")
def send_letters(as_json: AsJson = False) -> None:
    """Send what is due now, where no service runs."""
    with opened(Settings.read()) as teten:
        looked_at = teten.letters.deliver()
        counts = teten.letters.counts()
    if as_json:
        print_json({"looked_at": looked_at, "letters": counts})
    else:
        told = ", ".join(f"{count} {state}" for state, count in counts.items())
        out.print(f"{looked_at} looked at. In all: {told or 'none'}", markup=False)


@letters.command("retry")
def retry_letter(position: Position) -> None:
    """Have a letter that failed, was stopped or is to be sent by hand tried anew."""
    with opened(Settings.read()) as teten:
        teten.letters.again(position)
    out.print(f"{position} is tried again.", markup=False)


@letters.command("done")
def letter_by_hand(position: Position, by: By) -> None:
    """Write down that somebody sent a letter by hand."""
    with opened(Settings.read()) as teten:
        teten.letters.sent_by_hand(position, by)
    out.print(f"{position} was sent by hand.", markup=False)


@letters.command("address")
def address(
    whose: Annotated[str, typer.Argument(metavar="CASE_NO|PERSON", help="A case, or staff.")],
    by: By,
    email: Annotated[str, typer.Option(help="Where letters go from now on; empty: nowhere.")],
    staff: Annotated[bool, typer.Option("--staff", help="Of a member of staff.")] = False,
) -> None:
    """Remember the e-mail address of a case's citizen, or of a member of staff, in the vault."""
    if email and ("@" not in email[1:-1] or not email.isprintable() or " " in email):
        complain("That is no e-mail address.")
        raise typer.Exit(2)
    with opened(Settings.read()) as teten:
        known = (
            _remember_staff(teten, whose, email)
            if staff
            else _remember_citizen(teten, whose, email, by)
        )
        if not known:
            complain(f"There is no {'member of staff' if staff else 'case'} {whose}.")
            raise typer.Exit(1)
    out.print("Remembered.")


def _remember_staff(teten: Teten, person: str, email: str) -> bool:
    """It is nobody's private address, and no look is written down."""
    with teten.rows.snapshot() as snapshot:
        names = list(snapshot.all(known_programmes))
    known = any(person in teten.log.state(programmes, name).held for name in names)
    if known:
        teten.vault.staff(person, {"email": email})
    return known


def _remember_citizen(teten: Teten, case_no: str, email: str, by: str) -> bool:
    case = teten.log.state(cases, case_no)
    if not case.citizen or case.forgotten:
        return False
    teten.people.looks.write(Looker(by, "", "command line"), case, "address", "teten letters")
    teten.vault.add(case.citizen, {"email": email})
    return True
