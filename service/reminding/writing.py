"""What a letter says: a greeting with the vault's name, the step's own text, how to hand in, whom to ask."""

from email.message import EmailMessage
from email.utils import format_datetime
from typing import NamedTuple

from domain.case.reminders import StepTold
from domain.words import Recorded

LABEL = "Besked om dine kvitteringer"
TO_STAFF = "Besked om kvitteringer i sag {case_no}"
CITIZEN = """\
Kære {name}

{text_da}

{see}Giv kvitteringerne til {caseworker}, eller spørg, hvis du er i tvivl.

Venlig hilsen
{sender}

In English:

{text_en}
"""
SEE = "Du kan se, hvad der mangler, på din egen side med dit personlige link: {url}/min-sag\n\n"
STAFF = """\
{text_da}

{see}Venlig hilsen
{sender}
"""
CASE = "Forløbet: {url}/cases/{case_no}\n\n"


class Letter(NamedTuple):
    """`id`: the same whenever it is written, so that a receiver can tell that it has come twice."""

    id: str
    label: str
    text: str


class Names(NamedTuple):
    """Who is written to, whom they may ask, and who writes. Empty: not known."""

    citizen: str
    caseworker: str
    sender: str
    url: str  # Where the service is found by browsers.


def to_citizen(id_: str, told: Recorded[StepTold], names: Names) -> Letter:
    text = CITIZEN.format(
        name=names.citizen or "borger",
        caseworker=f"din jobkonsulent {names.caseworker}".strip(),
        see=SEE.format(url=names.url) if names.url else "",
        sender=names.sender,
        text_da=told.event.text_da,
        text_en=told.event.text_en,
    )
    return Letter(id_, LABEL, text)


def to_caseworker(id_: str, told: Recorded[StepTold], names: Names) -> Letter:
    """Of the case, and nobody's name."""
    case_no = told.event.case_no
    text = STAFF.format(
        text_da=told.event.text_da,
        see=CASE.format(url=names.url, case_no=case_no) if names.url else "",
        sender=names.sender,
    )
    return Letter(id_, TO_STAFF.format(case_no=case_no), text)


def as_mail(letter: Letter, told: Recorded[StepTold], sender: str, to: str) -> EmailMessage:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = letter.label, sender, to
    message["Date"] = format_datetime(told.recorded_at)
    message["Message-ID"] = f"<{letter.id}@{sender.rpartition('@')[2].strip('<> ') or 'teten'}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text, cte="quoted-printable")
    return message
