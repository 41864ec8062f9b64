"""Checkpoints and proofs over HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from service.api import create_app
from service.app import Teten
from service.evidence.proofs import check
from service.followers import Follower
from tests.conftest import import_into
from tests.data_sets import tiny
from tests.service.conftest import signed_in


@pytest.fixture
def client(teten: Teten) -> Iterator[TestClient]:
    follower = Follower(teten.url, teten.rows, died=lambda: None)
    with TestClient(create_app(teten, follower)) as client:
        yield signed_in(client, teten)


def test_before_anything_is_signed_there_is_nothing_to_show(client: TestClient) -> None:
    assert client.get("/v1/checkpoints").json() == []
    assert client.get("/v1/checkpoints/latest").status_code == 404
    assert client.get("/v1/events/1/proof").status_code == 404


def test_what_was_signed_is_shown_and_proves_an_event(
    client: TestClient, teten: Teten, tmp_path: Path
) -> None:
    import_into(teten, tiny(tmp_path / "data"))
    teten.rows.catch_up()
    made = teten.checkpoints.make()
    assert made
    (listed,) = client.get("/v1/checkpoints").json()
    assert listed["size"] == made.size
    assert client.get("/v1/checkpoints/latest").text == made.note
    answer = client.get("/v1/events/3/proof")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert check(answer.text, teten.checkpoints.verifiers()).position == 3


@pytest.mark.parametrize("position", ["0", "-1", "x", "9" * 30])
def test_a_position_that_is_none_is_told(client: TestClient, position: str) -> None:
    assert client.get(f"/v1/events/{position}/proof").status_code in (404, 422)
