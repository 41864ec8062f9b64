"""What embedded servers of the tests leave elsewhere when PostgreSQL's account can't reach their homes."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from service.postgres import ELSEWHERE, NOTE, SOCKETS, left_behind, stop


def remove_those_of(run: Path) -> None:
    """Of homes below this folder, which nobody needs any more."""
    for note in ELSEWHERE.glob(f"teten-*/{NOTE}"):
        with suppress(OSError):
            home = Path(os.fsdecode(note.read_bytes()))
            if run in home.parents:
                stop(home)
                _remove(note.parent)


def remove_those_of_the_dead() -> None:
    """Of runs that were interrupted: their homes were in the folder for temporary files, and are gone."""
    for each in left_behind():
        if Path(tempfile.gettempdir()) in each.home.parents:
            _remove(each.folder)


def _remove(folder: Path) -> None:
    for process in _processes(folder / "data"):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(SOCKETS / folder.name.rpartition("-")[0], ignore_errors=True)


def _processes(data: Path) -> Iterator[int]:
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # Gone meanwhile, somebody else's, or a zombie.
            if (entry / "cwd").readlink() == data:
                yield int(entry.name)
