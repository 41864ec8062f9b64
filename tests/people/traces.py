"""All that a person could be found by, looked for in everything that there is: as it stands, and opened with
every key that is left."""

import io
import json
import os
import subprocess
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import get_args

import psycopg
from pypdf import PdfReader

from service.app import Teten
from service.backup.making import back_up
from service.backup.programs import fitting
from service.bundle.making import make
from service.bundle.sealing import People
from service.bundle.wanted import Wanted
from service.documents.audit import Audit
from service.documents.filing import Kind, filed
from service.people.files import Copy, FileLost
from service.people.keys_backup import back_up_keys

LATER = date(2026, 1, 1)


def found(traces: Iterable[str], place: Iterator[bytes]) -> set[str]:
    """Those that are there, written in any way; of a number also without its hyphen."""
    left = {trace: _written(trace) for trace in traces}
    there: set[str] = set()
    for content in place:
        there |= {trace for trace, ways in left.items() if any(way in content for way in ways)}
    return there


def _written(trace: str) -> set[bytes]:
    return {
        way
        for text in (trace, trace.replace("-", ""))
        for way in (
            text.encode(),
            text.encode("utf-16-le"),
            text.encode("latin-1"),
            json.dumps(text)[1:-1].encode(),
        )
    }


def everywhere(teten: Teten, folder: Path) -> Iterator[bytes]:
    """Database, its server's log, backups, files, and exports; and what of it can be opened."""
    folder.mkdir()
    yield from _database(teten)
    yield from (log.read_bytes() for log in _server_logs(teten))
    yield from _backups(teten, folder)
    yield from _files(teten.settings.home)
    yield from _exports(teten, folder)
    yield from opened(teten)


def opened(teten: Teten) -> Iterator[bytes]:
    """Every word and file that a key is left to."""
    with teten.log.pool.connection() as connection:
        words = connection.execute("SELECT ref FROM people.words").fetchall()
        files = connection.execute("SELECT sha256, subject FROM people.files").fetchall()
    for (ref,) in words:
        yield (teten.vault.read(ref) or "").encode()
    for sha256, subject in files:
        try:
            yield teten.files.read(sha256, subject)
        except FileLost:
            continue
        for kind in get_args(Copy):
            yield teten.files.read_derived(sha256, subject, kind) or b""


def _database(teten: Teten) -> Iterator[bytes]:
    with psycopg.connect(teten.url) as connection:
        version = connection.info.server_version // 10_000
    program, _ = fitting("pg_dump", version, embedded=True)
    yield subprocess.run(
        [program, "--format=plain", f"--dbname={teten.url}"], capture_output=True, check=True
    ).stdout


def empty_server_log(teten: Teten) -> None:
    """Other tests on the same server write of people with the same names."""
    for log in _server_logs(teten):
        os.truncate(log, 0)


def _server_logs(teten: Teten) -> list[Path]:
    with psycopg.connect(teten.url) as connection:
        found = connection.execute("SHOW data_directory").fetchone()
    assert found
    logs = list(Path(found[0]).parent.glob("server.log*"))
    assert logs
    return logs


def _backups(teten: Teten, folder: Path) -> Iterator[bytes]:
    back_up(teten, folder / "log.tar")
    back_up_keys(teten, folder / "keys.json")
    subprocess.run(["tar", "-xf", "log.tar"], cwd=folder, check=True)
    with psycopg.connect(teten.url) as connection:
        version = connection.info.server_version // 10_000
    program, _ = fitting("pg_restore", version, embedded=True)
    yield subprocess.run(
        [program, "--file=-", folder / "database.dump"], capture_output=True, check=True
    ).stdout
    yield from _files(folder)


def _exports(teten: Teten, folder: Path) -> Iterator[bytes]:
    for kind in Kind:
        content = filed(Audit(teten, None, LATER), kind)
        yield content
        if kind is Kind.PDF:
            yield "\n".join(
                page.extract_text() for page in PdfReader(io.BytesIO(content)).pages
            ).encode()
        if kind is Kind.XLSX:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                yield from (archive.read(name) for name in archive.namelist())
    wanted = Wanted(programme="TT", people=People.OPEN, since=date(2019, 1, 1), through=LATER)
    make(teten, wanted, folder / "bundle")
    yield from _files(folder / "bundle")


def _files(folder: Path) -> Iterator[bytes]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path).encode()
            yield path.read_bytes()
