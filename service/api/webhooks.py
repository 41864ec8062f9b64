"""Webhooks over HTTP: set up, rotated, replayed and looked at by an administrator."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from domain.identity import Key
from service.access.guard import Access, Somewhere, TheAccess
from service.parts import Parts, TheParts
from service.webhooks import refusing
from service.webhooks.endpoints import Act, Delivery, Endpoint
from service.webhooks.sending import Attempt

ACTION = "manage_webhooks"
Name = Annotated[str, Path(max_length=40, description="What the webhook is called.")]
router = APIRouter(
    prefix="/v1/webhooks", tags=["webhooks"], dependencies=[Depends(Somewhere(ACTION))]
)
NOT_THERE: dict[int | str, dict[str, Any]] = {404: {"description": "There is no such webhook."}}
CONFLICT: dict[int | str, dict[str, Any]] = {
    409: {"description": "It is not in a state in which this can be done."}
}


class Webhook(BaseModel):
    """How it is set up, and how it stands."""

    name: str
    url: str
    types: list[str] = Field(description="The events that it is sent; none: all.")
    programme: str | None = Field(description="It is sent events of this one alone; null: of all.")
    made_by: str
    made_at: datetime
    position: int = Field(description="Up to here everything was delivered or isn't wanted.")
    disabled: str | None = Field(description="by_hand, gone, failing or restored; null: it is not.")
    secrets: int = Field(description="2 while they are rotated: both sign.")
    failing_since: datetime | None
    tries: int = Field(description="That failed since.")
    next_try_at: datetime | None
    says: str | None = Field(description="Why the latest try failed.")

    @classmethod
    def of(cls, endpoint: Endpoint) -> "Webhook":
        return cls(**endpoint._asdict())


class WithSecret(Webhook):
    secret: str = Field(description="`whsec_…`: told now, and never again.")


class Acted(BaseModel):
    at: datetime
    person: str
    act: str


class WithActs(Webhook):
    acts: list[Acted]


class Wanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=40, examples=["esdh"])
    url: str = Field(max_length=2000, examples=["https://esdh.example/teten"])
    types: list[Annotated[str, Field(max_length=64)]] = Field(
        default=[], max_length=200, examples=[["TrancheReleased"]]
    )
    programme: Key | None = None
    after: int | None = Field(
        default=None,
        ge=0,
        le=2**62,
        description="Begin after that position; 0: with the first event. Else with what comes.",
    )


class Replay(BaseModel):
    model_config = ConfigDict(extra="forbid")

    position: int = Field(ge=1, le=2**62)
    alone: bool = Field(default=False, description="That event alone, at once and out of order.")


class Tried(BaseModel):
    """What came of one try. `delivered`: the answer was 200 to 299."""

    delivered: bool
    status: int | None
    says: str | None

    @classmethod
    def of(cls, attempt: Attempt) -> "Tried":
        return cls(delivered=attempt.delivered, status=attempt.status, says=attempt.says)


class Delivered(BaseModel):
    id: str
    position: int | None
    type: str
    tries: int
    first_tried_at: datetime
    tried_at: datetime
    delivered_at: datetime | None
    status: int | None
    says: str | None
    next_try_at: datetime | None

    @classmethod
    def of(cls, delivery: Delivery) -> "Delivered":
        return cls(**delivery._asdict())


def _own(name: Name, parts: TheParts, access: TheAccess) -> Endpoint:
    """One of a programme that isn't theirs is not there."""
    endpoint = parts.teten.webhooks.endpoints.get(name)
    if access.reach(ACTION, endpoint.programme) is None:
        raise refusing.unknown(name)
    return endpoint


def _now(parts: Parts, name: str) -> Webhook:
    return Webhook.of(parts.teten.webhooks.endpoints.get(name))


def _with_secret(parts: Parts, name: str, secret: str) -> WithSecret:
    return WithSecret(**_now(parts, name).model_dump(), secret=secret)


def _by(access: Access) -> str:
    return access.principal.person


