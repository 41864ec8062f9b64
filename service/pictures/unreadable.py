"""Why a file can't be read, and what to do then, in Danish and in English."""

from typing import Literal, NamedTuple

Reason = Literal[
    "empty",
    "too_large",
    "too_many_pixels",
    "too_many_pages",
    "truncated",
    "wrong_type",
    "active_content",
    "two_formats",
    "encrypted",
    "too_slow",
    "too_much_memory",
    "reader_failed",
]


class Text(NamedTuple):
    """What it is and what to do; for whoever handed the file in."""

    danish: str
    english: str


TEXTS: dict[Reason, Text] = {
    "empty": Text(
        "Filen er tom. Send den igen, eller tag et nyt billede.",
        "The file is empty. Send it again, or take a new picture.",
    ),
    "too_large": Text(
        "Filen fylder for meget. Tag et nyt billede af bilaget, eller del filen i flere.",
        "The file is too large. Take a new picture of the voucher, or split the file.",
    ),
    "too_many_pixels": Text(
        "Billedet er større end nogen telefons. Tag et nyt billede med telefonens kamera.",
        "The picture is larger than any phone's. Take a new one with a phone's camera.",
    ),
    "too_many_pages": Text(
        "Filen har for mange sider eller billeder. Send hvert bilag for sig.",
        "The file has too many pages or pictures. Send each voucher by itself.",
    ),
    "truncated": Text(
        "Filen er beskadiget, eller der mangler noget af den. Send den igen, eller tag billedet igen.",
        "The file is damaged, or part of it is missing. Send it again, or take the picture again.",
    ),
    "wrong_type": Text(
        "Filen er hverken et billede (JPEG, PNG, HEIC) eller en PDF, uanset hvad den hedder. Tag et"
        " billede af bilaget, eller gem det som PDF.",
        "The file is neither a picture (JPEG, PNG, HEIC) nor a PDF, whatever it is called. Take a"
        " picture of the voucher, or save it as PDF.",
    ),
    "active_content": Text(
        "PDF'en indeholder et program eller andre filer. Udskriv den til en ny PDF, eller tag et"
        " billede af den.",
        "The PDF holds a program or other files. Print it to a new PDF, or take a picture of it.",
    ),
    "two_formats": Text(
        "Filen er flere slags filer på én gang. Tag et nyt billede af bilaget.",
        "The file is several kinds of file at once. Take a new picture of the voucher.",
    ),
    "encrypted": Text(
        "PDF'en er låst med en adgangskode. Gem den uden adgangskode, eller tag et billede af den.",
        "The PDF is locked with a password. Save it without one, or take a picture of it.",
    ),
    "too_slow": Text(
        "Filen tog for lang tid at læse. Tag et nyt billede af bilaget.",
        "The file took too long to read. Take a new picture of the voucher.",
    ),
    "too_much_memory": Text(
        "Filen kræver for meget hukommelse at læse. Tag et nyt billede af bilaget.",
        "The file takes too much memory to read. Take a new picture of the voucher.",
    ),
    "reader_failed": Text(
        "Filen kunne ikke læses. Den er gemt, som den kom. Tag et nyt billede af bilaget, eller lad en"
        " medarbejder se på filen.",
        "The file couldn't be read. It is kept as it came. Take a new picture of the voucher, or have"
        " a member of staff look at the file.",
    ),
}


class Unreadable(Exception):
    """The file is kept as it came, and nothing is read of it."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason
