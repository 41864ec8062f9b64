"""Citizens' links over HTTP: made by a caseworker of the case, shown once, and taken back."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path
from pydantic import BaseModel

from domain.case import cases
from service.access.guard import Somewhere, TheAccess
from service.access.principal import Means
from service.access.sessions import now
from service.api.cases import NO_SUCH_CASE
from service.parts import TheParts

router = APIRouter(prefix="/v1/cases/{case_no}/links", tags=["access"])
CaseNo = Annotated[str, Path(max_length=64)]
ACTION = "manage_links"


class LinkView(BaseModel):
    made_by: str
    made_at: datetime
    until: datetime
    state: str  # in_force, locked, expired or revoked


class NewLink(BaseModel):
    address: str  # For the citizen alone: it is shown this once.
    until: datetime


def _within(case_no: CaseNo, access: TheAccess) -> str:
    """Guard: the case is within reach. One out of it is told from none in nothing."""
    if not access.sees_case(ACTION, case_no):
        raise HTTPException(404, NO_SUCH_CASE)
    return case_no


Within = Annotated[str, Depends(_within)]


@router.get("", dependencies=[Depends(Somewhere(ACTION))], responses={404: {}})
def links_of_case(case_no: Within, parts: TheParts) -> list[LinkView]:
    """Every link that was ever made for the case, in order. Their addresses are kept nowhere."""
    return [
        LinkView(
            made_by=link.made_by, made_at=link.made_at, until=link.until, state=link.state(now())
        )
        for link in parts.teten.links.of(case_no)
    ]


@router.post("", dependencies=[Depends(Somewhere(ACTION))], status_code=201, responses={404: {}})
def make_link(case_no: Within, parts: TheParts, access: TheAccess) -> NewLink:
    """A new link for the citizen, in place of the one before: whoever came in by that is signed out."""
    teten = parts.teten
    citizen = teten.log.state(cases, case_no).citizen
    token = teten.links.make(case_no, citizen, access.principal.person)
    teten.sessions.end_of(citizen, Means.LINK)
    public = (teten.settings.public_url or "").rstrip("/")
    return NewLink(address=f"{public}/min-sag/{token}", until=teten.links.of(case_no)[-1].until)


@router.delete("", dependencies=[Depends(Somewhere(ACTION))], status_code=204, responses={404: {}})
def revoke_link(case_no: Within, parts: TheParts) -> None:
    """The link holds no more, and whoever came in by it is signed out."""
    parts.teten.links.revoke(case_no)
    parts.teten.sessions.end_of(parts.teten.log.state(cases, case_no).citizen, Means.LINK)
