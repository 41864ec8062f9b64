"""PostgreSQL's own pg_dump and pg_restore, of a version that fits the server."""

import os
import re
import shutil
import subprocess
from collections.abc import Generator, Iterable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from service.backup.archive import pieces_of
from service.postgres import WHEEL, DatabaseUnavailable

DEBIAN = Path("/usr/lib/postgresql")
# Projections are made anew from the log. Keys are kept apart, so that whoever is forgotten is forgotten in
# every backup.
LEFT_OUT = ("projections.*", "beside.*", "people.keys", "people.citizens", "people.destroyed")


class ProgramFailed(Exception):
    """pg_dump or pg_restore failed; the message says what it said."""


def version(program: Path) -> int:
    """Its major version, 0 if it can't be told."""
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)  # nosec B603 # noqa: S603 - PostgreSQL's
    found = re.search(r" (\d+)", said.stdout)
    return int(found[1]) if found else 0


def fitting(name: str, server: int, *, embedded: bool) -> tuple[Path, int]:
    """A program that is as new as the server, and its version: an older one can't read what it doesn't
    know. For a server of one's own rather the machine's, as the wheel's don't speak TLS."""
    found = {path: version(path) for path in (*_of_the_wheel(name), *_of_the_machine(name))}
    ours = set(_of_the_wheel(name))
    fit = sorted(
        (path for path in found if found[path] >= server),
        key=lambda path: ((path in ours) is not embedded, found[path]),
    )
    if not fit:
        here = ", ".join(str(each) for each in sorted(set(found.values()))) or "none"
        raise DatabaseUnavailable(
            f"This takes a {name} as new as PostgreSQL {server}; here: {here}.\n"
            f"Install the client programs of PostgreSQL {server}, and have {name} in PATH."
        )
    return fit[0], found[fit[0]]


def _of_the_wheel(name: str) -> Iterator[Path]:
    spec = find_spec(WHEEL)  # Importing it would have effects.
    for site in (spec and spec.submodule_search_locations) or []:
        yield from Path(site).glob(f"pginstall*/bin/{name}")


def _of_the_machine(name: str) -> Iterator[Path]:
    yield from DEBIAN.glob(f"*/bin/{name}")
    if path := shutil.which(name):
        yield Path(path)


def dump(program: Path, url: str, snapshot: str) -> Generator[bytes, None, None]:
    """The database as that snapshot sees it, in PostgreSQL's custom format, piece by piece."""
    left_out = (f"--exclude-table-data={tables}" for tables in LEFT_OUT)
    options = ("--format=custom", f"--snapshot={snapshot}", *left_out)
    with TemporaryFile() as said, _started(program, url, options, said) as process:
        try:
            assert process.stdout
            yield from pieces_of(process.stdout)
            _finish(process, said)
        finally:
            process.kill()


def load(program: Path, url: str, pieces: Iterable[bytes]) -> None:
    """Make a database of a dump, in one transaction."""
    options = ("--single-transaction", "--no-owner", "--no-privileges")
    with TemporaryFile() as said, _started(program, url, options, said) as process:
        try:
            assert process.stdin
            try:
                for piece in pieces:
                    process.stdin.write(piece)
                process.stdin.close()
            except BrokenPipeError:
                pass  # It says itself why it left.
            _finish(process, said)
        finally:
            process.kill()


def _started(
    program: Path, url: str, options: Sequence[str], said: IO[bytes]
) -> "subprocess.Popen[bytes]":
    """The password is passed in the environment: everybody sees the arguments."""
    told = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    password = told.pop("password", None)
    return subprocess.Popen(  # nosec B603 # noqa: S603 - The program is PostgreSQL's.
        [program, *options, f"--dbname={make_conninfo(**told)}"],
        env={**os.environ, "LC_ALL": "C"} | ({"PGPASSWORD": password} if password else {}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=said,
    )


def _finish(process: "subprocess.Popen[bytes]", said: IO[bytes]) -> None:
    if process.wait() == 0:
        return
    said.seek(0)
    told = [line for line in said.read(4000).decode(errors="replace").splitlines() if line]
    # What follows the error itself may quote a row.
    first = next((line for line in told if "error:" in line), "it was killed")
    raise ProgramFailed(f"{Path(str(process.args[0])).name} failed: {first}")  # type: ignore[index]
