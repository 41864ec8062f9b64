"""What somebody tries who has taken over the workshop's child: each attempt, made by a reader in it.

Where things are is told to it by a file in its folder, read while it can still read."""

import ctypes
import json
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Thread
from typing import Any, Self

from PIL import Image

from domain.reading import Reading

TOLD = "targets.json"
LIBC = ctypes.CDLL(None, use_errno=True)
PTRACE, PROCESS_VM_READV, PERSONALITY, KEYCTL, MEMFD, UNSHARE, BPF, IO_URING = (
    101, 310, 135, 250, 319, 272, 321, 425,
)  # fmt: skip
A_SECRET_NAME = "TETEN"  # With which our settings begin.


class Targets:
    def __init__(self, told: dict[str, Any]) -> None:
        self.parent: int = told["parent"]
        self.readable: dict[str, str] = told["readable"]
        self.folder = Path(told["folder"])


def called(*arguments: int) -> None:
    """A system call by its number, for which Python has no name."""
    if LIBC.syscall(*(ctypes.c_long(each) for each in arguments)) < 0:
        raise OSError(ctypes.get_errno(), f"system call {arguments[0]}")


def send() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        way.sendto(b"", ("127.0.0.1", 9))


def forked() -> None:
    if pid := os.fork():
        os.waitpid(pid, 0)
    else:
        os._exit(0)


def started_by_the_c_library() -> None:
    if LIBC.system(b"true"):
        raise PermissionError


def threaded_after_another_number() -> None:
    """clone3, of which a filter sees no flags, asked for a process."""
    arguments = (ctypes.c_uint64 * 11)(*[0] * 4, signal.SIGCHLD)
    pid = LIBC.syscall(435, arguments, ctypes.c_size_t(88))
    if pid < 0:
        raise PermissionError
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def more_memory() -> None:
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    resource.setrlimit(resource.RLIMIT_DATA, unlimited)


def attempts(at: Targets) -> dict[str, Callable[[], object]]:
    """By what they would be. All of them succeed where nothing confines."""
    kept, inside = at.folder / "kept", at.folder / "new"
    reading: dict[str, Callable[[], object]] = {
        f"reads {name}": Path(path).read_bytes for name, path in at.readable.items()
    }
    return reading | {
        "reads by an older call": lambda: called(2, _address(b"/etc/passwd"), 0, 0),
        "lists a folder": lambda: list(Path("/etc").iterdir()),
        "asks whether a file is there": lambda: Path("/etc/passwd").stat(),
        "asks where it is": os.getcwd,
        "goes elsewhere": lambda: os.chdir("/"),
        "reads the service's memory": lambda: called(PROCESS_VM_READV, at.parent, 0, 0, 0, 0, 0),
        "signals the service": lambda: os.kill(at.parent, 0),
        "ranks the service": lambda: os.setpriority(os.PRIO_PROCESS, at.parent, 19),
        "limits the service": lambda: resource.prlimit(at.parent, resource.RLIMIT_CORE),
        "allows itself memory": more_memory,
        "opens a socket": socket.socket,
        "opens a socket to a local service": lambda: socket.socket(socket.AF_UNIX),
        "opens a pair of sockets": socket.socketpair,
        "sends a packet": send,
        "starts a program": lambda: subprocess.run(["true"], check=True),
        "spawns a program": lambda: os.waitpid(
            os.posix_spawn("/bin/true", ["true"], {}), 0
        ),
        "starts a program through the C library": started_by_the_c_library,
        "forks": forked,
        "forks by a newer call": threaded_after_another_number,
        "writes a file": lambda: inside.write_bytes(b""),
        "writes in the temporary folder": lambda: _written_and_gone(Path("/tmp")),
        "writes in shared memory": lambda: _written_and_gone(Path("/dev/shm")),
        "makes a file in memory": lambda: called(MEMFD, _address(b"x"), 0),
        "makes a folder": lambda: (at.folder / "sub").mkdir(exist_ok=True),
        "makes a link": lambda: (at.folder / f"link{os.getpid()}").symlink_to("/etc"),
        "renames a file": lambda: kept.rename(kept),
        "opens a file to everybody": lambda: kept.chmod(0o644),
        "dates a file": lambda: os.utime(kept),
        "cuts a file off": lambda: os.truncate(kept, 0),
        "deletes a file": lambda: kept.unlink(missing_ok=True),
        "works aside (io_uring)": lambda: called(IO_URING, 1, _address(bytes(120))),
        "becomes another kind of process": lambda: called(PERSONALITY, 0xFFFFFFFF),
        "asks for the session's keys": lambda: called(KEYCTL, 0, 0xFFFFFFFD, 1),
        "leaves its namespaces": lambda: called(UNSHARE, 0x04000000),
        # Last: from then on any signal stops it.
        "has itself traced": lambda: called(PTRACE, 0, 0, 0, 0),
    }  # fmt: skip


def _address(content: bytes) -> int:
    KEPT.append(held := ctypes.create_string_buffer(content))
    return ctypes.addressof(held)


KEPT: list[Any] = []  # What a system call is told of by its address.


def _written_and_gone(folder: Path) -> None:
    path = folder / f"teten-escape-{os.getpid()}"
    path.write_bytes(b"")
    path.unlink()


def succeed(at: Targets) -> list[str]:
    found = []
    for name, attempt in attempts(at).items():
        try:
            attempt()
        except OSError:
            continue
        found.append(name)
    return found


class Prisoner:
    """Its readers are what succeeded, and what it holds that isn't its own."""

    def __enter__(self) -> Self:
        self._at = Targets(json.loads(Path(TOLD).read_text("utf-8")))
        held = {
            each: _held(each)
            for each in (int(path.name) for path in Path("/proc/self/fd").iterdir())
        }
        self._held = [
            f"holds {name}"
            for name in held.values()
            if name and name != os.devnull and not name.startswith("socket:")
        ]
        sockets = [each for each, name in held.items() if name and name.startswith("socket:")]
        self._held += [f"holds socket {each}" for each in sockets if each != int(sys.argv[1])]
        self._held += [f"knows {name}" for name in os.environ if name.startswith(A_SECRET_NAME)]
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing was loaded."""

    def read(self, pages: Sequence[Image.Image]) -> Reading:
        """A thread of its own is no way out, and engines need some."""
        found: list[str] = []
        if pages[0].width == WIDTH:
            thread = Thread(target=lambda: found.extend(succeed(self._at)))
            thread.start()
            thread.join()
            found += succeed(self._at)
        return Reading(readers=tuple(dict.fromkeys(self._held + found)), pages=len(pages))


WIDTH = 33  # Of the picture at which it tries.


def _held(descriptor: int) -> str | None:
    """None: what listed them had it."""
    try:
        return str(Path(f"/proc/self/fd/{descriptor}").readlink())
    except FileNotFoundError:
        return None


if __name__ == "__main__":  # Where nothing confines.
    free = Targets(json.loads(Path(TOLD).read_text("utf-8")))
    print(json.dumps({"all": list(attempts(free)), "succeed": succeed(free)}))  # noqa: T201
