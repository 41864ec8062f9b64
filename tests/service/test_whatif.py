"""What the new practice would have saved of the pilot's misuse: to the øre, by every way in."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from fastapi.testclient import TestClient

from domain.money import ZERO, Money, kr, total
from projections.whatif.answer import Answer
from projections.whatif.figures import Outcome
from service.app import Teten
from service.importing.reading import BrokenData
from service.whatif import answered, read_rules
from tests.conftest import PILOT, PRACTICE
from tests.service.conftest import served
from tests.service.test_page import Balanced
from tests.service.test_pilot import EXPECTED, History
from tests.shell import Shell

# What the new practice would have let through at most, in each case: 12,000 kr. at once (report p. 31).
MISUSED = {
    "LTT-028": kr(15_850),
    "LTT-066": kr(38_500),
    "LTT-072": kr(24_000),
    "LTT-081": kr(12_000),
    "LTT-086": kr(31_250),
    "LTT-122": kr(9_000),
    "LTT-178": kr(19_400),
}


@pytest.fixture(scope="module")
def small(teten_tt: Teten) -> Iterator[TestClient]:
    with served(teten_tt) as client:
        yield client


@pytest.fixture(scope="module")
def found(pilot: Teten) -> Answer:
    return answered(pilot, "LTT", read_rules(PRACTICE))


def test_the_new_practice_would_have_saved_this_much_of_the_pilots_misuse(found: Answer) -> None:
    assert found.confirmed_misuse == total(MISUSED.values()) == kr(150_000)
    saved = found.answer.saved
    # In three cases it was confirmed on two days. What was confirmed on one was undocumented at once.
    by_day = {**MISUSED, "LTT-066": kr(31_350), "LTT-086": kr(18_910), "LTT-178": kr(17_130)}
    rest = (kr(7_150), kr(12_340), kr(2_270))
    assert total([*by_day.values(), *rest]) == found.confirmed_misuse
    above = [max(ZERO, each - kr(12_000)) for each in (*by_day.values(), *rest)]
    assert saved.certain == total(above)
    assert saved.model_dump(mode="json") == {
        "certain": "47580.00",
        "low": "78730.00",
        "central": "108376.90",
        "high": "131000.00",
    }
    assert found.answer.percent == {
        "certain": "31.7",
        "low": "52.5",
        "central": "72.3",
        "high": "87.3",
    }


def test_a_case_can_be_reckoned_by_head(found: Answer) -> None:
    """12,000 kr. go out on the first day, line by line as they were released. What is misused of the last
    of them is never documented, so that after 30 days nothing more goes out."""
    still = {case_no: MISUSED[case_no] - saved.central for case_no, saved in found.by_case.items()}
    assert still["LTT-066"] == kr(12_000)  # All of it was misused.
    # Lines 1 and 2 are honest. Of line 3, 2,700 of 20,505 kr., of which 15,850 misused;
    assert still["LTT-028"] == Money(2_700_00 * 15_850_00 // 20_505_00)
    # of line 2, 7,450 of 24,540 kr., of which 12,000;
    assert still["LTT-081"] == Money(7_450_00 * 12_000_00 // 24_540_00)
    # of line 3, 7,800 of 13,140 kr., of which 12,340;
    assert still["LTT-086"] == Money(7_800_00 * 12_340_00 // 13_140_00)
    # of line 2, 10,000 and 1,850 of 25,800 kr., of which 9,000.
    assert still["LTT-122"] == Money(11_850_00 * 9_000_00 // 25_800_00)
    # In the other two honest receipts made room for more, before the misuse was confirmed.
    assert (str(still["LTT-072"]), str(still["LTT-178"])) == ("11206.59", "1227.60")


def test_the_limit_does_the_work_and_neither_smaller_bites_nor_the_lost_card(found: Answer) -> None:
    assert [(each.name, str(each.saved.central)) for each in found.scenarios] == [
        ("routes", "0.00"),
        ("tranche_max", "0.00"),
        ("undocumented_limit", "108376.90"),
        ("together", "108376.90"),
        ("invoices", "150000.00"),
        ("together_with_invoices", "150000.00"),
    ]


def test_less_is_undocumented_at_a_price(found: Answer) -> None:
    assert str(found.undocumented.peak) == "2049887.55"
    assert str(found.answer.undocumented.peak) == "424601.55"
    assert found.answer.extra_work.model_dump() == {
        "tranches": 538,
        "invoices": 0,
        "first_approvals": 538,
        "second_approvals": 538,
        "receipts": 503,
    }
    waits = found.answer.waits
    assert (waits.payments, waits.waited, waits.never_in_full) == (390, 249, 9)
    assert str(waits.never_paid) == "29872.88"
    assert (found.waits_as_then.never_in_full, str(found.waits_as_then.never_paid)) == (
        146,
        "1409220.96",
    )


def test_every_payment_has_its_fate_and_the_fates_add_up(found: Answer) -> None:
    assert len(found.fates) == found.payments == 415
    assert total(each.amount for each in found.fates) == found.paid == Money.parse("4083685.00")
    assert total(each.paid for each in found.fates) == found.answer.paid
    for each in found.fates:
        assert bool(each.held_by) is (each.outcome is not Outcome.SAME_DAY)


def test_history_in_the_replay_is_the_reports(pilot: Teten, found: Answer) -> None:
    for day in EXPECTED["LTT"]["as_of"]:
        report = History("LTT", pilot).report(day)
        [*_, last] = [each for each in found.days if each.day <= date.fromisoformat(day)]
        assert str(last.history) == report["programme"]["undocumented"]


def test_under_its_own_rules_the_new_practice_comes_out_as_it_was(practice: Teten) -> None:
    own = answered(practice, "NP", read_rules(PRACTICE))
    report = History("NP", practice).report()
    assert str(own.confirmed_misuse) == report["misuse"]["amount"]
    assert str(own.answer.undocumented.end) == report["programme"]["undocumented"]
    assert {each.outcome for each in own.fates} == {Outcome.SAME_DAY}
    assert own.answer.saved.high == ZERO
    assert own.answer.undocumented == own.undocumented
    assert set(own.answer.extra_work.model_dump().values()) == {0}
    assert own.self_check.model_dump(mode="json") == {
        "payments_that_differ": 0,
        "days_that_differ": 0,
        "misuse_differs_by": "0.00",
    }


# By the command line -----------------------------------------------------------------------------


def test_the_command_line_answers_with_the_method_beside_the_figure(shell: Shell) -> None:
    told = shell("whatif", "--undocumented-limit", "1000", "--routes", "account")
    assert (told.returncode, told.stderr) == (0, "")
    assert "Of 300,00 kr. of confirmed misuse (1 citizens)" in told.stdout
    assert "Method. All of the programme's history is replayed" in told.stdout
    assert "Only confirmed misuse is counted." in told.stdout
    assert "0 payments, 0 days and 0,00 kr. of misuse differ" in told.stdout


def test_the_command_line_gives_the_same_as_data(shell: Shell, tmp_path: Path) -> None:
    rules = tmp_path / "rules.json"
    rules.write_text('{"undocumented_limit": "1000.00", "receipts_first": true}', "utf-8")
    by_file = shell.data("whatif", "--rules", rules)
    options = ("--undocumented-limit", "1000.00", "--receipts-first")
    assert by_file == shell.data("whatif", *options, "--programme", "TT")
    # Of 1,950 kr. 300 were misused. 1,000 go out, of which 300, or 153.84. Were they all honest, their
    # receipt came two days before the misuse was confirmed, and the rest went out as well.
    assert by_file["answer"]["saved"] == {
        "certain": "0.00",
        "low": "0.00",
        "central": "146.16",
        "high": "146.16",
    }
    assert set(by_file["method"]) == set(by_file["limits"]) == {"da", "en"}


def test_options_go_before_the_file_and_none_means_no_limit(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "programme.json").write_text('{"tranche_max": "100.00"}', "utf-8")
    found = shell.data(
        "whatif", "--rules", tmp_path, "--tranche-max", "none", "--receipt-deadline-days", "9"
    )
    assert found["answer"]["rules"] == {"tranche_max": None, "receipt_deadline_days": 9}


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        ((), 2, "Say which rules"),
        (("--tranche-max", "-5"), 1, "tranche_max"),
        (("--routes", "horse"), 1, "routes.0"),
        (("--routes", "ean"), 1, "ean alone won't do"),
    ],
)
def test_what_cannot_be_read_is_said(
    shell: Shell, arguments: tuple[str, ...], code: int, reason: str
) -> None:
    told = shell("whatif", *arguments)
    assert told.returncode == code
    assert reason in told.stderr


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"cap": "1.00"}', "none of the rules: tranche_max"),
        (b'{"tranche_max": 5}', "tranche_max"),
        (b"{", "rules.json"),
        (b"\xff", "UTF-8"),
    ],
)
def test_a_file_of_rules_that_is_none_is_told(tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "rules.json"
    file.write_bytes(content)
    with pytest.raises(BrokenData, match=reason):
        read_rules(file)


# Over HTTP ---------------------------------------------------------------------------------------


def test_the_api_answers_as_the_command_line_does(small: TestClient, shell: Shell) -> None:
    query = "undocumented_limit=1000.00&routes=account&routes=ean"
    answer = small.get(f"/v1/whatif?{query}").json()
    assert answer == shell.data(
        "whatif", "--undocumented-limit", "1000.00", "--routes", "account,ean"
    )
    assert json.dumps(answer).count("TT") == 1
    without = small.get("/v1/whatif?undocumented_limit=none").json()
    assert without["answer"]["rules"] == {"undocumented_limit": None}


def test_one_answer_is_reckoned_at_a_time_and_the_latest_are_kept(
    small: TestClient, teten_tt: Teten, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks meanwhile is told so at once, and holds up nobody else."""
    asked = "undocumented_limit=900.00"
    reckoning, told = Event(), Event()

    def slowly(*question: Any) -> Answer:
        reckoning.set()
        assert told.wait(60)
        return answered(*question)

    monkeypatch.setattr("service.whatif.answered", slowly)
    with ThreadPoolExecutor() as visitors:
        first = visitors.submit(small.get, f"/v1/whatif?{asked}")
        assert reckoning.wait(60)
        others = [small.get(path) for path in (f"/v1/whatif?{asked}", f"/whatif?{asked}")]
        told.set()
        found = first.result().json()
    assert [each.status_code for each in others] == [503, 503]
    assert others[0].json()["title"] == "busy"
    assert "Spørg igen" in others[1].text
    reckoning.clear()
    assert small.get(f"/v1/whatif?{asked}&programme=TT").json() == found
    assert not reckoning.is_set()
    for kroner in range(901, 906):
        assert small.get(f"/v1/whatif?undocumented_limit={kroner}.00").status_code == 200
    reckoning.clear()
    assert small.get(f"/v1/whatif?{asked}").json() == found
    assert reckoning.is_set()


