"""Draining the queue from the command line: on all cores, unless a service reads already."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from threading import Event
from typing import Any

from projections.intake import ReadingState
from service.app import Teten
from service.intake import queue
from service.intake.worker import cores
from service.intake.working import Came, Made, Outcome, Tick, alone, read_all
from service.pictures.workshop import Workshop

LOOKS_EVERY = 1.0  # Seconds, while a service reads.
STILL = 120.0  # Seconds without any progress: what it can't read isn't waited for.


# Shows how far it is: of what, and of how many steps. It is told of each.
Bar = Callable[[str, int], AbstractContextManager[Tick]]


class Drained:
    """What came of it. `by_service`: how many were left to the service that reads."""

    def __init__(self, outcomes: Sequence[Outcome] = (), by_service: int = 0) -> None:
        self.outcomes, self.by_service = list(outcomes), by_service

    @property
    def read(self) -> int:
        return sum(each.came is Came.READ for each in self.outcomes)

    @property
    def not_read(self) -> list[Outcome]:
        return [each for each in self.outcomes if each.came is not Came.READ]

    def data(self) -> dict[str, Any]:
        return {
            "read": self.read,
            "by_service": self.by_service,
            "not_read": [
                {
                    "kind": each.picture.kind,
                    "programme": each.picture.programme,
                    "case": each.picture.case_no,
                    "ref": each.picture.ref,
                    "came": each.came,
                    "reason": each.reason,
                }
                for each in self.not_read
            ],
        }

    def sentences(self) -> list[str]:
        """In words: what was read, and why what wasn't."""
        if self.by_service:
            return [f"{self.by_service} pictures were left to the service that reads."]
        why = Counter((each.came, each.reason) for each in self.not_read)
        return [
            f"{self.read} pictures read, {len(self.not_read)} not.",
            *(f"  {came}, {reason}: {count}" for (came, reason), count in sorted(why.items())),
            *(f"  {queue.named(each.picture)}: {each.reason}" for each in self.not_read[:NAMED]),
        ]


NAMED = 20


def drain(teten: Teten, bar: Bar, made: Made = Workshop) -> Drained:
    """Until nothing waits. WorkshopClosed: nothing can be read here."""
    with alone(teten.url) as may:
        if may:
            return Drained(_read(teten, bar, ReadingState.WAITING, made))
    left = waiting = queue.standing(teten, ReadingState.WAITING)
    moved_at = time.monotonic()
    with bar("a service reads", waiting) as tick:
        while waiting and time.monotonic() - moved_at < STILL:
            time.sleep(LOOKS_EVERY)
            before, waiting = waiting, queue.length(teten).waiting
            if waiting != before:
                moved_at = time.monotonic()
                tick(max(0, before - waiting))
    return Drained(by_service=left)


def read_again(teten: Teten, bar: Bar, made: Made = Workshop) -> Drained:
    """What couldn't be read: readers get better."""
    return Drained(_read(teten, bar, ReadingState.UNREADABLE, made))


def _read(teten: Teten, bar: Bar, state: ReadingState, made: Made) -> list[Outcome]:
    outcomes: list[Outcome] = []
    steps = queue.standing(teten, state)
    if not steps:
        return outcomes
    with ExitStack() as at_hand:
        tick = at_hand.enter_context(bar("reading", steps))
        count = min(cores(), steps)
        workshops = [at_hand.enter_context(made()) for _ in range(count)]

        def told(outcome: Outcome) -> None:
            outcomes.append(outcome._replace(picture=outcome.picture.model_copy(update=SLIM)))
            tick(1)

        read_all(teten, workshops, queue.in_turn(teten, state), told, Event())
    teten.rows.catch_up()
    return outcomes


SLIM = {"reading": None}  # However many there are.
