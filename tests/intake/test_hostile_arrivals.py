"""What strangers and mishaps bring to reception costs no more than itself."""

import os
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Self

import pytest
from fastapi.testclient import TestClient

from domain.programme import Role, programmes
from domain.voucher import VoucherReceived
from service.access import uploads
from service.app import Teten
from service.intake import queue, taking, working
from service.intake.draining import drain
from service.intake.mail import NoMail, opened
from service.intake.taking import Counter
from service.pictures.workshop import Worked, Workshop
from tests import examples
from tests.intake.conftest import Receive
from tests.intake.pictures import PLAIN, UNSTORABLE, broken, photo
from tests.intake.test_arriving import MB, as_citizen, events, form, mail
from tests.intake.test_reading import no_bar, read
from tests.service.conftest import served
from tests.service.test_overdocumented import enter

LONG_AGO = 60  # Seconds: whoever copied it there is through.


@pytest.fixture
def web(cases: Teten) -> Iterator[TestClient]:
    with served(cases, "kons-1") as client:
        client.follow_redirects = False
        yield client


def lies(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (time.time() - LONG_AGO,) * 2)
    return path


# Pages -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/intake", "/intake/voucher/NP/V-1/file"])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_form_without_end_is_given_up_whoever_sends_it(
    web: TestClient, path: str, kind: str
) -> None:
    told = {"content-type": f"{kind}; boundary=b"}
    files = path == "/intake" and kind == "multipart/form-data"  # These may be forty megabytes.
    content = b"x=" + b"y" * (41 if files else 1) * MB
    assert web.post(path, content=content, headers=told).status_code == 413
    web.cookies.clear()
    answer = web.post(path, content=content, headers=told)
    assert answer.status_code == 413 or "/sign-in" in answer.headers.get("location", "")


def test_a_form_of_very_many_parts_is_none() -> None:
    many = b"--b\r\nA: b\r\n\r\n\r\n" * 10_000 + b"--b--\r\n"
    form = uploads.Form(b"b")
    form.take(many)
    assert form.parts() is None


def test_another_picture_sent_from_the_same_page_is_another_arrival(
    cases: Teten, web: TestClient
) -> None:
    """Back in the browser, the form is the one from before."""
    as_citizen(web, cases)
    told = form(web.get("/min-sag").text)
    for content in (photo("one"), photo("two"), photo("two")):
        sent = web.post("/intake", data=told, files=[("file", ("1.jpg", content))])
        assert sent.status_code == 303
    assert len(events(cases, VoucherReceived)) == 2


