"""What is sent is in memory once, and no more of it at a time than there is room for."""

import asyncio
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive, Scope, Send

from domain.voucher import VoucherReceived
from service import api
from service.access.uploads import Form
from service.api.incoming import SmallBodies
from service.app import Teten
from tests.intake.pictures import photo
from tests.intake.test_arriving import as_citizen, events, form, hand_over
from tests.service.conftest import served

LARGE, CHUNK = 20_000_000, 65_536  # Bytes.


@contextmanager
def at_most(times: float) -> Iterator[None]:
    """So many times the large file is in memory at most, beside what was there."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < times * LARGE
    finally:
        tracemalloc.stop()


def test_a_form_is_in_memory_once_while_it_comes_and_when_it_is_there() -> None:
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="1.jpg"\r\n\r\n'
    content = bytes(LARGE)
    with at_most(1.3):  # It grows by an eighth at a time.
        sent = Form(b"b")
        sent.take(head)
        for begins in range(0, LARGE, CHUNK):
            sent.take(content[begins : begins + CHUNK])
        sent.take(b"\r\n--b--\r\n")
        parts = sent.parts()
    assert parts and parts[0].content == content


def test_a_file_is_sealed_a_piece_at_a_time_and_opened_with_one_copy(cases: Teten) -> None:
    content = bytes(LARGE)
    with at_most(0.3), cases.files.staged("citizen-x", content) as staged:
        staged.path.parent.mkdir()
        staged.part.rename(staged.path)
    with at_most(2.2):
        assert len(cases.files.read(staged.digest, "citizen-x")) == LARGE


@pytest.fixture
def web(cases: Teten, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """With room for some thousand bytes."""
    monkeypatch.setattr(api, "ROOM", 10_000)
    monkeypatch.setattr(api, "LARGEST", 0)
    with served(cases, "kons-1") as client:
        client.follow_redirects = False
        yield client


def test_where_there_is_no_room_it_is_said_when_to_come_again_and_nothing_is_stored(
    cases: Teten, web: TestClient
) -> None:
    bearer = {"Authorization": f"Bearer {web.cookies['teten_session']}"}
    for key in ("k-1", "k-2"):
        told = hand_over(web, key, photo() + bytes(10_000), **bearer)
        assert (told.status_code, told.json()["title"]) == (503, "uploads_full")
        assert told.headers["retry-after"] == "10" and "ikke er plads" in told.json()["detail_da"]
    as_citizen(web, cases)
    wish = form(web.get("/min-sag").text)
    files = [("file", ("1.jpg", photo() + bytes(10_000)))]
    page = web.post("/intake", data=wish, files=files)
    assert (page.status_code, page.headers["retry-after"]) == (503, "10")
    assert "ikke er plads" in page.text
    assert events(cases, VoucherReceived) == []
    for number in range(4):  # What is answered makes room for the next.
        files = [("file", ("1.jpg", photo(str(number))))]
        assert web.post("/intake", data=wish, files=files).status_code == 303
    assert len(events(cases, VoucherReceived)) == 4


UPLOAD: dict[str, Any] = {
    "type": "http",
    "path": "/v1/commands/hand-in-receipt",
    "headers": [(b"content-length", b"1000")],
}
GONE: Message = {"type": "http.disconnect"}


def begun(content: bytes, *, more: bool = True) -> Message:
    return {"type": "http.request", "body": content, "more_body": more}


async def taken_in(bodies: SmallBodies, *messages: Message) -> None:
    """What comes of them; after the last one, nothing is heard any more."""
    coming = list(messages)

    async def receive() -> Message:
        if not coming:
            await asyncio.Event().wait()
        return coming.pop(0)

    async def send(_: Message) -> None:
        raise AssertionError("Nobody is answered here.")

    await asyncio.wait_for(bodies(UPLOAD, receive, send), 20)


@pytest.mark.parametrize("last", [pytest.param([], id="silent"), pytest.param([GONE], id="gone")])
def test_who_stops_midway_gives_the_room_back(last: list[Message]) -> None:
    async def reads(scope: Scope, receive: Receive, _: Send) -> None:
        done.append(await Request(scope, receive).body())

    done: list[bytes] = []
    bodies = SmallBodies(reads, room=1_000, silence=0.01)
    for _ in range(3):  # Each said that it would fill all of the room.
        with pytest.raises(ClientDisconnect):
            asyncio.run(taken_in(bodies, begun(b"x"), *last))
    asyncio.run(taken_in(bodies, begun(b"x"), begun(b"y", more=False)))
    assert done == [b"xy"]


def test_once_all_of_it_is_here_nobody_is_hurried() -> None:
    """While it is worked on, the other end has nothing to say but that it went away."""

    async def reads(_: Scope, receive: Receive, __: Send) -> None:
        await receive()
        await asyncio.wait_for(receive(), 0.1)

    bodies = SmallBodies(reads, room=1_000, silence=0.01)
    with pytest.raises(TimeoutError):
        asyncio.run(taken_in(bodies, begun(b"x", more=False)))


def test_who_goes_away_midway_is_no_defect_of_ours(
    web: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    sent: list[Message] = []

    async def goes_away() -> None:
        coming = [begun(b"--b")]
        headers = {
            "host": "testserver",
            "content-type": "multipart/form-data; boundary=b",
            "idempotency-key": "k-1",
            "authorization": f"Bearer {web.cookies['teten_session']}",
        }

        async def receive() -> Message:
            return coming.pop(0) if coming else GONE

        async def send(message: Message) -> None:
            sent.append(message)

        known = [(name.encode(), value.encode()) for name, value in headers.items()]
        asked = {"method": "POST", "headers": known, "query_string": b"", "scheme": "http"}
        await web.app(UPLOAD | asked, receive, send)

    asyncio.run(goes_away())
    assert [each["status"] for each in sent if "status" in each] == [400]
    assert "ClientDisconnect" not in "".join(capsys.readouterr())
