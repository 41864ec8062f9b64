"""The small data set in a programme with a ladder, and a mail server that letters go to."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from domain.case.line import Step
from service.app import Teten, opened
from service.reminding.configuration import Post
from service.reminding.letters import LetterRow
from service.reminding.sending import Letters
from service.settings import Settings
from tests.conftest import fresh_database, import_into, numbers
from tests.data_sets import change
from tests.people.conftest import with_people

# R-1 was paid on 15 March 2019. Of its 1,950 kr., 250 kr. lack receipts when all has been told.
LADDER = '"ladder": {"remind": [14, 28], "hold": 35, "tell": 42, "claim": 60}'
FIRST_DAY = date(2019, 5, 20)
CVR, SENDER = "55133018", "Aarhus Kommune"
ANNA = "anna@example.dk"
PATIENCE = 0.5  # Seconds of a mail server's silence.


def with_a_ladder(folder: Path) -> Path:
    data = with_people(folder)
    change(data / "programme.json", '"months": 6', f'"months": 6, {LADDER}')
    return data


class Reminding:
    """A log whose citizens are reminded, with one way of sending letters or another."""

    def __init__(self, teten: Teten, folder: Path) -> None:
        self.teten, self.folder = teten, folder

    def takes(self, *days: int) -> list[Step]:
        """What is due on those days after the first of May's reminders."""
        steps = []
        for day in days:
            on = date.fromordinal(FIRST_DAY.toordinal() + day)
            taken = self.teten.reminders.take(on)
            assert not [each for each in taken if each.refused]
            steps += [each.due.step for each in taken]
        return steps

    def knows(self, email: str = ANNA, case_no: str = "T-1") -> None:
        """The address of the citizen, or of a member of staff."""
        if case_no.startswith("kons"):
            self.teten.vault.staff(case_no, {"email": email})
        else:
            cpr = "610190-1001"
            self.teten.vault.add(self.teten.vault.pseudonym(cpr) or "", {"email": email})

    def letters(self, smtp: str = "", *, digital_post: bool = False) -> Letters:
        post = Post(
            mail_from="teten@aarhus.example" if smtp else "",
            smtp=f"smtp://{smtp}",
            folder=self.folder if digital_post else None,
            cvr=CVR,
            name=SENDER,
        )
        teten = self.teten
        return Letters(teten.log, teten.vault, teten.files, post, "https://teten.example", PATIENCE)

    @property
    def rows(self) -> list[LetterRow]:
        """The oldest first."""
        return self.teten.letters.listed(None)[::-1]

    @property
    def states(self) -> list[tuple[str | None, str]]:
        return [(each.channel, each.state) for each in self.rows]

    def harm(self, statement: str) -> None:
        """Time goes by, or a service is killed."""
        with self.teten.log.pool.connection() as connection:
            connection.execute(statement.encode())


@pytest.fixture(scope="session")
def told(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Imported once. Nobody is connected to it, so that copies can be made."""
    home = tmp_path_factory.mktemp("reminding")
    with fresh_database(server) as url:
        settings = Settings(home, url, home / "master.key")
        with opened(settings) as running:
            import_into(running, with_a_ladder(home / "data"))
            running.rows.catch_up()
        yield settings


@pytest.fixture
def reminding(told: Settings, server: str, tmp_path: Path) -> Iterator[Reminding]:
    """A copy of the test's own."""
    name = f"reminding_{next(numbers)}"
    of = urlsplit(told.database_url or "").path.lstrip("/")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{of}"'.encode())
        url = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        with opened(replace(told, database_url=url)) as running:
            yield Reminding(running, tmp_path / "post")
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
