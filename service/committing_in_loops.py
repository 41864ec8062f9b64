"""Group commit from within an event loop: no other thread has to be woken for it.

Only what goes well is done here. Whatever is out of the ordinary is handed to the committer's thread, which
may wait, look up and decide again. What may have been stored is safe there: nothing is ever stored twice.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import psycopg

from domain.words import Command
from service.answers import Answer, Overtaken
from service.committing import (
    ALONE_MAX,
    GROUP_MAX,
    PATIENCE,
    Committer,
    Standing,
    Store,
    Waiting,
    settle,
)
from service.states import Asked, Beside, Group, States


class LoopCommitter:
    """Appends what is asked from one event loop."""

    def __init__(self, careful: Committer, store: Store, states: States) -> None:
        self._careful, self._store, self._states = careful, store, states
        self._waiting: deque[Waiting] = deque()
        self._connection: psycopg.Connection[Any] | None = None
        self._task: asyncio.Task[None] | None = None

    async def ask(self, command: Command, keep: Beside | None) -> Answer:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer] = loop.create_future()
        waiting = Asked.of(command, keep), future, loop
        if keep or self._careful.closing:
            self._careful.take(waiting)
        else:
            self._waiting.append(waiting)
            if self._task is None or self._task.done():
                self._task = loop.create_task(self._run())
        return await future

    def close(self) -> None:
        if self._connection:
            with suppress(psycopg.Error):
                self._connection.close()
            self._connection = None

    async def _run(self) -> None:
        unanswered: list[Waiting] = []
        try:
            await self._lead(unanswered)
        except Overtaken:
            pass
        except BaseException as error:
            self.close()  # Something may still be on its way there.
            if not isinstance(error, Exception):
                raise
        finally:
            for each in (*unanswered, *self._waiting):
                with suppress(RuntimeError):  # The log is closed.
                    self._careful.take(each)
            self._waiting.clear()

    async def _lead(self, unanswered: list[Waiting]) -> None:
        """While one group is being stored, the next is decided, as if the first were stored already."""
        if self._connection is None or self._connection.closed:
            self._connection = await asyncio.to_thread(self._careful.connect)
        sent: Group | None = None
        while True:
            await asyncio.sleep(0)  # Those who were just answered may ask again.
            if not self._waiting:
                if not sent:
                    return
                await self._received(sent, unanswered)
                sent = None
                continue
            waiting = self._gathered(alone=sent is None)
            unanswered += waiting
            group = await self._decided(waiting, sent.ends if sent else {})
            if sent:
                await self._received(sent, unanswered)
            self._store.send(self._connection, group)
            sent = group

    def _gathered(self, *, alone: bool) -> list[Waiting]:
        """The next group. Of those with the same command id the first: the others are for the thread."""
        most = len(self._waiting)
        if alone and most > ALONE_MAX:
            most //= (
                2  # Not all at once, or there would be nothing to decide while they are stored.
            )
        group: dict[str, Waiting] = {}
        for _ in range(min(most, GROUP_MAX)):
            each = self._waiting.popleft()
            if group.setdefault(each[0].command.id, each) is not each:
                self._careful.take(each)
        return list(group.values())

    async def _decided(self, waiting: Sequence[Waiting], certain: Standing) -> Group:
        asked = [each for each, _, _ in waiting]
        while True:
            group = Group(self._states, asked, certain)
            doubts = {each: group.began[each] for each in group.unknown if each not in certain}
            if not doubts:
                return group
            news = await asyncio.to_thread(self._store.news_of, doubts, group.deciders)
            if not news:
                return group
            certain = certain | doubts | news

    async def _received(self, sent: Group, unanswered: list[Waiting]) -> None:
        assert self._connection
        before = await self._store.awaited(self._connection, PATIENCE)
        sent.remember()
        answers = [each.answer(before) for each in sent.decided]
        settle([(each[1], answer) for each, answer in zip(unanswered, answers, strict=False)])
        del unanswered[: len(answers)]
