"""What was known at an earlier moment: at a position of the log, or at a recorded moment."""

import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from threading import BoundedSemaphore, Lock
from typing import Any

from domain.words import Event, Recorded
from projections.projection import Projection, Row
from service.clerk import DANISH_TIME
from service.log import BATCH, Log
from service.replay import Attempt, Replayed, attempts

Known = int | datetime
"""A position, the exact way to say it, or a moment."""

KEPT = 4  # Replays. One of a log of 100,000 events takes some 80 MB, and 20 s of a core to make.
ASKING = 8  # Readers that wait for a replay, or make it. Each holds a thread that others need, too.
DIGITS = re.compile(r"[0-9]{1,18}", re.ASCII)


class NotKnown(ValueError):
    """It is neither a position that there is nor a moment."""

    def __init__(self, english: str, danish: str) -> None:
        super().__init__(english)
        self.danish = danish


def parse(text: str) -> Known:
    """`7386`, `2017-05-31 14:30` (Danish time), `2017-05-31T12:30Z`, or a day: the end of it. NotKnown."""
    text = text.strip()
    if DIGITS.fullmatch(text):
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            moment = datetime.combine(moment, time.max)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=DANISH_TIME)
        return moment.astimezone(DANISH_TIME).astimezone(UTC)  # It has a day in both.
    except (ValueError, OverflowError):
        raise NotKnown(
            f"{text!r} is neither a position nor a moment. "
            "Write a position (7386) or a Danish time (2017-05-31 14:30).",
            f"»{text}« er hverken en position eller et tidspunkt (7386 eller åååå-mm-dd tt:mm).",
        ) from None


class TooManyReplays(Exception):
    """As many readers as may wait for a replay are waiting."""

    def __init__(self) -> None:
        super().__init__(
            "Others are asking for earlier moments, which takes a while. Try again in a minute."
        )
        self.danish = (
            "Andre spørger om tidligere tidspunkter, og det tager lidt tid. Prøv igen om et minut."
        )


@dataclass(frozen=True)
class Through:
    """The log up to a position. It is read anew each time, a batch in memory at a time."""

    log: Log
    position: int
    after: int = 0

    def __iter__(self) -> Iterator[Recorded[Event]]:
        read = self.after
        while read < self.position and (batch := self.log.after(read, BATCH)):
            yield from (news for news in batch if news.position <= self.position)
            read = batch[-1].position


class KnownAt(Replayed):
    """The log as it was known at one of its positions."""

    def __init__(
        self,
        log: Log,
        position: int,
        moment: datetime | None,
        replays: "Replays",
    ) -> None:
        super().__init__(Through(log, position))
        self.position = position
        self._log, self._moment, self._replays = log, moment, replays

    def history(self, stream: str) -> list[Recorded[Event]]:
        with self._log.pool.connection() as connection:
            return self._log.history(connection, stream, self.position)

    def _folded(self, projection: Projection[Row]) -> dict[str, Row]:
        """TooManyReplays."""
        if projection.name in self.rows:
            return self.rows[projection.name]
        with self._replays.turn():
            return super()._folded(projection)

    def _begin(
        self, projections: Sequence[Projection[Any]]
    ) -> tuple[dict[Projection[Any], dict[str, Any]], Iterable[Recorded[Event]]]:
        """From the latest of the others before this one: a fold leaves the rows before it as they were."""
        earlier = [
            each
            for each in self._replays.all()
            if each.position <= self.position and {p.name for p in projections} <= each.rows.keys()
        ]
        if not earlier:
            return super()._begin(projections)
        latest = max(earlier, key=lambda each: each.position)
        rows = {projection: dict(latest.rows[projection.name]) for projection in projections}
        return rows, Through(self._log, self.position, latest.position)

    def today(self, now: date) -> date:
        """The day of the moment or, of a position, the day on which its event was recorded."""
        if self._moment:
            return min(now, self._moment.astimezone(DANISH_TIME).date())
        latest = self._log.after(self.position - 1, 1) if self.position else []
        return latest[0].recorded_at.astimezone(DANISH_TIME).date() if latest else now

    def attempts(self) -> list[Attempt]:
        """Those that were known at the position (see `attempts`) or, if one was named, at the moment."""
        with self._log.pool.connection() as connection:
            found = attempts(connection, self.position)
        return [each for each in found if self._moment is None or each.recorded_at <= self._moment]


class Replays:
    """Folds the log up to earlier moments, and keeps the latest of these replays: pages ask again.

    One at a time is folded: each costs a core and its memory, whoever asks for how many.
    """

    def __init__(self, log: Log, kept: int = KEPT, asking: int = ASKING) -> None:
        self._log, self._most = log, kept
        self._asking, self._folding = BoundedSemaphore(asking), Lock()
        self._kept: OrderedDict[tuple[int, datetime | None], KnownAt] = OrderedDict()
        self._lock = Lock()

    def at(self, known: Known) -> KnownAt:
        """The log as it was known then. NotKnown: there is no such position yet."""
        key = self.position(known), known if isinstance(known, datetime) else None
        with self._lock:
            found = self._kept.pop(key, None) or KnownAt(self._log, *key, self)
            self._kept[key] = found
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return found

    def all(self) -> list[KnownAt]:
        """Those that are kept."""
        with self._lock:
            return list(self._kept.values())

    @contextmanager
    def turn(self) -> Iterator[None]:
        """To fold. TooManyReplays."""
        if not self._asking.acquire(blocking=False):
            raise TooManyReplays
        try:
            with self._folding:
                yield
        finally:
            self._asking.release()

    def position(self, known: Known) -> int:
        """The last position that was known then.

        An event is known from its own recorded moment on, but not before all events before it are: where
        clocks differ, the log's order is what counts. NotKnown.
        """
        head = self._log.head()
        if isinstance(known, int):
            if known > head:
                raise NotKnown(
                    f"There is no position {known} yet: the latest is {head}.",
                    f"Der er ingen position {known} endnu: den seneste er {head}.",
                )
            return known
        with self._log.pool.connection() as connection:
            found = connection.execute(
                "SELECT notification_id FROM log_events WHERE"
                " (convert_from(state, 'UTF8')::jsonb ->> 'recorded_at')::timestamptz > %s"
                " ORDER BY notification_id LIMIT 1",
                (known,),
            ).fetchone()
        return found[0] - 1 if found else head
