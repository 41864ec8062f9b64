"""A dry run says what would come of it, and leaves no trace."""

import json
from typing import Any

import psycopg
from hypothesis import given, settings
from hypothesis import strategies as st

from service.app import Teten
from tests.api.conftest import Asker

PNG = b"\x89PNG\r\n\x1a\n a receipt"
AMOUNTS = st.sampled_from(["0.01", "100.00", "4000.00", "50000.00", "50000.01", "0.00"])
LINE = {"category": "transport", "route": "account", "legal_basis": "LAB-76", "funding": "AARHUS"}
STEPS = st.one_of(
    st.sampled_from(
        [
            ("kons-1", "offer-programme", {}),
            ("kons-1", "accept-offer", {"note": "På hospitalet"}),
            ("kons-1", "decline-offer", {"reason": "Vil ikke"}),
            ("kons-2", "assess-budget", {"colour": "green"}),
            ("both-1", "assess-budget", {"colour": "green"}),
            ("kons-1", "approve-line", {"line_no": 1}),
            ("kons-1", "approve-tranche", {"line_no": 1, "ref": "R"}),
            ("fin-1", "release-tranche", {"line_no": 1, "ref": "R"}),
            ("kons-1", "stop-case", {"reason": "Flyttet"}),
        ]
    ),
    AMOUNTS.map(lambda amount: ("kons-1", "submit-budget", {"lines": [_line(amount)]})),
    AMOUNTS.map(lambda a: ("kons-1", "request-tranche", {"line_no": 1, "ref": "R", "amount": a})),
)
COUNTED = ("log_events", "commands", "people.words", "people.files", "people.keys")


def _line(amount: str) -> dict[str, Any]:
    words = {"description": "Ladcykel", "rationale": "Jeg kan ikke gå så langt"}
    return LINE | {"line_no": 1, "amount": amount, "includes_vat": True, "words": str(words)}


def kept(teten: Teten) -> tuple[int, ...]:
    with psycopg.connect(teten.url) as connection:
        found = [
            connection.execute(f"SELECT count(*) FROM {table}").fetchone() for table in COUNTED
        ]
    files = sum(1 for each in teten.settings.files.rglob("*") if each.is_file())
    return (*(int(each[0]) for each in found if each), files)


def without_words(data: Any) -> Any:
    """Each sealed text under the same name: a dry run seals none."""
    if isinstance(data, dict):
        return {name: without_words(each) for name, each in data.items()}
    if isinstance(data, list):
        return [without_words(each) for each in data]
    return "words" if isinstance(data, str) and data.startswith("words-") else data


@settings(max_examples=12)
@given(steps=st.lists(STEPS, min_size=1, max_size=9))
def test_a_dry_run_says_what_the_real_one_does(asker: Asker, steps: list[Any]) -> None:
    case_no = asker.new_case()
    usual: list[Any] = [("kons-1", "offer-programme", {}), ("kons-1", "accept-offer", {})]
    for person, command, body in [*usual, *steps]:
        told = body | {"case_no": case_no}
        asker.enter(person)
        before = kept(asker.teten)
        rehearsed = asker.ask(command, told, dry=True)
        assert kept(asker.teten) == before
        done = asker.ask(command, told)
        assert rehearsed.status_code == done.status_code
        if done.status_code != 200:
            assert rehearsed.content == done.content
            continue
        first, last = done.json()["first_position"], done.json()["last_position"]
        real = [
            {
                "stream": each.stream,
                "version": each.version,
                "event": type(each.event).__name__,
                "data": each.event.model_dump(mode="json"),
            }
            for each in asker.teten.log.after(first - 1, last - first + 1)
        ]
        would_be = rehearsed.json()
        assert would_be["dry_run"] is True
        assert without_words(would_be["events"]) == without_words(json.loads(json.dumps(real)))


def test_a_dry_run_with_a_file_keeps_no_file(asker: Asker) -> None:
    body = {
        "case_no": "T-1",
        "line_no": 1,
        "ref": "K-dry",
        "amount": "95.00",
        "merchant": "Kiosken",
        "purchased_on": "2019-03-22",
        "note": "Købt på afbetaling",
    }
    asker.enter("kons-1")
    before = kept(asker.teten)
    told = asker.ask("hand-in-receipt", body, file=PNG, dry=True)
    assert told.status_code == 200, told.text
    assert told.json()["events"][0]["event"] == "ReceiptHandedIn"
    assert kept(asker.teten) == before
