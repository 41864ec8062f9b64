"""Is it running, and is it fit to be asked?"""

from contextlib import suppress

import psycopg
from fastapi import APIRouter, Response
from pydantic import BaseModel

from service.api.parts import TheParts

PATIENCE = 2.0  # Seconds: whoever asks must know soon.
router = APIRouter(tags=["health"])


class Readiness(BaseModel):
    ready: bool
    database: bool
    follower: bool
    behind: int | None  # How many positions the slowest projection has still to read.


@router.get("/healthz")
def healthz() -> dict[str, str]:
    """The process is alive."""
    return {"status": "ok"}


@router.get("/readyz", responses={503: {"model": Readiness}})
def readyz(parts: TheParts, response: Response) -> Readiness:
    """The database answers, and the figures are kept fresh."""
    behind = None
    with suppress(psycopg.Error):
        behind = parts.teten.rows.behind(PATIENCE)
    follower = parts.follower.alive
    ready = behind is not None and follower
    response.status_code = 200 if ready else 503
    return Readiness(ready=ready, database=behind is not None, follower=follower, behind=behind)
