"""The pilot's misuse as the controller sees it, against a reckoning from the files alone, and who reads it."""

import csv
import json
import re
from collections import Counter, defaultdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from domain.money import Money, kr, total
from projections.misuse_figures import Group, Misused
from service.app import Teten
from tests.conftest import PILOT, PRACTICE
from tests.service.conftest import served
from tests.service.test_page import figures, page, table
from tests.shell import Shell

LATER = date(2026, 11, 22)
CAPTION = (
    "Borgere, kroner og procent (95 %-interval); en borger med flere poster tæller i hver, posten"
    " hører til i"
)


def view(teten: Teten, as_of: date | None = None) -> Misused:
    with teten.reports(None) as reports:
        return reports.misused(as_of, LATER)


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as opened_file:
        return list(csv.DictReader(opened_file, delimiter=";"))


class Files:
    """The data set as its files have it, and nothing of ours."""

    def __init__(self, folder: Path) -> None:
        self.cases = {each["case_no"]: each for each in rows(folder / "cases.csv")}
        self.lines = {
            f"{each['case_no']}/{each['line_no']}": each
            for each in rows(folder / "budget_lines.csv")
        }
        no = {each["seq"] for each in rows(folder / "expected_refusals.csv")}
        self.journal = [each for each in rows(folder / "journal.csv") if each["seq"] not in no]
        self.end = json.loads((folder / "expected.json").read_text("utf-8"))["end"]
        self.misuse: defaultdict[str, Money] = defaultdict(lambda: kr(0))
        for each in self.of("CONFIRM_MISUSE"):
            line = f"{each['case_no']}/{each['line_no']}"
            self.misuse[line] += Money.parse_danish(each["amount"])
        self.booked: dict[str, date] = {}
        for file in folder.glob("bank/*.xml"):
            for entry in re.findall(r"<Ntry>.*?</Ntry>", file.read_text("utf-8"), re.DOTALL):
                named = re.search(r"<EndToEndId>(.*?)</EndToEndId>", entry)
                if named and "<CdtDbtInd>DBIT" in entry:
                    day = re.search(r"<BookgDt><Dt>(.*?)</Dt>", entry)
                    assert day
                    self.booked[named[1]] = date.fromisoformat(day[1])

    def of(self, action: str) -> list[dict[str, str]]:
        return [each for each in self.journal if each["action"] == action]

    def told(self, column: str) -> dict[str, tuple[int, int, Money, Money]]:
        """By what the files say of a case or a line: citizens paid, citizens who misused, kroner paid and
        misused."""
        paid: defaultdict[str, list[Money]] = defaultdict(list)
        bad: defaultdict[str, list[Money]] = defaultdict(list)
        who_paid, who_bad = defaultdict(set), defaultdict(set)
        for line, amounts in self.end["line"].items():
            case_no = line.partition("/")[0]
            value = {**self.lines[line], **self.cases[case_no]}[column]
            paid[value].append(Money.parse(amounts["paid"]))
            bad[value].append(self.misuse.get(line, kr(0)))
            if amounts["paid"] != "0.00":
                who_paid[value].add(case_no)
            if line in self.misuse:
                who_bad[value].add(case_no)
        return {
            value: (
                len(who_paid[value]),
                len(who_bad[value]),
                total(paid[value]),
                total(bad[value]),
            )
            for value in paid
        }


def as_told(groups: list[Group]) -> dict[str, tuple[int, int, Money, Money]]:
    return {each.value: (each.paid_to, each.misused_by, each.paid, each.misused) for each in groups}


@pytest.mark.parametrize(("which", "folder"), [("pilot", PILOT), ("practice", PRACTICE)])
@pytest.mark.parametrize("column", ["phase", "selection", "route", "category"])
def test_each_table_is_what_the_files_come_to(
    which: str, folder: Path, column: str, request: pytest.FixtureRequest
) -> None:
    found = view(request.getfixturevalue(which))
    assert as_told(getattr(found, column)) == Files(folder).told(column)


@pytest.mark.parametrize(("which", "folder"), [("pilot", PILOT), ("practice", PRACTICE)])
def test_participants_and_what_became_of_the_claims_are_what_the_files_say(
    which: str, folder: Path, request: pytest.FixtureRequest
) -> None:
    whole, files = view(request.getfixturevalue(which)).whole, Files(folder)
    told, back = files.end["programme"], whole.recovered
    assert whole.participants == files.end["counts"]["participants"]["total"]
    assert (str(back.claimed), str(back.owed)) == (told["misuse"], told["claim"])
    assert (str(back.repaid), str(back.written_off)) == (told["repaid"], told["written_off"])
    assert back.set_off == kr(0)
    assert whole.kroner.percent == files.end["misuse"]["percent_of_paid"]


