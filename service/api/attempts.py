"""Refused attempts over HTTP, for the auditor."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from service.access.guard import Allowed
from service.api.parts import ProgrammeQuery
from service.attempts import Attempts, Wanted, attempts
from service.parts import TheParts
from service.report import chosen

router = APIRouter(prefix="/v1", tags=["attempts"])
MOST = 1_000
Code = Annotated[str | None, Query(max_length=64, description="A refusal's code.")]
Person = Annotated[str | None, Query(max_length=64, description="Who made them.")]
FirstDay = Annotated[date | None, Query(description="Recorded on that Danish day or later.")]
LastDay = Annotated[date | None, Query(description="Recorded on that Danish day or before.")]


@router.get("/attempts", dependencies=[Depends(Allowed("read_attempts"))])
def list_attempts(
    parts: TheParts,
    programme: ProgrammeQuery = None,
    code: Code = None,
    person: Person = None,
    first_day: FirstDay = None,
    last_day: LastDay = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 200,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> Attempts:
    """What was asked for and refused: first what was refused for who asked, then by time, latest first."""
    with parts.teten.rows.snapshot() as snapshot:
        name = chosen(snapshot, programme).programme
    wanted = Wanted(name, code, person, first_day, last_day, limit, offset)
    with parts.teten.log.pool.connection() as connection:
        return attempts(connection, wanted)
