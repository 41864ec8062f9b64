"""OpenAPI: what the routes say of themselves, and what holds for many of them."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from service.access.guard import COOKIE, Open
from service.api.command_bodies import schemas
from service.api.problems import Problem
from service.web.showing import PROBLEM

SECURITY = {
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
    "client": {"type": "http", "scheme": "bearer"},
}
ALWAYS = {"422": "It can't be read.", "503": "Not just now: ask again."}
SIGNED_IN = {"401": "Nobody is signed in.", "403": "It isn't theirs to do.", "429": "Too often."}
VIEWED = {"404": "There is no such thing here.", "304": "Not modified: see If-None-Match."}
COMMANDED = {
    "404": "What the command is about isn't there.",
    "409": "Refused; the title says by which rule.",
    "412": "The case is at another version.",
    "413": "Too large.",
    "415": "Not a type that is taken here.",
}
ASKED_OF_ALL = ("/healthz", "/readyz", "/metrics")


def describe(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """What `/openapi.json` tells; made at the first time of asking."""

    def described() -> dict[str, Any]:
        if not app.openapi_schema:
            app.openapi_schema = _made(app)
        return app.openapi_schema

    return described


def _made(app: FastAPI) -> dict[str, Any]:
    told = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    parts = told["components"]["schemas"]
    parts |= schemas() | {"Problem": Problem.model_json_schema()}
    for nobodys in ("HTTPValidationError", "ValidationError"):
        parts.pop(nobodys, None)
    told["components"]["securitySchemes"] = SECURITY
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, APIRoute) and route.include_in_schema:
            for method in sorted(route.methods or ()):
                _complete(route, told["paths"][route.path_format][method.lower()])
    return told


def _complete(route: RouteContext, operation: dict[str, Any]) -> None:
    answers: dict[str, Any] = operation["responses"]
    is_open = any(isinstance(each.dependency, Open) for each in route.dependencies)
    operation["security"] = [] if is_open else [{name: []} for name in SECURITY]
    if route.path in ASKED_OF_ALL:
        return
    known = ALWAYS if is_open else ALWAYS | SIGNED_IN
    known |= VIEWED if "GET" in (route.methods or ()) else COMMANDED
    for status, text in known.items():
        answers[status] = {"description": text}
        if status != "304":
            schema = {"$ref": "#/components/schemas/Problem"}
            answers[status]["content"] = {PROBLEM: {"schema": schema}}
