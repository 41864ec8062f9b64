"""`teten do`: any command of the domain, written by a person."""

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest

from domain.words import DECISIONS, Refused
from service.app import Teten
from service.clerk import Malformed
from service.people.sealing import fingerprint
from tests.conftest import PRACTICE
from tests.shell import Shell

INVOICE = (PRACTICE / "invoices" / "f0001.xml").read_bytes()
POST = {"programme": "TT", "by": "system", "file": "invoices/1.xml"}
BY_HAND = {"programme": "TT", "case_no": "T-1", "by": "kons-1"}
RECEIPT = BY_HAND | {
    "line_no": 1,
    "ref": "K-9",
    "amount": "95.00",
    "merchant": "Kiosken",
    "purchased_on": "2019-03-22",
}


def test_a_command_done_by_hand_prints_its_events(shell: Shell) -> None:
    body = {"programme": "TT", "case_no": "T-1", "outcome": "on_benefits"}
    answer = shell.do("RecordOutcome", body, "--as", "kons-2")
    assert answer["again"] is False
    [event] = answer["events"]
    assert event == {
        "position": answer["first_position"],
        "stream": "case-T-1",
        "event": "OutcomeRecorded",
        "case_no": "T-1",
        "outcome": "on_benefits",
    }
    with psycopg.connect(shell.settings.database_url or "") as connection:
        found = connection.execute(
            "SELECT actor FROM commands WHERE id = %s", (answer["command"],)
        ).fetchone()
    assert found == ("kons-2",)


def test_the_same_id_gets_the_same_answer_and_may_not_mean_anything_else(shell: Shell) -> None:
    body = BY_HAND | {"id": "by-hand-1", "outcome": "employed"}
    first = shell.do("RecordOutcome", body)
    again = shell("do", "RecordOutcome", "-", stdin=json.dumps(body))
    assert json.loads(again.stdout) == first | {"again": True}
    other = shell("do", "RecordOutcome", json.dumps(body | {"outcome": "on_benefits"}))
    assert (other.returncode, other.stdout) == (1, "")
    assert "by-hand-1 was used before" in other.stderr


def test_a_refusal_is_told_in_both_languages_and_ends_with_3(shell: Shell) -> None:
    done = shell("do", "StopCase", json.dumps(BY_HAND))
    assert (done.returncode, done.stderr) == (3, "")
    told = done.stdout.splitlines()
    assert told == [
        'refused: case_closed  {"stage": "completed"}',
        "  Sagen er afsluttet.",
        "  The case is closed.",
    ]


def test_a_refusal_is_data_for_whoever_wants_data(shell: Shell) -> None:
    done = shell("do", "StopCase", json.dumps(BY_HAND), "--as", "fin-1", "--json")
    assert (done.returncode, done.stderr) == (3, "")
    refusal = json.loads(done.stdout)
    assert (refusal["refused"], refusal["facts"]) == ("forbidden", {"needs": ["caseworker"]})
    assert {"danish", "english"} < set(refusal)


def test_a_command_that_there_is_none_of_is_told_with_those_that_there_are(shell: Shell) -> None:
    done = shell("do", "PayOut", "{}")
    assert (done.returncode, done.stdout) == (1, "")
    assert "There is no command PayOut" in done.stderr
    assert all(kind.__name__ in done.stderr for kind in DECISIONS)


def test_a_field_that_is_missing_or_wrong_is_told_without_its_value(shell: Shell) -> None:
    body = {"programme": "TT", "case_no": "Anna Ærlig", "amount": 5.0, "colour": "green"}
    done = shell("do", "WriteOffClaim", json.dumps(body), "--as", "fin-1")
    assert (done.returncode, done.stdout) == (1, "")
    told = dict(line.split(": ", 1) for line in done.stderr.splitlines())
    assert set(told) == {"case_no", "line_no", "amount", "colour"}
    assert told["line_no"] == "Field required"


