"""What evidence costs: the tree over a log, looking whether anything was changed, and a proof."""

from hashlib import sha256
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from service.bench.clients import percentile
from service.bench.extent import Extent
from service.bench.place import Place
from service.bench.processes import Apart
from service.evidence import proofs
from service.evidence.checkpoints import Checkpoints
from service.evidence.outside.delivery import Outside
from service.evidence.scanning import AT_A_TIME, EVENTS
from service.evidence.verifying import examine, snapshot
from service.log import Log
from service.settings import Settings


class Proving:
    """Whoever keeps and checks the evidence of one log."""

    def __init__(self, url: str) -> None:
        self._folder = TemporaryDirectory(prefix="teten-bench-")
        home = Path(self._folder.name)
        self._log = Log(url)
        settings = Settings(home, url, home / "master.key")
        self._checkpoints = Checkpoints(self._log.pool, settings)
        self._outside = Outside(self._log.pool, self._checkpoints, settings.outlets)

    def grow(self) -> float:
        """The seconds to make the tree of the whole log."""
        with self._log.pool.connection() as connection:
            connection.execute("DELETE FROM evidence.tiles")
        began = perf_counter()
        self._checkpoints.tiles.extend()
        return perf_counter() - began

    def sign(self) -> None:
        self._checkpoints.make()

    def hash_alone(self) -> float:
        """The seconds to read every event as it is stored and hash its bytes, and nothing else."""
        began = perf_counter()
        with (
            snapshot(self._checkpoints, self._outside) as moment,
            moment.connection.cursor("bare", binary=True) as events,
        ):
            events.itersize = AT_A_TIME
            for row in events.execute(EVENTS):
                sha256(row[4]).digest()
        return perf_counter() - began

    def verify(self) -> float:
        """The seconds to compare every event with the tree and what was signed."""
        began = perf_counter()
        with snapshot(self._checkpoints, self._outside) as moment:
            findings = examine(moment).findings
        assert not findings
        return perf_counter() - began

    def prove(self, times: int) -> list[float]:
        """Seconds for a proof of one event, from the database to the text."""
        dice, head = Random(times), self._log.head()  # nosec B311 # noqa: S311 - the same events every time
        took = []
        for _ in range(times):
            position = dice.randrange(1, head + 1)
            began = perf_counter()
            proofs.prove(self._checkpoints, position)
            took.append(perf_counter() - began)
        return took

    def close(self) -> None:
        self._log.close()
        self._folder.cleanup()


def evidence(place: Place, much: Extent) -> dict[str, Any]:
    """By the number of events. Hashing alone and verifying take turns."""
    return {str(size): _measured(place.made_up(size), much) for size in much.rebuilt}


def _measured(url: str, much: Extent) -> dict[str, Any]:
    with Apart(Proving, url) as keeper:
        grown = median(keeper.ask("grow") for _ in range(much.rounds))
        keeper.ask("sign")
        turns = [(keeper.ask("hash_alone"), keeper.ask("verify")) for _ in range(much.rounds)]
        proved = keeper.ask("prove", much.looks)
        memory = keeper.peak_memory_mb
    hashed, verified = (median(each) for each in zip(*turns, strict=True))
    return {
        "tree_seconds": round(grown, 2),
        "hash_seconds": round(hashed, 2),
        "verify_seconds": round(verified, 2),
        "verify_vs_hash": round(hashed / verified, 2),
        "proof_p50_ms": round(1000 * percentile(proved, 50), 2),
        "proof_p99_ms": round(1000 * percentile(proved, 99), 2),
        "peak_memory_mb": memory,
    }
