"""Group commit: commands that wait together are decided and stored together, each with its own answer.

One thread decides, in the order of asking, on states in memory, and stores what came of it in one round
trip. While the database works, the next commands gather.
"""

import asyncio
import socket
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from queue import Empty, SimpleQueue
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any, Protocol

import psycopg
from psycopg import errors
from psycopg_pool import ConnectionPool

from domain.words import Command, Decider, Refused
from service.answers import Answer, Busy, CommandIdReused, Overtaken, Unanswered
from service.states import Asked, Beside, Group, States

GROUP_MAX = 256  # Commands.
ALONE_MAX = 8  # More than so many are stored in two groups, one after the other.
LOCK_PATIENCE = 5  # Seconds that others may hold the log, before who waits is told that it is busy.
STATEMENT_PATIENCE = 20
SESSION = {
    "lock_timeout": f"{LOCK_PATIENCE}s",
    "statement_timeout": f"{STATEMENT_PATIENCE}s",
    # The few statements here go by the primary keys, however small the planner takes a growing log to be;
    # and to plan them anew each time would cost more than they do.
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}
PATIENCE = 30  # Seconds that a command waits for a database that went away.
OPTIMISTIC = 2  # Attempts, before a group is decided with the log held.

Told = Answer | BaseException
Standing = dict[str, tuple[int, Any]]  # Streams, with their versions and states.
Storing = Callable[[psycopg.Connection[Any], Group], int]  # `append` or `receive` of the store.
Waiting = tuple[Asked, "Future[Answer] | asyncio.Future[Answer]", asyncio.AbstractEventLoop | None]


class Store(Protocol):
    """What the committer needs of the log."""

    def append(self, connection: psycopg.Connection[Any], group: Group, /) -> int:
        """The position before the group's first event. Overtaken: nothing was stored."""
        ...

    def receive(self, connection: psycopg.Connection[Any], group: Group, /) -> int:
        """As `append`, of a group that was sent."""
        ...

    def send(self, connection: psycopg.Connection[Any], group: Group) -> None:
        """As `append`, without waiting for what comes of it."""
        ...

    async def awaited(self, connection: psycopg.Connection[Any], patience: float) -> int:
        """As `receive`, in an event loop, for so many seconds."""
        ...

    def news_of(self, standing: Standing, deciders: dict[str, Decider[Any]]) -> Standing:
        """As `news`, on any connection."""
        ...

    def news(
        self,
        connection: psycopg.Connection[Any],
        standing: Standing,
        deciders: dict[str, Decider[Any]],
    ) -> Standing:
        """Those of the streams of which the log holds more, and how they stand by that."""
        ...


