"""The composition root: everything is put together here, and only here."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from projections.registry import PROJECTIONS
from service.access.sessions import Sessions
from service.clerk import DANISH_TIME, Clerk
from service.database import database
from service.evidence.checkpoints import Checkpoints
from service.evidence.outside.delivery import Outside
from service.known import Known, KnownAt, Replays
from service.log import Log
from service.people.files import Files
from service.people.vault import Vault, master_key
from service.report import Reports
from service.rows import Rows, Snapshot
from service.settings import Settings


@dataclass(frozen=True)
class Teten:
    """The parts, running."""

    settings: Settings
    url: str
    log: Log
    rows: Rows
    replays: Replays
    vault: Vault
    files: Files
    clerk: Clerk
    checkpoints: Checkpoints
    outside: Outside
    sessions: Sessions

    @contextmanager
    def view(self, known: Known | None = None) -> Iterator[Snapshot | KnownAt]:
        """What is known now or, folded anew, what was known then. ProjectionsBehind, or NotKnown."""
        if known is None:
            with self.rows.snapshot() as snapshot:
                yield snapshot
        else:
            yield self.replays.at(known)

    def day(self, as_of: date | None, known: Known | None = None) -> date:
        """The day that was asked for; else that of the moment that is known, else today in Denmark."""
        if as_of:
            return as_of
        today = datetime.now(DANISH_TIME).date()
        return today if known is None else self.replays.at(known).today(today)

    @contextmanager
    def reports(self, programme: str | None, known: Known | None = None) -> Iterator[Reports]:
        """Reports on a programme, with everything that was in the log then, or is by now."""
        with self.view(known) as view:
            yield Reports(view, self.vault, programme)


@contextmanager
def opened(settings: Settings, *, owner: bool = False) -> Iterator[Teten]:
    """Teten on its database, which is started and stopped as needed. `owner`: see `embedded`."""
    master = master_key(settings.master_key_file)
    with database(settings, owner=owner) as url, assembled(settings, url, master) as teten:
        yield teten


@contextmanager
def assembled(settings: Settings, url: str, master: bytes) -> Iterator[Teten]:
    """The parts, on a database that is there."""
    log = Log(url)
    try:
        vault = Vault(log.pool, master)
        rows = Rows(log, PROJECTIONS)
        files = Files(settings.files, vault)
        checkpoints = Checkpoints(log.pool, settings)
        clerk = Clerk(log, vault, files, checkpoints)
        replays, outside = Replays(log), Outside(log.pool, checkpoints, settings.outlets)
        sessions = Sessions(log.pool)
        yield Teten(
            settings,
            url,
            log,
            rows,
            replays,
            vault,
            files,
            clerk,
            checkpoints,
            outside,
            sessions,
        )
    finally:
        log.close()
