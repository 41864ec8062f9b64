"""Measuring the flag rules: on data sets with a known truth, and how long they take on a long log."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import reduce
from pathlib import Path

from domain.reading import ReadDay, Reading, ReadMoney, ReadText
from projections.flags.catalogue import RULES
from projections.flags.gathering import case_facts
from projections.flags.rule import Finding, Stage, as_delivered, findings
from projections.flags.view import Facts
from projections.programmes import programmes
from service.app import Teten, opened
from service.bench.flags.comparing import Compared, compare, truth
from service.bench.flags.drawing import Picture
from service.bench.flags.making import Kind, Maker
from service.bench.place import Place
from service.importing import reading
from service.importing.run import Import
from service.settings import Settings

LATE = date(
    2199, 12, 31
)  # When every deadline has passed: flags are looked for as long as there is a log.
SURE = 100  # Per cent.


def facts_of(teten: Teten, programme: str) -> Facts:
    """All that rules may look at in a programme."""
    with teten.rows.snapshot() as snapshot:
        rows = snapshot.all(case_facts).values()
        known = snapshot.all(programmes)[programme]
    return Facts(known, {row.case_no: row for row in rows if row.programme == programme})


def found_in(facts: Facts) -> list[Finding]:
    """By every rule, also those in draft."""
    return list(findings(facts, as_delivered(Stage.LIVE, Stage.DRAFT), LATE))


def measured(place: Place, folder: Path, read: Callable[[Teten], None]) -> Compared:
    """The data set, imported into a place of its own, and what `read` made of its pictures."""
    name = f"flags-{folder.name}"
    home = place.folder / name
    home.mkdir()
    with opened(Settings(home, place.database(name), home / "master.key")) as teten:
        data = reading.read(folder)
        Import(data, teten.log, teten.vault, teten.clerk).run()
        read(teten)
        facts = facts_of(teten, data.programme.id)
    return compare(folder.name, len(facts.cases), truth(folder), found_in(facts))
