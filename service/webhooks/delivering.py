"""The log itself is the outbox: each webhook has its own position, and gets what comes after it in order."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from secrets import SystemRandom
from threading import Event
from typing import Any, NamedTuple

import psycopg
import structlog
from psycopg_pool import ConnectionPool

from service.evidence.checkpoints import Checkpoints
from service.people.vault import Vault
from service.webhooks import messages, refusing
from service.webhooks.addresses import Network, destination, resolved
from service.webhooks.endpoints import HEAD, Endpoint, Endpoints, found, passed, write_down
from service.webhooks.messages import Message, Row
from service.webhooks.refusing import WebhookRefused
from service.webhooks.sending import GONE, Attempt, post
from service.webhooks.signing import SecretsLost, headers

FIRST_PAUSE, LAST_PAUSE = 10.0, 3600.0  # Seconds: the longest after the first failure, and ever.
GIVEN_UP_AFTER = timedelta(days=5)  # Of nothing but failures.
KEPT = timedelta(days=30)  # So long it is told what was tried.

NEXT = """
SELECT originator_id, originator_version, topic, state, notification_id FROM log_events
WHERE notification_id > %(after)s AND notification_id <= %(head)s
  AND (%(types)s::text[] = '{}' OR topic = ANY(%(types)s))
  AND (%(programme)s::text IS NULL OR EXISTS (
    SELECT FROM commands WHERE programme = %(programme)s
      AND id = convert_from(state, 'UTF8')::json ->> 'command'))
ORDER BY notification_id LIMIT 1
"""
TRIED = """
INSERT INTO webhooks.deliveries AS known (endpoint, id, position, type, status, says, delivered_at)
VALUES (%(endpoint)s, %(id)s, %(position)s, %(type)s, %(status)s, %(says)s,
        CASE WHEN %(says)s::text IS NULL THEN now() END)
ON CONFLICT (endpoint, id) DO UPDATE SET tries = known.tries + 1, tried_at = now(),
  status = excluded.status, says = excluded.says, delivered_at = excluded.delivered_at
"""
FAILED = """
UPDATE webhooks.endpoints SET tries = tries + 1, says = %(says)s,
  failing_since = coalesce(failing_since, now()),
  next_try_at = now() + make_interval(secs => %(pause)s),
  disabled = CASE WHEN %(gone)s THEN 'gone'
    WHEN failing_since < now() - %(given_up_after)s::interval THEN 'failing' END
WHERE name = %(endpoint)s AND position = %(after)s AND disabled IS NULL
RETURNING tries, disabled
"""
DUE = """
SELECT name FROM webhooks.endpoints WHERE disabled IS NULL AND position <
  (SELECT max(notification_id) FROM log_events)
  AND (next_try_at IS NULL OR next_try_at <= now()) ORDER BY name
"""
STANDINGS = """
SELECT name, position, head - position, coalesce(extract(epoch FROM now() - failing_since), 0),
  says, tries, disabled, next_try_at
FROM webhooks.endpoints,
  (SELECT coalesce(max(notification_id), 0) FROM log_events) AS log (head) ORDER BY name
"""

Connection = psycopg.Connection[Any]
logger = structlog.get_logger()
dice = SystemRandom()


class Standing(NamedTuple):
    """How a webhook stands. `behind`: how many events it has still to be looked at for."""

    webhook: str
    position: int
    behind: int
    failing_seconds: float
    says: str | None
    tries: int
    disabled: str | None
    next_try_at: datetime | None

    @property
    def in_trouble(self) -> bool:
        """It doesn't take what it is sent, or was given up. One that was disabled by hand is not."""
        return self.disabled in ("gone", "failing") or (self.says is not None and not self.disabled)

    @property
    def told(self) -> str:
        says = f"at {self.position}, {self.behind} events behind"
        if self.disabled:
            says += f"; disabled: {self.disabled}"
        if self.says:
            says += f"; fails, tried {self.tries} times: {self.says}"
        return says


