"""The guard of every route: who is asking, whether they may, and whether it is really they who ask.

Each route names one permission: `Depends(Allowed("read_report"))` for a row of the table,
`Depends(SignedIn())` for whoever is known, `Depends(Open())` for everybody. A test fails for a route that
names none.
"""

import hmac
from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request

from domain.case import cases
from domain.permissions import Reach, roles_of, widest
from domain.programme import Programme, Role, programmes
from projections.programmes import programmes as established
from service.access import uploads
from service.access.principal import Kind, Means, Principal
from service.access.sessions import csrf_of
from service.app import Teten
from service.clerk import storable
from service.parts import Parts, TheParts
from service.report import unknown

Scope = Callable[[str, str], bool]
SAFE = {"GET", "HEAD", "OPTIONS"}
COOKIE = "teten_session"
SECURE_COOKIE = f"__Host-{COOKIE}"


class NotSignedIn(Exception):
    """Nobody, or nobody any more: the session has ended."""


class Forbidden(Exception):
    """It is known who asks, and it isn't theirs to do."""

    def __init__(self, needs: tuple[Role, ...]) -> None:
        super().__init__("forbidden")
        self.needs = needs


class NotGenuine(Exception):
    """What changes something came from another site, or without the token of the page."""


class Access:
    """What the one who asks may do. Roles hold that the sign-in and the programme's log both grant."""

    def __init__(self, teten: Teten, principal: Principal, csrf: str) -> None:
        self._teten, self.principal, self.csrf = teten, principal, csrf
        self._held: dict[str | None, frozenset[Role]] = {}  # As it was when it was first asked.

    def reach(self, action: str, programme: str | None = None) -> Reach | None:
        """How far; `None`: not at all. Without a programme, or in one that isn't there: in any."""
        if programme and not self._programme(programme).established:
            programme = None
        if programme not in self._held:
            self._held[programme] = self._roles(programme)
        return widest(action, self._held[programme])

    def require(self, action: str, programme: str | None = None) -> Reach:
        """Guard: it is theirs to do. Forbidden."""
        reach = self.reach(action, programme)
        if reach is None:
            raise Forbidden(roles_of(action))
        return reach

    def require_in_one(self, action: str, programme: str | None) -> None:
        """Guard: what is shown is of one programme, and there it is theirs: that which is named, or the only
        one there is, and not the only one there once was. Forbidden; UnknownProgramme, of which those are
        told that are theirs."""
        if self.require(action, programme) is Reach.OWN:
            return
        names = self._programmes()
        there = self._programme(programme).established if programme else len(names) <= 1
        if not there:
            raise unknown(programme, [each for each in names if self.reach(action, each)])

    def require_in_every(self, action: str) -> None:
        """Guard: what is shown is of the whole log, and it is theirs in every programme. Forbidden."""
        self.require(action)
        for programme in self._programmes():
            self.require(action, programme)

    def scope(self, action: str, programme: str) -> Scope:
        """Which cases of a programme are within reach, by their number and caseworker."""
        own = self.principal
        match self.reach(action, programme):
            case Reach.ALL:
                return lambda _, __: True
            case Reach.TEAM:
                team = self._team(self._programme(programme))
                return lambda _, caseworker: caseworker in team
            case Reach.OWN:
                return lambda case_no, _: case_no == own.case_no
        return lambda _, __: False

    def sees_case(self, action: str, case_no: str) -> bool:
        """Whether a case is within reach. One that isn't there is out of everybody's."""
        case = self._teten.log.state(cases, case_no) if storable(case_no) else cases.initial
        if not case.programme:
            return False
        return self.scope(action, case.programme)(case_no, case.caseworker)

    def _team(self, programme: Programme) -> set[str]:
        """Whose cases are those of the one who asks: their own, and those of the others in the team."""
        person, teams = self.principal.person, self.principal.teams
        if teams is None:
            teams = frozenset({programme.teams[person]} if person in programme.teams else ())
        return {person} | {each for each, team in programme.teams.items() if team in teams}

    def _roles(self, programme: str | None) -> frozenset[Role]:
        """An administrator looks after the whole installation: where no programme is named, the sign-in's
        word is enough. Where there is no programme yet, there is nothing to keep from anybody."""
        granted = self.principal.roles
        if self.principal.kind is Kind.CITIZEN:
            return granted
        names = [programme] if programme else self._programmes()
        if not names and not self._teten.log.head():
            return granted
        person = self.principal.person
        held = {role for name in names for role in self._programme(name).roles.get(person, ())}
        return granted & (held if programme else held | {Role.ADMINISTRATOR})

    def _programme(self, name: str) -> Programme:
        return self._teten.log.state(programmes, name) if storable(name) else programmes.initial

    def _programmes(self) -> list[str]:
        """By whatever rows there are, in order: one that isn't projected yet has next to nothing to be
        read."""
        with self._teten.log.pool.connection() as connection:
            found = connection.execute(
                "SELECT DISTINCT key FROM projections.rows WHERE projection = %s ORDER BY key",
                (established.name,),
            )
            return [name for (name,) in found]


