"""Mail by a server of ours: one way of sending it, whatever it says."""

import smtplib
import ssl
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import getaddresses
from urllib.parse import unquote, urlsplit

from service.evidence.outside.posting import PATIENCE, Refused

PORTS = {"smtp": 25, "smtps": 465}


def send(message: EmailMessage, server: str, patience: float = PATIENCE) -> None:
    """`server`: `smtp://host:25`, with TLS if the server offers it, or `smtps://host:465`; with
    `user:password@` it signs in, and then never without TLS. `patience`: seconds of its silence.
    OSError: no server, or one that doesn't take the message. Refused: the address can't be used."""
    to = urlsplit(server)
    try:
        port = to.port or PORTS[to.scheme]
    except (KeyError, ValueError):
        raise Refused("the mail server's address doesn't begin with smtp:// or smtps://") from None
    tls = ssl.create_default_context()
    host = to.hostname or ""
    connection = (
        smtplib.SMTP_SSL(host, port, timeout=patience, context=tls)
        if to.scheme == "smtps"
        else smtplib.SMTP(host, port, timeout=patience)
    )
    with connection as smtp:
        smtp.ehlo()
        if to.scheme == "smtp" and smtp.has_extn("starttls"):
            smtp.starttls(context=tls)
            smtp.ehlo()
        elif to.scheme == "smtp" and to.username:
            raise Refused("the mail server offers no TLS, and a password is never sent without")
        if to.username:
            smtp.login(unquote(to.username), unquote(to.password or ""))
        smtp.send_message(message)


def as_sent(message: EmailMessage) -> bytes:
    """The bytes of which `send` hands over a message. ValueError: a header can't be written."""
    addresses = getaddresses([str(message[name]) for name in ("From", "To")])
    international = not all(address.isascii() for _, address in addresses)
    return message.as_bytes(policy=SMTPUTF8 if international else SMTP)


def said(error: Exception) -> str:
    """What went wrong, without the addresses that a mail server's words may hold."""
    if isinstance(error, Refused):
        return str(error)
    if isinstance(error, smtplib.SMTPResponseException):
        return f"the mail server refused: {error.smtp_code}"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = sorted({code for code, _ in error.recipients.values()})
        return f"the mail server refused the recipient: {', '.join(map(str, codes))}"
    return type(error).__name__
