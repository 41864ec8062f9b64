"""What people read first in a bundle: its index page, in Danish and English, and README.txt."""

from base64 import b64encode
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from domain.money import Money
from service.bundle.wanted import Wanted
from service.clerk import DANISH_TIME
from service.evidence.checkpoints import Checkpoint
from service.evidence.notes import Verifier

PEOPLE = {
    "left-out": (
        "udeladt: hverken bilag eller fritekst er med, kun bilagenes SHA-256",
        "left out: neither vouchers nor free text are here, only the vouchers' SHA-256",
    ),
    "sealed": (
        "forseglet: bilag og fritekst er krypteret; nøglen kommer ad en anden vej",
        "sealed: vouchers and free text are encrypted; the key travels another way",
    ),
    "open": (
        "åbent: bilag og fritekst er med, som de er; sagernes CPR-numre, navne og konti er ikke",
        "open: vouchers and free text are here as they are; CPR numbers, names and accounts of cases are not",
    ),
}
FIGURES = {
    "granted": ("Bevilget", "Granted"),
    "paid": ("Udbetalt", "Paid"),
    "advance_paid": ("heraf a conto", "of it in advance"),
    "documented": ("Dokumenteret", "Documented"),
    "unspent_returned": ("Uforbrugt, betalt tilbage", "Unspent, handed back"),
    "undocumented": ("Udokumenteret", "Undocumented"),
    "misuse": ("Misbrug", "Misuse"),
    "repaid": ("Krav betalt", "Claims repaid"),
    "written_off": ("Krav afskrevet", "Claims written off"),
    "claim": ("Krav udestående", "Claims outstanding"),
    "committed": ("Tilsagn tilbage", "Committed, not paid"),
}
FILES = (
    ("MANIFEST", "Alle filers SHA-256, underskrevet", "SHA-256 of every file, signed"),
    ("events.jsonl", "Programmets hændelser, som de er gemt", "The programme's events, as stored"),
    ("leaves.bin", "Hver hændelses hash, alles", "The hash of every event, everybody's"),
    ("checkpoints/", "Hvad loggen har underskrevet", "What the log signed"),
    ("keys.txt", "Loggens offentlige nøgler", "The log's public keys"),
    ("proofs/", "Bevis for hver udtaget hændelse", "A proof for each sampled event"),
    ("vouchers.csv", "Hvert bilag, som en hændelse nævner", "Every voucher that an event names"),
    ("vouchers/", "Bilagene selv", "The vouchers themselves"),
    ("words.jsonl", "Fritekst", "Free text"),
    ("refused.jsonl", "Programmets afviste forsøg", "The programme's refused attempts"),
    ("attempts.bin", "Hvert afvist forsøgs hash, alles", "The hash of every refused attempt"),
    ("rules.json", "Reglerne, hver fra sin dag", "The rules, each from its day"),
    ("figures.json", "Konti og tal pr. sidste dag", "Accounts and figures as of the last day"),
    ("ledger.journal", "Bogføringen som hledger-tekst", "The ledger as hledger's text"),
    ("events.parquet", "Hændelserne som tabel", "The events as a table"),
    ("postings.parquet", "Posteringerne som tabel", "The postings as a table"),
    ("verify.py", "Efterprøver pakken", "Verifies the bundle"),
    ("recompute.py", "Regner bogføringen efter", "Reckons the books anew"),
    ("unseal.py", "Åbner det forseglede", "Opens what is sealed"),
)

pages = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
pages.filters["kr"] = lambda amount: Money.parse(amount).danish()
pages.filters["day"] = lambda day: day.strftime("%d-%m-%Y")


def written(
    wanted: Wanted, checkpoint: Checkpoint, key: Verifier, made_at: datetime, told: dict[str, Any]
) -> Iterator[tuple[str, str]]:
    """Each page's name and text. The same bundle has the same ones: no clock is asked."""
    empty = {"vouchers/": not told["vouchers"]["included"], "proofs/": not told["sampled"]}
    context = {
        **told,
        "wanted": wanted,
        "checkpoint": checkpoint,
        "root": b64encode(checkpoint.root).decode(),
        "vkey": key.vkey,
        "fingerprint": key.key_id.hex(),
        "made_at": made_at.astimezone(DANISH_TIME).strftime("%d-%m-%Y %H:%M"),
        "names": FIGURES,
        "files": [each for each in FILES if not empty.get(each[0])],
        "people": PEOPLE[wanted.people.value],
    }
    yield "index.html", pages.get_template("index.html").render(context)
    yield "README.txt", pages.get_template("readme.txt").render(context)
