"""What differs between two points of the log, and one case replayed: read from the log, told by folds."""

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from pydantic import BaseModel

from domain.case import Stage, cases
from domain.flags import flags
from domain.fund import funds
from domain.money import Money
from domain.programme import programmes
from domain.words import Event, Recorded
from projections.balances import Dimension
from projections.differences import Amounts, Difference, Point, differences
from projections.steps import Step, steps
from service.app import Teten
from service.clerk import storable
from service.known import Known, KnownAt, NotKnown, Through, parse
from service.replay import View
from service.report import END_OF_TIME, Reports, UnknownProgramme, chosen
from service.rows import Snapshot

LISTS = ("released_unpaid", "receipts_overdue", "unreconciled")


class Side(NamedTuple):
    """One of the two points that are compared. `None`: as it is known now; everything that holds."""

    known: Known | None = None
    as_of: date | None = None

    @classmethod
    def read(cls, text: str) -> "Side":
        """`KNOWN@DAY`, either part of which may be left out: `7386`, `@2017-05-31`, `now`. NotKnown."""
        known, _, day = text.strip().partition("@")
        try:
            as_of = date.fromisoformat(day) if day else None
        except ValueError:
            raise NotKnown(
                f"{day!r} is not a day like 2017-05-31.",
                f"»{day}« er ikke en dato (åååå-mm-dd).",
            ) from None
        return cls(parse(known) if known not in ("", "now") else None, as_of)


class PointView(BaseModel):
    position: int
    as_of: date | None


class CountDifference(BaseModel):
    count: str
    phase: str
    before: int
    after: int


class ListDifference(BaseModel):
    """What is on a list at one of the points alone."""

    came: list[dict[str, Any]]
    went: list[dict[str, Any]]


class DifferenceView(BaseModel):
    programme: str
    before: PointView
    after: PointView
    amounts: list[Difference]
    counts: list[CountDifference]
    refused: int  # How many more attempts were refused.
    lists: dict[str, ListDifference]


def difference(
    teten: Teten, programme: str | None, before: Side, after: Side, today: date
) -> DifferenceView:
    """Everything that a report says at one of the points and not at the other. UnknownProgramme, NotKnown."""
    name, told = _told(teten, programme, (before, after), today)
    (position, was), (other, is_) = told[before], told[after]
    points = Point(position, before.as_of or END_OF_TIME), Point(other, after.as_of or END_OF_TIME)
    return DifferenceView(
        programme=name,
        before=PointView(position=points[0].position, as_of=before.as_of),
        after=PointView(position=points[1].position, as_of=after.as_of),
        amounts=differences(
            name,
            (points[0], _amounts(name, was)),
            (points[1], _amounts(name, is_)),
            _between(teten, *points),
        ),
        counts=list(_counts(was, is_)),
        refused=is_.get("refused", 0) - was.get("refused", 0),
        lists={each: _list(was.get(each, []), is_.get(each, [])) for each in LISTS},
    )


def _told(
    teten: Teten, programme: str | None, sides: tuple[Side, Side], today: date
) -> tuple[str, dict[Side, tuple[int, dict[str, Any]]]]:
    """The programme's name, and for each side its position and what is reported there.

    One view is open at a time: to hold one connection while waiting for a fold, or for a second one, is
    to stand in the way of everybody else.
    """
    found: dict[Side, tuple[int, dict[str, Any]]] = {}
    for known in _latest_first(teten, sides):
        with teten.view(known) as view:
            # A programme that isn't there yet at one of the points has nothing there.
            programme = programme if found else chosen(view, programme).programme
            for side in sides:
                if side.known == known:
                    found[side] = view.position, _report(teten, view, programme, side, today)
    assert programme
    return programme, found


def _latest_first(teten: Teten, sides: tuple[Side, Side]) -> list[Known | None]:
    positions = {
        side.known: teten.replays.at(side.known).position
        for side in sides
        if side.known is not None
    }
    then = sorted(positions, key=lambda known: positions[known], reverse=True)
    return [*([None] if any(side.known is None for side in sides) else []), *then]


def _report(
    teten: Teten, view: Snapshot | KnownAt, programme: str | None, side: Side, today: date
) -> dict[str, Any]:
    try:
        reports = Reports(view, teten.vault, programme)
    except UnknownProgramme:
        return {}
    return reports.report(side.as_of, today)


def _amounts(programme: str, report: dict[str, Any]) -> Amounts:
    found: dict[tuple[Dimension, str], dict[str, str]] = {
        (dimension, value): figures
        for dimension in Dimension
        if dimension is not Dimension.PROGRAMME
        for value, figures in report.get(dimension.value, {}).items()
    }
    if report:
        found[Dimension.PROGRAMME, programme] = report["programme"]
    return {
        row: {name: Money.parse(amount) for name, amount in figures.items()}
        for row, figures in found.items()
    }


def _between(teten: Teten, one: Point, other: Point) -> Iterator[Recorded[Event]]:
    """The events that one of the points may hold and the other not."""
    after = 0 if one.as_of != other.as_of else min(one.position, other.position)
    return iter(Through(teten.log, max(one.position, other.position), after))


def _counts(was: dict[str, Any], is_: dict[str, Any]) -> Iterator[CountDifference]:
    before, after = (dict(_flat(report.get("counts", {}))) for report in (was, is_))
    for count, phase in before | after:
        then, now = before.get((count, phase), 0), after.get((count, phase), 0)
        if then != now:
            yield CountDifference(count=count, phase=phase, before=then, after=now)


def _flat(counts: dict[str, Any], within: str = "") -> Iterator[tuple[tuple[str, str], int]]:
    for name, found in counts.items():
        if isinstance(found, dict):
            yield from _flat(found, name)
        else:
            yield (within, name), found


def _list(was: list[dict[str, Any]], is_: list[dict[str, Any]]) -> ListDifference:
    return ListDifference(
        came=[each for each in is_ if each not in was],
        went=[each for each in was if each not in is_],
    )


def case_steps(view: View, case_no: str) -> list[Step] | None:
    """The case replayed, as it was known; None: there is no such case."""
    if not storable(case_no):
        return None
    of_case = view.history(cases.stream(case_no))
    case = cases.fold(news.event for news in of_case)
    if case.stage is Stage.UNKNOWN:
        return None
    sources = {codes.funding for line in case.lines.values() for codes in line.account_strings}
    streams = [
        programmes.stream(case.programme),
        flags.stream(case.programme, case_no),
        *(funds.stream(case.programme, fund) for fund in sorted(sources)),
    ]
    beside = [news for stream in streams for news in view.history(stream)]
    return list(steps(case_no, sorted([*of_case, *beside], key=lambda news: news.position)))
