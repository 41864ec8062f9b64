"""Looking at what is in the queue: which of it is within reach, and each look at a picture written first."""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from threading import Lock
from typing import NamedTuple

import structlog

from domain.case import Case
from domain.permissions import Reach
from projections.intake import Kind, Picture, ReadingState, intake
from projections.matching.proposals import Proposal
from service.access.guard import Access
from service.app import Teten
from service.intake.beginnings import media_type
from service.intake.queue import owner_of, programme_of, subject_of
from service.matching import best_of_no_case, for_picture
from service.people.files import Copy, FileLost
from service.people.looking import Looker
from service.pictures import copies
from service.pictures.unreadable import Unreadable
from service.pictures.workshop import WITHOUT_ENGINES, Workshop
from service.rows import Snapshot

logger = structlog.get_logger()
ONE_AT_A_TIME = Lock()  # However many look: a child is some hundred megabytes.
IN_A_LIST = 50  # Vouchers for which a proposal is looked for.


class Form(StrEnum):
    """In which form a picture is looked at. The original is whatever anybody sent."""

    ORIGINAL = "original"
    UPRIGHT = "upright"
    THUMBNAIL = "thumbnail"


COPIES: dict[Form, Copy] = {Form.UPRIGHT: "upright", Form.THUMBNAIL: "thumbnail"}


class Shown(NamedTuple):
    content: bytes
    headers: dict[str, str]


def within_reach(teten: Teten, access: Access, picture: Picture) -> bool:
    """As its case is. What is of no case is every caseworker's to file, and no citizen's."""
    case = owner_of(teten, picture)
    if not picture.case_no:
        return access.reach("read_case", picture.programme) in (Reach.ALL, Reach.TEAM)
    return not case.forgotten and access.sees_case("read_case", picture.case_no)


def found(
    teten: Teten, access: Access, snapshot: Snapshot, kind: Kind, place: str, ref: str
) -> Picture | None:
    """The picture, if it is there and within reach. `place`: a voucher's programme, or a receipt's case."""
    picture = snapshot.get(intake, f"{kind}/{place}/{ref}")
    return picture if picture and within_reach(teten, access, picture) else None


def proposed(access: Access, view: Snapshot, picture: Picture, programme: str) -> list[Proposal]:
    """What it may belong to, for whoever says so: no citizen."""
    if access.reach("read_case", programme) not in (Reach.ALL, Reach.TEAM):
        return []
    return for_picture(
        view, programme, picture, lambda case_no: access.sees_case("read_case", case_no)
    )


def best_proposed(
    access: Access, view: Snapshot, pictures: Sequence[Picture], programme: str
) -> dict[str, Proposal]:
    """For the first of what came for no case, by their refs: a list is to be there at once."""
    if access.reach("read_case", programme) not in (Reach.ALL, Reach.TEAM):
        return {}
    of_none = [each for each in pictures if each.case_no is None and each.reading][:IN_A_LIST]
    return best_of_no_case(
        view, programme, of_none, lambda case_no: access.sees_case("read_case", case_no)
    )


def look(teten: Teten, looker: Looker, picture: Picture, form: Form, why: str) -> Shown | None:
    """None: there is no such copy, for nothing can be made of the file, or it waits to be read. FileLost,
    which whoever runs the service is told of; WorkshopClosed."""
    case = owner_of(teten, picture)
    teten.people.looks.write(looker, _looked_at(picture, case), f"picture {picture.ref}", why)
    try:
        return _shown(teten, picture, subject_of(picture, case), form)
    except FileLost:
        logger.error("picture lost", kind=picture.kind, ref=picture.ref)  # noqa: TRY400
        raise


def _shown(teten: Teten, picture: Picture, subject: str, form: Form) -> Shown | None:
    if form is Form.ORIGINAL:
        content = teten.files.read(picture.sha256, subject)
        return Shown(content, copies.headers_of_an_original(media_type(content), picture.ref))
    copy = _copy(teten, picture, subject, COPIES[form])
    return None if copy is None else Shown(copy, copies.headers_of_a_copy())


def _drawn_once(picture: Picture) -> bool:
    """What can't be opened isn't tried again by everybody who looks."""
    return picture.state is not ReadingState.WAITING and picture.reason in (None, "reader_failed")


def _looked_at(picture: Picture, case: Case) -> Case:
    """Of no case: the programme is looked at, and it is nobody's data yet that anybody knows of."""
    programme = programme_of(picture, case)
    return (
        case
        if case.citizen
        else replace(case, citizen=f"programme-{programme}", programme=programme)
    )


def _copy(teten: Teten, picture: Picture, subject: str, kind: Copy) -> bytes | None:
    """Made again if it is gone, of a restored backup say, or of a voucher that is a citizen's since; of what
    waits, the worker makes it."""
    kept = teten.files.read_derived(picture.sha256, subject, kind)
    if kept or not _drawn_once(picture):
        return kept
    try:
        with ONE_AT_A_TIME, Workshop(WITHOUT_ENGINES) as workshop:
            return copies.copy_of(teten.files, workshop, picture.sha256, subject, kind)
    except Unreadable:
        return None
