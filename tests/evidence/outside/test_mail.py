"""Checkpoints by e-mail, through real mail servers on loopback."""

import email.policy
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from service.evidence.notes import opened
from service.evidence.outside.delivery import Outside
from tests.evidence.outside.conftest import Growing, standing
from tests.evidence.outside.servers import new_server_certificate, taken_port

TO = ("revisor@example.dk", "kontrol@example.dk")
PASSWORD = "hemmeligt"


class Box:
    """What was delivered, to whom and over what. `refuses`: a recipient that it doesn't know."""

    def __init__(self, refuses: str = "") -> None:
        self.messages: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.encrypted: list[bool] = []
        self.refuses = refuses

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address == self.refuses:
            return f"550 {address} is nobody here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        message = message_from_bytes(content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        self.recipients.append(envelope.rcpt_tos)
        self.encrypted.append(session.ssl is not None)
        return "250 OK"


@contextmanager
def receiving(box: Box, **options: Any) -> Iterator[str]:
    """The address of a server with that box."""
    with taken_port() as taken:
        port = taken.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        controller.stop()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mail server's, which nobody trusts unless told to. Its key is beside it."""
    return new_server_certificate(tmp_path_factory.mktemp("mail"))


def by_mail(growing: Growing, smtp: str, every: int = 60) -> Outside:
    return growing.outside(mail_to=TO, smtp=smtp, mail_every=timedelta(minutes=every))


def test_a_checkpoint_comes_by_mail_and_can_be_kept(growing: Growing) -> None:
    box = Box()
    with receiving(box) as server:
        made = growing.checkpoint()
        by_mail(growing, f"smtp://{server}").deliver()
    message, _ = box.messages
    assert box.recipients == [[each] for each in TO]
    assert message["Subject"] == f"Teten checkpoint {made.checkpoint.origin} {made.size}"
    text, attached = message.get_body(), list(message.iter_attachments())
    assert text and text.get_content_type() == "text/plain"
    assert made.note in text.get_content().replace("\r\n", "\n")
    assert [each.get_filename() for each in attached] == [f"{made.size}.checkpoint"]
    note = attached[0].get_content().decode()
    assert note == made.note
    assert opened(note, growing.teten.checkpoints.verifiers())


def test_mails_come_no_more_often_than_they_should(growing: Growing) -> None:
    box = Box()
    with receiving(box) as server:
        outside = by_mail(growing, f"smtp://{server}")
        growing.checkpoint()
        outside.deliver()
        growing.checkpoint()
        outside.deliver()
        assert len(box.messages) == 2
        by_mail(growing, f"smtp://{server}", every=0).deliver()
    assert len(box.messages) == 4


def test_a_mail_server_that_refuses_is_told_without_anybodys_address(growing: Growing) -> None:
    growing.checkpoint()
    with receiving(Box(refuses=TO[0])) as server:
        outside = by_mail(growing, f"smtp://{server}")
        outside.deliver()
    assert standing(outside, "mail 1").failing == "the mail server refused the recipient: 550"
    assert standing(outside, "mail 2").failing is None
    outside.deliver()
    assert standing(outside, "mail 1").failing == "ConnectionRefusedError"


def test_a_password_is_never_sent_without_encryption(growing: Growing) -> None:
    growing.checkpoint()
    with receiving(Box(), auth_require_tls=False) as server:
        outside = by_mail(growing, f"smtp://teten:{PASSWORD}@{server}")
        outside.deliver()
    assert "no TLS" in (standing(outside, "mail 1").failing or "")


def test_a_server_that_offers_encryption_gets_the_password_if_its_certificate_is_trusted(
    growing: Growing, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[LoginPassword] = []

    def known(server: SMTP, session: Session, *rest: Any) -> AuthResult:
        asked.append(rest[-1])
        return AuthResult(success=rest[-1].password == PASSWORD.encode())

    box = Box()
    growing.checkpoint()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    with receiving(box, tls_context=context, authenticator=known, auth_required=True) as server:
        port = server.rpartition(":")[2]
        outside = by_mail(growing, f"smtp://teten:{PASSWORD}@localhost:{port}")
        outside.deliver()
        assert standing(outside, "mail 1").failing == "SSLCertVerificationError"
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        outside.deliver()
    assert standing(outside, "mail 1").failing is None
    assert box.encrypted == [True, True]
    assert [each.login for each in asked] == [b"teten"] * 2


@pytest.mark.parametrize("wrong", ["http://mail.example", "mail.example", "smtp://mail.example:x"])
def test_an_address_that_is_none_of_a_mail_server_is_told(growing: Growing, wrong: str) -> None:
    growing.checkpoint()
    outside = by_mail(growing, wrong)
    outside.deliver()
    assert "smtp://" in (standing(outside, "mail 1").failing or "")
