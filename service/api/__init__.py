"""The service over HTTP: health, the API under /v1, and the pages."""

import re
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from time import perf_counter
from urllib.parse import urlencode
from uuid import uuid4

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from starlette.requests import ClientDisconnect

from domain.words import Refused
from service.access.guard import Forbidden, NotGenuine, NotSignedIn
from service.access.headers import headers
from service.access.limits import RequestLimits
from service.access.providers import ways
from service.access.uploads import AT_ONCE
from service.api import (
    attempts,
    cases,
    commands,
    documents,
    evidence,
    feed,
    flags,
    funds,
    health,
    history,
    letters,
    links,
    people,
    problems,
    reports,
    samples,
    tokens,
    vouchers,
    webhooks,
    whatif,
)
from service.api.describing import describe
from service.api.incoming import LARGEST, ROOM, SmallBodies, TooLarge, UploadsFull
from service.app import Teten
from service.beside import Beside
from service.followers import Follower
from service.logging import defect
from service.parts import Parts
from service.people.files import DiskFull, FileLost
from service.pictures.workshop import WorkshopClosed
from service.report import UnknownProgramme
from service.web import attempts as attempts_page
from service.web import cases as case_pages
from service.web import documents as document_pages
from service.web import flags as flag_pages
from service.web import history as history_pages
from service.web import intake as intake_pages
from service.web import letters as letter_pages
from service.web import misuse as misuse_page
from service.web import oidc, own_case, page, sharing, sign_in, waiving
from service.web import people as people_pages
from service.web import problems as problem_pages
from service.web import samples as sample_pages
from service.web import whatif as whatif_page
from service.web.showing import NotADay, of_page, show
from service.whatif import Answers

logger = structlog.get_logger()
ROUTERS = (
    health.router,
    commands.router,
    feed.router,
    reports.router,
    funds.router,
    documents.router,
    whatif.router,
    whatif_page.router,
    misuse_page.router,
    evidence.router,
    cases.router,
    history.router,
    people.router,
    samples.router,
    flags.router,
    vouchers.router,
    letters.router,
    attempts.router,
    webhooks.router,
    page.router,
    problem_pages.router,
    case_pages.router,
    history_pages.router,
    people_pages.router,
    sample_pages.router,
    flag_pages.router,
    attempts_page.router,
    document_pages.router,
    sharing.router,  # Before the pictures, whose last word may be any form of one.
    intake_pages.router,
    waiving.router,
    letter_pages.router,
    sign_in.router,
    oidc.router,
    own_case.router,
    links.router,
    tokens.router,
)
REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)


def create_app(
    teten: Teten,
    follower: Follower,
    beside: Sequence[Beside] = (),
    *,
    demo: bool = False,
    limits: RequestLimits | None = None,
) -> FastAPI:
    """`demo`: roles are chosen, not proven, and the front page is for everybody."""
    app = FastAPI(
        title="Teten",
        description="Event-sourced payments and receipts for personal, citizen-directed budgets.",
        version="0.1.0",
        docs_url=None,  # The interactive page loads its scripts from elsewhere.
        redoc_url=None,
    )
    app.state.parts = Parts(teten, follower, beside, Answers(teten), ways(teten), limits, demo)
    for router in ROUTERS:
        app.include_router(router)
    app.state.headers = headers(teten.settings.public_url)
    largest = AT_ONCE * teten.settings.upload_bytes
    app.add_middleware(SmallBodies, room=max(ROOM, LARGEST * largest))
    app.middleware("http")(_accompany)
    problems.install(app, PROBLEMS)
    app.openapi = describe(app)  # type: ignore[method-assign]
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
            response = problems.coded("failed")
        logger.info(
            "request",
            method=request.method,
            route=getattr(request.scope.get("route"), "path", None),
            status=response.status_code,
            milliseconds=round((perf_counter() - started) * 1000, 1),
        )
    if budget := getattr(request.state, "budget", None):
        response.headers.update(budget.headers)
    if response.status_code == HTTPStatus.OK and (etag := getattr(request.state, "etag", None)):
        response.headers["ETag"] = etag
    response.headers["X-Request-ID"] = request_id
    for name, value in request.app.state.headers.items():
        response.headers.setdefault(name, value)  # What strangers sent is told more strictly.
    return response


def _not_signed_in(request: Request, _: Exception) -> Response:
    if of_page(request):
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        onward = asked if request.method == "GET" else "/"
        return RedirectResponse(f"/sign-in?{urlencode({'next': onward})}", 303)
    return problems.coded("not_signed_in", {"WWW-Authenticate": "Bearer"})


def _forbidden(_: Request, error: Forbidden) -> Response:
    return problems.refusal(Refused("forbidden", needs=[role.value for role in error.needs]))


def _unknown_programme(request: Request, error: UnknownProgramme) -> Response:
    if of_page(request):
        return show(request, "frame.html", 404, message=error.danish, choices=error.known)
    return problems.unknown_programme(error)


def _not_a_day(_: Request, error: NotADay) -> Response:
    return problems.problem(422, "malformed", error.danish, error.english)


def _for_the_operator(code: str) -> problems.Handler:
    """Logged, too: whoever asked can't put it right."""

    def tell(_: Request, error: Exception) -> Response:
        logger.error(code.replace("_", " "), error=type(error).__name__)
        return problems.coded(code)

    return tell


PROBLEMS: dict[type[Exception], problems.Handler] = {
    NotSignedIn: _not_signed_in,
    Forbidden: _forbidden,
    NotGenuine: lambda *_: problems.coded("not_genuine"),
    UnknownProgramme: _unknown_programme,
    TooLarge: lambda *_: problems.coded("too_large", {"Connection": "close"}),
    NotADay: _not_a_day,
    ClientDisconnect: lambda *_: Response(status_code=400),  # Nobody hears it.
    UploadsFull: _for_the_operator("uploads_full"),
    FileLost: _for_the_operator("file_lost"),
    WorkshopClosed: _for_the_operator("workshop_closed"),
    DiskFull: _for_the_operator("disk_full"),
}