class Webhooks:
    """All of them: their set-up, and what is sent."""

    def __init__(
        self,
        pool: ConnectionPool[psycopg.Connection[Any]],
        vault: Vault,
        checkpoints: Checkpoints,
        allowed: Sequence[Network],
    ) -> None:
        self._pool, self._checkpoints, self._allowed = pool, checkpoints, allowed
        self.endpoints = Endpoints(pool, vault, allowed)

    def standings(self) -> list[Standing]:
        with self._pool.connection() as connection:
            return [Standing(*row) for row in connection.execute(STANDINGS)]

    def source(self) -> str:
        """The log's name, which is its key's. KeyLost, BadKey, OSError: the key is gone, or can't be read."""
        return self._checkpoints.signer().name

    def deliver(self, name: str, source: str, stopping: Event | None = None) -> None:
        """Send what is due, until there is no more, or one isn't taken. psycopg.Error: the database is
        away."""
        while not (stopping and stopping.is_set()):
            with self._pool.connection() as connection:
                if name not in due(connection):
                    return
                endpoint = found(connection, name)
                (head,) = connection.execute(HEAD).fetchone() or (0,)
                row = _next(connection, endpoint, endpoint.position, head)
                if not row:
                    passed(connection, endpoint, head)
                    return
            self._send(endpoint, messages.of_event(row, source))

    def ping(self, name: str, *, by: str) -> Attempt:
        """Send what says nothing of the log, once, whether the webhook is disabled or not."""
        with self._pool.connection() as connection:
            endpoint = found(connection, name)
            write_down(connection, name, by, "pinged")
        return self._once(endpoint, messages.ping(name, self.source()))

    def resend(self, name: str, position: int, *, by: str) -> Attempt:
        """Send one event again, once, now, out of its order. WebhookRefused."""
        with self._pool.connection() as connection:
            endpoint = found(connection, name)
            if position > endpoint.position:
                raise refusing.not_reached_yet(position, endpoint.position)
            row = _next(connection, endpoint, position - 1, position)
            if not row:
                raise refusing.not_wanted(position)
            write_down(connection, name, by, f"replays {position} alone")
        return self._once(endpoint, messages.of_event(row, self.source()))

    def failed(self, name: str, says: str) -> None:
        """By an error of our own, not of the receiver's: its turn comes again, as after any failure."""
        with self._pool.connection() as connection, connection.transaction():
            endpoint = found(connection, name)
            _failed(connection, endpoint, endpoint.position + 1, Attempt(None, says))

    def forget_old(self) -> None:
        """What was tried long ago."""
        with self._pool.connection() as connection:
            connection.execute(
                "DELETE FROM webhooks.deliveries WHERE tried_at < now() - %s::interval", (KEPT,)
            )

    # One attempt ---------------------------------------------------------------------------------

    def _send(self, endpoint: Endpoint, message: Message) -> None:
        """In its turn: what isn't taken waits, and all behind it."""
        attempt = self._attempt(endpoint, message)
        with self._pool.connection() as connection, connection.transaction():
            _keep(connection, endpoint, message, attempt)
            if attempt.delivered:
                passed(connection, endpoint, message.position or 0)
            else:
                _failed(connection, endpoint, message.position, attempt)

    def _once(self, endpoint: Endpoint, message: Message) -> Attempt:
        """Out of turn: nobody waits for it."""
        attempt = self._attempt(endpoint, message)
        with self._pool.connection() as connection:
            _keep(connection, endpoint, message, attempt)
        return attempt

    def _attempt(self, endpoint: Endpoint, message: Message) -> Attempt:
        """Its address is looked up and looked at anew each time: a name may point elsewhere by now."""
        try:
            with self._pool.connection() as connection:
                known = self.endpoints.secrets.all(connection, endpoint.name)
            to = destination(endpoint.url)
            addresses = resolved(to, self._allowed)
        except SecretsLost:
            return Attempt(None, "its secret can't be opened: rotate it")
        except WebhookRefused as error:
            return Attempt(None, str(error))
        return post(to, addresses, headers(message, known), message.body.encode())


def pause_after(tries: int) -> float:
    """Seconds, with full jitter: any time between nothing and twice as long as before, so that those who
    failed together don't come back together."""
    return dice.uniform(0.0, min(LAST_PAUSE, FIRST_PAUSE * 2.0 ** min(tries - 1, 20)))


def due(connection: Connection) -> list[str]:
    """Which webhooks there is something to look at for, and may be tried."""
    return [name for (name,) in connection.execute(DUE)]


def _next(connection: Connection, endpoint: Endpoint, after: int, head: int) -> Row | None:
    """The first that is wanted. What isn't of the webhook's programme or events is never sent to it."""
    asked = {"after": after, "head": head}
    wanted = {"types": endpoint.types, "programme": endpoint.programme}
    row = connection.cursor(binary=True).execute(NEXT, asked | wanted).fetchone()
    return Row(*row) if row else None


def _keep(connection: Connection, endpoint: Endpoint, message: Message, attempt: Attempt) -> None:
    tried = {"endpoint": endpoint.name, "status": attempt.status, "says": attempt.says}
    sent = {"id": message.id, "position": message.position, "type": message.type}
    connection.execute(TRIED, tried | sent)


def _failed(
    connection: Connection, endpoint: Endpoint, position: int | None, attempt: Attempt
) -> None:
    """Unless somebody moved it elsewhere meanwhile, or disabled it."""
    failed = connection.execute(
        FAILED,
        {
            "endpoint": endpoint.name,
            "after": endpoint.position,
            "says": attempt.says,
            "pause": max(pause_after(endpoint.tries + 1), attempt.retry_after or 0.0),
            "gone": attempt.status == GONE,
            "given_up_after": GIVEN_UP_AFTER,
        },
    ).fetchone()
    if not failed:
        return
    tries, disabled = failed
    logger.warning(
        "webhook not taken",
        webhook=endpoint.name,
        position=position,
        error=attempt.says,
        tries=tries,
    )
    if disabled:
        write_down(connection, endpoint.name, "teten", f"disabled: {disabled}")
        logger.error("webhook disabled", webhook=endpoint.name, because=disabled)
