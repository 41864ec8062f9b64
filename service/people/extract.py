"""A citizen's own extract: everything that is held of them, to be taken away (GDPR article 15)."""

import inspect
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from domain.case import Case, cases
from domain.flags import flags
from domain.words import Event, Recorded
from projections.audit_trail import SENTENCES, sentence
from service.app import Teten
from service.people.looking import EVERYTHING, Looker

READ_ME = """\
Alt, hvad Teten har om dig. / Everything that Teten holds of you.

extract.json   dine oplysninger, hvert af dine forløb med alt, der er sket, og hvem der har set på dem
               / what is known of you, each of your cases with all that happened, and who looked at it
files/         kvitteringer og fakturaer, som de kom, og breve, som de blev sendt
               / receipts and invoices as they came, and letters as they were sent
"""
CASES_OF = """
SELECT substr(originator_id, length('case-') + 1) FROM log_events WHERE topic = 'CaseRegistered'
    AND convert_from(state, 'UTF8')::jsonb #>> '{event,citizen}' = %s ORDER BY notification_id
"""
ENDINGS = {
    b"\x89PNG": ".png",
    b"\xff\xd8\xff": ".jpg",
    b"%PDF": ".pdf",
    b"<": ".xml",
    b"Subject: ": ".eml",
}


def extract(teten: Teten, looker: Looker, case_no: str, why: str) -> bytes:
    """A zip of everything held of the case's citizen, in all of their cases. The look is written first."""
    case = teten.log.state(cases, case_no)
    teten.people.looks.write(looker, case, "extract", why)
    files = dict(_files(teten, case.citizen))
    told = {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "citizen": case.citizen,
        "record": teten.vault.record(case.citizen),
        "cases": [_case(teten, each) for each in _cases_of(teten, case.citizen)],
        "looks": [
            each.model_dump(mode="json") for each in teten.people.looks.all_of_citizen(case.citizen)
        ],
        "files": sorted(files),
    }
    made = BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", READ_ME)
        archive.writestr("extract.json", json.dumps(told, ensure_ascii=False, indent=1) + "\n")
        for name, content in files.items():
            archive.writestr(f"files/{name}", content)
    return made.getvalue()


def _cases_of(teten: Teten, citizen: str) -> Iterator[Case]:
    with teten.log.pool.connection() as connection:
        found = connection.execute(CASES_OF, (citizen,)).fetchall()
    for (case_no,) in found:
        yield teten.log.state(cases, case_no)


def _case(teten: Teten, case: Case) -> dict[str, Any]:
    with teten.log.pool.connection() as connection:
        history = teten.log.history(connection, cases.stream(case.case_no), EVERYTHING)
        of_flags = flags.stream(case.programme, case.case_no)
        questions = teten.log.history(connection, of_flags, EVERYTHING)
    texts = teten.people.read(case).texts
    return {
        "case_no": case.case_no,
        "programme": case.programme,
        "texts": [each.model_dump(mode="json") for each in texts],
        "events": [_told(news) for news in history],
        "flags": [_told(news) for news in questions],
    }


def _told(news: Recorded[Event]) -> dict[str, Any]:
    kind = type(news.event)
    english, _, _ = (inspect.getdoc(kind) or "").partition("\n")
    return {
        "position": news.position,
        "at": news.at.isoformat(),
        "effective_on": str(news.effective_on),
        "actor": news.actor,
        "event": kind.__name__,
        "danish": sentence(news.event) if kind in SENTENCES else None,
        "english": english,
        "facts": news.event.model_dump(mode="json"),
    }


def _files(teten: Teten, citizen: str) -> Iterator[tuple[str, bytes]]:
    with teten.log.pool.connection() as connection:
        found = connection.execute(
            "SELECT sha256 FROM people.files WHERE subject = %s ORDER BY 1", (citizen,)
        ).fetchall()
    for (sha256,) in found:
        content = teten.files.read(sha256, citizen)
        known = (ending for start, ending in ENDINGS.items() if content.startswith(start))
        yield sha256 + next(known, ".bin"), content