def test_a_citizen_sends_no_more_in_a_day_than_anybody_has(
    cases: Teten, web: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.intake.receiving.A_DAY", 3)
    as_citizen(web, cases)
    told = form(web.get("/min-sag").text)

    def send(*texts: str) -> int:
        files = [("file", ("1.jpg", photo(text))) for text in texts]
        return web.post("/intake", data=told, files=files).status_code

    assert send("1", "2") == 303
    assert send("3", "4") == 429  # All or none.
    assert send("3") == 303
    over_the_api = {"command": ("", '{"programme": "NP", "case_no": "A-1"}', "application/json")}
    bearer = {"Authorization": f"Bearer {web.cookies['teten_session']}", "Idempotency-Key": "k"}
    files = over_the_api | {"file": ("1.jpg", photo("5"))}
    assert web.post("/v1/vouchers", files=files, headers=bearer).status_code == 429
    assert len(events(cases, VoucherReceived)) == 3


def test_of_what_cannot_be_read_nobody_starts_another_try_by_looking(
    cases: Teten, web: TestClient, arrives: Receive, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = arrives(broken()).ref, arrives(photo()).ref
    read(cases)
    for copy in cases.settings.home.rglob("*.thumbnail.*"):
        copy.unlink()
    started = []

    class Counted(Workshop):
        def __enter__(self) -> Self:
            started.append(self)
            return super().__enter__()

    monkeypatch.setattr("service.intake.looking.Workshop", Counted)
    assert web.get(f"/intake/voucher/NP/{bad}/thumbnail").status_code == 404
    assert started == []
    assert web.get(f"/intake/voucher/NP/{good}/thumbnail").status_code == 200
    assert len(started) == 1


# E-mails -----------------------------------------------------------------------------------------


def test_another_email_of_the_same_number_is_not_taken_for_the_first(cases: Teten) -> None:
    """Scanners and strangers give what Message-ID they like."""
    counter = Counter(cases, "NP")
    first = counter.mail("1.eml", mail(("image/jpeg", "1.jpg", photo("one"))))
    second = counter.mail("2.eml", mail(("image/jpeg", "1.jpg", photo("two"))))
    assert (len(second.refs), second.again) == (1, 0)
    assert first.refs != second.refs
    assert counter.mail("2.eml", mail(("image/jpeg", "1.jpg", photo("two")))).again == 1


OF_PARTS = b"Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n"
OF_REPORTS = b"Subject: x\nContent-Type: message/Delivery-Status\n\n"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(OF_PARTS + b"--b\n\n\n" * 100_000, id="parts"),
        pytest.param(
            OF_PARTS + b"\r--b\r\r" * 100_000, id="parts whose lines end as on an old Mac"
        ),
        pytest.param(OF_REPORTS + b"a: b\r\n\r\n" * 100_000, id="reports of what came to whom"),
    ],
)
def test_an_email_of_very_many_parts_is_not_taken_apart(content: bytes) -> None:
    with pytest.raises(NoMail, match="parts"):
        opened(content, MB)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(b"subject: " + b"=?u?q?x" * 5_000, id="subject"),
        pytest.param(b'Content-Type: image/png;\r\n x="' + b";" * 50_000, id="kind"),
        pytest.param(b'Content-Disposition: attachment; x="' + b"\r ;" * 50_000, id="name"),
    ],
)
def test_a_header_that_takes_long_to_be_taken_apart_is_not(header: bytes) -> None:
    with pytest.raises(NoMail, match="header"):
        opened(b"From: a@by.dk\r\n" + header + b"\r\n\r\nx", MB)


def test_an_email_that_came_back_is_taken_as_any_other() -> None:
    """With the report of who didn't get it, blank lines in it, and a name as long as a disk takes."""
    parts = (
        b'Content-Disposition: attachment; filename="' + b"k" * 250 + b'.jpg"\r\n\r\n' + photo(),
        b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; by.dk\r\n\r\nAction: failed",
    )
    body = b"".join(b"\r\n--b\r\n" + part for part in parts) + b"\r\n--b--\r\n"
    assert opened(OF_PARTS + body, MB).files == [photo()]


def test_an_attachment_that_is_no_picture_is_said_to_be_left_out() -> None:
    message = mail(("application/zip", "kvitteringer.zip", b"PK"), ("image/jpeg", "1.jpg", photo()))
    told = opened(message, MB)
    assert len(told.files) == 1
    assert told.left_out == ["an attachment that is neither a picture nor a PDF"]


@pytest.mark.parametrize(
    "header",
    [
        b"Message-ID: <\xff\x00\xe6@x>",
        b"Subject: =?utf-8?b?////?= [A-1",
        b"Subject: =?no-such-set?q?x?=",
        b"To: " + b"<" * 5_000,
        b"To: bilag+A-1\x00@by.dk",
        b"To: bilag+" + b"A" * 5_000 + b"@by.dk",
        b"Content-Type: image/jpeg; name*0*=x'y'z",
        b"Content-Transfer-Encoding: uuencode",
        b"Content-Disposition: attachment; filename*=nope''%ff%00",
    ],
)
def test_a_header_that_is_broken_costs_no_more_than_the_email(cases: Teten, header: bytes) -> None:
    content = header + b"\nContent-Type: image/jpeg\n\n\xff\xd8\xff\x00"
    try:
        Counter(cases, "NP").mail("1.eml", content)
    except NoMail:
        assert events(cases, VoucherReceived) == []
    assert {each.case_no for each in events(cases, VoucherReceived)} <= {None}


