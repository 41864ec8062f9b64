"""What a bundle costs to make and to verify: a programme that has the whole log, with no vouchers to read."""

import secrets
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from service.app import assembled
from service.bench.extent import Extent
from service.bench.generator import generate
from service.bench.place import Place
from service.bench.processes import Apart
from service.bundle.making import make
from service.bundle.verify import Bundle
from service.bundle.wanted import Wanted
from service.people.masters import MasterKey
from service.settings import Settings

ONE_PROGRAMME = 10**9  # Cases of a programme: never so many.


class Bundling:
    """Whoever makes bundles of a log."""

    def __init__(self, url: str) -> None:
        self._url = url

    def make(self, folder: Path) -> tuple[float, int]:
        """Seconds, verifying included, and how many events are in it. The checkpoint was there before."""
        with TemporaryDirectory() as home:
            settings = Settings(Path(home), self._url, Path(home) / "master.key")
            with assembled(settings, self._url, MasterKey(secrets.token_bytes(32))) as teten:
                teten.checkpoints.make()
                began = perf_counter()
                told = make(teten, Wanted("P0001", date(2001, 1, 1), date(2199, 12, 31)), folder)
                return perf_counter() - began, told["events"]

    def close(self) -> None:
        """Nothing is left open."""


class Verifying:
    """Whoever verifies them, and has no log."""

    def __init__(self, _: str) -> None: ...

    def verify(self, folder: Path) -> float:
        began = perf_counter()
        wrong = Bundle(folder).verify()
        assert not any(wrong.values())
        return perf_counter() - began

    def close(self) -> None:
        """Nothing is left open."""


def bundle(place: Place, much: Extent) -> dict[str, Any]:
    """By the number of events. Each log, and each turn, in a process of its own."""
    found = {}
    for size in much.bundled:
        url = place.log(f"bundled {size}", generate(size, cases_of_a_programme=ONE_PROGRAMME))
        folder = place.folder / f"bundle-{size}"
        with Apart(Bundling, url) as maker, Apart(Verifying, url) as auditor:
            seconds, events = maker.ask("make", folder)
            verified = auditor.ask("verify", folder)
        found[str(size)] = {
            "events": events,
            "seconds": round(seconds, 2),
            "events_per_second": round(events / seconds),
            "peak_memory_mb": maker.peak_memory_mb,
            "verify_seconds": round(verified, 2),
            "verify_peak_memory_mb": auditor.peak_memory_mb,
            "bytes": sum(each.stat().st_size for each in folder.rglob("*") if each.is_file()),
        }
    return found