def token_of(request: Request) -> str | None:
    """A client's bearer token, or the browser's cookie. Behind TLS only the one that no other site of the
    same domain can set."""
    bearer = _bearer(request)
    if bearer is not None:
        return bearer
    public = request.app.state.parts.teten.settings.public_url or ""
    return request.cookies.get(SECURE_COOKIE if public.startswith("https://") else COOKIE)


def _bearer(request: Request) -> str | None:
    """Not any other kind of Authorization: a browser sends those by itself, and the cookie with them."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    return bearer.strip() if scheme.lower() == "bearer" else None


def _access(request: Request, parts: TheParts) -> Access:
    token = token_of(request)
    session = parts.teten.sessions.find(token) if token else None
    if session and session.principal.means is Means.DEMO and not parts.demo:
        session = None  # A role that was chosen is worth nothing where roles are proven.
    if not session:
        count_address(request, parts)
        raise NotSignedIn
    if parts.limits:
        request.state.budget = parts.limits.of_principal(session.principal)
    access = Access(parts.teten, session.principal, session.csrf)
    request.state.access = access  # Pages show who is signed in.
    return access


TheAccess = Annotated[Access, Depends(_access)]


def _same_origin(request: Request, parts: TheParts) -> None:
    """Guard: what changes something wasn't sent by another site's page."""
    if request.method in SAFE or _bearer(request) is not None:
        return
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise NotGenuine
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != _host(request, parts):
        raise NotGenuine


def _host(request: Request, parts: Parts) -> str:
    public = parts.teten.settings.public_url
    return urlsplit(public).netloc if public else request.headers.get("host", "")


async def _genuine(
    request: Request,
    parts: TheParts,
    _: Annotated[None, Depends(_same_origin)],
    __: TheAccess,
) -> None:
    """Guard: it was sent from a page that was shown in this session. A bearer token isn't sent by itself."""
    if request.method in SAFE or _bearer(request) is not None:
        return
    told = request.headers.get("x-csrf-token", "")
    if not told and not request.url.path.startswith("/v1/"):
        # Our pages send forms to our pages alone, and files where a page reads them itself: FastAPI would
        # put them on the disk as they are.
        if request.headers.get("content-type", "").startswith("multipart/form-data"):
            request.state.sent = await uploads.read(request, parts.teten.settings.upload_bytes)
            told = request.state.sent.field("csrf")
        else:
            told = str((await request.form(max_files=0)).get("csrf", ""))
    if not hmac.compare_digest(told.encode(), csrf_of(token_of(request) or "").encode()):
        raise NotGenuine


def count_address(request: Request, parts: Parts) -> None:
    """Guard: from where nobody is signed in, it isn't asked too often. TooManyRequests."""
    if parts.limits:
        address = request.client.host if request.client else ""
        request.state.budget = parts.limits.of_address(address)


class Open:
    """For everybody. Whoever wants to change something, to sign in, say, may not try too often."""

    def __call__(
        self, request: Request, parts: TheParts, _: Annotated[None, Depends(_same_origin)]
    ) -> None:
        if request.method not in SAFE:
            count_address(request, parts)


class SignedIn:
    """For whoever is known."""

    def __call__(self, _: TheAccess, __: Annotated[None, Depends(_genuine)]) -> None: ...


class Somewhere:
    """For whom the table of permissions allows the action in some programme: in which, and of which case, is
    asked once it is known."""

    def __init__(self, action: str) -> None:
        self.action = action

    def __call__(
        self, request: Request, access: TheAccess, _: Annotated[None, Depends(_genuine)]
    ) -> None:
        self.check(access, request.query_params.get("programme"))

    def check(self, access: Access, programme: str | None) -> None:
        access.require(self.action, programme)


class Allowed(Somewhere):
    """For whom the table allows the action in the programme that is asked for."""

    def check(self, access: Access, programme: str | None) -> None:
        access.require_in_one(self.action, programme)


class Everywhere(Somewhere):
    """For whom the table allows the action in every programme: what is shown is of no single one."""

    def check(self, access: Access, _: str | None) -> None:
        access.require_in_every(self.action)


class Published:
    """For whom the action is allowed. In the demo for everybody: its figures are the pilot's, published."""

    def __init__(self, action: str) -> None:
        self.action = action

    def __call__(self, request: Request, parts: TheParts) -> None:
        try:
            access = _access(request, parts)
        except NotSignedIn:
            if not parts.demo:
                raise
        else:
            if not parts.demo:
                access.require_in_one(self.action, request.query_params.get("programme"))
