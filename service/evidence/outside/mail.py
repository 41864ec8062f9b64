"""Checkpoints by e-mail: who keeps the message keeps the proof."""

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from urllib.parse import unquote, urlsplit

from service.clerk import DANISH_TIME
from service.evidence.checkpoints import Made
from service.evidence.outside.posting import PATIENCE, Refused

PORTS = {"smtp": 25, "smtps": 465}
TEXT = """\
Et kontrolpunkt (checkpoint) for loggen {origin}: {size} hændelser til og med {at}.
Gem beskeden. Med den kan enhver senere se, om noget før den er ændret i loggen.

A checkpoint of the log {origin}: {size} positions by {at}.
Keep this message. With it anyone can tell later whether anything before it was changed in the log.
Save the attached file as it is, or the lines below, from the name of the log on.

{note}"""


@dataclass(frozen=True)
class Mail:
    """`server`: `smtp://host:25`, with TLS if the server offers it, or `smtps://host:465`; with
    `user:password@` it signs in, and then never without TLS."""

    to: str
    sender: str
    server: str

    def send(self, made: Made) -> None:
        """OSError: no server, or one that doesn't take the message. Refused: the address can't be used."""
        message = self.message(made)
        server = urlsplit(self.server)
        try:
            port = server.port or PORTS[server.scheme]
        except (KeyError, ValueError):
            raise Refused(
                "the mail server's address doesn't begin with smtp:// or smtps://"
            ) from None
        tls = ssl.create_default_context()
        host = server.hostname or ""
        connection = (
            smtplib.SMTP_SSL(host, port, timeout=PATIENCE, context=tls)
            if server.scheme == "smtps"
            else smtplib.SMTP(host, port, timeout=PATIENCE)
        )
        with connection as smtp:
            smtp.ehlo()
            if server.scheme == "smtp" and smtp.has_extn("starttls"):
                smtp.starttls(context=tls)
                smtp.ehlo()
            elif server.scheme == "smtp" and server.username:
                raise Refused("the mail server offers no TLS, and a password is never sent without")
            if server.username:
                smtp.login(unquote(server.username), unquote(server.password or ""))
            smtp.send_message(message)

    def message(self, made: Made) -> EmailMessage:
        checkpoint = made.checkpoint
        at = made.made_at.astimezone(DANISH_TIME)
        message = EmailMessage()
        message["Subject"] = f"Teten checkpoint {checkpoint.origin} {made.size}"
        message["From"], message["To"] = self.sender, self.to
        message["Date"] = format_datetime(made.made_at)
        message["Message-ID"] = make_msgid(str(made.size), self.sender.rpartition("@")[2] or None)
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(
            TEXT.format(
                origin=checkpoint.origin,
                size=made.size,
                at=at.isoformat(" ", timespec="seconds"),
                note=made.note,
            ),
            cte="quoted-printable",
        )
        message.add_attachment(
            made.note.encode(),
            maintype="application",
            subtype="octet-stream",  # So that no program on the way changes the ends of its lines.
            filename=f"{made.size}.checkpoint",
        )
        return message


def said(error: Exception) -> str:
    """What went wrong, without the addresses that a mail server's words may hold."""
    if isinstance(error, Refused):
        return str(error)
    if isinstance(error, smtplib.SMTPResponseException):
        return f"the mail server refused: {error.smtp_code}"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        ((code, _),) = error.recipients.values()
        return f"the mail server refused the recipient: {code}"
    return type(error).__name__
