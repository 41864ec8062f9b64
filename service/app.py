"""The composition root: everything is put together here, and only here."""

import hmac
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import psycopg

from projections.registry import PROJECTIONS
from service.access.clients import Clients
from service.access.links import Links
from service.access.sessions import Sessions
from service.access.sign_ins import SignIns
from service.clerk import DANISH_TIME, Clerk
from service.database import connected, database, pool
from service.evidence.checkpoints import Checkpoints
from service.evidence.outside.delivery import Outside
from service.known import Known, KnownAt, Replays
from service.log import Log
from service.people.files import Files
from service.people.forgetting import Forgetting
from service.people.keys import Keys, Pool, left_behind, make_tables
from service.people.looking import People
from service.people.masters import Master, master_of
from service.people.sealing import VaultClosed
from service.people.vault import Vault
from service.reminding.sending import Letters
from service.reminding.steps import Reminders
from service.report import Reports
from service.rows import Rows, Snapshot
from service.settings import Settings
from service.webhooks.delivering import Webhooks


@dataclass(frozen=True)
class Teten:
    """The parts, running."""

    settings: Settings
    url: str
    log: Log
    rows: Rows
    replays: Replays
    keys: Keys
    vault: Vault
    files: Files
    forgetting: Forgetting
    clerk: Clerk
    checkpoints: Checkpoints
    outside: Outside
    sessions: Sessions
    people: People
    sign_ins: SignIns
    clients: Clients
    links: Links
    webhooks: Webhooks
    reminders: Reminders
    letters: Letters
    cursor_key: bytes  # Signs cursors and tags. With a KMS: until the service is started anew.

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
    master = master_of(settings)
    with database(settings, owner=owner) as url, assembled(settings, url, master) as teten:
        if settings.vault_url:
            with teten.log.pool.connection() as connection:
                _refuse_keys_in_two_places(connection)
        yield teten


@contextmanager
def assembled(settings: Settings, url: str, master: Master) -> Iterator[Teten]:
    """The parts, on a database that is there."""
    log, until_closed = Log(url), ExitStack()
    try:
        keys = Keys(until_closed.enter_context(_pool_of_keys(settings, log)), master)
        vault = Vault(log.pool, keys)
        rows = Rows(log, PROJECTIONS)
        files = Files(settings.files, vault)
        checkpoints = Checkpoints(log.pool, settings)
        forgetting = Forgetting(log.pool, keys, files)
        clerk = Clerk(log, vault, files, checkpoints, forgetting)
        replays, outside = Replays(log), Outside(log.pool, checkpoints, settings.outlets)
        key = hmac.digest(master.look_up_key(), b"teten cursors", "sha256")
        sessions = Sessions(log.pool)
        webhooks = Webhooks(log.pool, vault, checkpoints, settings.webhook_networks)
        yield Teten(
            settings,
            url,
            log,
            rows,
            replays,
            keys,
            vault,
            files,
            forgetting,
            clerk,
            checkpoints,
            outside,
            sessions,
            People(log, vault),
            SignIns(log.pool),
            Clients(log.pool),
            Links(log.pool, vault),
            webhooks,
            Reminders(log, rows, clerk),
            Letters(log, vault, files, settings.post, settings.public_url),
            key,
        )
    finally:
        until_closed.close()
        log.close()


@contextmanager
def _pool_of_keys(settings: Settings, log: Log) -> Iterator[Pool]:
    """The log's own, unless the keys have a database of theirs."""
    if not settings.vault_url:
        yield log.pool
        return
    with connected(settings.vault_url, "TETEN_VAULT_URL") as connection:
        make_tables(connection)
    with pool(settings.vault_url) as apart:
        yield apart


def _refuse_keys_in_two_places(connection: psycopg.Connection[Any]) -> None:
    if left_behind(connection):
        raise VaultClosed(
            "TETEN_VAULT_URL is set, and there are keys in the log's own database: stop every service, "
            "and run `teten people move-keys`."
        )
