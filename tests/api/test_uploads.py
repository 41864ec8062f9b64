"""Files that come with a command: of the right kind by what is in them, and no larger than they may be."""

from collections.abc import Iterator
from typing import Any

import pytest

from service.people.sealing import fingerprint
from tests.api.conftest import Asker, numbers
from tests.conftest import PRACTICE

INVOICE = (PRACTICE / "invoices" / "f0001.xml").read_bytes()
PNG = b"\x89PNG\r\n\x1a\n"
BODY = {
    "case_no": "T-1",
    "line_no": 1,
    "amount": "1.00",
    "merchant": "Kiosken",
    "purchased_on": "2019-03-22",
}


def receipt() -> dict[str, object]:
    return BODY | {"ref": f"U-{next(numbers)}"}  # No number that the data set has.


@pytest.mark.parametrize(
    "content",
    [
        *(b"%PDF-1.7 a", b"\xff\xd8\xff\xe0 a", PNG + b" a"),
        b"\0\0\0\x18ftypheic a receipt of a telephone's",
    ],
    ids=["pdf", "jpeg", "png", "heic"],
)
def test_a_receipt_is_a_picture_or_a_pdf(asker: Asker, content: bytes) -> None:
    done = asker.enter("kons-1").ask("hand-in-receipt", receipt(), file=content)
    assert done.status_code == 200, done.text
    event = asker.teten.log.after(done.json()["first_position"] - 1, 1)[0].event
    assert event.sha256 == fingerprint(content)  # type: ignore[attr-defined]


@pytest.mark.parametrize("content", [b"MZ a program", INVOICE, b"<html>", b"\x89PNG only so"])
def test_what_is_no_receipt_is_told_by_its_content(asker: Asker, content: bytes) -> None:
    told = asker.enter("kons-1").ask("hand-in-receipt", receipt(), file=content)
    assert (told.status_code, told.json()["title"]) == (415, "unsupported_type")
    assert "image/heic" in told.json()["errors"][0]["detail"]


def test_an_invoice_is_read_from_its_own_xml(asker: Asker) -> None:
    asker.enter("system")
    told = asker.ask("receive-invoice", {"file": "f0001.xml"}, file=INVOICE)
    assert told.status_code == 409  # Read, understood, and to another buyer or for no order here.
    assert asker.ask("receive-invoice", {"file": "f.png"}, file=PNG).status_code == 415
    both = asker.ask("receive-invoice", {"file": "f0001.xml", "number": "1"}, file=INVOICE)
    assert (both.status_code, both.json()["title"]) == (422, "malformed")


def test_an_empty_file_is_none(asker: Asker) -> None:
    told = asker.enter("kons-1").ask("hand-in-receipt", receipt(), file=b"")
    assert (told.status_code, told.json()["errors"][0]["pointer"]) == (422, "/file")


def test_what_is_sent_in_another_form_is_not_taken(asker: Asker) -> None:
    asker.enter("kons-1")
    assert asker.ask("hand-in-receipt", receipt()).status_code == 415
    named = asker.ask("hand-in-receipt", receipt() | {"voucher": "V-0"})
    assert (named.status_code, named.json()["title"]) == (404, "not_found")  # Read: none arrived.
    assert asker.ask("offer-programme", {"case_no": "T-1"}, file=PNG).status_code == 415
    headers = asker.headers | {"Idempotency-Key": "parts"}
    path = "/v1/commands/hand-in-receipt"
    whole: Any = {"command": (None, "{}"), "file": ("a", PNG)}
    for parts in ({"file": whole["file"]}, whole | {"more": (None, "x")}):
        told = asker.client.post(path, files=parts, headers=headers)
        assert (told.status_code, told.json()["title"]) == (422, "malformed")
    headers["Content-Type"] = "multipart/form-data; boundary=x"
    told = asker.client.post(path, content=b"--x\r\nno part", headers=headers)
    assert (told.status_code, told.json()["title"]) == (422, "malformed")


@pytest.mark.parametrize("said", [True, False], ids=["length-told", "length-untold"])
def test_what_is_too_large_is_given_up_while_it_comes(asker: Asker, *, said: bool) -> None:
    asker.enter("kons-1")
    parts = asker.teten.settings.upload_bytes // 1_000_000 + 3
    sent = 0

    def chunks() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(parts):
            sent += 1
            yield bytes(1_000_000)

    headers = asker.headers | {"Idempotency-Key": "large"}
    headers["Content-Type"] = "multipart/form-data; boundary=x"
    if said:
        headers["Content-Length"] = str(parts * 1_000_000)
    told = asker.client.post("/v1/commands/hand-in-receipt", content=chunks(), headers=headers)
    assert (told.status_code, told.json()["title"]) == (413, "too_large")
