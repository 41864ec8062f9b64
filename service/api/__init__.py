"""The service over HTTP: health, the API under /v1, and the pages."""

import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from time import perf_counter
from urllib.parse import urlencode
from uuid import uuid4

import psycopg
import structlog
from eventsourcing.persistence import PersistenceError
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException

from service.access.guard import Forbidden, NotGenuine, NotSignedIn
from service.access.headers import headers
from service.access.providers import ways
from service.api import (
    attempts,
    cases,
    documents,
    evidence,
    funds,
    health,
    history,
    links,
    people,
    reports,
    samples,
    tokens,
    webhooks,
    whatif,
)
from service.app import Teten
from service.entries import UnknownEvent
from service.followers import Follower
from service.known import NotKnown, TooManyReplays
from service.logging import defect, without_cpr
from service.parts import Parts
from service.refusals import TEXTS
from service.report import UnknownProgramme
from service.rows import ProjectionsBehind
from service.web import attempts as attempts_page
from service.web import cases as case_pages
from service.web import documents as document_pages
from service.web import history as history_pages
from service.web import oidc, own_case, page, sign_in
from service.web import people as people_pages
from service.web import samples as sample_pages
from service.web import whatif as whatif_page
from service.web.showing import show
from service.webhooks.refusing import WebhookRefused
from service.whatif import Answers, Busy

logger = structlog.get_logger()
REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)


def create_app(teten: Teten, follower: Follower, *, demo: bool = False) -> FastAPI:
    """`demo`: roles are chosen, not proven, and the front page is for everybody."""
    app = FastAPI(
        title="Teten",
        description="Event-sourced payments and receipts for personal, citizen-directed budgets.",
        version="0.1.0",
        docs_url=None,  # The interactive page loads its scripts from elsewhere.
        redoc_url=None,
    )
    app.state.parts = Parts(teten, follower, Answers(teten), ways(teten), demo)
    routers = (
        health.router,
        reports.router,
        funds.router,
        documents.router,
        whatif.router,
        whatif_page.router,
        evidence.router,
        cases.router,
        history.router,
        people.router,
        samples.router,
        attempts.router,
        webhooks.router,
        page.router,
        case_pages.router,
        history_pages.router,
        people_pages.router,
        sample_pages.router,
        attempts_page.router,
        document_pages.router,
        sign_in.router,
        oidc.router,
        own_case.router,
        links.router,
        tokens.router,
    )
    for router in routers:
        app.include_router(router)
    app.state.headers = headers(teten.settings.public_url)
    app.middleware("http")(_accompany)
    app.add_exception_handler(NotSignedIn, _not_signed_in)
    app.add_exception_handler(Forbidden, _forbidden)
    app.add_exception_handler(NotGenuine, _not_genuine)
    app.add_exception_handler(UnknownProgramme, _not_found)
    app.add_exception_handler(NotKnown, _not_known)
    app.add_exception_handler(TooManyReplays, _too_many_replays)
    app.add_exception_handler(UnknownEvent, _unreadable)
    app.add_exception_handler(ProjectionsBehind, _behind)
    app.add_exception_handler(Busy, _busy)
    app.add_exception_handler(WebhookRefused, _webhook_refused)
    for unavailable in (psycopg.OperationalError, PersistenceError):
        app.add_exception_handler(unavailable, _unavailable)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)
    return app


async def _accompany(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Every request has an id, a log line and our headers. The line names the route, not the address."""
    asked_id = request.headers.get("x-request-id", "")
    request_id = asked_id if REQUEST_ID.fullmatch(asked_id) else str(uuid4())
    started = perf_counter()
    with structlog.contextvars.bound_contextvars(request_id=request_id):
        try:
            response = await call_next(request)
        except Exception as error:  # noqa: BLE001 - its text and its traceback could quote a person
            logger.error("failed", **defect(error))  # noqa: TRY400
            response = problem(500, "failed", "Noget gik galt her.", "Something went wrong here.")
        logger.info(
            "request",
            method=request.method,
            route=getattr(request.scope.get("route"), "path", None),
            status=response.status_code,
            milliseconds=round((perf_counter() - started) * 1000, 1),
        )
    response.headers.update({**request.app.state.headers, "X-Request-ID": request_id})
    return response


def problem(status: int, title: str, danish: str, english: str) -> JSONResponse:
    """An answer as RFC 9457 has it, with the sentence in both languages."""
    body = {"type": f"/problems/{title}", "title": title, "status": status}
    body |= {"detail": without_cpr(english), "detail_da": without_cpr(danish)}
    return JSONResponse(body, status, media_type="application/problem+json")


def _of_page(request: Request) -> bool:
    return not request.url.path.startswith("/v1/")


async def _not_signed_in(request: Request, _: Exception) -> Response:
    if _of_page(request):
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        onward = asked if request.method == "GET" else "/"
        return RedirectResponse(f"/sign-in?{urlencode({'next': onward})}", 303)
    answer = problem(401, "not_signed_in", "Log ind først.", "Sign in first.")
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


async def _forbidden(request: Request, error: Exception) -> Response:
    assert isinstance(error, Forbidden)
    danish, english = TEXTS["forbidden"]
    if _of_page(request):
        return show(request, "frame.html", 403, message=danish)
    return problem(403, "forbidden", danish, english)


async def _not_genuine(_: Request, __: Exception) -> JSONResponse:
    return problem(
        403,
        "not_genuine",
        "Det kom ikke fra en af vores egne sider. Åbn siden igen, og prøv igen.",
        "It didn't come from a page of ours. Open the page again, and try again.",
    )


async def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    name = HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
    danish = {404: "Det findes ikke her.", 405: "Det kan man ikke gøre her."}
    told = danish.get(error.status_code, "Det kunne ikke lade sig gøre.")
    answer = problem(error.status_code, name, told, str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


async def _not_found(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, UnknownProgramme)
    return problem(404, "not_found", error.danish, str(error))


async def _not_known(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, NotKnown)
    return problem(422, "not_known", error.danish, str(error))


async def _too_many_replays(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, TooManyReplays)
    answer = problem(503, "too_many_replays", error.danish, str(error))
    answer.headers["Retry-After"] = "60"
    return answer


async def _unreadable(_: Request, error: Exception) -> JSONResponse:
    danish = "Loggen rummer en hændelse, som denne version ikke kender. Kør en nyere version."
    return problem(500, "unknown_event", danish, str(error))


async def _behind(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ProjectionsBehind)
    return problem(503, "projections_behind", error.danish, str(error))


async def _busy(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Busy)
    return problem(503, "busy", error.danish, str(error))


async def _webhook_refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, WebhookRefused)
    return problem(error.status, error.code, error.danish, str(error))


async def _unavailable(_: Request, error: Exception) -> JSONResponse:
    logger.error("database unavailable", error=type(error).__name__)
    return problem(
        503,
        "unavailable",
        "Databasen svarer ikke lige nu.",
        "The database doesn't answer just now.",
    )


async def _malformed(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    english = "; ".join(f"{each['loc'][-1]}: {each['msg']}" for each in error.errors())
    return problem(422, "malformed", f"Forespørgslen kan ikke læses: {english}", english)
