"""The log read by somebody who trusts nothing: order, versions, funds, and every projection folded anew."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel

from domain.fund import CommitmentReleased, FundAgreed, FundCommitted
from domain.money import ZERO, Money
from domain.words import Event, Recorded
from projections.registry import PROJECTIONS
from service.log import BATCH, Log
from tests.crashes.witness import Seen
from tests.scenario import fold


class Trouble(NamedTuple):
    kind: Literal["lost", "doubled", "skipped", "differs", "wrong"]
    says: str


class Oracle:
    """What the log has told so far. `told` hears of whatever can't be right."""

    def __init__(self, told: Callable[[Trouble], None]) -> None:
        self._trouble = told
        self.events: list[Seen] = []
        self.positions: dict[str, list[int]] = defaultdict(list)  # Of each command's events.
        self.rows: dict[str, dict[str, BaseModel]] = {each.name: {} for each in PROJECTIONS}
        self._versions: Counter[str] = Counter()
        self._agreed: dict[tuple[str, str], Money] = defaultdict(lambda: ZERO)
        self._committed: dict[tuple[str, str], Money] = defaultdict(lambda: ZERO)

    @property
    def position(self) -> int:
        return self.events[-1][0] if self.events else 0

    def read_on(self, log: Log, *, no_gaps: bool) -> None:
        """To the end of the log."""
        while batch := log.after(self.position, BATCH):
            for each in batch:
                self._order(each, no_gaps=no_gaps)
                self._funds(each.event)
                self.positions[each.command].append(each.position)
                self.events.append((each.position, each.stream, each.version))
            for projection in PROJECTIONS:
                self.rows[projection.name] = fold(projection, batch, self.rows[projection.name])

    def _order(self, each: Recorded[Event], *, no_gaps: bool) -> None:
        where = f"position {each.position}: {type(each.event).__name__} of {each.stream}"
        if each.position <= self.position or (no_gaps and each.position != self.position + 1):
            self._trouble(Trouble("skipped", f"{where} comes after position {self.position}"))
        if each.version != self._versions[each.stream] + 1:
            last = self._versions[each.stream]
            self._trouble(Trouble("wrong", f"{where}: version {each.version} after {last}"))
        if each.recorded_at.tzinfo is None:
            self._trouble(Trouble("wrong", f"{where} doesn't say when it was recorded"))
        self._versions[each.stream] = each.version

    def _funds(self, event: Event) -> None:
        match event:
            case FundAgreed(programme=programme, fund=fund, amount=amount):
                self._agreed[programme, fund] += amount
            case FundCommitted(programme=programme, fund=fund, amount=amount):
                self._committed[programme, fund] += amount
                if self._committed[programme, fund] > self._agreed[programme, fund]:
                    self._trouble(Trouble("wrong", f"fund {fund} is promised past its amount"))
            case CommitmentReleased(programme=programme, fund=fund, amount=amount):
                self._committed[programme, fund] -= amount

    def compare(self, projection: str, rows: dict[str, Any]) -> None:
        """With the rows that are kept in the database."""
        mine = self.rows[projection]
        for key in sorted(mine.keys() | rows.keys()):
            if mine.get(key) != rows.get(key):
                says = f"projection {projection}: row {key} is not what the log folds to"
                self._trouble(Trouble("differs", says))

    def hear(self, who: str, testimony: Sequence[Seen]) -> None:
        """Of a witness, who has seen every event once and in order, as far as the witness came."""
        for expected, seen in zip(self.events, testimony, strict=False):
            if expected != seen:
                says = f"{who} saw {seen} where the log has {expected}"
                self._trouble(Trouble("skipped", says))
                return
        if len(testimony) > len(self.events):
            says = f"{who} saw {testimony[len(self.events)]}, which the log no longer has"
            self._trouble(Trouble("lost", says))
