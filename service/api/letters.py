"""Letters about receipts that don't come: what was sent, what waits, what failed and why."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from service.access.guard import Access, Allowed, TheAccess
from service.api.parts import ProgrammeQuery
from service.app import Teten
from service.parts import TheParts
from service.reminding.letters import EVERYTHING, LetterRow
from service.report import chosen

router = APIRouter(prefix="/v1/letters", tags=["letters"])


class LetterView(BaseModel):
    """A letter about a step, and what became of it. Neither its text nor an address is in it."""

    position: int
    event: str
    programme: str
    case_no: str
    line_no: int
    tranche: str
    recipient: str
    channel: str | None
    state: str
    perhaps_twice: bool
    tries: int
    noted_at: datetime
    next_try_at: datetime
    ended_at: datetime | None
    says: str | None


@router.get("", dependencies=[Depends(Allowed("read_case_list"))])
def list_letters(
    parts: TheParts,
    access: TheAccess,
    programme: ProgrammeQuery = None,
    only_open: Annotated[  # noqa: FBT002 - a query
        bool, Query(alias="open", description="Only those that nobody has yet.")
    ] = False,
    before: Annotated[int, Query(ge=1, le=EVERYTHING, description="Earlier ones.")] = EVERYTHING,
) -> list[LetterView]:
    """Of the latest hundred, those within reach, the latest first."""
    with parts.teten.rows.snapshot() as snapshot:
        known = chosen(snapshot, programme).programme
    found = within_reach(parts.teten, access, known, before, only_open=only_open)
    return [LetterView(**each.model_dump()) for each in found]


def within_reach(
    teten: Teten, access: Access, programme: str, before: int = EVERYTHING, *, only_open: bool
) -> list[LetterRow]:
    found = teten.letters.listed(programme, only_open=only_open, before=before)
    return [each for each in found if access.sees_case("read_case_list", each.case_no)]
