"""What it costs to make every projection anew, beside merely reading the log and beside other ledgers."""

from time import perf_counter
from typing import Any

from projections.registry import PROJECTIONS
from service.bench import plain_text
from service.bench.extent import Extent
from service.bench.place import Place
from service.bench.processes import Apart
from service.log import BATCH, Log
from service.rows import Rows

PATIENCE = 90  # Seconds that another tool may take.


class Projecting:
    """All projections of one log."""

    def __init__(self, url: str) -> None:
        self._log = Log(url)
        self._rows = Rows(self._log, PROJECTIONS)

    def read(self) -> tuple[int, float]:
        """How many events there are, and the seconds to read and parse them."""
        began, position, count = perf_counter(), 0, 0
        while batch := self._log.after(position, BATCH):
            position, count = batch[-1].position, count + len(batch)
        return count, perf_counter() - began

    def rebuild(self) -> float:
        """The seconds to make all projections anew."""
        began = perf_counter()
        self._rows.rebuild([projection.name for projection in PROJECTIONS])
        return perf_counter() - began

    def close(self) -> None:
        self._log.close()


def rebuild(place: Place, much: Extent) -> dict[str, Any]:
    """Reading and rebuilding logs of several sizes, each in a process of its own; the other tools on the
    smallest one, since they would take longer than all else together."""
    sizes = much.rebuilt
    measured = {size: _measured(place.made_up(size)) for size in sizes}
    books = plain_text.write(place.made_up(sizes[0]), place.folder)
    tools = plain_text.reckoned(books, PATIENCE)
    rebuilt = measured[sizes[0]]["rebuild_seconds"]
    for tool in tools.values():
        tool["times_our_rebuild"] = round(tool["seconds"] / rebuilt, 2) if tool["seconds"] else None
    return {
        "sizes": measured,
        "tools": {"events": sizes[0], "entries": books.entries, "postings": books.postings} | tools,
    }


def _measured(url: str) -> dict[str, Any]:
    with Apart(Projecting, url) as reader:
        events, read = reader.ask("read")
        reading_mb = reader.peak_memory_mb
    with Apart(Projecting, url) as rebuilder:
        rebuilt = rebuilder.ask("rebuild")
        rebuilding_mb = rebuilder.peak_memory_mb
    return {
        "events": events,
        "read_seconds": round(read, 2),
        "read_per_second": round(events / read),
        "rebuild_seconds": round(rebuilt, 2),
        "rebuild_per_second": round(events / rebuilt),
        "read_peak_memory_mb": reading_mb,
        "rebuild_peak_memory_mb": rebuilding_mb,
    }
