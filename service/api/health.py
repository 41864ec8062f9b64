"""Is it running, is it fit to be asked, and how far behind the log are its figures?"""

from contextlib import suppress

import psycopg
from fastapi import APIRouter, Depends, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel

from service import metrics
from service.access.guard import Open
from service.intake import queue
from service.parts import TheParts
from service.rows import Standing

PATIENCE = 2.0  # Seconds: whoever asks must know soon.
STALE = 60.0  # Seconds behind the log from which on figures don't count as fresh.
router = APIRouter(tags=["health"])


class Readiness(BaseModel):
    ready: bool
    database: bool
    follower: bool
    waits: str | None  # Why the follower folds nothing at all just now: the kind of error.
    behind: int | None  # How many events the slowest projection has still to fold.
    late: dict[str, str]  # Projections that fail, or that haven't followed for long, and why.
    # Parts that run beside the web server and are in trouble, with the kind of error. It answers
    # nevertheless, and so this says nothing against being ready.
    troubled: dict[str, str]


@router.get("/healthz", dependencies=[Depends(Open())])
def healthz() -> dict[str, str]:
    """The process is alive."""
    return {"status": "ok"}


@router.get("/readyz", dependencies=[Depends(Open())], responses={503: {"model": Readiness}})
def readyz(parts: TheParts, response: Response) -> Readiness:
    """The database answers, and every figure is kept fresh."""
    standings: list[Standing] | None = None
    with suppress(psycopg.Error):
        standings = parts.teten.rows.standings(PATIENCE)
    late = {each.projection: why for each in standings or () if (why := _late(each))}
    follower, waits = parts.follower.alive, parts.follower.trouble
    ready = standings is not None and follower and not waits and not late
    response.status_code = 200 if ready else 503
    return Readiness(
        ready=ready,
        database=standings is not None,
        follower=follower,
        waits=waits,
        behind=max(each.behind for each in standings) if standings else None,
        late=late,
        troubled={each.name: each.trouble for each in parts.beside if each.trouble},
    )


def _late(standing: Standing) -> str | None:
    if standing.failing:
        return standing.failing
    stale = standing.seconds is not None and standing.seconds > STALE
    return f"{standing.seconds:.0f} seconds behind the log" if stale else None


@router.get("/metrics", dependencies=[Depends(Open())], response_class=PlainTextResponse)
def prometheus(parts: TheParts) -> PlainTextResponse:
    """Figures of the running itself, as Prometheus reads them. Nobody's data are in them."""
    rows = parts.teten.rows
    head, outside = parts.teten.log.head(), parts.teten.outside
    standings = rows.standings(PATIENCE)
    webhooks = parts.teten.webhooks.standings()
    text = metrics.text(
        head,
        standings,
        parts.follower,
        parts.beside,
        outside.standings(),
        outside.age(),
        webhooks,
        queue.length(parts.teten),
        parts.teten.letters.counts(),
    )
    return PlainTextResponse(text, media_type=metrics.MEDIA_TYPE)
