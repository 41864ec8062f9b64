"""One process of a rebuild: folds its share of the rows into a generation of their own.

`python -m service.rebuilding.share`, started by `beside` alone: the order comes as a line on
standard input, the answer goes as a line to standard output. It ends when standard input does, so that
a rebuild that is killed leaves nobody behind.
"""

import gc
import os
import sys
from threading import Thread
from typing import Literal
from zlib import crc32

import psycopg
from pydantic import BaseModel

from projections.registry import PROJECTIONS
from service.entries import UnknownEvent, read_after
from service.folding import FoldFailed, Folding, load, write
from service.rebuilding.unvalidated import believe_rows

BATCH = 2_000
ROWS_MAX = (
    5_000  # Of each projection: as many as there are cases under way, or more, in each share.
)


class Order(BaseModel):
    """Fold the events after `after` and up to `through` into the rows of this share."""

    url: str
    generations: dict[str, int]  # By projection.
    share: int
    shares: int
    after: int
    through: int
    rows_max: int = ROWS_MAX


class Answer(BaseModel):
    seen: int = 0  # How many events.
    error: Literal["fold", "unknown event", "database"] | None = None
    says: str = ""


def fold_share(order: Order) -> int:
    """How many events there were. Rows are written when memory is full, and at the end."""
    foldings = [
        Folding(
            projection,
            order.generations[projection.name],
            whole=order.after == 0,
            rows_max=order.rows_max,
        )
        for projection in PROJECTIONS
        if projection.name in order.generations
    ]
    seen, position = 0, order.after
    with psycopg.connect(order.url, autocommit=True) as connection:
        curs = connection.cursor()
        curs.execute("SET synchronous_commit = off")  # What a crash takes back is left unused.
        while position < order.through:
            batch = read_after(connection, position, BATCH)
            news = [each for each in batch if each.position <= order.through]
            if not news:
                break
            wanted = {
                folding: [
                    (each, ours) for each in news if (ours := _ours(order, folding.keys(each)))
                ]
                for folding in foldings
            }
            missing = {
                folding: folding.missing(key for _, keys in works for key in keys)
                for folding, works in wanted.items()
            }
            load(curs, missing)
            for folding, works in wanted.items():
                for each, keys in works:
                    folding.fold(each, keys)
                write(curs, folding.let_go())
            seen, position = seen + len(news), news[-1].position
        for folding in foldings:
            write(curs, folding.changes())
    return seen


def _ours(order: Order, keys: list[str]) -> list[str]:
    if not keys or order.shares == 1:
        return keys
    return [key for key in keys if crc32(key.encode()) % order.shares == order.share]


def _end_with_standard_input() -> None:
    sys.stdin.read()
    os._exit(1)


def main() -> None:
    order = Order.model_validate_json(sys.stdin.readline())
    Thread(target=_end_with_standard_input, daemon=True).start()
    believe_rows()
    gc.disable()  # Events and rows are trees, freed as they are let go: looking for cycles finds none.
    try:
        answer = Answer(seen=fold_share(order))
    except FoldFailed as error:
        answer = Answer(error="fold", says=f"{error.projection}: {error}")
    except UnknownEvent as error:
        answer = Answer(error="unknown event", says=str(error))
    except psycopg.Error as error:
        answer = Answer(error="database", says=type(error).__name__)  # Its text may quote a row.
    sys.stdout.write(answer.model_dump_json() + "\n")
    sys.stdout.flush()
    os._exit(0)  # The thread is still reading.


if __name__ == "__main__":
    main()
