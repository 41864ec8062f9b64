"""The people in the data: their keys, forgetting them, and what is held of them."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from domain.case import Case, cases
from domain.case.forgetting import ForgetCitizen
from domain.programme import Role, programmes
from domain.words import Refused, decide
from service.app import Teten, opened
from service.backup.making import appearing
from service.clerk import DANISH_TIME
from service.cli.operations import print_refusal
from service.cli.terminal import AsJson, app, complain, out, print_json
from service.database import connected, database
from service.people import keys
from service.people.extract import extract
from service.people.keys_backup import back_up_keys, restore_keys
from service.people.looking import Looker
from service.people.masters import KmsCommand, MasterKey, master_key
from service.settings import Settings, UnusableSetting

people = typer.Typer(help="The people in the data, and the keys to them.", no_args_is_help=True)
app.add_typer(people, name="people")
CaseNo = Annotated[str, typer.Argument(metavar="CASE_NO", help="A case of the citizen's.")]
ActsAs = Annotated[str, typer.Option("--as", help="Who asks: an administrator.")]


@people.command()
def backup(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="Written when it is whole.")],
    as_json: AsJson = False,
) -> None:
    """Write the keys, wrapped as they are, into a file of their own: `teten backup` leaves them out."""
    with opened(Settings.read()) as teten:
        made = back_up_keys(teten, file)
    told = {"keys": len(made.keys), "citizens": len(made.citizens), "master": made.master}
    _tell(
        told,
        "Backed up {keys} keys, of {citizens} citizens among others, wrapped by {master}.",
        as_json,
    )


@people.command()
def restore(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The backup.")],
    as_json: AsJson = False,
) -> None:
    """Put back the keys that are not here, but not those of people who are forgotten."""
    with opened(Settings.read()) as teten:
        done = restore_keys(teten, file)
        finished = teten.forgetting.finish()
    told = {**done._asdict(), "finished": len(finished)}
    _tell(
        told,
        "Restored {keys} keys. {forgotten} belong to people who are forgotten: left out.",
        as_json,
    )


@people.command()
def rewrap(
    file: Annotated[
        Path | None, typer.Option(help="The new master key; made if it isn't there.")
    ] = None,
    kms: Annotated[
        str | None, typer.Option(help="A command as TETEN_KMS_COMMAND takes it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Wrap all keys anew, by another master key. Stop every service first, then change the setting."""
    if (file is None) == (kms is None):
        raise UnusableSetting("Say by what: --file or --kms.")
    new = MasterKey(master_key(file)) if file else KmsCommand(kms or "")
    with opened(Settings.read()) as teten:
        count = teten.keys.rewrap(new)
    told = {"keys": count, "master": new.name}
    _tell(
        told,
        "{keys} keys are wrapped by {master} now. Set that before you start a service.",
        as_json,
    )


@people.command("move-keys")
def move_keys(as_json: AsJson = False) -> None:
    """Move the keys from the log's own database to TETEN_VAULT_URL. Stop every service first."""
    settings = Settings.read()
    if not settings.vault_url:
        raise UnusableSetting("TETEN_VAULT_URL doesn't say where to.")
    with (
        database(settings) as url,
        connected(url) as log,
        connected(settings.vault_url, "TETEN_VAULT_URL") as vault,
    ):
        keys.make_tables(vault)
        count = keys.move(log, vault)
    _tell({"keys": count}, "Moved {keys} keys.", as_json)


@people.command()
def forget(
    case_no: CaseNo,
    by: ActsAs,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be destroyed, and destroy nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Forget a citizen in all cases: destroy key, look-up, words and files. The log, its sums and its
    proofs stand. Refused, with the date, before the retention period is over (exit code 3)."""
    with opened(Settings.read()) as teten:
        case = teten.log.state(cases, case_no)
        if case.forgotten:  # A run that was killed.
            teten.forgetting.finish()
        kept = teten.forgetting.kept(case.citizen)
        body = {"case_no": case_no, "by": by, "programme": case.programme}
        try:
            if not case.programme:
                raise Refused("not_found", what="case", case_no=case_no)  # noqa: TRY301
            forgotten = _would_forget(teten, case, body) if dry_run else _forget(teten, body)
        except Refused as no:
            print_refusal(no, as_json=as_json)
            raise typer.Exit(3) from no
    told = {"cases": forgotten, "words": kept.words, "files": kept.files, "dry_run": dry_run}
    says = "Would forget" if dry_run else "Forgotten"
    _tell(
        told | {"named": ", ".join(forgotten)},
        says + ": the citizen of {named}; {words} texts and {files} files destroyed with the key.",
        as_json,
    )


def _would_forget(teten: Teten, case: Case, body: dict[str, Any]) -> list[str]:
    now = datetime.now(DANISH_TIME)
    circumstances = {"id": "dry-run", "at": now, "effective_on": now.date()}
    last_days = teten.forgetting.last_days(case.citizen)
    asked = ForgetCitizen(**body, **circumstances, last_days=last_days)
    return [news.key[0] for news in decide(asked, teten.log.state)]


def _forget(teten: Teten, body: dict[str, Any]) -> list[str]:
    answer = teten.clerk.in_plain("ForgetCitizen", body)
    return [each.stream.removeprefix("case-") for each in teten.clerk.events(answer)]


@people.command("extract")
def extract_all(
    case_no: CaseNo,
    file: Annotated[Path, typer.Argument(dir_okay=False, help="A zip; written when it is whole.")],
    by: ActsAs,
) -> None:
    """Write everything that is held of a citizen into a zip: what is known, texts, events, looks, files.
    Who asked is written down, and shown to the citizen and to auditors."""
    with opened(Settings.read()) as teten:
        case = teten.log.state(cases, case_no)
        if not case.programme:
            complain(f"There is no case {case_no}.")
            raise typer.Exit(1)
        if Role.ADMINISTRATOR not in teten.log.state(programmes, case.programme).roles.get(by, ()):
            complain(f"{by} is not an administrator of {case.programme}.")
            raise typer.Exit(3)
        looker = Looker(by, Role.ADMINISTRATOR, "command line")
        content = extract(teten, looker, case_no, "teten people extract")
    with appearing(file) as written:
        written.write(content)
    out.print(f"{file}: everything that is held of the citizen of {case_no}.", markup=False)


@people.command()
def finish(as_json: AsJson = False) -> None:
    """Destroy what the log says is forgotten, where a run was killed before it was done. A service does
    so when it starts."""
    with opened(Settings.read()) as teten:
        done = teten.forgetting.finish()
    _tell(
        {"citizens": done, "count": len(done)},
        "{count} citizens: what was left is destroyed.",
        as_json,
    )


def _tell(told: dict[str, Any], sentence: str, as_json: bool) -> None:
    if as_json:
        print_json({key: value for key, value in told.items() if key != "named"})
    else:
        out.print(sentence.format(**told), markup=False, highlight=False)
