"""How long and how much is measured."""

from pathlib import Path
from typing import NamedTuple

PILOT = Path(__file__).parents[2] / "pilot" / "as-it-was"


class Extent(NamedTuple):
    """As it is, some nine minutes on two cores."""

    rounds: int = 3
    seconds: float = 1.0  # Of one contender's turn.
    clients: tuple[int, ...] = (1, 4, 16, 64)
    cases: int | None = None  # That commands are asked of; None: as many as a workload usually has.
    rebuilt: tuple[int, ...] = (100_000, 1_000_000)  # Events. Other ledgers read the first log.
    looked_at: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    looks: int = 300
    bundled: tuple[int, ...] = (10_000, 100_000)
    data_set: Path = PILOT
    imports: int = 2
    queued: int = 1_000  # Receipts.
    photographs: int = 50  # Of them, of 4 MB.
    minutes: float = 2.0  # For which they are read.
