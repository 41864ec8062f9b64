"""E-mails as people's programs write them: no picture in one is lost without a word."""

import pytest

from domain.voucher import VoucherReceived
from service.app import Teten
from service.intake import mail
from service.intake.mail import opened
from service.intake.taking import Counter
from tests.intake.pictures import photo
from tests.intake.test_arriving import MB, events

PICTURE = photo()
HEAD = "Message-ID: <1@hjem.dk>\nSubject: [A-1] Bilag\nMIME-Version: 1.0\n"


def email(*parts: tuple[str, bytes], head: str = HEAD) -> bytes:
    """A text, and parts with these headers."""
    told = f'{head}Content-Type: multipart/mixed; boundary="b"\n\n--b\n\nHej\n'.encode()
    for headers, content in parts:
        told += f"--b\n{headers}\nContent-Transfer-Encoding: binary\n\n".encode() + content + b"\n"
    return told + b"--b--\n"


@pytest.mark.parametrize(
    "headers",
    [
        "Content-Type: application/octet-stream; name=kvittering.JPG",
        "Content-Type: application/octet-stream; name*=utf-8''kvittering%20k%C3%B8b.jpg",
        "Content-Type: application/octet-stream; name*0=kvittering; name*1=.jpg",
        'Content-Type: application/octet-stream; name="=?utf-8?b?a8O4Yi5qcGc=?="',
        'Content-Type: application/octet-stream; name="=?utf-8?q?k=C3=B8b?= =?utf-8?q?=2Ejpg?="',
        "Content-Type: application/octet-stream",  # By how it begins.
        "Content-Type: application/octet-stream\nContent-Disposition: attachment",
        "Content-Type: image/jpeg\nContent-Disposition: inline; filename=IMG_1.jpeg\nContent-ID: <1>",
        "Content-Type: text/plain; name=kvittering.jpg",
        "Content-Type: image/jpeg; name*0*=no-such-set'y'z",
    ],
)
def test_a_picture_is_taken_however_its_name_and_kind_are_written(headers: str) -> None:
    large = PICTURE + b"x" * mail.SMALL_PICTURE
    told = opened(email((headers, large)), MB)
    assert ([each[:20] for each in told.files], told.left_out) == ([large[:20]], [])


@pytest.mark.parametrize(
    "subject",
    ["=?no-such-set?q?Bilag?=", "=?utf-8?b?a?= [A-1", "=?utf-8?b?////?=", "Bilag \udcff"],
)
def test_for_a_subject_that_cannot_be_read_no_picture_is_lost(cases: Teten, subject: str) -> None:
    head = HEAD.replace("[A-1] Bilag", subject).encode("utf-8", "surrogateescape")
    content = email(("Content-Type: image/jpeg\nContent-Disposition: attachment", PICTURE), head="")
    found = Counter(cases, "NP").mail("1.eml", head + content)
    assert (len(found.refs), found.left_out) == (1, ())
    assert [each.case_no for each in events(cases, VoucherReceived)] == [None]


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ([], mail.NOTHING),
        ([("Content-Type: video/mp4", b"x")], mail.NO_PICTURE),
        ([("Content-Type: application/pkcs7-mime", b"x")], mail.NO_PICTURE),
        ([("Content-Type: multipart/mixed", b"no boundary")], mail.NO_PICTURE),
        ([("Content-Type: application/octet-stream; name=winmail.dat", b"x")], mail.WINMAIL),
        ([("Content-Type: image/jpeg\nContent-Disposition: attachment", b"")], mail.EMPTY),
        ([("Content-Type: image/png\nContent-Disposition: inline", b"x")], mail.SMALL),
    ],
    ids=["nothing", "film", "encrypted", "no boundary", "winmail", "empty", "small"],
)
def test_what_is_not_taken_is_said(parts: list[tuple[str, bytes]], why: str) -> None:
    told = opened(email(*parts), MB)
    assert (told.files, told.left_out) == ([], [why])


def test_what_decorates_an_email_is_left_out_without_a_word() -> None:
    picture = ("Content-Type: image/jpeg\nContent-Disposition: attachment", PICTURE)
    logo = ("Content-Type: image/png\nContent-ID: <logo>\nContent-Disposition: inline", b"logo")
    signed = ("Content-Type: application/pgp-signature; name=signature.asc", b"x")
    told = opened(email(picture, logo, signed), MB)
    assert (told.files, told.left_out) == ([PICTURE], [])
