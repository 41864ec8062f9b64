"""Postings and vouchers, held against each other with what is in the log and in the vault."""

from collections.abc import Iterable
from datetime import date

from projections.completeness import Completeness, check
from projections.papers import papers
from service.app import Teten
from service.documents import words
from service.documents.document import Table
from service.replay import Replayed, View

# Letters are no vouchers.
VOUCHERS = """
SELECT sha256 FROM people.files
WHERE NOT EXISTS (SELECT FROM letters.copies WHERE copies.sha256 = files.sha256)
"""


def completeness_of(teten: Teten, view: View, programme: str, as_of: date) -> Completeness:
    """As it was on that day; of files, whether they are kept now."""
    rows = view.all(papers).values()
    with teten.log.pool.connection() as connection:
        held = {sha256 for (sha256,) in connection.execute(VOUCHERS)}
    if isinstance(view, Replayed):
        # A file doesn't tell when it came: one that no voucher named then may have come since.
        held &= {each.sha256 for row in rows for each in row.vouchers}
    return check(rows, programme, as_of, as_of, held)


def tables(found: Completeness) -> Iterable[Table]:
    yield Table(
        "Bilag",
        "Bilag, og hvad der blev af dem",
        ("Bilag", "I alt", *words.FATES.values()),
        tuple(
            (words.VOUCHERS[each.kind], each.count, *(each.fates.get(f, 0) for f in words.FATES))
            for each in found.vouchers
        ),
    )
    yield Table(
        "Posteringer",
        "Posteringer med bilag",
        ("Postering", "Antal", "Med bilag", "Beløb"),
        tuple(
            (words.EVENTS[each.event], each.count, each.with_voucher, each.amount)
            for each in found.postings
        ),
    )
    yield Table(
        "Dokumenteret efter bilag",
        "Det dokumenterede, efter bilagets art",
        ("Bilag", "Beløb"),
        (
            *((words.VOUCHERS[kind], amount) for kind, amount in found.documented.items()),
            ("I alt", found.documented_in_all),
        ),
        totals=True,
    )
    yield Table(
        "Mangler",
        "Posteringer uden bilag, og bilag uden postering",
        ("Mangel", "Hvad", "Forløb", "Post", "Nummer", "Beløb", "Dag", "Dage"),
        tuple(
            (
                words.MISSING[each.missing],
                named(each.what),
                *(each.case, each.line, each.ref, each.amount, each.day, each.age),
            )
            for each in found.gaps
        ),
    )
    yield Table(
        "Åbne bilag",
        "Bilag, der venter",
        ("Venter på", "Bilag", "Forløb", "Post", "Nummer", "Beløb", "Siden", "Dage"),
        tuple(
            (
                words.FATES[each.fate],
                named(each.what),
                *(each.case, each.line, each.ref, each.amount, each.day, each.age),
            )
            for each in found.open
        ),
    )


def named(what: str) -> str:
    """An event or a kind of voucher, in Danish."""
    kinds = {kind.value: name for kind, name in words.VOUCHERS.items()}
    return words.EVENTS.get(what) or kinds.get(what, "Fil")