class Committer:
    """The one thread of a process that appends."""

    def __init__(
        self,
        url: str,
        reading: ConnectionPool[psycopg.Connection[Any]],
        store: Store,
        states: States,
    ) -> None:
        self._url, self._reading, self._store, self._states = url, reading, store, states
        self._queue: SimpleQueue[Waiting | None] = SimpleQueue()
        self._connection: psycopg.Connection[Any] | None = None
        self._busy_since: dict[psycopg.Connection[Any], float] = {}
        self.closing = False
        self._closed = Event()
        self._thread = Thread(target=self._run, name="committer", daemon=True)
        self._watch = Thread(target=self._hang_up_on_the_dead, name="committer-watch", daemon=True)
        self._thread.start()
        self._watch.start()

    # Asking --------------------------------------------------------------------------------------

    def submit(self, command: Command, keep: Beside | None) -> "Future[Answer]":
        """Commands are decided in the order of asking. The future raises Refused, CommandIdReused, Busy or
        Unanswered."""
        future: Future[Answer] = Future()
        self.take((Asked.of(command, keep), future, None))
        return future

    def take(self, waiting: Waiting) -> None:
        """Have it answered, whoever waits for it."""
        if self.closing:
            raise RuntimeError("the log is closed")
        self._queue.put(waiting)

    def close(self) -> None:
        """Once everybody who asked is answered."""
        self.closing = True
        self._queue.put(None)
        self._thread.join()
        self._closed.set()
        self._watch.join()

    # The thread ----------------------------------------------------------------------------------

    def _run(self) -> None:
        """While one group is being stored, the next is decided, as if the first were stored already."""
        later: list[Waiting] = []
        sent: tuple[Group, list[Waiting]] | None = None
        while waiting := self._gathered(later):
            if not sent and len(waiting) > ALONE_MAX:
                # Not all at once, or there would be nothing to decide while they are stored.
                half = len(waiting) // 2
                waiting, later = waiting[:half], waiting[half:] + later
            group = self._decided_ahead(waiting, sent[0].ends if sent else {})
            if sent and not self._stored(*sent, self._store.receive):
                group = None  # It was decided on what then came to be otherwise.
            if group and (later or not self._queue.empty()) and self._sent(group):
                sent = group, waiting
            else:
                sent = None
                self._stored(group, waiting, self._store.append)
        if sent:
            self._stored(*sent, self._store.receive)
        self._hang_up()

    def _decided_ahead(self, waiting: Sequence[Waiting], ends: Standing) -> Group | None:
        try:
            return self._decided(self._reading.connection, [each for each, _, _ in waiting], ends)
        except Exception:  # noqa: BLE001 - one by one it will be found out whose it is
            return None

    def _sent(self, group: Group) -> bool:
        """Whether the group is on its way, and nobody waits for it yet."""
        if group.keeps:
            return False
        try:
            self._store.send(self._connected(), group)
        except psycopg.Error:
            return False
        return True

    def _stored(self, group: Group | None, waiting: Sequence[Waiting], store: Storing) -> bool:
        """Store the group and tell everybody. False: it had to be decided anew."""
        asked = [each for each, _, _ in waiting]
        try:
            told = self._answers(asked, [(group, store)] if group else [])
        except BaseException as error:  # noqa: BLE001 - nobody may wait for ever
            self._hang_up()
            told = [error] * len(asked)
        tell(waiting, told)
        return bool(group and group.stored)

    def _gathered(self, later: list[Waiting]) -> list[Waiting]:
        """Everybody who waits, but of those with the same command id only the first: the others find its
        answer in the next group. Empty: there will be no more."""
        waiting, later[:] = later[:], []
        with suppress(Empty):
            while len(waiting) < GROUP_MAX:
                next_one = self._queue.get(block=not waiting)
                if next_one is None:
                    if waiting:
                        self._queue.put(None)  # First those who came before the end.
                    break
                waiting.append(next_one)
        first: dict[str, Waiting] = {}
        for each in waiting:
            first.setdefault(each[0].command.id, each)
        later += [each for each in waiting if first[each[0].command.id] is not each]
        return list(first.values())

    # One group -----------------------------------------------------------------------------------

    def _answers(self, asked: Sequence[Asked], first: list[tuple[Group, Storing]]) -> list[Told]:
        """An answer or an error for each, in order. `first`: what to try before anything else."""
        found: dict[str, Told] = {}
        until = monotonic() + PATIENCE
        while rest := [each for each in asked if each.command.id not in found]:
            try:
                found |= self._try(rest, first)
            except (errors.LockNotAvailable, errors.QueryCanceled):
                found |= {each.command.id: Busy() for each in rest} | self._looked_up(rest, until)
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                if self._connection and not self._connection.closed:
                    failed = {each.command.id: error for each in rest}  # A full disk, say.
                    found |= failed | self._looked_up(rest, until)
                    continue
                # Stored or not, nobody knows. Look, before anything is done again.
                self._hang_up()
                found |= self._looked_up(rest, until)
            except Exception as error:  # noqa: BLE001 - it is told to the one who brought it
                if len(rest) == 1:
                    found[rest[0].command.id] = error
                else:
                    for each in rest:
                        found[each.command.id] = self._answers([each], [])[0]
        return [found[each.command.id] for each in asked]

    def _try(self, asked: Sequence[Asked], first: list[tuple[Group, Storing]]) -> dict[str, Told]:
        """Answers, for all of them or for those that were answered before."""
        connection, append = self._connected(), self._store.append

        def ours() -> AbstractContextManager[psycopg.Connection[Any]]:
            return nullcontext(connection)

        for _ in range(OPTIMISTIC):
            group, store = first.pop() if first else (self._decided(ours, asked, {}), append)
            with suppress(Overtaken), self._working(connection):
                return self._done(group, store(connection, group))
            if answered := self._look_up(connection, asked):
                return answered
            with self._working(connection):
                self._store.news(connection, group.began, group.deciders)
        with self._working(connection), connection.transaction():
            connection.execute("LOCK TABLE log_events IN EXCLUSIVE MODE")
            group = self._decided(ours, asked, {}, all_doubted=True)
            before = append(connection, group)
        return self._done(group, before)

    def _decided(
        self,
        reading: Callable[[], AbstractContextManager[psycopg.Connection[Any]]],
        asked: Sequence[Asked],
        certain: Standing,
        *,
        all_doubted: bool = False,
    ) -> Group:
        """Decided on states that nobody doubts: those doubted are compared with the log, and if it holds
        more, all is decided again. Doubted are streams that are not in memory, or all."""
        while True:
            group = Group(self._states, asked, certain)
            doubted = group.began if all_doubted else group.unknown
            doubts = {each: group.began[each] for each in doubted if each not in certain}
            if not doubts:
                return group
            with reading() as connection, self._working(connection):
                news = self._store.news(connection, doubts, group.deciders)
            if not news:
                return group
            certain = certain | doubts | news

    def _done(self, group: Group, before: int) -> dict[str, Told]:
        group.remember()
        return {each.asked.command.id: each.answer(before) for each in group.decided}

    # When the database goes away -----------------------------------------------------------------

    def _looked_up(self, asked: Sequence[Asked], until: float) -> dict[str, Told]:
        """What of it was done after all. Nothing, and they are decided anew."""
        pause = 0.02
        while True:
            try:
                return self._look_up(self._connected(), asked)
            except (psycopg.OperationalError, psycopg.InterfaceError):
                self._hang_up()
                if monotonic() > until:
                    return {each.command.id: Unanswered(each.command.id) for each in asked}
                sleep(pause)
                pause = min(2 * pause, 1)

    def _look_up(
        self, connection: psycopg.Connection[Any], asked: Sequence[Asked]
    ) -> dict[str, Told]:
        digests = {each.command.id: each.digest for each in asked}
        with self._working(connection):
            found = connection.execute(
                "SELECT id, digest, first_position, last_position, code, facts FROM commands"
                " WHERE id = ANY(%s)",
                (list(digests),),
            ).fetchall()
        return {row[0]: _answered_before(digests[row[0]], *row) for row in found}

    def _connected(self) -> psycopg.Connection[Any]:
        if self._connection is None:
            self._connection = self.connect()
        return self._connection

    def connect(self) -> psycopg.Connection[Any]:
        """One more connection to append by."""
        connection = psycopg.connect(self._url, autocommit=True, connect_timeout=5)
        with self._working(connection):
            for setting, value in SESSION.items():
                connection.execute("SELECT set_config(%s, %s, false)", (setting, value))
        return connection

    def _hang_up(self) -> None:
        if self._connection:
            with suppress(psycopg.Error):
                self._connection.close()
            self._connection = None

    @contextmanager
    def _working(self, connection: psycopg.Connection[Any]) -> Iterator[None]:
        before = self._busy_since.get(connection)
        self._busy_since[connection] = monotonic()
        try:
            yield
        finally:
            if before is None:
                del self._busy_since[connection]
            else:
                self._busy_since[connection] = before

    def _hang_up_on_the_dead(self) -> None:
        """A server that neither answers nor closes would keep everybody waiting for ever."""
        while not self._closed.wait(1):
            for connection, since in list(self._busy_since.items()):
                if monotonic() - since > PATIENCE:
                    with (
                        suppress(OSError, psycopg.Error),
                        socket.fromfd(
                            connection.fileno(), socket.AF_UNIX, socket.SOCK_STREAM
                        ) as line,
                    ):
                        line.shutdown(socket.SHUT_RDWR)


def _answered_before(
    digest: str,
    command: str,
    stored_digest: str,
    first: int,
    last: int,
    code: str | None,
    facts: dict[str, Any],
) -> Told:
    if digest != stored_digest:
        return CommandIdReused(command)
    if code:
        return Refused(code, **facts)
    return Answer(command=command, first_position=first, last_position=last, again=True)


def tell(group: Sequence[Waiting], told: Sequence[Told]) -> None:
    """Threads one by one; an event loop is woken once for all that ask from it."""
    of_loop = defaultdict(list)
    for (_, future, loop), answer in zip(group, told, strict=True):
        if loop:
            of_loop[loop].append((future, answer))
        else:
            settle([(future, answer)])
    for loop, answered in of_loop.items():
        with suppress(RuntimeError):  # It is closed: nobody there waits any more.
            loop.call_soon_threadsafe(settle, answered)


def settle(answered: Sequence[tuple[Any, Told]]) -> None:
    for future, answer in answered:
        if future.done():
            continue  # Whoever asked has stopped waiting.
        with suppress(InvalidStateError):  # They stopped this very moment.
            if isinstance(answer, BaseException):
                future.set_exception(answer)
            else:
                future.set_result(answer)
