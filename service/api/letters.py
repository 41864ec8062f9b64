"""Letters about receipts that don't come: what was sent, what waits, what failed and why."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Response
from pydantic import BaseModel

from domain.case import cases
from service.access.guard import Access, Allowed, Somewhere, TheAccess
from service.api.parts import ProgrammeQuery
from service.app import Teten
from service.parts import TheParts
from service.people.looking import Looker
from service.reminding.copies import Copy
from service.reminding.letters import EVERYTHING, LetterRow
from service.report import chosen

router = APIRouter(prefix="/v1/letters", tags=["letters"])
NO_SUCH_COPY = "There is no such letter."
Position = Annotated[int, Path(ge=1, le=EVERYTHING)]
Digest = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]


class LetterView(BaseModel):
    """A letter about a step, and what became of it. Neither its text nor an address is in it. `copies`: what
    was handed over, the latest last."""

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
    copies: list[Copy]


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


@router.get(
    "/{position}/{sha256}",
    dependencies=[Depends(Somewhere("read_person"))],
    responses={200: {"content": {"message/rfc822": {}, "application/xml": {}}}, 404: {}},
    response_class=Response,
)
def letter_as_sent(
    parts: TheParts, access: TheAccess, position: Position, sha256: Digest
) -> Response:
    """A letter, byte for byte as it was handed over. The look is written down first."""
    found = parts.teten.letters.copy(position, sha256)
    case = parts.teten.log.state(cases, found.case_no) if found else None
    if not found or not case or case.forgotten or not access.sees_case("read_person", case.case_no):
        raise HTTPException(404, NO_SUCH_COPY)
    why = "GET /v1/letters/{position}/{sha256}"
    parts.teten.people.looks.write(Looker.of(access.principal), case, f"letter {position}", why)
    content = parts.teten.files.read(sha256, found.subject)
    return Response(content, headers=found.headers(position))


def within_reach(
    teten: Teten, access: Access, programme: str, before: int = EVERYTHING, *, only_open: bool
) -> list[LetterRow]:
    found = teten.letters.listed(programme, only_open=only_open, before=before)
    return [each for each in found if access.sees_case("read_case_list", each.case_no)]
