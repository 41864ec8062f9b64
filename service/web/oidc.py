"""Signing in at a provider: there, back, and out again."""

import re
import secrets
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from service.access.guard import Open, token_of
from service.access.oidc import ProviderUnavailable, SignInRefused
from service.access.sign_ins import GOOD_FOR
from service.parts import Parts, TheParts
from service.web.showing import show
from service.web.sign_in import NEXT_MAX, enter

router = APIRouter(include_in_schema=False)
logger = structlog.get_logger()
BROWSER = "teten_sign_in"
SECRET = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
Told = Annotated[str | None, Query(max_length=4000)]
ASK = "Oplys nummeret {request_id}, når du spørger."
REFUSED = {
    "no role": "Du er logget ind hos din kommune, men din konto giver ingen rolle i Teten. Bed jeres"
    " it-afdeling om at melde kontoen ind i den gruppe, der svarer til dit arbejde.",
    "no person": "Du er logget ind hos din kommune, men Teten ved ikke, hvem kontoen tilhører. Bed jeres"
    " it-afdeling om at knytte kontoen til dig.",
    "no case": "Vi har ingen åben sag til dig. Spørg din jobkonsulent i kommunen.",
}
UNSOUND = "Svaret fra udbyderen af log ind holdt ikke, så du er ikke logget ind. Prøv igen."
AGAIN = "Dette log ind er brugt, for gammelt eller begyndt i en anden browser. Log ind igen."
AWAY = "Udbyderen af log ind svarer ikke, som den skal. Prøv igen om lidt."


@router.get("/sign-in/oidc", dependencies=[Depends(Open())])
def to_staffs_provider(
    request: Request,
    parts: TheParts,
    onward: Annotated[str, Query(alias="next", max_length=NEXT_MAX)] = "/",
) -> Response:
    return _there(request, parts, "staff", onward)


@router.get("/sign-in/citizen", dependencies=[Depends(Open())])
def to_citizens_provider(request: Request, parts: TheParts) -> Response:
    return _there(request, parts, "citizens", "/min-sag")


def _there(request: Request, parts: Parts, way: str, onward: str) -> Response:
    """To the provider, with a secret in the browser's cookie that it has to bring back."""
    if way not in parts.ways:
        raise HTTPException(404, "There is no provider to sign in at.")
    name, secure = _cookie(parts)
    known = request.cookies.get(name, "")
    browser = known if SECRET.fullmatch(known) else secrets.token_urlsafe(32)
    state, begun = parts.teten.sign_ins.begin(way, browser, onward)
    try:
        address = parts.ways[way].provider.authorization(
            redirect_uri=_callback(parts), state=state, nonce=begun.nonce, verifier=begun.verifier
        )
    except ProviderUnavailable as error:
        return _not_in(request, parts, 503, AWAY, way, str(error))
    answer = RedirectResponse(address, 303)
    age = int(GOOD_FOR.total_seconds())
    answer.set_cookie(
        name, browser, max_age=age, httponly=True, secure=secure, samesite="lax", path="/"
    )
    return answer


@router.get("/sign-in/callback", dependencies=[Depends(Open())])
def back_again(
    request: Request,
    parts: TheParts,
    state: Told = None,
    code: Told = None,
    iss: Told = None,
    error: Told = None,
) -> Response:
    """Back from the provider: whoever it says it is, if this browser went there, and once."""
    browser = request.cookies.get(_cookie(parts)[0])
    begun = parts.teten.sign_ins.finish(state, browser) if state and browser else None
    way = parts.ways.get(begun.provider) if begun else None
    if not begun or not way:
        return _not_in(request, parts, 400, AGAIN, "unknown", "state")
    try:
        if error is not None or code is None:
            raise SignInRefused("refused by the provider")  # noqa: TRY301 - one way to say no
        claims = way.provider.claims(
            code=code,
            issuer=iss,
            redirect_uri=_callback(parts),
            verifier=begun.verifier,
            nonce=begun.nonce,
        )
        principal = way.principal(claims)
    except SignInRefused as no:
        told = REFUSED.get(no.reason, UNSOUND)
        return _not_in(request, parts, 403, told, begun.provider, no.reason)
    except ProviderUnavailable as away:
        return _not_in(request, parts, 503, AWAY, begun.provider, str(away))
    logger.info("signed in", way=begun.provider)
    return enter(parts, principal, begun.next_path, token_of(request))


@router.get("/signed-out/{way}", dependencies=[Depends(Open())], response_class=HTMLResponse)
def signed_out(request: Request, parts: TheParts, way: str) -> HTMLResponse:
    """Signed out here. At the provider by a link: a form that ends at another site is one that our
    own policy of content forbids."""
    there = None
    if way in parts.ways:
        try:
            there = parts.ways[way].provider.sign_out(f"{_public(parts)}/sign-in")
        except ProviderUnavailable as error:
            # nosemgrep: logged-text - our own words of a provider that doesn't answer
            logger.warning("provider unavailable", way=way, why=str(error))
    return show(request, "signed_out.html", there=there)


def _not_in(
    request: Request, parts: Parts, status: int, told: str, way: str, why: str
) -> HTMLResponse:
    """The page says what to do, and the number of the log's line; the line says why, and not who."""
    logger.warning("sign-in refused", way=way, why=why)
    number = structlog.contextvars.get_contextvars().get("request_id", "")
    refused = f"{told} {ASK.format(request_id=number)}"
    return show(request, "sign_in.html", status, refused=refused, ways=parts.ways, next="/")


def _public(parts: Parts) -> str:
    return (parts.teten.settings.public_url or "").rstrip("/")


def _callback(parts: Parts) -> str:
    return f"{_public(parts)}/sign-in/callback"


def _cookie(parts: Parts) -> tuple[str, bool]:
    secure = _public(parts).startswith("https://")
    return (f"__Host-{BROWSER}" if secure else BROWSER), secure
