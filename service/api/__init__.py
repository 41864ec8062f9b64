"""The service over HTTP: health, the API under /v1, and the pages."""

import re
import traceback
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path
from time import perf_counter
from uuid import uuid4

import psycopg
import structlog
from eventsourcing.persistence import PersistenceError
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from service.api import (
    cases,
    commands,
    documents,
    evidence,
    feed,
    funds,
    health,
    history,
    problems,
    reports,
    samples,
    whatif,
)
from service.api.parts import Parts
from service.app import Teten
from service.entries import UnknownEvent
from service.followers import Follower
from service.known import NotKnown, TooManyReplays
from service.report import UnknownProgramme
from service.rows import ProjectionsBehind
from service.web import cases as case_pages
from service.web import documents as document_pages
from service.web import history as history_pages
from service.web import page
from service.web import samples as sample_pages
from service.web import whatif as whatif_page
from service.whatif import Answers, Busy

logger = structlog.get_logger()
REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def create_app(teten: Teten, follower: Follower) -> FastAPI:
    app = FastAPI(
        title="Teten",
        description="Event-sourced payments and receipts for personal, citizen-directed budgets.",
        version="0.1.0",
        docs_url=None,  # The interactive page loads its scripts from elsewhere.
        redoc_url=None,
    )
    app.state.parts = Parts(teten, follower, Answers(teten))
    routers = (
        health.router,
        commands.router,
        feed.router,
        reports.router,
        funds.router,
        documents.router,
        whatif.router,
        whatif_page.router,
        evidence.router,
        cases.router,
        history.router,
        samples.router,
        page.router,
        case_pages.router,
        history_pages.router,
        sample_pages.router,
        document_pages.router,
    )
    for router in routers:
        app.include_router(router)
    app.middleware("http")(_accompany)
    problems.install(app)
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
            logger.error("failed", error=type(error).__name__, where=_where(error))  # noqa: TRY400
            response = problems.coded("failed")
        logger.info(
            "request",
            method=request.method,
            route=getattr(request.scope.get("route"), "path", None),
            status=response.status_code,
            milliseconds=round((perf_counter() - started) * 1000, 1),
        )
    if response.status_code == HTTPStatus.OK and (etag := getattr(request.state, "etag", None)):
        response.headers["ETag"] = etag
    response.headers.update({**HEADERS, "X-Request-ID": request_id})
    return response


def _where(error: BaseException) -> str:
    """The file and the line that failed."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
