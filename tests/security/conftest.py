"""The small data set, served to whoever signs in."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from service.app import Teten
from tests.service.conftest import served, teten_tt

__all__ = ["teten_tt"]
# What an address of ours may hold, by the names that routes give it.
PLACES = {"case_no": "T-1", "position": "9", "kind": "csv", "fund": "AARHUS", "sample": "S-1"}


@pytest.fixture(scope="module")
def client(teten_tt: Teten) -> Iterator[TestClient]:
    """Nobody, until they sign in."""
    with served(teten_tt, None) as client:
        client.follow_redirects = False
        yield client


def routes(client: TestClient) -> list[tuple[str, APIRoute]]:
    app: Any = client.app
    return [
        (method, route)
        for included in app.routes
        for route in getattr(included, "original_router", app).routes
        if isinstance(route, APIRoute)
        for method in sorted(route.methods or ())
    ]


def address(route: APIRoute, **places: str) -> str:
    path = route.path
    for name in route.param_convertors:
        value = (PLACES | places).get(name, "x")
        path = path.replace(f"{{{name}}}", value).replace(f"{{{name}:path}}", value)
    return path
