"""Evidence over HTTP: what was signed, and proofs of single events, for whoever has the log's key."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from service.access.guard import Everywhere
from service.evidence import proofs
from service.parts import TheParts

router = APIRouter(prefix="/v1", tags=["evidence"])
NOTHING_SIGNED = "Nothing was signed yet."


class Signed(BaseModel):
    size: int
    made_at: datetime


@router.get("/checkpoints", dependencies=[Depends(Everywhere("read_evidence"))])
def list_checkpoints(parts: TheParts) -> list[Signed]:
    """Every checkpoint, by the position that it goes to."""
    made = parts.teten.checkpoints.all()
    return [Signed(size=each.size, made_at=each.made_at) for each in made]


@router.get(
    "/checkpoints/latest",
    dependencies=[Depends(Everywhere("read_evidence"))],
    response_class=PlainTextResponse,
)
def latest_checkpoint(parts: TheParts) -> str:
    """The signed note of the latest checkpoint."""
    made = parts.teten.checkpoints.latest()
    if not made:
        raise HTTPException(404, NOTHING_SIGNED)
    return made.note


@router.get(
    "/events/{position}/proof",
    dependencies=[Depends(Everywhere("read_evidence"))],
    response_class=PlainTextResponse,
)
def proof(parts: TheParts, position: Annotated[int, Path(ge=1)]) -> str:
    """The proof that the event at that position is in the log, with the event in it."""
    try:
        return proofs.prove(parts.teten.checkpoints, position)
    except proofs.NotSigned as error:
        raise HTTPException(404, str(error)) from error