def test_the_pilots_report_says_the_same(pilot: Teten) -> None:
    """SUS 2018 p. 31: 7 of 97, 150,000 kr., 3.7 per cent; all seven drawn by lot."""
    found = view(pilot)
    whole = found.whole
    assert (whole.misused_by, whole.paid_to, whole.participants) == (7, 97, 97)
    assert (whole.citizens.percent, whole.citizens.low, whole.citizens.high) == (
        "7.2",
        "3.5",
        "14.2",
    )
    assert (whole.misused, whole.kroner.percent) == (kr(150_000), "3.7")
    assert {each.value: each.misused_by for each in found.selection} == {
        "appointed": 0,
        "random": 7,
    }


def test_days_from_payment_to_confirmation_are_those_between_the_files_dates(pilot: Teten) -> None:
    """Each of the pilot's lines was paid at once."""
    files = Files(PILOT)
    paid = {
        f"{each['case_no']}/{each['line_no']}": files.booked[each["ref"]]
        for each in files.of("REQUEST_TRANCHE")
    }
    took = sorted(
        (
            datetime.strptime(each["at"], "%d-%m-%Y %H:%M").date()  # noqa: DTZ007 - a day
            - paid[f"{each['case_no']}/{each['line_no']}"]
        ).days
        for each in files.of("CONFIRM_MISUSE")
    )
    told = view(pilot).to_confirmation
    assert len(took) == told.findings == 11
    assert (told.lower_quartile, told.median) == (took[2], took[5])
    assert (told.upper_quartile, told.longest) == (took[8], took[10])


def test_before_it_was_found_nothing_was_known_of_it(pilot: Teten) -> None:
    found = view(pilot, date(2017, 9, 30))
    assert (found.whole.misused_by, found.findings) == (0, [])
    assert found.whole.participants == sum(
        datetime.strptime(each["at"], "%d-%m-%Y %H:%M").date() <= date(2017, 9, 30)  # noqa: DTZ007
        for each in Files(PILOT).of("ACCEPT")
    )


# Who reads what ----------------------------------------------------------------------------------


def test_a_controller_reads_every_cell_on_a_page(teten_tt: Teten) -> None:
    with served(teten_tt) as client:
        found = page(client, "/misuse?programme=TT")
        cells = [each for each in found.iter("table") if each.find("caption").text == CAPTION]
        assert len(cells) == 4
        assert table(found, "Hvert fund, som det står")["T-1/1"]["Kr."] == "300,00"
        assert "Misbrug" in page(client, "/?programme=TT").find(".//header//nav").itertext()
        assert "2019-13-01" in client.get("/misuse?as_of=2019-13-01").text
        assert client.get("/misuse?as_of=2019-13-01").status_code == 422
        assert client.get("/misuse?programme=XX").status_code == 404


def test_it_is_read_as_it_stood_and_as_it_was_known(teten_tt: Teten) -> None:
    with served(teten_tt) as client:
        for query in ("as_of=2019-04-04", "known=20"):
            found = client.get(f"/v1/misuse?programme=TT&{query}").json()
            assert (found["whole"]["misused_by"], found["findings"]) == (0, [])
            assert "0,00" in figures(page(client, f"/misuse?{query}")).values()
        assert client.get("/v1/misuse").json()["whole"]["misused"] == "300.00"


def test_in_the_demo_everybody_reads_what_is_of_no_few(pilot: Teten, teten_tt: Teten) -> None:
    with served(pilot, None, demo=True) as client:
        found = page(client, "/misuse")
        told = [each.find("caption").text for each in found.iter("table")]
        assert told.count(CAPTION) == 2  # By selection and by route: 2 of phase 4 are too few.
        assert "Hvert fund, som det står" not in told
        assert "LTT-066" not in "".join(found.itertext())
        assert client.get("/v1/misuse").status_code == 401
    with served(teten_tt, None, demo=True) as client:
        assert not list(page(client, "/misuse").iter("table"))


def test_without_the_demo_it_is_read_by_nobody_who_is_not_signed_in(teten_tt: Teten) -> None:
    with served(teten_tt, None) as client:
        assert client.get("/misuse", follow_redirects=False).status_code == 303
    with served(teten_tt, "kons-1") as client:
        assert client.get("/misuse").status_code == 403


def test_the_command_says_the_same_in_text_and_as_data(teten_tt: Teten, shell: Shell) -> None:
    told: dict[str, Any] = shell.data("misuse", "--as-of", "2026-11-22")
    assert told == view(teten_tt).model_dump(mode="json")
    assert Counter(shell("misuse").stdout.split())["300,00"] >= 4
