"""Nobody may ask so often that others wait for it."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from service.access.limits import RequestLimits
from service.api import create_app
from service.app import Teten
from service.followers import Follower
from tests.service.conftest import signed_in


@pytest.fixture
def client(teten_tt: Teten) -> Iterator[TestClient]:
    follower = Follower(teten_tt.url, teten_tt.rows, died=lambda: None)
    yield TestClient(create_app(teten_tt, follower, limits=RequestLimits(5, 3)))


def test_whoever_is_signed_in_has_a_budget_of_their_own(
    client: TestClient, teten_tt: Teten
) -> None:
    signed_in(client, teten_tt, "fin-1")
    first = client.get("/v1/events")
    assert first.headers["ratelimit-policy"] == '"principal";q=5;w=60'
    assert first.headers["ratelimit"].startswith('"principal";r=4;t=')
    found = [client.get("/v1/events") for _ in range(5)]
    assert [each.status_code for each in found] == [200] * 4 + [429]
    assert found[-1].json()["title"] == "too_many_requests"
    assert int(found[-1].headers["retry-after"]) > 0
    signed_in(client, teten_tt, "fin-1")  # A new session is no new budget.
    assert client.get("/v1/events").status_code == 429
    signed_in(client, teten_tt, "both-1")
    assert client.get("/v1/events").status_code == 200


def test_whoever_is_not_signed_in_has_that_of_their_address(client: TestClient) -> None:
    client.headers["Authorization"] = "Bearer nobodys"
    found = [client.get("/v1/report").status_code for _ in range(5)]
    assert found == [401] * 3 + [429] * 2
    assert client.get("/healthz").status_code == 200
