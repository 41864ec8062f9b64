"""`teten` as people meet it: a process, its exit code, and what it says on which stream."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg

from service.settings import Settings
from tests.conftest import environment
from tests.data_sets import PERSONAL

TETEN = Path(sys.executable).with_name("teten")


class Shell:
    """Runs `teten` on a database and a home. Whatever happens, no traceback and no person is shown."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @property
    def environment(self) -> dict[str, str]:
        """The modules are compiled once, not by each process anew."""
        return environment(self.settings) | {"PYTHONDONTWRITEBYTECODE": ""}

    def __call__(
        self, *arguments: str | Path, stdin: str = "", **but: str
    ) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            [TETEN, *arguments],
            env=self.environment | but,
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        assert "Traceback" not in done.stderr + done.stdout
        assert not [value for value in PERSONAL if value in done.stderr]
        return done

    def data(self, *arguments: str | Path) -> Any:
        """What a command that succeeds prints with --json."""
        done = self(*arguments, "--json")
        assert done.stderr == ""
        assert done.returncode == 0, done.stdout
        return json.loads(done.stdout)

    def do(self, command: str, body: dict[str, Any], *options: str | Path) -> Any:
        done = self("do", command, json.dumps(body), *options)
        assert done.stderr == ""
        assert done.returncode == 0, done.stdout
        return json.loads(done.stdout)

    def count(self, table: str) -> int:
        with psycopg.connect(self.settings.database_url or "") as connection:
            found = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
        assert found
        return int(found[0])

    def harm(self, statement: str) -> None:
        """What nobody should do to the database."""
        with psycopg.connect(self.settings.database_url or "") as connection:
            connection.execute(statement)
