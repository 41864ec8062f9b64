"""Measuring the flag rules: on data sets with a known truth, and how long they take on a long log."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Any

from domain.case.readings import RecordReading
from domain.money import ZERO, Money
from domain.reading import ReadDay, Reading, ReadMoney, ReadText
from projections.flags.facts import CaseFacts
from projections.flags.gathering import case_facts
from projections.flags.likeness import Print, index
from projections.flags.rule import Finding, Stage, as_delivered, findings
from projections.flags.view import Facts
from projections.programmes import Established, programmes
from service.app import Teten, opened
from service.bench import scheme
from service.bench.flags.comparing import Compared, compare, truth
from service.bench.flags.drawing import Picture
from service.bench.flags.making import Kind, Maker
from service.bench.place import Place
from service.clerk import DANISH_TIME
from service.cli.terminal import progress
from service.flags import raising
from service.importing import reading
from service.importing.run import Import
from service.intake.draining import drain
from service.log import Log
from service.settings import Settings

LATE = date(
    2199, 12, 31
)  # When every deadline has passed: flags are looked for as long as there is a log.
SURE = 100  # Per cent.
SEARCHES = 1_000
RECEIPTS = 100_000
ROOT = Path(__file__).parents[3]
PILOTS = [ROOT / "pilot" / name for name in ("as-it-was", "new-practice")]


def measure(
    place: Place,
    folders: Sequence[Path] | None,
    seeds: int,
    cases: int,
    events: int,
    told: Callable[[str], None],
) -> tuple[list[Compared], dict[str, Any] | None]:
    """The data sets (by default the pilot's that are here), so many made-up ones of each kind, and with
    any events the time that rules take. `told`: what begins."""
    found = []
    for folder in [each for each in PILOTS if each.exists()] if folders is None else folders:
        told(folder.name)
        found.append(measured(place, folder.absolute(), read_all))
    for seed in range(1, seeds + 1):
        for kind in Kind:
            told(f"{kind} {seed}")
            found.append(made_up(place, seed, kind, cases))
    if not events:
        return found, None
    told(f"{events} events")
    return found, speed(place, events, RECEIPTS)


def read_all(teten: Teten) -> None:
    """Every picture that was handed in, by the readers that the service uses."""
    teten.rows.catch_up()
    drain(teten, progress)


def facts_of(teten: Teten, programme: str) -> Facts:
    """All that rules may look at in a programme."""
    with teten.rows.snapshot() as snapshot:
        facts = raising.facts_of(snapshot, programme)
    assert facts, programme
    return facts


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


def speed(place: Place, events: int, receipts: int) -> dict[str, Any]:
    """Seconds for all rules over a made-up log, facts read from their rows included; and milliseconds to
    find a receipt's double among so many."""
    rows, known = _folded(place.made_up(events))
    stored = [row.model_dump_json() for row in rows]
    began = perf_counter()
    by_programme: dict[str, dict[str, CaseFacts]] = defaultdict(dict)
    for text in stored:
        row = CaseFacts.model_validate_json(text)
        by_programme[row.programme][row.case_no] = row
    found = sum(len(found_in(Facts(known[name], of))) for name, of in by_programme.items())
    took = perf_counter() - began
    dice = Random(1)  # nosec B311 # noqa: S311 - the same receipts every time
    many = [_made_print(dice, number) for number in range(receipts)]
    search = index(many)
    looked = []
    for wanted in dice.sample(many, min(receipts, SEARCHES)):
        again = replace(wanted, name="again")
        began = perf_counter()
        assert wanted in search.alike(again)
        looked.append((perf_counter() - began) * 1_000)
    return {
        "events": events,
        "cases": len(stored),
        "findings": found,
        "rules_seconds": round(took, 2),
        "receipts": receipts,
        "search_ms_p50": round(median(looked), 3),
        "search_ms_max": round(max(looked), 3),
    }


def _folded(url: str) -> tuple[list[CaseFacts], dict[str, Established]]:
    """The facts of every case of a log, and its programmes."""
    facts: dict[str, CaseFacts] = {}
    known: dict[str, Established] = {}
    log = Log(url)
    for news in log.everything():
        for key in case_facts.keys(news):
            facts[key] = case_facts.fold(facts.get(key) or CaseFacts(), key, news)
        for key in programmes.keys(news):
            known[key] = programmes.fold(known.get(key) or Established(), key, news)
    log.close()
    return list(facts.values()), known


def _made_print(dice: Random, number: int) -> Print:
    """Of one of twenty shops in two years: many share their shop, day and price."""
    fields = {
        "shop": f"9133{dice.randrange(20):04d}",
        "day": str(date(2021, 1, 1) + timedelta(days=dice.randrange(730))),
        "time": f"{dice.randint(8, 20):02d}:{dice.randrange(60):02d}",
        "number": f"{dice.randrange(1_000_000):06d}",
        "total": str(Money(dice.randrange(1, 400) * 5_000)),
    }
    return Print(f"R-{number}", fields, frozenset(fields))