@router.get("")
def list_webhooks(parts: TheParts, access: TheAccess) -> list[Webhook]:
    """Every webhook by name."""
    found = parts.teten.webhooks.endpoints.all()
    return [Webhook.of(each) for each in found if access.reach(ACTION, each.programme) is not None]


@router.post("", status_code=201, responses=CONFLICT)
def add_webhook(parts: TheParts, access: TheAccess, wanted: Wanted) -> WithSecret:
    """Tell another system of events from now on, or from an earlier position."""
    access.require(ACTION, wanted.programme)
    secret = parts.teten.webhooks.endpoints.add(
        wanted.name,
        wanted.url,
        by=_by(access),
        types=wanted.types,
        programme=wanted.programme,
        after=wanted.after,
    )
    return _with_secret(parts, wanted.name, secret)


@router.get("/{name}", responses=NOT_THERE)
def webhook_by_name(parts: TheParts, own: Annotated[Endpoint, Depends(_own)]) -> WithActs:
    """How it stands, and who did what to it."""
    acts: list[Act] = parts.teten.webhooks.endpoints.acts(own.name)
    told = [Acted(**each._asdict()) for each in acts]
    return WithActs(**Webhook.of(own).model_dump(), acts=told)


@router.post("/{name}/rotate", responses={**NOT_THERE, **CONFLICT})
def rotate_secret(
    parts: TheParts, access: TheAccess, own: Annotated[Endpoint, Depends(_own)]
) -> WithSecret:
    """A new secret. Both sign until the old one is retired."""
    secret = parts.teten.webhooks.endpoints.rotate(own.name, by=_by(access))
    return _with_secret(parts, own.name, secret)


@router.post("/{name}/retire", responses={**NOT_THERE, **CONFLICT})
def retire_secret(
    parts: TheParts, access: TheAccess, own: Annotated[Endpoint, Depends(_own)]
) -> Webhook:
    """The old secret signs nothing more, and is destroyed."""
    parts.teten.webhooks.endpoints.retire(own.name, by=_by(access))
    return _now(parts, own.name)


@router.post("/{name}/disable", responses=NOT_THERE)
def disable_webhook(
    parts: TheParts, access: TheAccess, own: Annotated[Endpoint, Depends(_own)]
) -> Webhook:
    """Nothing is sent until it is enabled."""
    parts.teten.webhooks.endpoints.disable(own.name, by=_by(access))
    return _now(parts, own.name)


@router.post("/{name}/enable", responses=NOT_THERE)
def enable_webhook(
    parts: TheParts, access: TheAccess, own: Annotated[Endpoint, Depends(_own)]
) -> Webhook:
    """It goes on where it was: nothing is skipped."""
    parts.teten.webhooks.endpoints.enable(own.name, by=_by(access))
    return _now(parts, own.name)


@router.post("/{name}/replay", responses=NOT_THERE)
def replay_events(
    parts: TheParts, access: TheAccess, own: Annotated[Endpoint, Depends(_own)], replay: Replay
) -> Tried | Webhook:
    """Send again everything from a position on, in its turn; or that event alone, now."""
    if replay.alone:
        webhooks = parts.teten.webhooks
        return Tried.of(webhooks.resend(own.name, replay.position, by=_by(access)))
    parts.teten.webhooks.endpoints.rewind(own.name, replay.position, by=_by(access))
    return _now(parts, own.name)


@router.post("/{name}/ping", responses=NOT_THERE)
def ping_webhook(
    parts: TheParts, access: TheAccess, own: Annotated[Endpoint, Depends(_own)]
) -> Tried:
    """Send an event that says nothing of the log, once, and tell what came of it."""
    return Tried.of(parts.teten.webhooks.ping(own.name, by=_by(access)))


@router.get("/{name}/deliveries", responses=NOT_THERE)
def list_deliveries(
    parts: TheParts,
    own: Annotated[Endpoint, Depends(_own)],
    before: Annotated[AwareDatetime | None, Query(description="Tried before that moment.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[Delivered]:
    """What was tried in the last 30 days, the latest first."""
    found = parts.teten.webhooks.endpoints.deliveries(own.name, before, limit)
    return [Delivered.of(each) for each in found]
