"""The events and the ledger as Parquet: columns that any tool of analysis reads. Amounts are decimals of
kroner. The same rows give the same bytes, with the same version of pyarrow."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow.parquet import ParquetWriter

from domain.words import Event, Recorded
from projections.ledger import Posting

ROWS = 10_000  # In memory at once.
KRONER = pa.decimal128(18, 2)
MOMENT = pa.timestamp("us", tz="UTC")
EVENTS = pa.schema(
    {
        "position": pa.int64(),
        "stream": pa.string(),
        "version": pa.int64(),
        "event": pa.string(),
        "actor": pa.string(),
        "command": pa.string(),
        "cause": pa.string(),
        "at": MOMENT,
        "effective_on": pa.date32(),
        "recorded_at": MOMENT,
        "case": pa.string(),
        "line": pa.int32(),
        "ref": pa.string(),
        "amount": KRONER,
        "fields": pa.string(),  # All of them, as JSON.
    }
)
POSTINGS = pa.schema(
    {
        "position": pa.int64(),
        "effective_on": pa.date32(),
        "event": pa.string(),
        "case": pa.string(),
        "line": pa.int32(),
        "account": pa.string(),
        "amount": KRONER,
        "funding": pa.string(),
        "legal_basis": pa.string(),
        "category": pa.string(),
        "phase": pa.string(),
    }
)


class Table:
    """One Parquet file, written as the rows come."""

    def __init__(self, file: Path, schema: pa.Schema) -> None:
        self._schema = schema
        self._writer = ParquetWriter(file, schema, compression="zstd", store_schema=False)
        self._rows: list[dict[str, Any]] = []

    def add(self, row: dict[str, Any]) -> None:
        self._rows.append(row)
        if len(self._rows) >= ROWS:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
            self._rows.clear()


class Tables:
    """`events.parquet` and `postings.parquet`."""

    def __init__(self, folder: Path) -> None:
        self._events = Table(folder / "events.parquet", EVENTS)
        self._postings = Table(folder / "postings.parquet", POSTINGS)

    def take(self, news: Recorded[Event], booked: list[Posting]) -> None:
        amount = getattr(news.event, "amount", None)
        told = {
            "position": news.position,
            "event": type(news.event).__name__,
            "effective_on": news.effective_on,
            "case": getattr(news.event, "case_no", None),
            "line": getattr(news.event, "line_no", None),
        }
        circumstances = ("stream", "version", "actor", "command", "cause", "at", "recorded_at")
        self._events.add(
            told
            | {name: getattr(news, name) for name in circumstances}
            | {
                "ref": getattr(news.event, "ref", None),
                "amount": None if amount is None else Decimal(str(amount)),
                "fields": json.dumps(news.event.model_dump(mode="json"), ensure_ascii=False),
            }
        )
        for posting in booked:
            codes = posting.account_string.model_dump(exclude={"programme"})
            self._postings.add(
                told
                | codes
                | {"account": posting.account.value, "amount": Decimal(str(posting.amount))}
            )

    def close(self) -> None:
        self._events.close()
        self._postings.close()
