"""The log's events over HTTP, for systems that follow: stored facts, of people no more than pseudonyms."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from service.access.guard import Everywhere
from service.parts import TheParts

router = APIRouter(prefix="/v1", tags=["events"])
LIMIT = 1000


class EventView(BaseModel):
    """An event as it is stored, with its circumstances. Free text is a reference into the vault."""

    position: int
    stream: str
    version: int
    event: str
    data: dict[str, Any]
    actor: str
    command: str
    cause: str
    at: datetime
    effective_on: date
    recorded_at: datetime


class Events(BaseModel):
    events: list[EventView]
    next: str | None  # Where to go on; null: these are the latest, ask again later after the last.


@router.get("/events", dependencies=[Depends(Everywhere("read_history"))])
def list_events(
    request: Request,
    response: Response,
    parts: TheParts,
    after: Annotated[int, Query(ge=0, le=2**62, description="From the position after it.")] = 0,
    limit: Annotated[int, Query(ge=1, le=LIMIT)] = 100,
) -> Events:
    """What happened, in the order of the log. None is skipped and none comes late: keep the last position."""
    found = parts.teten.log.after(after, limit)
    events = [
        EventView(
            position=each.position,
            stream=each.stream,
            version=each.version,
            event=type(each.event).__name__,
            data=each.event.model_dump(mode="json"),
            actor=each.actor,
            command=each.command,
            cause=each.cause,
            at=each.at,
            effective_on=each.effective_on,
            recorded_at=each.recorded_at,
        )
        for each in found
    ]
    onward = None
    if len(found) == limit:
        onward = f"{request.url.path}?after={found[-1].position}&limit={limit}"
        response.headers["Link"] = f'<{onward}>; rel="next"'
    return Events(events=events, next=onward)
