"""The auditor's bundle."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from domain.programme import Terms, programmes
from domain.sampling.samples import samples
from service.app import Teten, opened
from service.bundle import sample
from service.bundle.sealing import People, Seal
from service.bundle.wanted import Wanted
from service.cli.terminal import AsJson, ProgrammeId, app, out, print_json
from service.report import chosen
from service.settings import Settings


@app.command("bundle")
def bundle(
    folder: Annotated[Path, typer.Argument(help="A folder that is not there yet.")],
    programme: ProgrammeId = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            "--from",
            formats=["%Y-%m-%d"],
            metavar="DATE",
            help="The programme's first day if unset.",
        ),
    ] = None,
    through: Annotated[
        datetime | None,
        typer.Option(
            "--to", formats=["%Y-%m-%d"], metavar="DATE", help="The programme's last day if unset."
        ),
    ] = None,
    picked: Annotated[
        str | None,
        typer.Option(
            "--sample", metavar="FILE|ID", help="What was picked, one a line; or a drawn sample."
        ),
    ] = None,
    people: Annotated[People, typer.Option(help="Vouchers and free text.")] = People.LEFT_OUT,
    seal_key: Annotated[
        Path | None, typer.Option(dir_okay=False, help="The key to seal with; made if not there.")
    ] = None,
    size: Annotated[
        int | None, typer.Option("--checkpoint", min=1, help="Of that size; else the latest.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write what an auditor needs of a programme into a folder, signed, to be verified without us."""
    from service.bundle.making import make  # noqa: PLC0415 - pyarrow would slow every other command

    with opened(Settings.read()) as teten:
        name, terms = _programme(teten, programme)
        wanted = Wanted(
            programme=name,
            since=since.date() if since else terms.start,
            through=through.date() if through else terms.end,
            people=people,
            picks=_picks(teten, name, picked) if picked else None,
            size=size,
            seal=Seal.read(seal_key) if seal_key else None,
        )
        told = make(teten, wanted, folder)
        vkey = teten.checkpoints.signer().vkey
    _tell(folder, told, vkey, as_json)


def _tell(folder: Path, told: dict[str, Any], vkey: str, as_json: bool) -> None:
    if as_json:
        print_json({**told, "vkey": vkey})
        return
    vouchers = told["vouchers"]
    out.print(
        f"{folder}: {told['events']} events of {told['made']['programme']} up to position "
        f"{told['made']['checkpoint']}, "
        f"{vouchers['included']} vouchers ({vouchers['left_out']} left out, {vouchers['outside']} outside, "
        f"{vouchers['missing']} missing, {vouchers['forgotten']} forgotten), "
        f"{told['words']} texts, {told['proofs']} proofs. It verifies.",
        highlight=False,
        markup=False,
    )
    out.print(f"Give the auditor this key another way: {vkey}", highlight=False, markup=False)


def _picks(teten: Teten, programme: str, picked: str) -> tuple[str, ...]:
    """What a file lists, or the items of a sample that was drawn. NotInProgramme: it is neither."""
    if Path(picked).is_file():
        return tuple(sample.read(Path(picked)))
    drawing = teten.log.state(samples, programme, picked).drawing
    if not drawing:
        raise sample.NotInProgramme(
            f"{picked} is no file, and no sample of {programme} that is drawn."
        )
    return tuple(str(position) for position in sorted(item.position for item in drawing.items))


def _programme(teten: Teten, name: str | None) -> tuple[str, Terms]:
    """Known from the log itself, so that no projection needs to have followed it. UnknownProgramme."""
    known = name and teten.log.state(programmes, name).established
    if name and known:
        return name, known
    with teten.rows.snapshot() as snapshot:
        found = chosen(snapshot, name)
    assert found.terms
    return found.programme, found.terms
