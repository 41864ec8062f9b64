"""From the answer of a command until a reader sees what came of it in every projection."""

import asyncio
from bisect import bisect_left
from threading import Event
from time import monotonic, sleep
from typing import Any

from domain.words import Command
from projections.registry import PROJECTIONS
from service.bench.clients import from_tasks, percentile
from service.bench.extent import Extent
from service.bench.place import Place
from service.bench.processes import Apart
from service.bench.workloads import WORKLOADS, Supply
from service.followers import Follower
from service.log import Log
from service.rows import Rows

WORKLOAD = "card use"
MANY, FEW = 64, 20  # Clients that find the top load; commands a second of the low one.
GLANCE = 0.0005  # Seconds between two looks of the reader.
PATIENCE = 60  # Seconds at most until then.
QUIET = 1.0  # Seconds without news after which it stops looking.
TICK = 0.001
TURNS = 4  # As long as so many turns of one contender.

Answered = list[tuple[int, float]]
"""Positions, and when they were told; or how far all projections have come, and when that was seen."""


class Serving:
    """A log, and the follower beside it, as in the service."""

    def __init__(self, url: str) -> None:
        self._log = Log(url)
        self._supply = Supply(WORKLOAD, url, "log_events")
        self._rows = Rows(self._log, PROJECTIONS)
        self._died = Event()
        self._follower = Follower(url, self._rows, self._died.set)

    def top(self, seconds: float) -> float:
        """The most commands a second, while nobody follows, once every case was asked something."""
        from_tasks(self._log.ask, self._supply.one_of_each(), MANY, PATIENCE)
        work = self._supply.of(int(40_000 * seconds))
        return from_tasks(self._log.ask, work, MANY, seconds).per_second

    def follow(self) -> None:
        self._rows.catch_up()
        self._follower.start()

    def load(self, per_second: float, seconds: float) -> Answered:
        """So many commands a second, whether those before are answered or not."""
        answered = asyncio.run(self._load(per_second, seconds))
        if self._died.is_set():
            raise RuntimeError("the follower failed")
        return answered

    async def _load(self, per_second: float, seconds: float) -> Answered:
        work = self._supply.of(int(per_second * seconds) + 1)
        answered: Answered = []

        async def ask(command: Command) -> None:
            answer = await self._log.ask(command)
            answered.append((answer.last_position, monotonic()))

        asked: list[asyncio.Task[None]] = []
        began = monotonic()
        while (passed := monotonic() - began) < seconds:
            while len(asked) <= passed * per_second:
                asked.append(asyncio.create_task(ask(work.popleft()[0])))
            await asyncio.sleep(TICK)
        await asyncio.gather(*asked)
        return answered

    def close(self) -> None:
        if self._follower.alive:
            self._follower.stop()
        self._log.close()


class Watching:
    """A reader in another process, who looks again and again how far the projections have come."""

    def __init__(self, url: str) -> None:
        self._log = Log(url)
        self._rows = Rows(self._log, PROJECTIONS)

    def watch(self, seconds: float) -> Answered:
        """For so long, and until nothing more comes."""
        began = monotonic()
        seen: Answered = [(0, began)]
        while monotonic() < max(began + seconds, seen[-1][1] + QUIET):
            position = min(position for position, *_ in self._rows.progress().values())
            if position > seen[-1][0]:
                seen.append((position, monotonic()))
            sleep(GLANCE)
        return seen

    def close(self) -> None:
        self._log.close()


def visible(place: Place, much: Extent) -> dict[str, Any]:
    """Milliseconds at half the top load, and at a low one."""
    url = place.log("visible", WORKLOADS[WORKLOAD].history(much.cases))
    seconds = much.seconds * TURNS
    with Apart(Serving, url) as serving, Apart(Watching, url) as watching:
        top = serving.ask("top", much.seconds)
        serving.ask("follow")
        loads = {"low": float(FEW), "half": top / 2}
        found = {}
        for name, per_second in loads.items():
            watching.begin("watch", seconds)
            answered = serving.ask("load", per_second, seconds)
            found[name] = _delays(answered, watching.answer()) | {"asked": round(per_second)}
        memory = serving.peak_memory_mb
    return {"top_per_second": round(top), **found, "peak_memory_mb": memory}


def _delays(answered: Answered, seen: Answered) -> dict[str, Any]:
    """No figures where more than one of a hundred was still not seen when the reader stopped looking."""
    positions = [position for position, _ in seen]
    delays, unseen = [], 0
    for position, told in answered:
        found = bisect_left(positions, position)
        if found == len(seen):
            unseen += 1
        else:
            delays.append(max(0.0, seen[found][1] - told))
    late = unseen * 100 > len(answered)
    return {
        "per_second": round(len(answered) / (answered[-1][1] - answered[0][1])),
        "p50_ms": None if late else round(percentile(delays, 50) * 1_000, 3),
        "p99_ms": None if late else round(percentile(delays, 99) * 1_000, 3),
        "unseen": unseen,
    }
