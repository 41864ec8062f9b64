"""A witness for the logs of others, and the keys of our own."""

from pathlib import Path
from typing import Annotated

import typer

from service import logging
from service.app import opened
from service.cli.operations import listen
from service.cli.terminal import AsJson, app, err, out, print_json
from service.evidence.notes import Signer
from service.evidence.outside.cosigning import Cosigner
from service.evidence.outside.keys import fingerprint, rotate
from service.settings import Settings

TheFolder = Annotated[Path, typer.Option(file_okay=False, help="Where the witness's files are.")]

witness_commands = typer.Typer(help="A witness for the logs of others.", no_args_is_help=True)
app.add_typer(witness_commands, name="witness")


@witness_commands.command("new-key")
def new_key(
    name: Annotated[str, typer.Argument(help="Say witness.aarhus.example: no space, no plus.")],
    folder: TheFolder = Path("witness"),
    as_json: AsJson = False,
) -> None:
    """Make a witness's folder with its key, and print the key by which others know it."""
    from service.witness.serving import KEY, LOGS  # noqa: PLC0415 - the web stack is slow to start

    signer = Signer.new(name)
    signer.write(folder / KEY)
    (folder / LOGS).touch()
    vkey = Cosigner(signer).key.vkey
    print_json({"vkey": vkey}) if as_json else typer.echo(vkey)


@witness_commands.command("serve")
def serve_witness(
    folder: TheFolder = Path("witness"),
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on.")] = 8001,
) -> None:
    """Cosign the checkpoints of the logs whose keys are in logs.txt, while each goes on from the last."""
    from service.witness.serving import run  # noqa: PLC0415 - as above

    logging.configure()
    run(folder, listen(host, port))


@witness_commands.command("seen")
def seen(folder: TheFolder = Path("witness"), as_json: AsJson = False) -> None:
    """What the witness saw of each log; exit code 1 if one of them contradicted itself."""
    from service.witness.memory import Memory  # noqa: PLC0415 - as above
    from service.witness.serving import KEY, MEMORY  # noqa: PLC0415 - as above

    vkey = Cosigner(Signer.read(folder / KEY)).key.vkey
    memory = Memory(folder / MEMORY)
    cosigned, contradictions = memory.cosigned(), memory.contradictions()
    memory.close()
    if as_json:
        kept = {"cosigned": cosigned, "contradictions": contradictions}
        print_json(
            {"vkey": vkey} | {name: [e._asdict() for e in each] for name, each in kept.items()}
        )
    else:
        out.print(vkey, markup=False, highlight=False)
        for each in {each.origin: each for each in cosigned}.values():
            out.print(f"{each.origin}: {each.checkpoint.size}, seen {each.at}", markup=False)
        for each in contradictions:
            out.print(
                f"{each.origin}: REFUSED {each.checkpoint.size}, seen {each.at}: {each.says}",
                markup=False,
            )
    if contradictions:
        raise typer.Exit(1)


keys_commands = typer.Typer(help="The keys that sign the checkpoints.", invoke_without_command=True)
app.add_typer(keys_commands, name="keys")


@keys_commands.callback(invoke_without_command=True)
def keys(context: typer.Context, as_json: AsJson = False) -> None:
    """The log's keys, the latest one last, and the fingerprint of each, to be compared on paper."""
    if context.invoked_subcommand:
        return
    with opened(Settings.read()) as teten:
        teten.checkpoints.signer()
        found = teten.checkpoints.verifiers()
    if as_json:
        print_json([{"vkey": each.vkey, "fingerprint": fingerprint(each)} for each in found])
        return
    for each in found:
        out.print(f"{each.vkey}\n  {fingerprint(each)}", markup=False, highlight=False)


@keys_commands.command("rotate")
def rotate_keys(
    lost: Annotated[
        bool, typer.Option("--lost", help="The old key is gone: nobody introduces the new one.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Sign with a new key from now on. The old one introduces it, and is destroyed."""
    settings = Settings.read()
    with opened(settings) as teten:
        done = rotate(
            teten.log.pool,
            teten.checkpoints,
            settings.checkpoint_key_file,
            lost=lost,
            name=settings.log_name,
        )
        teten.outside.deliver()
    if as_json:
        told = {"vkey": done.key.vkey, "fingerprint": fingerprint(done.key), "size": done.size}
        print_json(told)
        return
    out.print(f"{done.key.vkey}\n  {fingerprint(done.key)}", markup=False, highlight=False)
    err.print(
        f"It signs what comes after position {done.size}. Send it to the auditor and to your witnesses, "
        "and destroy whatever copies of the old one there are.",
        markup=False,
        highlight=False,
    )
