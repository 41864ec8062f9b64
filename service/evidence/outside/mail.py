"""Checkpoints by e-mail: who keeps the message keeps the proof."""

from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from service.clerk import DANISH_TIME
from service.evidence.checkpoints import Made
from service.mail import send

TEXT = """\
Et kontrolpunkt (checkpoint) for loggen {origin}: {size} hændelser til og med {at}.
Gem beskeden. Med den kan enhver senere se, om noget før den er ændret i loggen.

A checkpoint of the log {origin}: {size} positions by {at}.
Keep this message. With it anyone can tell later whether anything before it was changed in the log.
Save the attached file as it is, or the lines below, from the name of the log on.

{note}"""


@dataclass(frozen=True)
class Mail:
    """`server`: as `service.mail.send` takes it."""

    to: str
    sender: str
    server: str

    def send(self, made: Made) -> None:
        """OSError: no server, or one that doesn't take the message. Refused: the address can't be used."""
        send(self.message(made), self.server)

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
