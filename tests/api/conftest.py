"""The small data set over HTTP, with a case that a caseworker has in hand."""

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from service.app import Teten
from tests.service.conftest import served, signed_in
from tests.service.conftest import teten_tt as teten_tt  # noqa: PLC0414 - a fixture here, too

numbers = count(1)


class Asker:
    """Sends commands for somebody who is signed in, each under a key of its own unless told."""

    def __init__(self, client: TestClient, teten: Teten) -> None:
        self.client, self.teten = client, teten
        self.token = ""

    def enter(self, person: str, **known: Any) -> "Asker":
        signed_in(self.client, self.teten, person, **known)
        self.token = self.client.cookies["teten_session"]
        self.client.cookies.clear()
        return self

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def ask(
        self,
        command: str,
        body: dict[str, Any],
        key: str | None = None,
        *,
        file: bytes | None = None,
        dry: bool = False,
        seen: str | None = None,
    ) -> Response:
        sent = self.headers | {"Idempotency-Key": key or f"key-{next(numbers)}"}
        sent |= {"If-Match": seen} if seen else {}
        path = f"/v1/commands/{command}" + ("?dry_run=true" if dry else "")
        told = {"programme": "TT"} | body
        if file is None:
            return self.client.post(path, json=told, headers=sent)
        parts: Any = {
            "command": (None, json.dumps(told), "application/json"),
            "file": ("a.bin", file),
        }
        return self.client.post(path, files=parts, headers=sent)

    def new_case(self) -> str:
        """A new case of kons-1's, who is the one to ask."""
        number = f"N-{next(numbers)}"
        body = {
            "case_no": number,
            "citizen": f"citizen-{next(numbers):016x}",
            "phase": "1",
            "selection": "random",
            "sparring": "individual",
            "caseworker": "kons-1",
        }
        done = self.enter("kons-1").ask("register-case", body)
        assert done.status_code == 200, done.text
        return number

    def get(self, path: str, **headers: str) -> Response:
        return self.client.get(path, headers=self.headers | headers)


@pytest.fixture(scope="module")
def asker(teten_tt: Teten) -> Iterator[Asker]:
    with served(teten_tt, None) as client:
        yield Asker(client, teten_tt)


@pytest.fixture
def case_no(asker: Asker) -> str:
    return asker.new_case()
