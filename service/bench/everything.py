"""All of it in one run, and the ratios that say how far from the limits we are."""

from collections.abc import Callable
from time import perf_counter
from typing import Any

from service.bench.appending import append, hot_fund
from service.bench.bundling import bundle
from service.bench.extent import Extent
from service.bench.importing import import_data
from service.bench.intake import intake
from service.bench.looking import as_of, disk
from service.bench.place import Place
from service.bench.proving import evidence
from service.bench.rebuilding import rebuild
from service.bench.visible import visible

Found = dict[str, Any]
Part = Callable[[Place, Extent], Found]

PARTS: dict[str, Part] = {
    "append": append,
    "hot_fund": hot_fund,
    "visible": visible,
    "import": import_data,
    "rebuild": rebuild,
    "evidence": evidence,
    "as_of": as_of,
    "disk": disk,
    "bundle": bundle,
    "intake": intake,
}
DEFAULT = Extent()

DEFINITIONS = {
    "append_vs_library_16": "our commands a second (card use, asyncio) over the stock library's, both at "
    "16 clients",
    "append_vs_raw_16": "our commands a second (card use, asyncio) over psycopg's one-row commits, both at "
    "16 clients",
    "append_vs_pgbench_64": "our commands a second (card use, asyncio) at 64 clients over pgbench's best at "
    "any number of clients",
    "p99_vs_raw_16": "our p99 (card use, asyncio) over the median of one psycopg commit, both at 16 clients",
    "hot_fund_vs_library": "our approvals a second (threads) over the stock library's, 8 clients, one fund",
    "rebuild_vs_read": "events a second of making all projections over those of reading and parsing, in the "
    "largest log",
    "rebuild_vs_hledger": "hledger's seconds for the balances of the postings of a log over ours for all "
    "projections of the same log",
    "rebuild_vs_beancount": "the same with beancount",
    "verify_vs_hash": "events a second of `teten verify` (events, tree and signatures) over those of reading "
    "and hashing them alone, in the largest log",
    "as_of_1e6_vs_1e4": "milliseconds (median) for a past balance in the largest log over those in the "
    "smallest: 1,000,000 and 10,000 events",
}
WANTED = {
    "append_vs_library_16": "≥ 10",
    "append_vs_raw_16": "≥ 1",
    "append_vs_pgbench_64": "≥ 1",
    "p99_vs_raw_16": "< 10",
    "hot_fund_vs_library": "≥ 20",
    "rebuild_vs_read": "≥ 0.5",
    "rebuild_vs_hledger": "≥ 10",
    "rebuild_vs_beancount": "≥ 10",
    "verify_vs_hash": "≥ 0.5",
    "as_of_1e6_vs_1e4": "≤ 2",
}


def measure(
    place: Place, much: Extent = DEFAULT, told: Callable[[str], None] = lambda _: None
) -> Found:
    """Every part, one after the other. `told`: which one begins."""
    found: Found = {"machine": place.machine()}
    took: dict[str, float] = {}
    for name, part in PARTS.items():
        told(name)
        began = perf_counter()
        found[name] = part(place, much)
        took[name] = round(perf_counter() - began, 1)
    return found | {"seconds": took, "ratios": ratios(found), "definitions": DEFINITIONS}


def ratios(found: Found) -> dict[str, float | None]:
    """None: something that it is made of is missing here."""
    append, tools, rebuilt = found["append"], found["rebuild"]["tools"], found["rebuild"]["sizes"]
    largest = rebuilt[max(rebuilt)]
    looked = {int(size): each["p50_ms"] for size, each in found["as_of"].items()}
    ours = append["asyncio"]
    best = max((each["per_second"] for each in append.get("pgbench", {}).values()), default=None)
    return {
        "append_vs_library_16": _ratio(ours[16]["per_second"], append["library"][16]["per_second"]),
        "append_vs_raw_16": _ratio(ours[16]["per_second"], append["psycopg"][16]["per_second"]),
        "append_vs_pgbench_64": _ratio(ours[64]["per_second"], best),
        "p99_vs_raw_16": _ratio(ours[16]["p99_ms"], append["psycopg"][16]["p50_ms"]),
        "hot_fund_vs_library": _ratio(
            found["hot_fund"]["threads"]["per_second"], found["hot_fund"]["library"]["per_second"]
        ),
        "rebuild_vs_read": _ratio(largest["rebuild_per_second"], largest["read_per_second"]),
        "rebuild_vs_hledger": tools["hledger"]["times_our_rebuild"],
        "rebuild_vs_beancount": tools["beancount"]["times_our_rebuild"],
        "verify_vs_hash": found["evidence"][max(found["evidence"], key=int)]["verify_vs_hash"],
        "as_of_1e6_vs_1e4": _ratio(looked[max(looked)], looked[min(looked)]),
    }


def _ratio(ours: float, theirs: float | None) -> float | None:
    return round(ours / theirs, 2) if theirs else None
