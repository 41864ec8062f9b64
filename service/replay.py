"""The log as it was known at an earlier moment, folded anew in memory.

Two times: a report *as of* a day counts what holds by that day; *known at* a position counts what the log
had been told by then. The rows in the database are what is known now; everything earlier is a replay.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from threading import Lock
from typing import Any, NamedTuple

import psycopg

from domain.words import Decider, Event, Recorded, S
from projections.audit_trail import audit_trail
from projections.balances import balances
from projections.claims import claims
from projections.journeys import journeys
from projections.ledger import ledger
from projections.misuse import misuse
from projections.partners import partners
from projections.programmes import programmes
from projections.projection import Projection, Row
from projections.review import review
from projections.statements import statements
from projections.worklists import worklists
from service.rows import Snapshot

# What a report is made of. The audit trail and the ledger, which are as large as the log, are not in it:
# each of their rows is made of one stream, whose name is its key.
FIGURES: tuple[Projection[Any], ...] = (
    programmes,
    balances,
    partners,
    journeys,
    worklists,
    claims,
    misuse,
    statements,
)

OF_ONE_STREAM = {audit_trail.name, ledger.name, review.name}


class Attempt(NamedTuple):
    """A command that was refused."""

    programme: str
    effective_on: date
    recorded_at: datetime


def attempts(connection: psycopg.Connection[Any], position: int) -> list[Attempt]:
    """The attempts that were known at a position.

    They have no position of their own. What was known at a position was known until the next event was
    recorded: every attempt that was recorded before that counts, and at the latest event all of them.
    An attempt that was decided together with the next event, and so recorded in the same moment, counts
    from the last event that was recorded in it.
    """
    found = connection.execute(
        "SELECT programme, effective_on, recorded_at FROM commands WHERE code IS NOT NULL"
        " AND recorded_at < coalesce((SELECT (convert_from(state, 'UTF8')::jsonb ->> 'recorded_at')"
        "::timestamptz FROM log_events WHERE notification_id > %s ORDER BY notification_id LIMIT 1),"
        " 'infinity') ORDER BY recorded_at, id",
        (position,),
    )
    return [Attempt(*row) for row in found]


class Replayed:
    """What `Snapshot` tells, of any history from its first event on: folded when it is first asked for.

    `history` is gone through once for the figures together, and once for any other projection that is
    asked for. `refused` are the attempts that are known by the history's end.
    """

    def __init__(
        self,
        history: Iterable[Recorded[Event]],
        refused: Iterable[Attempt] = (),
        together: Sequence[Projection[Any]] = FIGURES,
    ) -> None:
        # What can be gone through only once is kept; a log is read anew each time.
        self._history = list(history) if iter(history) is history else history
        self._attempts = tuple(refused)
        self._together = tuple(together)
        self.rows: dict[
            str, dict[str, Any]
        ] = {}  # Of the projections that were asked for, by name.
        self._folding = Lock()  # Who asks meanwhile waits for the same rows.

    def all(self, projection: Projection[Row], prefix: str = "") -> dict[str, Row]:
        """The rows whose keys begin like this, in order of the keys."""
        rows = self._folded(projection)
        return {key: rows[key] for key in sorted(rows) if key.startswith(prefix)}

    def get(self, projection: Projection[Row], key: str) -> Row | None:
        if projection.name in OF_ONE_STREAM:
            return _fold({projection: {}}, self.history(key))[projection.name].get(key)
        return self._folded(projection).get(key)

    def history(self, stream: str) -> list[Recorded[Event]]:
        """The stream's events that the rows are made of."""
        return [news for news in self._history if news.stream == stream]

    def state(self, decider: Decider[S], *key: str) -> S:
        """How a stream stood."""
        return decider.fold(news.event for news in self.history(decider.stream(*key)))

    def today(self, now: date) -> date:
        """The day on which lists are counted."""
        return now

    def refused(self, programme: str, as_of: date) -> int:
        """How many attempts of a programme, effective by that day, were refused."""
        return sum(
            each.programme == programme and each.effective_on <= as_of for each in self.attempts()
        )

    def attempts(self) -> Sequence[Attempt]:
        """The refused attempts that were known."""
        return self._attempts

    def _folded(self, projection: Projection[Row]) -> dict[str, Row]:
        with self._folding:
            if projection.name not in self.rows:
                together = projection.name in {each.name for each in self._together}
                self.rows |= _fold(*self._begin(self._together if together else (projection,)))
            return self.rows[projection.name]

    def _begin(
        self, projections: Sequence[Projection[Any]]
    ) -> tuple[dict[Projection[Any], dict[str, Any]], Iterable[Recorded[Event]]]:
        """The rows to begin with, and what is to be folded into them."""
        return {projection: {} for projection in projections}, self._history


View = Snapshot | Replayed
"""What readers look at: the rows of now, or a replay."""


def _fold(
    rows: dict[Projection[Any], dict[str, Any]], history: Iterable[Recorded[Event]]
) -> dict[str, dict[str, Any]]:
    for news in history:
        for projection, found in rows.items():
            for key in projection.keys(news):
                row = found[key] if key in found else projection.row()
                found[key] = projection.fold(row, key, news)
    return {projection.name: found for projection, found in rows.items()}
