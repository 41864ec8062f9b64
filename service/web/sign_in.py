"""The page to sign in on, signing out, and the demo's own choice of a role."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from domain.programme import Role, programmes
from projections.programmes import programmes as established
from service.access.guard import COOKIE, SECURE_COOKIE, Open, SignedIn, TheAccess, token_of
from service.access.principal import Kind, Means, Principal
from service.parts import Parts, TheParts
from service.web.showing import show

router = APIRouter(include_in_schema=False)
NEXT_MAX = 500
ADMINISTRATOR = "admin"  # The pilot's data name none.
Next = Annotated[str, Query(max_length=NEXT_MAX)]


def own_path(wanted: str) -> str:
    """Where to go on: within the service, whatever was asked for."""
    inside = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    return wanted if inside and wanted.isprintable() else "/"


def enter(parts: Parts, principal: Principal, onward: str, former: str | None = None) -> Response:
    """Begin a session and go on. A token that was there before holds no more."""
    if former:
        parts.teten.sessions.end(former)
    answer, asked = RedirectResponse(own_path(onward), 303), parts.teten.settings.sign_in
    secure = (parts.teten.settings.public_url or "").startswith("https://")
    answer.set_cookie(
        SECURE_COOKIE if secure else COOKIE,
        parts.teten.sessions.begin(principal, idle=asked.idle, absolute=asked.absolute),
        httponly=True,
        secure=secure,
        samesite="lax",
        path="/",
    )
    return answer


@router.get("/sign-in", response_class=HTMLResponse, dependencies=[Depends(Open())])
def sign_in(
    request: Request, parts: TheParts, onward: Annotated[Next, Query(alias="next")] = "/"
) -> HTMLResponse:
    people = _demo_people(parts) if parts.demo else []
    onward = own_path(onward)
    return show(
        request, "sign_in.html", demo=parts.demo, people=people, next=onward, ways=parts.ways
    )


@router.post("/sign-in/demo", dependencies=[Depends(Open())])
def choose_role(
    request: Request,
    parts: TheParts,
    person: Annotated[str, Form(max_length=64)],
    onward: Annotated[str, Form(alias="next", max_length=NEXT_MAX)] = "/",
) -> Response:
    """The demo's sign-in: nobody proves anything. Only there, and only on this machine."""
    found = next((each for each in _demo_people(parts) if each.person == person), None)
    if not parts.demo or not found:
        return show(request, "sign_in.html", 404, message="Her kan man ikke vælge en rolle.")
    return enter(parts, found, onward, token_of(request))


@router.post("/sign-out", dependencies=[Depends(SignedIn())])
def sign_out(request: Request, parts: TheParts, access: TheAccess) -> Response:
    """End the session, on the server and in the browser."""
    way = "citizens" if access.principal.kind is Kind.CITIZEN else "staff"
    there = access.principal.means is Means.OIDC and way in parts.ways
    if token := token_of(request):
        parts.teten.sessions.end(token)
    answer = RedirectResponse(f"/signed-out/{way}" if there else "/sign-in", 303)
    for name in (COOKIE, SECURE_COOKIE):
        answer.delete_cookie(name, path="/", secure=name == SECURE_COOKIE, httponly=True)
    return answer


def _demo_people(parts: Parts) -> list[Principal]:
    """Everybody who holds a role in the programmes, and somebody for people and rules."""
    held: dict[str, set[Role]] = {}
    with parts.teten.rows.snapshot() as snapshot:
        for programme in snapshot.all(established):
            for person, roles in parts.teten.log.state(programmes, programme).roles.items():
                held.setdefault(person, set()).update(set(roles) - {Role.SYSTEM})
    held.setdefault(ADMINISTRATOR, set()).add(Role.ADMINISTRATOR)
    return [
        Principal(kind=Kind.STAFF, means=Means.DEMO, person=person, roles=frozenset(roles))
        for person, roles in sorted(held.items())
        if roles
    ]
