"""How vouchers come in: from a phone, over the API, by e-mail and from a folder; and how they are filed."""

import re
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from domain.programme import Role
from domain.voucher import VoucherFiled, VoucherReceived, VoucherSetAside
from domain.words import Event
from service.access.principal import Kind, Means
from service.app import Teten
from service.intake import queue
from service.intake.mail import NoMail, opened
from service.intake.taking import Counter
from tests.intake.conftest import CITIZEN, OTHER, Receive
from tests.intake.pictures import broken, photo
from tests.intake.test_reading import read
from tests.service.conftest import served, signed_in

MB = 1_000_000


@pytest.fixture
def web(cases: Teten) -> Iterator[TestClient]:
    with served(cases, "kons-1") as client:
        client.follow_redirects = False
        yield client


def as_citizen(client: TestClient, teten: Teten, citizen: str = CITIZEN, case: str = "A-1") -> None:
    told: dict[str, Any] = {"kind": Kind.CITIZEN, "means": Means.LINK, "case_no": case}
    signed_in(client, teten, citizen, roles=[Role.CITIZEN], **told)


def events(teten: Teten, *kinds: type[Event]) -> list[Any]:
    return [each.event for each in teten.log.everything() if isinstance(each.event, kinds)]


def form(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))


# By phone ----------------------------------------------------------------------------------------


def test_a_citizen_sends_pictures_from_the_phone_and_sees_what_came_of_them(
    cases: Teten, web: TestClient
) -> None:
    as_citizen(web, cases)
    page = web.get("/min-sag").text
    assert 'accept="image/*,application/pdf" multiple' in page
    files = [("file", ("1.jpg", photo("one"))), ("file", ("2.jpg", broken()))]
    told = form(page) | {"line_no": "1"}
    for _ in range(2):  # Sent twice by an impatient finger, it is one.
        sent = web.post("/intake", data=told, files=files)
        assert (sent.status_code, sent.headers["location"]) == (303, "/min-sag#vouchers")
    received = events(cases, VoucherReceived)
    assert [(e.case_no, e.line_no, e.channel) for e in received] == [("A-1", 1, "phone")] * 2
    assert web.get("/min-sag").text.count("Modtaget, ikke læst endnu") == 2
    read(cases)
    page = web.get("/min-sag").text
    assert "Modtaget, venter på jobkonsulenten" in page
    assert "Filen er beskadiget" in page


def test_nobody_sends_to_the_case_of_another(cases: Teten, web: TestClient) -> None:
    as_citizen(web, cases)
    told = form(web.get("/min-sag").text)
    as_citizen(web, cases, OTHER, "B-1")
    mine = form(web.get("/min-sag").text)
    files = [("file", ("1.jpg", photo()))]
    foreign = web.post("/intake", data=mine | {"case_no": "A-1"}, files=files)
    assert foreign.status_code == 404
    no_case = web.post("/intake", data=mine | {"case_no": ""}, files=files)
    assert no_case.status_code == 409
    forged = web.post("/intake", data=mine | {"csrf": told["csrf"]}, files=files)
    assert forged.status_code == 403
    assert events(cases, VoucherReceived) == []


def test_a_form_without_a_file_or_with_one_too_large_stores_nothing(
    cases: Teten, web: TestClient
) -> None:
    as_citizen(web, cases)
    told = form(web.get("/min-sag").text)
    nothing = web.post("/intake", data=told, files=[("file", ("", b""))])
    assert nothing.status_code == 422 and "Der var ingen fil" in nothing.text
    large = web.post("/intake", data=told, files=[("file", ("1.jpg", b"x" * 11 * MB))])
    assert large.status_code == 413
    assert events(cases, VoucherReceived) == []


# Over the API --------------------------------------------------------------------------------------


def hand_over(web: TestClient, key: str, content: bytes, **but: str) -> Any:
    wish = '{"programme": "NP", "case_no": "A-1"}'
    parts: dict[str, tuple[str, str | bytes, str]] = {
        "command": ("", wish, "application/json"),
        "file": ("1.jpg", content, "image/jpeg"),
    }
    return web.post("/v1/vouchers", files=parts, headers={"Idempotency-Key": key} | but)


