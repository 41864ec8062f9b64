"""A log with the small data set in it, and a receiver that it may send to."""

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network
from itertools import count

import pytest

from service.app import Teten, opened
from service.settings import Settings
from service.webhooks.delivering import Standing
from tests.conftest import fresh_database, import_into
from tests.data_sets import tiny
from tests.webhooks.receiving import Receiver, receiving

LOOPBACK = (ip_network("127.0.0.0/8"),)
names = (f"system-{number}" for number in count(1))


class Told:
    """A log, and a system that is told of it."""

    def __init__(self, teten: Teten, receiver: Receiver) -> None:
        self.teten, self.receiver = teten, receiver
        self.webhooks = teten.webhooks
        self.endpoints = teten.webhooks.endpoints
        self.name = next(names)

    def add(self, after: int | None = 0, **wanted: object) -> str:
        """Its secret."""
        asked = {"by": "adm-1", "after": after, **wanted}
        return self.endpoints.add(self.name, self.receiver.url, **asked)  # type: ignore[arg-type]

    def deliver(self) -> None:
        self.webhooks.deliver(self.name, self.webhooks.source())

    def happen(self) -> int:
        """Something new in the log; its position."""
        wish = {"programme": "TT", "case_no": "T-1", "outcome": "employed", "by": "kons-1"}
        return self.teten.clerk.in_plain("RecordOutcome", wish).first_position or 0

    def later(self, what: str = "next_try_at = now()") -> None:
        """Time goes by for the webhook."""
        with self.teten.log.pool.connection() as connection:
            connection.execute(
                f"UPDATE webhooks.endpoints SET {what} WHERE name = %s".encode(), (self.name,)
            )

    @property
    def standing(self) -> Standing:
        return next(each for each in self.webhooks.standings() if each.webhook == self.name)


@pytest.fixture(scope="module")
def allowing(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Teten]:
    """The tiny data set, imported once for a file's tests, on a machine where loopback is allowed."""
    home = tmp_path_factory.mktemp("told")
    with fresh_database(server) as url:
        settings = Settings(home, url, home / "master.key", webhook_networks=LOOPBACK)
        with opened(settings) as running:
            import_into(running, tiny(home / "data"))
            yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def told(allowing: Teten, receiver: Receiver) -> Iterator[Told]:
    yield Told(allowing, receiver)
    with allowing.log.pool.connection() as connection:  # Nobody answers for them any more.
        connection.execute("UPDATE webhooks.endpoints SET disabled = 'by_hand'")


@pytest.fixture
def allowed(settings: Settings) -> Settings:
    """A database and a home of the test's own."""
    return replace(settings, webhook_networks=LOOPBACK)
