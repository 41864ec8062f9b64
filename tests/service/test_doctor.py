"""The doctor finds what is wrong, and nothing where nothing is."""

import json

import pytest

from projections.registry import PROJECTIONS
from service.app import opened
from service.settings import Settings
from tests.conftest import import_into
from tests.data_sets import tiny
from tests.shell import Shell


@pytest.fixture
def own(settings: Settings) -> Shell:
    """On a database of the test's own, with the tiny data set in it."""
    with opened(settings) as running:
        import_into(running, tiny(settings.home / "data"))
        running.rows.catch_up()
    return Shell(settings)


def test_the_doctor_finds_nothing_where_nothing_is_wrong(own: Shell) -> None:
    found = own.data("doctor")
    assert {"database", "log", "vault", "files"} <= {check["name"] for check in found}
    assert all(check["ok"] for check in found)


def test_the_doctor_names_the_positions_that_no_event_bears(own: Shell) -> None:
    """As in a log of the first release, in which a write that was rolled back took its number along."""
    before = {check["name"]: check["says"] for check in own.data("doctor")}["positions"]
    highest = int(before.rpartition(" ")[2])
    assert before == f"{highest} events, the highest position is {highest}"
    for position in (highest + 3, highest + 5):
        own.harm(
            "INSERT INTO log_events SELECT 'statement-later', count(*) + 1, 'ReferenceTaken',"
            f" min(state::text)::bytea, {position}"
            " FROM log_events WHERE topic = 'ReferenceTaken'"
        )
    found = {check["name"]: check for check in own.data("doctor")}
    assert found["positions"]["says"] == (
        f"{highest + 2} events, the highest position is {highest + 5};"
        f" no event bears {highest + 1}-{highest + 2}, {highest + 4}"
    )
    assert found["projection ledger-1"]["ok"]


def test_the_doctor_finds_that_an_event_was_taken_away(own: Shell) -> None:
    """Each projection has counted it."""
    own.harm("ALTER TABLE log_events DISABLE TRIGGER append_only")
    own.harm("DELETE FROM log_events WHERE notification_id = 12")
    own.harm("ALTER TABLE log_events ENABLE ALWAYS TRIGGER append_only")
    done = own("doctor", "--json")
    failed = [each["name"] for each in json.loads(done.stdout) if not each["ok"]]
    assert len(failed) == len(PROJECTIONS)
    assert all(name.startswith("projection ") for name in failed)


def test_what_is_entered_while_a_projection_fails_is_done_and_reports_say_which_one_it_is(
    own: Shell,
) -> None:
    """A payment that nobody ordered: no command leads to it, and no fold is prepared for it."""
    own.harm(
        "INSERT INTO log_events SELECT 'case-T-77', 1, topic, convert_to(regexp_replace("
        'convert_from(state, \'UTF8\'), \'"ref":"[^"]*"\', \'"ref":"T-99"\'), \'UTF8\')'
        " FROM log_events WHERE topic = 'TrancheSettled' LIMIT 1"
    )
    wish = {"programme": "TT", "case_no": "T-1", "outcome": "on_benefits"}
    done = own("do", "RecordOutcome", json.dumps(wish), "--as", "kons-2")
    assert (done.returncode, json.loads(done.stdout)["again"]) == (0, False)
    done = own("report")
    assert (done.returncode, done.stdout) == (1, "")
    assert "matching-2: KeyError at position" in done.stderr
    assert "worklists-2: ValueError at position" in done.stderr
    failed = [each for each in json.loads(own("doctor", "--json").stdout) if not each["ok"]]
    names = [each["name"] for each in failed]
    assert names == ["projection matching-2", "projection worklists-2"]
    assert all("; 2 events behind" in each["says"] for each in failed)


