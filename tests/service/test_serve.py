"""`teten serve` as one process: up, fresh while others write, and down together with its database."""

import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx2
import psycopg

from service.postgres import running
from service.settings import Settings
from tests.data_sets import PERSONAL, tiny
from tests.shell import TETEN, Shell

PATIENCE = 60  # Seconds, for whatever is waited for.


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = monotonic() + PATIENCE
    while not holds():
        assert monotonic() < deadline, "waited in vain"
        sleep(0.05)


class Service:
    """A service that was started, and what it has logged."""

    def __init__(self, process: "subprocess.Popen[str]", log: Path) -> None:
        self.process, self._log = process, log

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Whole lines only, and each of them JSON."""
        written = self._log.read_text("utf-8").splitlines(keepends=True)
        return [json.loads(line) for line in written if line.endswith("\n")]

    @property
    def url(self) -> str:
        def serving() -> list[str]:
            assert self.process.poll() is None, self._log.read_text("utf-8")
            return [line["url"] for line in self.lines if line["event"] == "serving"]

        wait_until(lambda: bool(serving()))
        return serving()[0]

    def ready(self) -> dict[str, Any]:
        answer: dict[str, Any] = httpx2.get(f"{self.url}/readyz", timeout=PATIENCE).json()
        return answer

    def ends(self) -> int:
        return self.process.wait(PATIENCE)


@contextmanager
def serving(shell: Shell, log: Path) -> Iterator[Service]:
    """`teten serve` on a free port."""
    with (
        log.open("w") as file,
        subprocess.Popen(
            [TETEN, "serve", "--port", "0"],
            env=shell.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=file,
            text=True,
        ) as process,
    ):
        try:
            yield Service(process, log)
        finally:
            process.terminate()
            process.wait(PATIENCE)


def test_it_serves_what_another_process_enters_and_takes_its_database_down_with_it(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    shell = Shell(Settings(home, None, home / "master.key"))
    with serving(shell, tmp_path / "log") as service:
        assert service.ready() == {
            "ready": True,
            "database": True,
            "follower": True,
            "waits": None,
            "behind": 0,
            "late": {},
            "troubled": {},
        }
        empty = httpx2.get(service.url)
        assert (empty.status_code, "intet program" in empty.text) == (404, True)

        imported = shell.data("import", tiny(tmp_path / "data"))
        wait_until(lambda: service.ready()["behind"] == 0)
        with httpx2.Client(base_url=service.url) as controller:
            controller.post("/sign-in/demo", data={"person": "fin-1"})
            report = controller.get("/v1/report").json()
        assert imported["applied"] == 30
        assert report["programme"]["paid"] == "1950.00"
        assert "1.950,00" in httpx2.get(service.url).text

        service.process.send_signal(signal.SIGTERM)
        assert service.ends() == 0
    assert not running(home)
    assert [line["event"] for line in service.lines[-1:]] == ["stopped"]
    told = json.dumps(service.lines, ensure_ascii=False)
    assert not [value for value in PERSONAL if value in told]


def test_it_waits_for_a_database_that_is_away_and_goes_on_when_it_is_back(
    settings: Settings, server: str, tmp_path: Path
) -> None:
    name = (settings.database_url or "").rpartition("/")[2].partition("?")[0]
    with serving(Shell(settings), tmp_path / "log") as service:
        assert service.ready()["ready"]
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
            )
            wait_until(lambda: service.ready()["waits"] is not None)
            assert not service.ready()["ready"]
            connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        wait_until(lambda: service.ready()["ready"] is True)
        service.process.send_signal(signal.SIGTERM)
        assert service.ends() == 0
    told = [line["event"] for line in service.lines]
    assert {"follower waits", "follower goes on"} <= set(told)
    assert "follower died" not in told


def test_it_ends_with_1_when_its_figures_would_stand_still_for_good(
    settings: Settings, tmp_path: Path
) -> None:
    """The projections' tables are gone, and no waiting brings them back."""
    shell = Shell(settings)
    with serving(shell, tmp_path / "log") as service:
        assert service.ready()["ready"]
        shell.harm("DROP TABLE projections.progress")
        assert service.ends() == 1
    assert "follower died" in [line["event"] for line in service.lines]


def test_an_address_that_is_not_this_machines_is_told(settings: Settings) -> None:
    done = Shell(settings)("serve", "--host", "203.0.113.1", "--port", "0")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Can't listen on 203.0.113.1:0" in done.stderr
