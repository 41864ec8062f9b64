"""Group commit from within an event loop: no other thread has to be woken for it.

Only what goes well is done here. Whatever is out of the ordinary is handed to the committer's thread, which
may wait, look up and decide again. What may have been stored is safe there: nothing is ever stored twice.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any

import psycopg

from domain.words import Command
from service import lines
from service.answers import Answer, Overtaken, Unanswered
from service.committing import ALONE_MAX, GROUP_MAX, Committer, Waiting, settle
from service.deciding import Asked, Beside, Group
from service.lines import Line
from service.recorder import awaited, news, send
from service.states import Standing, States

LARGE = 100  # Parts of a command: with more of them, deciding it would hold up the loop.


class LoopCommitter:
    """Appends what is asked from one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, careful: Committer, states: States) -> None:
        self._loop, self._careful, self._states = loop, careful, states
        self._writing, self._reading = Line(careful.lines), Line(careful.lines)
        self._waiting: deque[Waiting] = deque()
        self._unanswered: list[Waiting] = []  # Of groups that were gathered, in order.
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        self._handed: set[int] = set()  # Futures that the careful one will settle.

    async def ask(self, command: Command, keep: Beside | None) -> Answer:
        future: asyncio.Future[Answer] = self._loop.create_future()
        waiting = Asked.of(command, keep), future, self._loop
        if keep or self._closed or _is_large(command):
            self._careful.take(waiting)
        else:
            self._waiting.append(waiting)
            if self._task is None or self._task.done():
                self._task = self._loop.create_task(self._run())
        return await future

    def close(self) -> None:
        """From any thread: whoever waits here is answered by the careful one, too. Only the loop itself
        hangs up: what is on its way there goes on being read."""
        self._closed = True
        waiting = (*self._unanswered, *self._waiting)
        self._handed = {id(future) for _, future, _ in waiting}
        for each in waiting:
            self._careful.take(_in_doubt(each))
        try:
            self._loop.call_soon_threadsafe(self._retire)
        except RuntimeError:  # It is closed, and nobody is at work there.
            self._hang_up()

    def _retire(self) -> None:
        if self._task is None or self._task.done():
            self._hang_up()

    def _hang_up(self) -> None:
        self._writing.hang_up()
        self._reading.hang_up()

    async def _run(self) -> None:
        in_doubt = True
        try:
            await self._lead()
        except Overtaken:
            in_doubt = False
        except BaseException as error:
            self._hang_up()  # Something may still be on its way there.
            if not isinstance(error, Exception):
                raise
        finally:
            self._hand_over(in_doubt=in_doubt)
            if self._closed:
                self._hang_up()

    def _hand_over(self, *, in_doubt: bool) -> None:
        asked = [_in_doubt(each) if in_doubt else each for each in self._unanswered]
        for each in (*asked, *self._waiting):
            if id(each[1]) in self._handed:
                continue
            try:
                self._careful.take(each)
            except RuntimeError as closed:
                settle([(each[1], Unanswered(each[0].command.id) if in_doubt else closed)])
        self._unanswered.clear()
        self._waiting.clear()

    async def _lead(self) -> None:
        """While one group is being stored, the next is decided, as if the first were stored already."""
        up = self._writing.up
        connection = self._writing.opened() if up else await asyncio.to_thread(self._writing.opened)
        sent: Group | None = None
        while True:
            await asyncio.sleep(0)  # Those who were just answered may ask again.
            if not self._waiting:
                if not sent:
                    return
                await self._received(connection, sent)
                sent = None
                continue
            asked = self._gathered(alone=sent is None)
            group = await self._decided(asked, sent.ends if sent else {})
            if sent:
                await self._received(connection, sent)
            send(connection, group)
            sent = group

    def _gathered(self, *, alone: bool) -> list[Asked]:
        """The next group. Of those with the same command id the first: the others find its answer."""
        most = len(self._waiting)
        if alone and most > ALONE_MAX:
            most //= (
                2  # Not all at once, or there would be nothing to decide while they are stored.
            )
        group: dict[str, Asked] = {}
        again = []
        for _ in range(min(most, GROUP_MAX)):
            each = self._waiting.popleft()
            if group.setdefault(each[0].command.id, each[0]) is each[0]:
                self._unanswered.append(each)
            else:
                again.append(each)
        self._waiting.extendleft(reversed(again))
        return list(group.values())

    async def _decided(self, asked: Sequence[Asked], certain: Standing) -> Group:
        while True:
            group = Group(self._states, asked, certain)
            doubts = group.doubts(certain)
            if not doubts:
                return group
            found = await asyncio.to_thread(self._news, doubts, group)
            if not found:
                return group
            self._states.learn(found)
            certain = certain | doubts | found

    def _news(self, doubts: Standing, group: Group) -> Standing:
        with self._reading.working() as connection:
            return news(connection, doubts, group.deciders)

    async def _received(self, connection: psycopg.Connection[Any], sent: Group) -> None:
        before = await awaited(connection, lines.PATIENCE)
        sent.remember()
        answers = [each.answer(before) for each in sent.decided]
        told, self._unanswered = self._unanswered[: len(answers)], self._unanswered[len(answers) :]
        settle([(each[1], answer) for each, answer in zip(told, answers, strict=True)])


def _in_doubt(waiting: Waiting) -> Waiting:
    """It may have been sent, on a line of which nothing more is heard."""
    asked, future, loop = waiting
    return asked._replace(in_doubt=True), future, loop


def _is_large(command: Command) -> bool:
    return any(isinstance(part, tuple) and len(part) > LARGE for part in vars(command).values())
