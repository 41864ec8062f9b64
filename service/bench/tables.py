"""The figures as tables: the benchmarks' page is made of these, with words."""

from collections.abc import Iterable, Sequence
from typing import Any

from service.bench.everything import DEFINITIONS, WANTED

Cell = str | float | None
NAMES = {
    "pgbench": "pgbench, one row a commit",
    "psycopg": "psycopg, one row a commit",
    "library": "stock library",
    "threads": "Teten, from threads",
    "asyncio": "Teten, from asyncio",
}


def markdown(found: dict[str, Any]) -> str:
    """Whatever parts there are."""
    return "\n".join(
        f"## {title}\n\n{table}\n"
        for name, (title, tell) in TABLES.items()
        if name in found
        for table in [tell(found[name])]
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    lines = [head, ["---"] * len(head), *([_cell(each) for each in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: Cell) -> str:
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:,.2f}"  # noqa: PLR2004 - by eye


def _append(found: dict[str, Any]) -> str:
    parts = ["Commands a second, each with one event (card use): the median of the rounds."]
    parts.append(_of_clients(found, "per_second"))
    parts.append("The same with whole casework, several events a command.")
    parts.append(_of_clients(found["casework"], "per_second"))
    parts.append("Milliseconds until the answer (card use): p50 / p99.")
    parts.append(_latencies(found))
    parts.append("Microseconds of the clients' processor for each (card use).")
    parts.append(_of_clients(found, "cpu_us"))
    first = found["first_asked"]["per_second"]
    parts.append(
        f"The first command of each case, with nothing in memory, 64 clients: {first:,} a second."
    )
    parts.append(f"COPY: {found['copy_rows_per_second']:,} rows a second. {_memory(found)}")
    return "\n\n".join(parts)


def _of_clients(found: dict[str, Any], figure: str) -> str:
    """One figure by contender and number of clients."""
    known = {name: found[name] for name in NAMES if name in found}
    clients = list(next(iter(known.values())))
    rows = [[NAMES[name], *(by[n][figure] for n in clients)] for name, by in known.items()]
    return _table(["clients", *(str(each) for each in clients)], rows)


def _latencies(found: dict[str, Any]) -> str:
    known = {name: found[name] for name in NAMES if name in found and name != "pgbench"}
    clients = list(next(iter(known.values())))
    rows = [
        [NAMES[name], *(f"{by[n]['p50_ms']:.2f} / {by[n]['p99_ms']:.2f}" for n in clients)]
        for name, by in known.items()
    ]
    return _table(["clients", *(str(each) for each in clients)], rows)


def _memory(found: dict[str, Any]) -> str:
    told = ", ".join(f"{name} {each} MB" for name, each in found["peak_memory_mb"].items())
    return f"Peak memory: {told}."


def _hot_fund(found: dict[str, Any]) -> str:
    rows = [
        [NAMES[name], found[name]["per_second"], found[name]["p50_ms"], found[name]["p99_ms"]]
        for name in ("library", "threads", "asyncio")
    ]
    return _table(["eight at a time", "approvals a second", "p50 ms", "p99 ms"], rows)


def _visible(found: dict[str, Any]) -> str:
    rows = [
        [name, each["asked"], each["per_second"], each["p50_ms"], each["p99_ms"]]
        for name, each in ((name, found[name]) for name in ("low", "half"))
    ]
    head = ["load", "asked a second", "answered a second", "p50 ms", "p99 ms"]
    top = f"The top load, with nobody following: {found['top_per_second']:,} commands a second."
    return f"{_table(head, rows)}\n\n{top}"


def _import(found: dict[str, Any]) -> str:
    parts = ("read", "enter", "project", "report", "all")
    rows = [
        [str(number), each["rows"], each["events"], *(each["seconds"][part] for part in parts)]
        for number, each in enumerate(found["times"], start=1)
    ]
    rows = [[*row, each["rows_per_second"]] for row, each in zip(rows, found["times"], strict=True)]
    head = ["time", "rows", "events in the log", *(f"{part} s" for part in parts), "rows a second"]
    return f"{_table(head, rows)}\n\nPeak memory: {found['peak_memory_mb']} MB."


def _rebuild(found: dict[str, Any]) -> str:
    head = ["events", "read s", "read a second", "rebuild s", "rebuilt a second", "MB to rebuild"]
    fields = ("events", "read_seconds", "read_per_second", "rebuild_seconds", "rebuild_per_second")
    rows = [
        [*(each[field] for field in fields), each["rebuild_peak_memory_mb"]]
        for each in found["sizes"].values()
    ]
    tools = found["tools"]
    others = [
        [
            name,
            tools[name]["seconds"],
            tools[name]["times_our_rebuild"],
            tools[name].get("peak_memory_mb"),
            {True: "yes", False: "no"}.get(
                tools[name].get("balances_are_ours"), tools[name].get("why", "")
            ),
        ]
        for name in ("hledger", "ledger", "beancount")
    ]
    read = (
        f"From {tools['events']:,} events come {tools['entries']:,} entries with "
        f"{tools['postings']:,} postings, which these read to tell every account's balance:"
    )
    told = ["tool", "seconds", "times our rebuild of all projections", "MB", "balances are ours"]
    return f"{_table(head, rows)}\n\n{read}\n\n{_table(told, others)}"


def _as_of(found: dict[str, Any]) -> str:
    rows = [
        [f"{int(size):,}", each["p50_ms"], each["p99_ms"], each["peak_memory_mb"]]
        for size, each in found.items()
    ]
    return _table(["events", "p50 ms", "p99 ms", "MB"], rows)


def _disk(found: dict[str, Any]) -> str:
    rows = [[what, size] for what, size in found["bytes_per_event"].items()]
    json = f"An event's JSON has {found['bytes_of_json']} bytes on average."
    return f"{_table(['what', 'bytes for each event'], rows)}\n\n{json}"


def _bundle(found: dict[str, Any]) -> str:
    making = ("seconds", "events_per_second", "peak_memory_mb")
    names = (*making, "verify_seconds", "verify_peak_memory_mb")
    rows = [
        [f"{each['events']:,}", *(each[name] for name in names), each["bytes"] / 1_000_000]
        for each in found.values()
    ]
    head = ["events", "make s", "events a second", "MB", "verify s", "verify MB", "on disk MB"]
    return _table(head, rows)


def _intake(found: dict[str, Any]) -> str:
    figures = {
        "a photograph, MB": "photograph_mb",
        "stored and answered one after the other, ms (median)": "answered_p50_ms",
        "the same, most": "answered_most_ms",
        "opened, copied and read, seconds of a processor": "photograph_processor_seconds",
        "the same by the clock": "photograph_seconds",
        "receipts handed over": "receipts",
        "in seconds": "received_seconds",
        "each stored and answered, four at a time, ms (median)": "received_p50_ms",
        "in the queue then": "waiting",
        "of them read": "drained",
        "in seconds (by the clock)": "drained_seconds",
    }
    rows = [[name, found[key]] for name, key in figures.items()]
    rows += [
        [f"{name} at most while they {of}, MB", found[when][f"peak_{key}_mb"]]
        for of, when in (("come", "while_received"), ("are read", "while_drained"))
        for name, key in (("service and reader together", "memory"), ("PostgreSQL", "postgres"))
    ]
    head = ["read", "service MB", "reader MB", "PostgreSQL MB"]
    filled = [[str(each["read"]), *list(each.values())[1:]] for each in found["filled"]]
    return f"{_table(['what', 'here'], rows)}\n\n{_table(head, filled)}"


def _ratios(found: dict[str, Any]) -> str:
    rows = [[f"`{name}`", DEFINITIONS[name], WANTED[name], each] for name, each in found.items()]
    return _table(["ratio", "what it is", "wanted", "here"], rows)


def _machine(found: dict[str, Any]) -> str:
    plain = {name: each for name, each in found.items() if name != "postgresql"}
    rows = [[name, str(each)] for name, each in (plain | found["postgresql"]).items()]
    return _table(["what", "here"], rows)


def _evidence(found: dict[str, Any]) -> str:
    rows = {
        "making the tree, seconds": "tree_seconds",
        "reading and hashing alone, seconds": "hash_seconds",
        "verifying, seconds": "verify_seconds",
        "a proof, milliseconds, p50": "proof_p50_ms",
        "a proof, milliseconds, p99": "proof_p99_ms",
        "peak memory, MB": "peak_memory_mb",
    }
    head = ["events", *(f"{int(size):,}" for size in found)]
    return _table(
        head, [[name, *(each[key] for each in found.values())] for name, key in rows.items()]
    )


TABLES = {
    "ratios": ("Ratios", _ratios),
    "append": ("Appending", _append),
    "hot_fund": ("One hot fund", _hot_fund),
    "visible": ("From the answer to the projections", _visible),
    "rebuild": ("Rebuilding", _rebuild),
    "evidence": ("Evidence", _evidence),
    "as_of": ("A balance as of a past day", _as_of),
    "import": ("Importing", _import),
    "disk": ("On disk", _disk),
    "bundle": ("An auditor's bundle", _bundle),
    "intake": ("Vouchers that arrive", _intake),
    "machine": ("Where", _machine),
}
