"""Clients that ask one thing after another for some seconds, from threads or from an event loop."""

import asyncio
import gc
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from statistics import median
from threading import Barrier, Thread
from time import perf_counter, process_time
from typing import Any, NamedTuple, TypeVar

from service.serving import collect_garbage_seldom

T = TypeVar("T")
Work = deque[Sequence[T]]
"""Of each of its parts nothing is asked before what stands before it is answered: it builds on that."""


class Timing(NamedTuple):
    """What the clients did, in how many seconds, and how long each thing took. `cpu_us`: what their process
    spent on each; unlike all else here, it doesn't depend on who else is at work."""

    done: int
    seconds: float
    p50_ms: float
    p99_ms: float
    cpu_us: float | None = None

    @property
    def per_second(self) -> float:
        return self.done / self.seconds


def from_threads(do: Callable[[T], Any], work: Work[T], clients: int, seconds: float) -> Timing:
    """The first error ends it, and is raised."""
    took: list[float] = []
    errors: list[BaseException] = []
    ready = Barrier(clients + 1)

    def client() -> None:
        mine = []
        ready.wait()
        deadline = perf_counter() + seconds
        try:
            while (now := perf_counter()) < deadline and not errors:
                first, *rest = work.popleft()
                do(first)
                mine.append(perf_counter() - now)
                if rest:
                    work.appendleft(rest)
        except IndexError:
            pass  # All is done.
        except BaseException as error:  # noqa: BLE001 - raised below
            errors.append(error)
        took.extend(mine)

    threads = [Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    _tidy()
    ready.wait()
    began, spent = perf_counter(), process_time()
    for thread in threads:
        thread.join()
    elapsed, spent = perf_counter() - began, process_time() - spent
    if errors:
        raise errors[0]
    return timing(took, elapsed, spent)


def from_tasks(
    ask: Callable[[T], Awaitable[Any]], work: Work[T], clients: int, seconds: float
) -> Timing:
    """As `from_threads`, in an event loop."""
    took: list[float] = []

    async def client(deadline: float) -> None:
        while (now := perf_counter()) < deadline and work:
            first, *rest = work.popleft()
            await ask(first)
            took.append(perf_counter() - now)
            if rest:
                work.appendleft(rest)

    async def everyone() -> tuple[float, float]:
        _tidy()
        began, spent = perf_counter(), process_time()
        await asyncio.gather(*(client(began + seconds) for _ in range(clients)))
        return perf_counter() - began, process_time() - spent

    return timing(took, *asyncio.run(everyone()))


def _tidy() -> None:
    """What was built before the clock started is not to be looked through while it runs."""
    gc.collect()
    collect_garbage_seldom()


def timing(took: Sequence[float], seconds: float, spent: float) -> Timing:
    return Timing(
        done=len(took),
        seconds=seconds,
        p50_ms=percentile(took, 50) * 1_000,
        p99_ms=percentile(took, 99) * 1_000,
        cpu_us=spent * 1_000_000 / max(len(took), 1),
    )


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that so many of a hundred do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)] if ordered else 0.0


def summary(rounds: Sequence[Timing]) -> dict[str, Any]:
    """The median of several rounds, with the least and the most."""
    rates = [each.per_second for each in rounds]
    spent = [each.cpu_us for each in rounds if each.cpu_us is not None]
    return {
        "per_second": round(median(rates)),
        "least": round(min(rates)),
        "most": round(max(rates)),
        "p50_ms": round(median(each.p50_ms for each in rounds), 3),
        "p99_ms": round(median(each.p99_ms for each in rounds), 3),
        "cpu_us": round(median(spent)) if spent else None,
    }
