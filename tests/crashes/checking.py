"""After the dust: is the log what the clients were told, and is every figure what the log says?"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import NamedTuple

from domain.words import Command, Refused
from projections.registry import PROJECTIONS
from service.answers import CommandIdReused
from service.app import Teten
from service.doctor import examine
from service.log import Log
from tests.crashes.acknowledgements import Acknowledged, Told
from tests.crashes.oracle import Oracle, Trouble
from tests.crashes.witness import testimony

ASKED_AGAIN = 300  # Of the answers that were checked before, in each whole check.


class Stored(NamedTuple):
    """A row of `commands`."""

    command: str
    digest: str
    code: str | None
    first: int | None
    last: int | None


class Checker:
    """Reads on from where it was, and so can be asked again and again as the log grows."""

    def __init__(self, seed: int = 0) -> None:
        self.troubles: list[Trouble] = []
        self.told: dict[tuple[str, str], Told] = {}
        self.answers = 0
        self.failures: Counter[str] = Counter()
        self._asked: dict[tuple[str, str], Command] = {}
        self._ids: set[str] = set()
        self._done_anew: Counter[str] = Counter()
        self._fresh: list[tuple[str, str]] = []  # Not asked again yet.
        self._oracle = Oracle(self.troubles.append)
        self._dice = Random(seed)

    # Two ways to check ---------------------------------------------------------------------------

    def check(self, teten: Teten, journals: Iterable[Path]) -> None:
        """What these clients were told, against the log. What they weren't told, they now ask again."""
        news = Acknowledged()
        for journal in journals:
            news.read(journal)
        self._asked |= news.asked
        self._ids |= {command for command, _ in news.asked}
        self.failures.update(news.failures)
        for command in news.unanswered():
            _ask(teten.log, command, news)
        for error in news.unclear:
            self._trouble("wrong", f"a client met {error}, which tells nobody what to do")
        if news.followers_died:
            self._trouble("wrong", "the follower didn't come back with the database")
        self._read_on(teten)
        stored = self._stored(teten, sorted({command for command, _ in news.asked}))
        for told in news.told:
            self._hold(told, stored.get(told.command))
        for taken, digest in news.reused:
            row = stored.get(taken)
            if row is None or row.digest == digest:
                self._trouble("wrong", f"{taken} was said to be another's id, and isn't")
        self._halves(stored)

    def check_all(self, teten: Teten, witnesses: Iterable[Path] = ()) -> None:
        """Everything, from the whole table of answers to the rows of every projection."""
        self._read_on(teten)
        stored = self._stored(teten, None)
        self._halves(stored)
        if alone := self._oracle.positions.keys() - stored.keys():
            self._trouble("lost", f"events without an answer: {sorted(alone)[:3]}")
        for told in self.told.values():
            if told.command not in stored:
                self._trouble("lost", f"{told.command} was answered and is gone")
        self._ask_again(teten.log)
        self._read_on(teten)
        self._rows(teten)
        for finding in examine(teten):
            if not finding.ok:
                self._trouble("wrong", f"doctor: {finding.name}: {finding.says}")
        for path in witnesses:
            self._oracle.hear(path.stem, testimony(path))

    def rebuild(self, teten: Teten) -> None:
        """Every projection anew from the first event: it makes the same rows."""
        teten.rows.rebuild([projection.name for projection in PROJECTIONS])
        self._rows(teten)

    def fails(self, error: Exception) -> None:
        """Not even checking could be done."""
        self._trouble("wrong", f"{type(error).__name__} while checking: {error}")

    # What they consist of ------------------------------------------------------------------------

    def _trouble(self, kind: str, says: str) -> None:
        self.troubles.append(Trouble(kind, says))  # type: ignore[arg-type]

    def _read_on(self, teten: Teten) -> None:
        with teten.log.pool.connection() as connection:
            row = connection.execute(
                "SELECT pg_get_serial_sequence('log_events', 'notification_id') IS NULL"
            ).fetchone()
            assert row
        # A sequence leaves gaps where a transaction failed: then only order and number are promised.
        self._oracle.read_on(teten.log, no_gaps=row[0])
        with teten.log.pool.connection() as connection:
            row = connection.execute("SELECT count(*) FROM log_events").fetchone()
            assert row
        if row[0] != len(self._oracle.events):
            self._trouble(
                "lost", f"{len(self._oracle.events)} events were read, {row[0]} are there"
            )

    def _stored(self, teten: Teten, commands: list[str] | None) -> dict[str, Stored]:
        with teten.log.pool.connection() as connection:
            rows = connection.execute(
                "SELECT id, digest, code, first_position, last_position FROM commands"
                " WHERE %(ids)s::text[] IS NULL OR id = ANY(%(ids)s)",
                {"ids": commands},
            ).fetchall()
        return {row[0]: Stored(*row) for row in rows}

    def _hold(self, told: Told, row: Stored | None) -> None:
        """One answer that a client got, against what is stored."""
        self.answers += 1
        key = told.command, told.digest
        if key not in self.told:
            self._fresh.append(key)
        before = self.told.setdefault(key, told)
        if (before.code, before.first, before.last) != (told.code, told.first, told.last):
            self._trouble("wrong", f"{told.command} got two answers: {before} and {told}")
        if row is None:
            self._trouble("lost", f"{told.command} was answered and is not stored")
        elif row.digest != told.digest:
            self._trouble("wrong", f"{told.command} was answered what another command was")
        elif (row.code, row.first or 0, row.last or 0) != (told.code, told.first, told.last):
            self._trouble("wrong", f"{told} was answered, {row} is stored")
        if told.code is None:
            missing = set(range(told.first, told.last + 1)) - set(
                self._oracle.positions.get(told.command, ())
            )
            if missing or not told.first:
                self._trouble("lost", f"{told.command}: no events at {sorted(missing)}")
            self._done_anew[told.command] += not told.again
            if self._done_anew[told.command] > 1:
                self._trouble("doubled", f"{told.command} was done anew more than once")

    def _halves(self, stored: dict[str, Stored]) -> None:
        """A command's events and its answer are stored together, or neither is."""
        for row in stored.values():
            there = self._oracle.positions.get(row.command, [])
            should = (
                [] if row.first is None or row.last is None else [*range(row.first, row.last + 1)]
            )
            if len(there) > len(should):
                self._trouble("doubled", f"{row.command} has events at {there}, not at {should}")
            elif there != should or (row.code is None and not there):
                self._trouble("lost", f"{row.command} has events at {there}, not at {should}")
            if row.command not in self._ids:
                self._trouble("wrong", f"{row.command} is stored, and nobody asked for it")

    def _ask_again(self, log: Log) -> None:
        """The same answer to the same question, now and forever."""
        old = self._dice.sample(sorted(self.told), min(ASKED_AGAIN, len(self.told)))
        for key in {*self._fresh, *old}:
            again = Acknowledged()
            _ask(log, self._asked[key], again)
            before = self.told[key]
            if not again.told:
                got = again.unclear or "the answer that its id is another's"
                self._trouble("wrong", f"{before.command}, asked again, got {got}")
            for told in again.told:
                if told.code is None and not told.again:
                    self._trouble("doubled", f"{told.command} was done anew when asked again")
                if told[:5] != before[:5]:
                    self._trouble("wrong", f"asked again: {told}, before: {before}")
        self._fresh.clear()

    def _rows(self, teten: Teten) -> None:
        with teten.rows.snapshot() as snapshot:
            for projection in PROJECTIONS:
                self._oracle.compare(projection.name, snapshot.all(projection))
        for name, (position, seen) in teten.rows.progress().items():
            if (position, seen) != (self._oracle.position, len(self._oracle.events)):
                says = f"projection {name} has seen {seen} events up to position {position}"
                self._trouble("differs", says)

    # What it says --------------------------------------------------------------------------------

    def summary(self) -> str:
        count = Counter(trouble.kind for trouble in self.troubles)
        rows = "equal to" if not count["differs"] else "DIFFERENT from"
        return (
            f"{self.answers} acknowledged, {count['lost']} lost, {count['doubled']} doubled, "
            f"{count['skipped']} positions skipped, projections {rows} their rebuild"
            + (f", {count['wrong']} otherwise wrong" if count["wrong"] else "")
        )


def _ask(log: Log, command: Command, heard: Acknowledged) -> None:
    told = {"command": command.id, "digest": command.digest()}
    try:
        answer = log.handle(command)
    except Refused as no:
        heard.told.append(Told(**told, code=no.code, first=0, last=0, again=False))
    except CommandIdReused:
        heard.reused.append((command.id, command.digest()))
    except Exception as error:  # noqa: BLE001 - nothing but an answer will do
        heard.unclear.append(type(error).__name__)
    else:
        first, last = answer.first_position, answer.last_position
        heard.told.append(Told(**told, code=None, first=first, last=last, again=answer.again))
