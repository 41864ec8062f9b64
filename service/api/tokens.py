"""Tokens for other systems: OAuth 2.0's client credentials (RFC 6749, sections 2.3, 4.4 and 5)."""

from base64 import b64decode
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

import structlog
from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from domain.programme import Role
from service.access.guard import Open
from service.clerk import storable
from service.parts import Parts, TheParts

router = APIRouter(prefix="/v1", tags=["access"])
logger = structlog.get_logger()
GOOD_FOR = timedelta(hours=1)
FORM = "application/x-www-form-urlencoded"
FORM_MAX = 4_000  # Bytes.


class Token(BaseModel):
    access_token: str
    token_type: str
    expires_in: int  # Seconds.
    scope: str


class TokenRefused(Exception):
    """An error of RFC 6749, section 5.2."""

    def __init__(self, error: str, why: str) -> None:
        super().__init__(why)
        self.error, self.why = error, why


FIELDS = {
    "grant_type": {"type": "string", "enum": ["client_credentials"]},
    "scope": {"type": "string", "description": "Some of the client's roles; all unless told."},
    "client_id": {"type": "string"},
    "client_secret": {"type": "string"},
}
ERROR = {"type": "object", "properties": {"error": {"type": "string"}}, "required": ["error"]}
REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"description": told, "content": {"application/json": {"schema": ERROR}}}
    for status, told in (
        (400, "The request is not one of these."),
        (401, "The client is not known."),
    )
}


async def _form(request: Request) -> dict[str, str]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise TokenRefused("invalid_request", f"The body must be {FORM}.")
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > FORM_MAX:
            raise TokenRefused("invalid_request", "The body is too long.")
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        raise TokenRefused("invalid_request", "The body is not UTF-8.") from None
    if len(dict(pairs)) < len(pairs):
        raise TokenRefused("invalid_request", "A parameter is given twice.")
    return {name: value for name, value in pairs if value}


def _client(request: Request, form: dict[str, str]) -> tuple[str, str]:
    """By Basic, or in the form; not by both."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if not scheme:
        return form.get("client_id", ""), form.get("client_secret", "")
    if "client_secret" in form:
        raise TokenRefused("invalid_request", "The client says twice who it is.")
    try:
        client, _, secret = b64decode(encoded, validate=True).decode("utf-8").partition(":")
    except ValueError:
        client, secret = "", ""
    if scheme.lower() != "basic":
        client, secret = "", ""
    return unquote_plus(client), unquote_plus(secret)


@router.post(
    "/token",
    dependencies=[Depends(Open())],
    response_model=Token,
    responses=REFUSALS,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                FORM: {
                    "schema": {
                        "type": "object",
                        "properties": FIELDS,
                        "required": ["grant_type"],
                    }
                }
            },
        }
    },
)
async def token(request: Request, parts: TheParts) -> JSONResponse:
    """A bearer token for a client, good for an hour."""
    try:
        form = await _form(request)
        issued = await run_in_threadpool(_issue, parts, request, form)
    except TokenRefused as no:
        logger.warning("token refused", why=no.error)
        unknown = no.error == "invalid_client"
        return JSONResponse(
            {"error": no.error, "error_description": no.why},
            401 if unknown else 400,
            {"WWW-Authenticate": 'Basic realm="Teten"'} if unknown else {},
        )
    return JSONResponse(issued.model_dump(), headers={"Pragma": "no-cache"})


def _issue(parts: Parts, request: Request, form: dict[str, str]) -> Token:
    grant = form.get("grant_type")
    if grant is None:
        raise TokenRefused("invalid_request", "There is no grant_type.")
    client, secret = _client(request, form)
    principal = parts.teten.clients.principal(client, secret) if storable(client) else None
    if principal is None:
        raise TokenRefused("invalid_client", "Unknown client, wrong secret, or revoked.")
    if grant != "client_credentials":
        raise TokenRefused("unsupported_grant_type", "Only client_credentials is.")
    asked = frozenset(form["scope"].split()) if "scope" in form else principal.roles
    if not asked <= principal.roles:
        raise TokenRefused("invalid_scope", "The client hasn't all of these roles.")
    narrowed = principal.model_copy(update={"roles": frozenset(Role(each) for each in asked)})
    seconds = int(GOOD_FOR.total_seconds())
    return Token(
        access_token=parts.teten.sessions.begin(narrowed, idle=GOOD_FOR, absolute=GOOD_FOR),
        token_type="Bearer",  # nosec B106 # noqa: S106 - no password
        expires_in=seconds,
        scope=" ".join(sorted(role.value for role in narrowed.roles)),
    )
