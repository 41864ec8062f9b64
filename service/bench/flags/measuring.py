"""Measuring the flag rules: on data sets with a known truth, and how long they take on a long log."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from domain.case.readings import RecordReading
from domain.money import ZERO
from domain.reading import ReadDay, Reading, ReadMoney, ReadText
from projections.flags.gathering import case_facts
from projections.flags.rule import Finding, Stage, as_delivered, findings
from projections.flags.view import Facts
from projections.programmes import programmes
from service.app import Teten, opened
from service.bench import scheme
from service.bench.flags.comparing import Compared, compare, truth
from service.bench.flags.drawing import Picture
from service.bench.flags.making import Kind, Maker
from service.bench.place import Place
from service.clerk import DANISH_TIME
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


def as_drawn(teten: Teten, maker: Maker) -> None:
    """Record what made-up receipts say, as a reader that never errs would have read them: what is measured
    then are the rules, and it takes a blink. Real readers are measured by `teten bench ocr`."""
    programme, pictures = maker.files.programme, maker.files.pictures
    for act in maker.files.acts:
        if act.action == "RECEIPT":
            command = RecordReading(
                id=f"{programme}/read/{act.ref}",
                by=scheme.SYSTEM,
                at=act.at.replace(tzinfo=DANISH_TIME),
                programme=programme,
                effective_on=act.at.date(),
                case_no=act.case_no,
                line_no=int(act.line_no),
                ref=act.ref,
                reading=reading_of(pictures[act.file]),
            )
            teten.log.handle(command)


def reading_of(picture: Picture) -> Reading:
    """Every field that can be seen: a cropped picture has lost its shop's."""
    slip = picture.slip
    seen = None if picture.cropped else slip
    return Reading(
        readers=("as drawn",),
        pages=1,
        total=ReadMoney(amount=slip.total, confidence=SURE),
        vat=ReadMoney(amount=slip.vat or ZERO, confidence=SURE),
        purchased_on=ReadDay(day=slip.on, confidence=SURE),
        time=ReadText(text=slip.time, confidence=SURE),
        merchant=seen and ReadText(text=slip.shop.name, confidence=SURE),
        cvr=seen and ReadText(text=slip.cvr, confidence=SURE),
        number=ReadText(text=slip.number, confidence=SURE),
        agreed=("total", "vat", "purchased_on", "time", "cvr", "number"),
    )


def made_up(place: Place, seed: int, kind: Kind, cases: int) -> Compared:
    maker = Maker(seed, kind, cases)
    folder = maker.files.write(place.folder / f"{kind}-{seed}")
    return measured(place, folder, lambda teten: as_drawn(teten, maker))
