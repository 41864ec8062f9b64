"""How fast commands are answered, beside what the server and the stock library can do: all in one run,
in rounds in which everybody takes a turn at each number of clients."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any

from service.bench.clients import Timing, summary
from service.bench.contenders import OurLog, Raw, StockLibrary, pgbench_rows
from service.bench.extent import Extent
from service.bench.place import Place, pgbench
from service.bench.processes import Apart

APPROVERS = 8
Turn = Callable[[int, float], Timing]
Found = dict[str, dict[int, list[Timing]]]


def append(place: Place, much: Extent) -> dict[str, Any]:
    """Commands a second by contender and number of clients, with latencies. One event a command, which can
    be compared with one row a commit; then whole casework, several events a command."""
    return _card_use(place, much) | {"casework": _summaries(_casework(place, much))}


def _summaries(found: Found) -> dict[str, Any]:
    return {name: {n: summary(each) for n, each in by.items()} for name, by in found.items()}


def _card_use(place: Place, much: Extent) -> dict[str, Any]:
    found: Found = defaultdict(lambda: defaultdict(list))
    copied = []
    with ExitStack() as stay:
        raw = stay.enter_context(Apart(Raw, place.database("raw")))
        raw.ask("prepare")
        library, ours, first = _deciding(place, stay, "card use", much)
        turns: dict[str, Turn] = {
            "psycopg": partial(raw.ask, "rows"),
            "library": partial(library.ask, "from_threads", "card use"),
            "threads": partial(ours.ask, "from_threads", "card use"),
            "asyncio": partial(ours.ask, "from_tasks", "card use"),
        }
        if program := pgbench():
            turns["pgbench"] = partial(pgbench_rows, program, place.url_of("raw"), place.folder)
        for _ in range(much.rounds):
            _round(turns, much.clients, much.seconds, found)
            copied.append(raw.ask("copied", much.seconds))
        everybody = {"psycopg": raw, "library": library, "ours": ours}
        memory = {name: each.peak_memory_mb for name, each in everybody.items()}
        return {
            **_summaries(found),
            "first_asked": summary([first]),
            "copy_rows_per_second": summary(copied)["per_second"],
            "peak_memory_mb": memory,
        }


def _casework(place: Place, much: Extent) -> Found:
    found: Found = defaultdict(lambda: defaultdict(list))
    with ExitStack() as stay:
        library, ours, _ = _deciding(place, stay, "casework", much)
        turns: dict[str, Turn] = {
            "library": partial(library.ask, "from_threads", "casework"),
            "asyncio": partial(ours.ask, "from_tasks", "casework"),
        }
        for _ in range(much.rounds):
            _round(turns, much.clients, much.seconds, found)
    return found


def hot_fund(place: Place, much: Extent) -> dict[str, Any]:
    """Lines approved a second, by eight at a time, when all of them are paid by one fund."""
    found: Found = defaultdict(lambda: defaultdict(list))
    with ExitStack() as stay:
        library, ours, _ = _deciding(place, stay, "approvals", much)
        turns: dict[str, Turn] = {
            "library": partial(library.ask, "from_threads", "approvals"),
            "threads": partial(ours.ask, "from_threads", "approvals"),
            "asyncio": partial(ours.ask, "from_tasks", "approvals"),
        }
        for _ in range(much.rounds):
            _round(turns, (APPROVERS,), much.seconds, found)
        memory = {"library": library.peak_memory_mb, "ours": ours.peak_memory_mb}
    rates = {name: summary(by[APPROVERS]) for name, by in found.items()}
    return {"clients": APPROVERS, **rates, "peak_memory_mb": memory}


def _deciding(
    place: Place, stay: ExitStack, workload: str, much: Extent
) -> tuple[Apart, Apart, Timing]:
    """The stock library and our log, with the same cases in them; how fast those first were asked."""
    library = stay.enter_context(Apart(StockLibrary, place.database(f"library {workload}")))
    ours = stay.enter_context(Apart(OurLog, place.database(f"ours {workload}")))
    library.ask("prepare", workload, much.cases)
    return library, ours, ours.ask("prepare", workload, much.cases)


def _round(turns: dict[str, Turn], clients: Sequence[int], seconds: float, found: Found) -> None:
    for count in clients:
        for name, turn in turns.items():
            found[name][count].append(turn(count, seconds))