@pytest.mark.parametrize(
    ("check", "harm"),
    [
        ("append-only log_events", "ALTER TABLE log_events DISABLE TRIGGER append_only"),
        ("append-only commands", "DROP TRIGGER append_only ON commands"),
        (
            "projection ledger-1",
            "UPDATE projections.progress SET seen = seen - 1 WHERE projection = 'ledger-1'",
        ),
        (
            "vault",
            "UPDATE people.words SET sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1)",
        ),
    ],
)
def test_the_doctor_finds_what_is_wrong_in_the_database(own: Shell, check: str, harm: str) -> None:
    own.harm(harm)
    done = own("doctor", "--json")
    assert (done.returncode, done.stderr) == (1, "")
    assert [each["name"] for each in json.loads(done.stdout) if not each["ok"]] == [check]


def test_the_doctor_finds_files_that_are_lost_or_changed(own: Shell) -> None:
    lost, changed, emptied, *_ = sorted(f for f in own.settings.files.rglob("*") if f.is_file())
    lost.unlink()
    changed.write_bytes(changed.read_bytes()[:-1] + b"\0")
    emptied.write_bytes(b"")
    done = own("doctor")
    assert (done.returncode, done.stderr) == (1, "")
    [line] = [line for line in done.stdout.splitlines() if line.startswith("FAIL")]
    digests = [file.name.partition(".")[0] for file in (lost, changed, emptied)]
    assert line.startswith("FAIL files: ")
    assert all(digest in line for digest in digests)


def test_the_doctor_finds_a_posting_whose_voucher_is_gone(own: Shell) -> None:
    """And so does who asks whether the accounts are complete, with what waits beside it."""
    own.harm(
        "UPDATE projections.rows SET body = jsonb_set(body, '{vouchers}', (SELECT jsonb_agg(each)"
        " FROM jsonb_array_elements(body -> 'vouchers') AS each WHERE each ->> 'key' <> 'receipt K-1/1'))"
        " WHERE projection = 'papers-2' AND key = 'case-T-1'"
    )
    done = own("doctor", "--json")
    [failed] = [each for each in json.loads(done.stdout) if not each["ok"]]
    assert (done.returncode, failed["name"]) == (1, "vouchers")
    assert "1 without their counterpart: ReceiptAccepted at " in failed["says"]

    done = own("completeness", "--as-of", "2019-05-31")
    assert done.returncode == 1
    assert "no voucher: ReceiptAccepted T-1/1 K-1 of 2019-04-03 (position " in done.stderr
    assert "no name: file -/- " in done.stderr
    assert "unreconciled: entry -/- 2019-04-3 since 2019-05-01" in done.stdout
    assert "documented by vouchers: 250,00 kr." in done.stdout


def test_the_doctor_finds_that_the_master_key_is_another_one(own: Shell) -> None:
    key = own.settings.home / "other.key"
    key.write_text("ab" * 32)
    key.chmod(0o600)
    done = own("doctor", "--json", TETEN_MASTER_KEY_FILE=str(key))
    assert (done.returncode, done.stderr) == (1, "")
    failed = {each["name"]: each["says"] for each in json.loads(done.stdout) if not each["ok"]}
    assert "Put the right key at TETEN_MASTER_KEY_FILE" in failed["vault"]
    assert failed["files"] == "can't be opened: see the vault"
    assert len(failed) == 2


def test_an_event_from_the_future_stops_reports_and_is_found_by_the_doctor(own: Shell) -> None:
    own.harm("INSERT INTO log_events VALUES ('case-T-1', 999, 'FutureEvent', '{}', DEFAULT)")
    tables = ("log_events", "commands", "people.words", "projections.rows")
    before = [own.count(table) for table in tables]
    done = own("report")
    assert (done.returncode, done.stdout) == (1, "")
    assert "holds a FutureEvent (case-T-1, version 999)" in done.stderr
    assert "A newer version wrote it" in done.stderr
    found = own("doctor", "--json")
    assert found.returncode == 1
    failed = [each["name"] for each in json.loads(found.stdout) if not each["ok"]]
    assert failed == ["log", "projections"]
    assert [own.count(table) for table in tables] == before