def test_a_file_is_handed_over_and_followed_until_it_is_read(cases: Teten, web: TestClient) -> None:
    bearer = {"Authorization": f"Bearer {web.cookies['teten_session']}"}
    content = photo("by the API")
    done = hand_over(web, "k-1", content, **bearer)
    assert done.status_code == 202
    where = done.headers["location"]
    assert web.get(where).json()["state"] == "waiting"
    again = hand_over(web, "k-1", content, **bearer)
    assert (again.status_code, again.headers["location"]) == (202, where)
    assert again.headers["idempotency-replayed"] == "true"
    read(cases)
    assert web.get(where).json()["state"] == "read"
    assert [each["ref"] for each in web.get("/v1/vouchers?state=read").json()] == [
        done.json()["ref"]
    ]
    path, _, query = where.partition("?")
    original = web.get(f"{path}/original?{query}")
    assert original.content == content
    assert original.headers["content-disposition"].startswith("attachment")
    assert original.headers["content-type"] == "image/jpeg"
    assert "sandbox" in original.headers["content-security-policy"]
    assert web.get(f"{path}/thumbnail?{query}").headers["content-type"].startswith("image/")
    looks = cases.people.looks.of_citizen(CITIZEN)
    assert [(each.who, each.why) for each in looks] == [
        ("kons-1", "GET /v1/vouchers/{ref}/{form}")
    ] * 2


def test_a_voucher_out_of_reach_is_answered_like_one_that_is_not_there(
    cases: Teten, web: TestClient, arrives: Receive
) -> None:
    ref = arrives(photo(), case_no="B-1").ref
    unassigned = arrives(photo("2"), case_no=None).ref
    assert web.get(f"/v1/vouchers/{ref}").status_code == 404
    assert web.get(f"/v1/vouchers/{ref}/original").status_code == 404
    assert web.get(f"/intake/voucher/NP/{ref}/original").status_code == 404
    assert cases.people.looks.of_programme("NP") == []
    assert [each["ref"] for each in web.get("/v1/vouchers").json()] == [unassigned]
    as_citizen(web, cases)
    assert web.get(f"/v1/vouchers/{unassigned}").status_code == 404
    assert web.get("/v1/vouchers").json() == []


# By e-mail -----------------------------------------------------------------------------------------


def mail(*files: tuple[str, str, bytes], to: str = "bilag@by.dk", subject: str = "Bilag") -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Anna <anna@hjem.dk>", to, subject
    message["Message-ID"] = "<1@hjem.dk>"
    message.set_content("Hej, her er min kvittering. Jeg er syg.")
    for kind, name, content in files:
        main, _, sub = kind.partition("/")
        message.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return message.as_bytes()


@pytest.mark.parametrize(
    ("to", "subject", "where"),
    [
        ("bilag+A-1@by.dk", "Bilag", ("A-1", None)),
        ("bilag+A-1_1@by.dk", "[B-1]", ("A-1", 1)),
        ("bilag@by.dk", "Re: Kvittering [A-1]", ("A-1", None)),
        ("bilag@by.dk", "A-1/1 taxa", ("A-1", 1)),
        ("bilag@by.dk", "A-1/9 taxa", ("A-1", None)),  # There is no such line.
        ("bilag@by.dk", "[X-9]", (None, None)),
        ("bilag@by.dk", "Kvittering og/eller faktura", (None, None)),
    ],
)
def test_the_address_or_the_subject_says_which_case_an_email_is_for(
    cases: Teten, to: str, subject: str, where: tuple[str | None, int | None]
) -> None:
    message = mail(("image/jpeg", "1.jpg", photo()), to=to, subject=subject)
    assert len(Counter(cases, "NP").mail("1.eml", message).refs) == 1
    [received] = events(cases, VoucherReceived)
    assert (received.case_no, received.line_no) == where
    assert received.channel == "mail"