def test_the_api_says_what_it_cannot_read(small: TestClient) -> None:
    for query in ("tranche_max=much", "routes=horse", "routes=ean", "receipt_deadline_days=-1"):
        assert small.get(f"/v1/whatif?{query}").status_code == 422
    assert small.get("/v1/whatif?programme=X").status_code == 404


class Text(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.told: list[str] = []
        self.feed(html)

    def handle_data(self, data: str) -> None:
        self.told.append(data)


def read(html: str) -> str:
    assert Balanced(html).open == []
    assert "style=" not in html
    return " ".join(" ".join(Text(html).told).split())


def test_the_page_asks_for_rules_and_shows_the_answer_with_its_method(small: TestClient) -> None:
    form = small.get("/whatif")
    assert form.status_code == 200
    assert "Afspil historien igen" in read(form.text)
    assert "Selvkontrol" not in form.text
    query = "tranche_max=&undocumented_limit=1000&receipt_deadline_days=30&routes=account"
    told = read(small.get(f"/whatif?{query}").text)
    for words in (
        "kr. bekræftet misbrug (1 borgere) 300,00",
        "Sådan er det regnet",
        "Hvad det ikke kan sige",
        "grænsen for udokumenteret fra 13-03-2019",
        "afviger 0 betalinger, 0 dage og 0,00 kr. misbrug",
    ):
        assert words in told
    svg = small.get(f"/whatif?{query}").text
    assert svg.count("<rect") == 2 * svg.split("Ved hver måneds slutning, i kroner")[1].split(
        "</table>"
    )[0].count('scope="row"')


def test_the_page_says_whether_cards_are_still_used(small: TestClient) -> None:
    with_cards = read(small.get("/whatif?undocumented_limit=1000").text)
    assert "Kort bruges, hvor de blev brugt, og de er undtaget fra grænserne" in with_cards
    without = read(small.get("/whatif?undocumented_limit=1000&routes=account").text)
    assert "Hver regel står for sig, og hver gang uden kort" in without


def test_the_page_says_what_it_cannot_read(small: TestClient) -> None:
    wrong = small.get("/whatif?tranche_max=mange&routes=")
    assert wrong.status_code == 422
    assert "En rate højst" in read(wrong.text)
    days = small.get("/whatif?receipt_deadline_days=mange")
    assert days.status_code == 422
    assert small.get("/whatif?programme=X").status_code == 404


def test_nothing_is_asked_that_the_data_sets_do_not_hold() -> None:
    rules = read_rules(PILOT).others()
    assert rules.changes["undocumented_limit"] is None
    assert [each.value for each in rules.changes["routes"]] == ["card"]
