"""What is imported stays as it is: again, beside others, and with rows that are refused."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from domain.programme import programmes
from service.app import Teten
from service.importing.reading import BrokenData
from service.report import UnknownProgramme
from service.settings import Settings
from tests import examples
from tests.conftest import import_into
from tests.data_sets import Movement, change, paid, put, put_journal, saying, statement, tiny
from tests.service.test_broken_data import places, refused, stored
from tests.shell import Shell

LATER = date(2026, 11, 22)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tiny(tmp_path / "data")


# What a bank may write ---------------------------------------------------------------------------


def test_what_may_be_a_cpr_number_is_sealed_wherever_the_bank_writes_it(
    teten: Teten, data: Path
) -> None:
    content = statement(
        Movement("150.00", "CRDT", saying("UNSPENT 010190-1234/1"), "2019-04-12"),
        Movement("75.00", "CRDT", paid("Jens 0101901234"), "2019-04-16"),
        number="2019-04",
        opening="8050.00",
        closing="8275.00",
    )
    (data / "bank/2019-04.xml").write_bytes(content)
    import_into(teten, data)
    with teten.log.pool.connection() as connection:
        states = connection.execute("SELECT state FROM log_events").fetchall()
    assert not [state for (state,) in states if b"190" in bytes(state) and b"1234" in bytes(state)]
    with teten.reports("TT") as reports:
        told = [each["text"] for each in reports.report(None, LATER)["unreconciled"]]
    assert told == ["UNSPENT 010190-1234/1", "Jens 0101901234"]


# A second import ---------------------------------------------------------------------------------


@pytest.fixture
def known(teten: Teten, data: Path) -> Teten:
    import_into(teten, data)
    return teten


@pytest.mark.parametrize(
    ("told_in", "column", "which", "file", "old", "new"),
    [
        ("journal.csv", "seq", "12 ", "journal.csv", "1.950,00", "1.950,01"),
        ("journal.csv", "seq", "7 ", "budget_lines.csv", "4.000,00", "4.000,01"),
        ("journal.csv", "seq", "7 ", "budget_lines.csv", "Jeg kan ikke gå", "Jeg kan godt gå"),
        ("journal.csv", "seq", "4 ", "journal.csv", "Underskrevet på", "Underskrevet i"),
        ("journal.csv", "seq", "15 ", "bank/2019-03.xml", "<MsgId>M-", "<MsgId>N-"),
        ("cases.csv", "case_no", "T-3 ", "cases.csv", "2;appointed", "1;appointed"),
        ("cases.csv", "cpr", "", "cases.csv", "610190-1001", "610190-9999"),
        ("card_transactions.csv", None, "", "card_transactions.csv", "-18,25", "-18,26"),
        ("programme.json", None, "", "programme.json", '"20000.00"', '"20001.00"'),
    ],
)
def test_what_was_imported_can_not_be_changed_afterwards(
    known: Teten,
    data: Path,
    told_in: str,
    column: str | None,
    which: str,
    file: str,
    old: str,
    new: str,
) -> None:
    change(data / file, old, new)
    [problem] = refused(known, data)
    assert (problem.file, problem.column) == (told_in, column)
    assert problem.what.startswith(f"{which}er ændret siden en tidligere import")
    assert "never changes" in problem.what


def test_a_citizens_new_name_and_account_are_taken_over(known: Teten, data: Path) -> None:
    change(data / "cases.csv", "Anna Ærlig", "Anna Lykkelig")
    change(data / "cases.csv", "9999-0000000011", "9999-0000000099")
    citizen = known.vault.pseudonym("610190-1001") or ""
    assert import_into(known, data).applied == 0
    assert known.vault.record(citizen)["name"] == "Anna Lykkelig"
    assert known.vault.record(citizen)["account"] == "9999-0000000099"


def test_what_was_added_since_is_entered(known: Teten, data: Path) -> None:
    text = (data / "journal.csv").read_text("utf-8-sig")
    put(data / "journal.csv", f"{text}31;07-05-2019 09:00;kons-1;OUTCOME;T-1;;;;on_benefits;\n")
    imported = import_into(known, data)
    assert (imported.applied, imported.again) == (1, 30)


def test_a_programme_that_was_entered_in_another_way_is_not_taken_over(
    teten: Teten, data: Path
) -> None:
    teten.log.handle(examples.establish(programme="TT"))
    before = stored(teten) | {"commands": 2}  # The attempt is kept.
    with pytest.raises(BrokenData, match=r"programme\.json: .*in another way: wrong_state"):
        import_into(teten, data)
    assert stored(teten) == before


# Two programmes ----------------------------------------------------------------------------------


def report(teten: Teten, programme: str | None) -> dict[str, Any]:
    with teten.reports(programme) as reports:
        return reports.report(None, LATER)


def test_two_programmes_with_the_same_numbers_and_files_live_side_by_side(
    known: Teten, tmp_path: Path
) -> None:
    """The same tranches, receipts and statements, of the same citizens."""
    before = report(known, "TT")
    imported = import_into(known, tiny(tmp_path / "other", programme="UU", cases="U"))
    assert (imported.applied, imported.refused) == (30, [])
    assert report(known, "TT") == before
    assert json.dumps(report(known, "UU")).replace("U-", "T-") == json.dumps(before)
    with pytest.raises(UnknownProgramme, match=r"several programmes \(TT, UU\): choose one"):
        report(known, None)
    with pytest.raises(UnknownProgramme, match="no programme XX"):
        report(known, "XX")


def test_the_same_citizen_has_one_pseudonym_in_both(known: Teten, tmp_path: Path) -> None:
    before = stored(known)["people.citizens"]
    import_into(known, tiny(tmp_path / "other", programme="UU", cases="U"))
    assert stored(known)["people.citizens"] == before == 3


def test_case_numbers_belong_to_the_municipality_not_to_the_programme(
    known: Teten, tmp_path: Path
) -> None:
    problems = refused(known, tiny(tmp_path / "other", programme="UU"))
    assert places(problems) == [("cases.csv", row, "case_no") for row in (2, 3, 4)]
    assert all("TT" in problem.what for problem in problems)
    assert not known.log.state(programmes, "UU").established


# Refused rows ------------------------------------------------------------------------------------

STORY: list[tuple[str, str]] = [
    ("04-03-2019 09:00;kons-1;OFFER;T-1;;;;;", ""),
    ("04-03-2019 09:01;kons-1;OFFER;T-1;;;;;", "wrong_state"),
    ("04-03-2019 09:02;kons-1;OFFER;T-9;;;;;", "not_found"),
    ("04-03-2019 09:03;kons-9;OFFER;T-2;;;;;", "forbidden"),
    ("04-03-2019 09:04;kons-1;SUBMIT_BUDGET;T-1;;;;;", "no_declaration"),
    ("05-03-2019 09:00;kons-1;ACCEPT;T-1;;;;;", ""),
    ("05-03-2019 09:01;kons-1;SUBMIT_BUDGET;T-1;;;;;", ""),
    ("05-03-2019 09:02;kons-1;APPROVE_LINE;T-1;1;;;;", "not_assessed"),
    ("05-03-2019 09:03;kons-1;ASSESS;T-1;;;;green;", "own_assessment"),
    ("05-03-2019 09:04;kons-2;ASSESS;T-1;;;;red;", ""),
    ("05-03-2019 09:05;kons-1;APPROVE_LINE;T-1;1;;;;", "assessed_red"),
    ("06-03-2019 09:00;kons-2;ASSESS;T-1;;;;green;", ""),
    ("06-03-2019 09:01;kons-1;AMEND_LINE;T-1;1;;6.000,00;;", ""),
    ("06-03-2019 09:02;kons-1;APPROVE_LINE;T-1;1;;;;", ""),
    ("06-03-2019 09:03;kons-1;AMEND_LINE;T-1;2;;14.000,01;;", "cap_exceeded"),
    ("06-03-2019 09:04;kons-1;AMEND_LINE;T-1;2;;4.000,01;;", ""),
    ("06-03-2019 09:05;kons-1;APPROVE_LINE;T-1;2;;;;", "funding_exhausted"),
    ("06-03-2019 09:06;kons-1;REQUEST_TRANCHE;T-1;1;R-1;6.000,01;;", "above_grant"),
    ("06-03-2019 09:07;kons-1;REQUEST_TRANCHE;T-1;1;R-1;5.000,01;;", "tranche_too_large"),
    ("06-03-2019 09:08;kons-1;REQUEST_TRANCHE;T-1;1;R-1;3.000,00;;", ""),
    ("06-03-2019 09:09;both-1;APPROVE_TRANCHE;T-1;1;R-1;;;", ""),
    ("06-03-2019 09:10;both-1;RELEASE_TRANCHE;T-1;1;R-1;;;", "same_person"),
    ("06-03-2019 09:11;fin-1;RELEASE_TRANCHE;T-1;1;R-1;;;", ""),
    ("07-03-2019 09:00;kons-1;REQUEST_TRANCHE;T-1;1;R-2;1.000,01;;", ""),
    ("07-03-2019 09:01;kons-1;APPROVE_TRANCHE;T-1;1;R-2;;;", ""),
    ("07-03-2019 09:02;fin-1;RELEASE_TRANCHE;T-1;1;R-2;;;", "undocumented_limit"),
    ("01-04-2019 06:00;system;STATEMENT;;;;;;bank/2019-03.xml", ""),
    ('02-04-2019 09:00;kons-1;RECEIPT;T-1;1;K-1;500,00;"B; 20-03-2019";receipts/k1.png', ""),
    (
        '02-04-2019 09:01;kons-1;RECEIPT;T-1;1;K-2;500,00;"B; 20-03-2019";receipts/k1.png',
        "duplicate_receipt",
    ),
    ('02-04-2019 09:02;kons-1;RECEIPT;T-1;1;K-2;9.000,00;"B; 20-03-2019";receipts/k2.png', ""),
    ("02-04-2019 09:03;kons-1;ACCEPT_RECEIPT;T-1;1;K-1;500,01;;", "above_receipt"),
    ("02-04-2019 09:04;kons-1;ACCEPT_RECEIPT;T-1;1;K-2;3.000,01;;", "above_advance"),
    ("02-04-2019 09:05;fin-1;DECLARE_LOST;T-1;1;;500,01;;", "declaration_too_large"),
    ("02-04-2019 09:06;fin-1;CONFIRM_MISUSE;T-1;1;;100,00;other;", ""),
    ("02-04-2019 09:07;fin-1;WRITE_OFF;T-1;1;;100,01;;", "above_claim"),
    ("15-04-2019 09:00;kons-1;CANCEL_TRANCHE;T-1;1;R-2;;;", ""),
    ("15-04-2019 09:01;kons-1;REQUEST_TRANCHE;T-1;1;R-3;100,00;;", ""),
    ("15-04-2019 09:02;kons-1;APPROVE_TRANCHE;T-1;1;R-3;;;", ""),
    ("15-04-2019 09:03;fin-1;RELEASE_TRANCHE;T-1;1;R-3;;;", "receipts_overdue"),
    ("07-09-2019 09:00;kons-1;REQUEST_TRANCHE;T-1;1;R-4;100,00;;", "after_end_date"),
    ("07-09-2019 09:01;kons-1;COMPLETE;T-1;;;;;", ""),
    ("07-09-2019 09:02;kons-1;STOP;T-1;;;;;", "case_closed"),
    ("07-09-2019 09:03;kons-1;OUTCOME;T-1;;;;employed;", ""),
]
REFUSED = [(seq, code) for seq, (_, code) in enumerate(STORY, start=1) if code]


@pytest.fixture
def eventful(data: Path) -> Path:
    """A data set in which every rule is broken once, and the rows between go on."""
    put_journal(data, [row for row, _ in STORY])
    booked = Movement("3000.00", details=paid("R-1"), day="2019-03-14")
    (data / "bank" / "2019-03.xml").write_bytes(statement(booked, closing="7000.00"))
    return data


def test_a_refused_row_changes_nothing_and_the_others_go_on(teten: Teten, eventful: Path) -> None:
    imported = import_into(teten, eventful)
    assert imported.refused == REFUSED
    assert imported.applied == len(STORY) - len(REFUSED)
    figures = report(teten, "TT")
    assert figures["refused"] == len(REFUSED)
    assert figures["programme"]["paid"] == "3000.00"
    assert figures["counts"]["outcomes"]["employed"]["total"] == 1


def test_a_second_run_refuses_the_same_rows_and_changes_nothing(
    teten: Teten, eventful: Path
) -> None:
    import_into(teten, eventful)
    before = stored(teten)
    again = import_into(teten, eventful)
    assert again.refused == REFUSED
    assert (again.applied, again.again) == (0, len(STORY) - len(REFUSED))
    assert stored(teten) == before


# By the command line -----------------------------------------------------------------------------


def test_the_refusals_are_written_as_the_spreadsheet_reads_them(
    settings: Settings, eventful: Path, tmp_path: Path
) -> None:
    file = tmp_path / "refusals.csv"
    imported = Shell(settings).data("import", eventful, "--refusals", file)
    lines = ["seq;code", *(f"{seq};{code}" for seq, code in REFUSED), ""]
    assert file.read_bytes() == b"\xef\xbb\xbf" + "\r\n".join(lines).encode()
    assert imported["refused"] == [list(each) for each in REFUSED]


def test_refusals_that_can_not_be_written_are_told(
    settings: Settings, data: Path, tmp_path: Path
) -> None:
    file = tmp_path / "nowhere" / "refusals.csv"
    done = Shell(settings)("import", data, "--refusals", file)
    assert (done.returncode, done.stdout) == (1, "")
    assert str(file) in done.stderr


# What counts for a citizen -----------------------------------------------------------------------

AT = "12-03-2019 09:00"


def paid_with_declarations(case_no: str, ref: str, amounts: tuple[str, ...]) -> list[str]:
    """A line is granted and paid, and then that much of it declared as lost receipts."""
    asked = [
        *(f"kons-1;OFFER;{case_no};;;;;", f"kons-1;ACCEPT;{case_no};;;;;"),
        *(f"kons-1;SUBMIT_BUDGET;{case_no};;;;;", f"both-1;ASSESS;{case_no};;;;green;"),
        f"kons-1;APPROVE_LINE;{case_no};1;;;;",
        f"kons-1;REQUEST_TRANCHE;{case_no};1;{ref};1.950,00;;",
        f"kons-1;APPROVE_TRANCHE;{case_no};1;{ref};;;",
        f"fin-1;RELEASE_TRANCHE;{case_no};1;{ref};;;",
        f"system;STATEMENT;;;2019-{ref};;;bank/{ref}.xml",
        *(f"fin-1;DECLARE_LOST;{case_no};1;;{each};Væk;" for each in amounts),
    ]
    return [f"{AT};{each}" for each in asked]


def test_a_citizens_two_cases_share_what_may_be_declared_lost(teten: Teten, data: Path) -> None:
    """Given 600 kr. a year for each citizen, and two cases of one; when 500 kr. are declared in the one
    and 200 kr. in the other, then those 200 kr. are refused, as they would be by hand."""
    cap = '"declaration_max": "500.00", "declarations_max_total": "600.00"'
    change(data / "programme.json", '"declaration_max": "500.00"', cap)
    change(data / "cases.csv", "620290-1002;Bent Birk", "610190-1001;Anna Ærlig")
    for ref in ("R-1", "R-2"):
        movement = Movement("1950.00", details=paid(ref), day="2019-03-12")
        (data / f"bank/{ref}.xml").write_bytes(statement(movement, number=f"2019-{ref}"))
    one = paid_with_declarations("T-1", "R-1", ("500,00",))
    put_journal(data, [*one, *paid_with_declarations("T-2", "R-2", ("200,00", "100,00"))])
    result = import_into(teten, data)
    assert result.refused == [(len(one) + 10, "declarations_exhausted")]
    again = import_into(teten, data)
    assert (again.refused, again.applied) == (result.refused, 0)