def test_an_email_gives_its_pictures_once_and_nothing_else_of_it_is_kept(cases: Teten) -> None:
    inner = EmailMessage()
    inner["Subject"] = "Fwd"
    inner.set_content("videresendt")
    inner.add_attachment(b"%PDF-1.7 x", maintype="application", subtype="pdf", filename="a.pdf")
    outer = EmailMessage()
    outer["Subject"], outer["Message-ID"] = "[A-1]", "<2@hjem.dk>"
    outer.set_content("se vedhæftet")
    outer.add_attachment(inner)
    outer.add_attachment(b"logo", maintype="image", subtype="png", disposition="inline")
    outer.add_attachment(b"tnef", maintype="application", subtype="ms-tnef", filename="winmail.dat")
    outer.add_attachment(b"text", maintype="text", subtype="plain", filename="note.txt")
    counter = Counter(cases, "NP")
    found = counter.mail("2.eml", outer.as_bytes())
    assert (len(found.refs), found.again) == (1, 0)
    assert "winmail.dat" in " ".join(found.left_out)
    again = counter.mail("2.eml", outer.as_bytes())
    assert (again.refs, again.again) == (found.refs, 1)
    with cases.log.pool.connection() as connection:
        assert connection.execute("SELECT count(*) FROM people.words").fetchone() == (0,)


def test_of_an_email_no_more_is_taken_than_is_allowed() -> None:
    many = mail(*(("image/jpeg", f"{n}.jpg", photo(str(n))) for n in range(25)))
    told = opened(many, 10 * MB)
    assert (len(told.files), len(told.left_out)) == (20, 5)
    large = mail(("image/jpeg", "1.jpg", b"\xff\xd8\xff" + b"x" * 2_000))
    assert opened(large, 1_000).left_out == ["a file of more than 0 MB"]


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff no mail", b"x" * 50_000_001])
def test_what_is_no_email_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(NoMail):
        opened(content, 10 * MB)


# From a folder -------------------------------------------------------------------------------------


def test_a_folder_is_taken_in_once_by_what_is_in_its_files(cases: Teten, tmp_path: Path) -> None:
    folder = tmp_path / "scans"
    (folder / "B-1").mkdir(parents=True)
    names = ("A-1_1_taxa.jpg", "A-1_kursus.jpg", "B-1/side1.jpg", "scan.jpg", "half.jpg.part")
    for name in names:
        (folder / name).write_bytes(photo(name))
    (folder / "mail.eml").write_bytes(mail(("image/jpeg", "1.jpg", photo("mailed"))))
    counter = Counter(cases, "NP", settled=0)
    found = list(counter.folder(folder))
    assert all(each.refs and not each.left_out for each in found)
    where = [(each.case_no, each.line_no) for each in events(cases, VoucherReceived)]
    assert where == [("A-1", 1), ("A-1", None), ("B-1", None), (None, None), (None, None)]
    assert sum(each.again for each in counter.folder(folder)) == 5


# Filed ---------------------------------------------------------------------------------------------


def test_a_caseworker_files_what_came_and_sets_aside_what_is_nothing(
    cases: Teten, web: TestClient, arrives: Receive
) -> None:
    good, bad = arrives(photo()).ref, arrives(photo("a cat"), case_no=None).ref
    read(cases)
    assert f"/intake/voucher/NP/{good}" in web.get("/intake").text
    page = web.get(f"/intake/voucher/NP/{good}").text
    wish = form(page) | {"case_no": "A-1", "line_no": "1", "number": "K-1", "merchant": "Kiosk"}
    wrong = web.post(f"/intake/voucher/NP/{good}/file", data=wish | {"amount": "12 kr"})
    assert wrong.status_code == 422
    bought = {"amount": "1.250,00", "purchased_on": "2019-03-06"}
    done = web.post(f"/intake/voucher/NP/{good}/file", data=wish | bought)
    assert done.status_code == 303
    assert [(each.ref, each.receipt) for each in events(cases, VoucherFiled)] == [(good, "K-1")]
    twice = web.post(f"/intake/voucher/NP/{good}/file", data=wish | bought)
    assert twice.status_code == 409
    aside = {"reason": "not_a_receipt", "why": "En kat"}
    done = web.post(f"/intake/voucher/NP/{bad}/aside", data=form(page) | aside)
    assert done.status_code == 303
    assert [each.ref for each in events(cases, VoucherSetAside)] == [bad]
    queued = web.get("/intake").text
    assert "/intake/receipt/A-1/K-1" in queued
    assert bad not in queued
    assert queue.length(cases).waiting == 0
