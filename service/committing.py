"""Group commit: commands that wait together are decided and stored together, each with its own answer.

One thread decides, in the order of asking, on states in memory, and stores what came of it in one round
trip. While the database works, the next commands gather.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from time import monotonic, sleep
from typing import Any

import psycopg
from psycopg import errors

from domain.words import Command, Refused
from service import lines
from service.answers import Answer, Busy, CommandIdReused, Overtaken, Unanswered
from service.deciding import UNCONDITIONAL, Asked, Beside, Conditions, Group
from service.lines import Line, Lines
from service.recorder import LogRecorder, news, receive, send
from service.states import Standing, States

GROUP_MAX = 256  # Commands.
ALONE_MAX = 8  # More than so many are stored in two groups, one after the other.
OPTIMISTIC = 2  # Attempts, before a group is decided with the log held.

Told = Answer | BaseException
Waiting = tuple[Asked, "Future[Answer] | asyncio.Future[Answer]", asyncio.AbstractEventLoop | None]
Storing = Callable[[psycopg.Connection[Any], Group], int]
"""Gives the position before the group's first event. Overtaken: nothing was stored."""


class Committer:
    """The one thread of a process that appends, but for event loops, which do so for themselves."""

    def __init__(self, url: str, recorder: LogRecorder, states: States) -> None:
        self._recorder, self._states = recorder, states
        self.lines = Lines(url)
        self._writing, self._reading = Line(self.lines), Line(self.lines)
        self._queue: SimpleQueue[Waiting | None] = SimpleQueue()
        self._door, self.closing = Lock(), False
        self._thread = Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()

    # Asking --------------------------------------------------------------------------------------

    def submit(
        self,
        command: Command,
        keep: Beside | None,
        conditions: Conditions = UNCONDITIONAL,
    ) -> "Future[Answer]":
        """Commands are decided in the order of asking. The future raises Refused, CommandIdReused,
        VersionMoved, Busy or Unanswered."""
        future: Future[Answer] = Future()
        self.take((Asked.of(command, keep, conditions), future, None))
        return future

    def take(self, waiting: Waiting) -> None:
        """Have it answered, whoever waits for it."""
        with self._door:  # Nobody comes after the last one.
            if self.closing:
                raise RuntimeError("the log is closed")
            self._queue.put(waiting)

    def close(self) -> None:
        """Once everybody who asked is answered."""
        with self._door:
            self.closing = True
            self._queue.put(None)
        self._thread.join()
        self.lines.close()

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
            if sent and not self._stored(*sent, _received):
                group = None  # It was decided on what then came to be otherwise.
            if group and (later or not self._queue.empty()) and self._sent(group):
                sent = group, waiting
            else:
                sent = None
                self._stored(group, waiting, self._append)
        if sent:
            self._stored(*sent, _received)
        self._writing.hang_up()
        self._reading.hang_up()

    def _decided_ahead(self, waiting: Sequence[Waiting], ends: Standing) -> Group | None:
        try:
            return self._decided(self._reading, [each for each, _, _ in waiting], ends)
        except BaseException:  # noqa: BLE001 - one by one it will be found out whose it is
            self._reading.hang_up()
            return None

    def _sent(self, group: Group) -> bool:
        """Whether the group is on its way, and nobody waits for it yet."""
        if group.keeps:
            return False
        try:
            send(self._writing.opened(), group)
        except Exception:  # noqa: BLE001 - it will be found out whose it is when it is stored
            self._writing.hang_up()
            return False
        return True

    def _stored(self, group: Group | None, waiting: Sequence[Waiting], store: Storing) -> bool:
        """Store the group and tell everybody. False: it had to be decided anew."""
        asked = [each for each, _, _ in waiting]
        told: Sequence[Told]
        try:
            told = self._answers(asked, (group, store) if group else None)
        except BaseException as error:  # noqa: BLE001 - nobody may wait for ever
            self._writing.hang_up()
            told = [error] * len(asked)
        _tell(waiting, told)
        return bool(group and group.stored)

    def _append(self, connection: psycopg.Connection[Any], group: Group) -> int:
        positions = self._recorder.insert_events(group.events, connection=connection, group=group)
        return positions[0] - 1 if positions else 0

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

    def _answers(
        self,
        asked: Sequence[Asked],
        first: tuple[Group, Storing] | None,
        until: float | None = None,
        *,
        in_doubt: bool = False,
    ) -> list[Told]:
        """An answer or an error for each, in order. `first`: what to try before anything else."""
        found: dict[str, Told] = {}
        until = until or monotonic() + lines.PATIENCE
        while rest := [each for each in asked if each.command.id not in found]:
            try:
                found |= self._try(rest, first)
            except errors.LockNotAvailable:
                found |= {each.command.id: _busy(each, in_doubt=in_doubt) for each in rest}
            except Exception as error:  # noqa: BLE001 - it is told to the one who brought it
                if not self._writing.up:
                    # Stored or not, nobody knows. Look, before anything is done again.
                    in_doubt = True
                    found |= self._looked_up(rest, until)
                elif len(rest) > 1:
                    found |= self._one_by_one(rest, until, in_doubt=in_doubt)
                else:
                    [each] = rest
                    late = isinstance(error, errors.QueryCanceled)
                    found[each.command.id] = _busy(each, in_doubt=in_doubt) if late else error
                    with suppress(psycopg.OperationalError, psycopg.InterfaceError):
                        found |= self._look_up(rest)  # It may have been answered before.
            first = None
        return [found[each.command.id] for each in asked]

    def _one_by_one(
        self, asked: Sequence[Asked], until: float, *, in_doubt: bool
    ) -> dict[str, Told]:
        """Until somebody has waited in vain: then it is so for those after it."""
        found: dict[str, Told] = {}
        for number, each in enumerate(asked):
            [told] = self._answers([each], None, until, in_doubt=in_doubt)
            found[each.command.id] = told
            if isinstance(told, Busy | Unanswered):
                after = asked[number + 1 :]
                return found | {one.command.id: _busy(one, in_doubt=in_doubt) for one in after}
        return found

    def _try(self, asked: Sequence[Asked], first: tuple[Group, Storing] | None) -> dict[str, Told]:
        """Answers, for all of them or for those that were answered before."""
        for _ in range(OPTIMISTIC):
            group, store = first or (self._decided(self._writing, asked, {}), self._append)
            first = None
            with suppress(Overtaken), self._writing.working() as connection:
                return self._done(group, store(connection, group))
            if answered := self._look_up(asked):
                return answered
            with self._writing.working() as connection:
                self._states.learn(news(connection, group.began, group.deciders))
        # Overtaken even so: only where the same command is asked elsewhere.
        with suppress(Overtaken), self._writing.working() as connection:
            with connection.transaction():
                connection.execute("LOCK TABLE log_events IN EXCLUSIVE MODE")
                group = self._decided(self._writing, asked, {}, all_doubted=True)
                before = self._append(connection, group)
            return self._done(group, before)
        return self._look_up(asked)

    def _decided(
        self, line: Line, asked: Sequence[Asked], certain: Standing, *, all_doubted: bool = False
    ) -> Group:
        """Decided on states that nobody doubts: those doubted are compared with the log, and if it holds
        more, all is decided again. Doubted are streams that are not in memory, or all."""
        while True:
            group = Group(self._states, asked, certain)
            doubts = group.doubts(certain, all_doubted=all_doubted)
            if not doubts:
                return group
            with line.working() as connection:
                found = news(connection, doubts, group.deciders)
            if not found:
                return group
            self._states.learn(found)
            certain = certain | doubts | found

    def _done(self, group: Group, before: int) -> dict[str, Told]:
        group.remember()
        return {each.asked.command.id: each.answer(before) for each in group.decided}

    # When the database goes away -----------------------------------------------------------------

    def _looked_up(self, asked: Sequence[Asked], until: float) -> dict[str, Told]:
        """What of it was done after all. Nothing, and they are decided anew, unless it is too late."""
        pause = 0.02
        while True:
            found: dict[str, Told] = {}
            with suppress(psycopg.OperationalError, psycopg.InterfaceError):
                found = self._look_up(asked)
                if monotonic() < until:
                    return found
            if monotonic() >= until:
                return {each.command.id: Unanswered(each.command.id) for each in asked} | found
            self._writing.hang_up()
            sleep(pause)
            pause = min(2 * pause, 1)

    def _look_up(self, asked: Sequence[Asked]) -> dict[str, Told]:
        digests = {each.command.id: each.digest for each in asked}
        with self._writing.working() as connection:
            return look_up(connection, digests)


def look_up(connection: psycopg.Connection[Any], digests: Mapping[str, str]) -> dict[str, Told]:
    """What was answered before, by the commands' ids. `digests`: of what is asked for under them now."""
    found = connection.execute(
        "SELECT id, digest, first_position, last_position, code, facts FROM commands"
        " WHERE id = ANY(%s)",
        (list(digests),),
    ).fetchall()
    return {row[0]: _answered_before(digests[row[0]], *row) for row in found}


def _received(connection: psycopg.Connection[Any], _: Group) -> int:
    return receive(connection)


def _busy(asked: Asked, *, in_doubt: bool) -> Told:
    """What was asked for before on a line that broke may yet be stored."""
    return Unanswered(asked.command.id) if in_doubt or asked.in_doubt else Busy()


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


def _tell(group: Sequence[Waiting], told: Sequence[Told]) -> None:
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
            if isinstance(answer, StopIteration):  # No future takes one.
                future.set_exception(RuntimeError("what was looked for isn't there"))
            elif isinstance(answer, BaseException):
                future.set_exception(answer)
            else:
                future.set_result(answer)