def test_words_end_in_the_vault_and_not_in_the_log(shell: Shell, teten_tt: Teten) -> None:
    words = "Anna Ærlig har betalt det meste tilbage"
    body = BY_HAND | {"line_no": 1, "amount": "1.00", "reason": words}
    [event] = shell.do("WriteOffClaim", body, "--as", "fin-1")["events"]
    assert teten_tt.vault.read(event["reason"]) == words
    with teten_tt.log.pool.connection() as connection:
        states = connection.execute("SELECT state FROM log_events").fetchall()
        sealed = connection.execute("SELECT sealed FROM people.words").fetchall()
    assert not [state for (state,) in (*states, *sealed) if words.encode() in bytes(state)]


def test_words_of_a_refused_command_are_not_kept(shell: Shell, teten_tt: Teten) -> None:
    before = shell.count("people.words")
    body = BY_HAND | {"case_no": "T-404", "reason": "Anna Ærlig"}
    assert shell("do", "StopCase", json.dumps(body)).returncode == 3
    assert shell.count("people.words") == before
    with teten_tt.log.pool.connection() as connection:
        found = connection.execute("SELECT subject FROM people.keys").fetchall()
    assert not [subject for (subject,) in found if "404" in subject]


def test_a_file_is_kept_with_the_command_that_speaks_of_it(
    shell: Shell, teten_tt: Teten, tmp_path: Path
) -> None:
    picture = tmp_path / "receipt.png"
    picture.write_bytes(b"\x89PNG by hand")
    event, *_ = shell.do("HandInReceipt", RECEIPT, "--file", picture)["events"]
    assert event["sha256"] == fingerprint(b"\x89PNG by hand")
    citizen = teten_tt.vault.pseudonym("610190-1001") or ""
    assert teten_tt.files.read(event["sha256"], citizen) == b"\x89PNG by hand"


def test_an_invoice_says_itself_what_it_is_about(
    shell: Shell, teten_tt: Teten, tmp_path: Path
) -> None:
    paper = tmp_path / "invoice.xml"
    paper.write_bytes(INVOICE.replace(b"NP-001/2", b"T-1/1"))
    event, *_ = shell.do("ReceiveInvoice", POST, "--file", paper)["events"]
    assert (event["ref"], event["amount"], event["case_no"]) == ("91335417:8525", "11600.00", "T-1")
    citizen = teten_tt.vault.pseudonym("610190-1001") or ""
    assert teten_tt.files.read(event["sha256"], citizen) == paper.read_bytes()
    with pytest.raises(Refused) as no:
        teten_tt.clerk.in_plain("ReceiveInvoice", POST, b"<Invoice/>")
    assert (no.value.code, no.value.facts["faults"]) == (
        "invalid_document",
        ["not a UBL 2.1 Invoice"],
    )


@pytest.mark.parametrize(
    ("command", "body", "file", "told"),
    [
        ("HandInReceipt", RECEIPT, None, "needs its file"),
        ("HandInReceipt", RECEIPT | {"sha256": "ab" * 32}, b"another", "not the one"),
        ("RecordOutcome", BY_HAND | {"outcome": "employed"}, b"what for?", "takes no file"),
        ("ReceiveInvoice", POST | {"amount": "1.00"}, INVOICE, "leave out amount"),
        ("RecordOutcome", BY_HAND | {"outcome": "a\0b"}, None, "can't be stored"),
        ("StopCase", BY_HAND | {"reason": "\ud800"}, None, "can't be stored"),
        ("SubmitBudget", BY_HAND | {"lines": [{"words": "a\0b"}]}, None, "can't be stored"),
    ],
)
def test_what_can_not_be_kept_as_it_is_told_is_not_taken(
    teten_tt: Teten, command: str, body: dict[str, Any], file: bytes | None, told: str
) -> None:
    before = teten_tt.log.head()
    with pytest.raises(Malformed, match=told):
        teten_tt.clerk.in_plain(command, body, file)
    assert teten_tt.log.head() == before