# Folders -----------------------------------------------------------------------------------------


def test_what_cannot_be_read_of_a_folder_is_said_and_the_rest_is_taken(
    cases: Teten, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / ".scans"
    theirs, huge = lies(folder, "a.jpg", photo("theirs")), lies(folder, "b.jpg", b"")
    os.truncate(huge, 20_000_000_000)
    lies(folder, ".git/objects/a/b.jpg", photo("hidden"))
    lies(folder, os.fsdecode(b"\xff\xfe_1_x.jpg"), photo("odd"))
    lies(folder, "z.jpg", photo("last"))
    (folder / "link.jpg").symlink_to("/etc/hostname")
    (folder / "up").symlink_to("/etc")
    opens = os.open

    def refused(path: Path, *of: int) -> int:
        if path == theirs:
            raise PermissionError(path)
        return opens(path, *of)

    monkeypatch.setattr(os, "open", refused)
    found = {each.name: each for each in Counter(cases, "NP", settled=0).folder(folder)}
    assert found["a.jpg"].left_out == ("it can't be read: PermissionError",)
    assert found["b.jpg"].left_out == ("more than 10 MB",)
    assert len(found) == 4
    for name in found:
        name.encode()  # Can be printed.
    assert len(events(cases, VoucherReceived)) == 2


# Reading -----------------------------------------------------------------------------------------


def test_what_a_child_tells_that_cannot_be_stored_is_said_to_be_unreadable(
    cases: Teten, arrives: Receive
) -> None:
    """Nor does it keep what comes after it from being read."""
    arrives(photo("one"))
    arrives(photo("two"))
    done = drain(cases, no_bar, partial(Workshop, UNSTORABLE))
    assert [each.reason for each in done.not_read] == ["reader_failed"] * 2


class Forgetting(Workshop):
    """While it is at a picture, its citizen is forgotten."""

    teten: Teten

    def work(self, content: bytes) -> Worked:
        enter(self.teten, examples.offer(case_no="B-1"), examples.decline_offer(case_no="B-1"))
        forget = {"programme": "NP", "by": "adm-1", "case_no": "B-1"}
        self.teten.clerk.in_plain("ForgetCitizen", forget)
        return super().work(content)


def test_who_is_forgotten_while_their_picture_is_read_keeps_no_other_waiting(
    cases: Teten, arrives: Receive
) -> None:
    bad = arrives(photo("bad"), case_no="B-1").ref
    with Forgetting(PLAIN) as workshop:
        workshop.teten = cases
        [picture] = queue.in_turn(cases)
        assert working.read_one(cases, workshop, picture).reason == "citizen_forgotten"
    assert picture.ref == bad


def test_where_nobody_may_record_what_machines_tell_nothing_is_read_in_vain(
    cases: Teten, arrives: Receive
) -> None:
    arrives(photo())
    roles = cases.log.state(programmes, "NP").roles
    [system] = [who for who, held in roles.items() if Role.SYSTEM in held]
    other = {"programme": "NP", "by": "adm-1", "person": system}
    cases.clerk.in_plain("AssignRoles", other | {"roles": ["caseworker"]})
    done = drain(cases, no_bar, partial(Workshop, UNSTORABLE))
    assert [each.reason for each in done.not_read] == ["nobody_may"]


def test_a_link_that_is_put_in_a_files_place_leads_nowhere(tmp_path: Path) -> None:
    lies(tmp_path, "theirs", b"secret")
    (tmp_path / "link.jpg").symlink_to(tmp_path / "theirs")
    with pytest.raises(OSError, match="link"):
        taking.content_of(tmp_path / "link.jpg", MB)


def test_a_page_sends_so_many_files_at_a_time(cases: Teten, web: TestClient) -> None:
    as_citizen(web, cases)
    files = [("file", (f"{number}.jpg", photo())) for number in range(uploads.FILES_MAX + 1)]
    assert web.post("/intake", data=form(web.get("/min-sag").text), files=files).status_code == 413
