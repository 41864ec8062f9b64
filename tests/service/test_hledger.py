"""The ledger as hledger reads it: right by its strict checks, and every balance ours, to the øre."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from domain.money import kr
from domain.programme import FundingAgreement
from domain.words import EVENTS, Command, Event, News, Recorded
from projections.balances import Dimension, balances
from projections.ledger import BOOKINGS
from service import log
from service.app import Teten
from service.cli.export import _write
from service.formats import hledger
from service.people.sealing import fingerprint
from tests.data_sets import PERSONAL
from tests.domain.test_any_order import AnyOrder
from tests.everything import ALL, EVERYTHING
from tests.examples import establish, register, terms
from tests.recomputed import agrees, needs_hledger, reckoned
from tests.scenario import Story, fold
from tests.shell import Shell


class Chronicle(AnyOrder):
    """A crowd that asks for anything, and all that came of it."""

    def __init__(self) -> None:
        super().__init__()
        self.history: list[Recorded[Event]] = []

    def told(self, new: News, command: Command) -> Recorded[Event]:
        self.history.append(replace(super().told(new, command), position=len(self.history) + 1))
        return self.history[-1]


def written(story: Story, folder: Path, as_of: date = date.max, programme: str = "NP") -> Path:
    file = folder / f"{programme}-{as_of}.journal"
    file.write_text("".join(hledger.write(story.log, programme, as_of)), "utf-8")
    return file


# The text ----------------------------------------------------------------------------------------


def test_an_event_that_books_is_a_transaction_found_again_by_its_position() -> None:
    [grant] = [text for text in hledger.write(EVERYTHING.log, "NP") if "(16) LineGranted" in text]
    codes = "funding:AARHUS, legal_basis:LAB-32, category:course, phase:1"
    assert grant == (
        "\n2019-03-01 (16) LineGranted  ; programme:NP, case:A-1, line:A-1/1\n"
        f"    budget:committed                  20000.00 DKK  ; {codes}\n"
        f"    budget:available                 -20000.00 DKK  ; {codes}\n"
    )


def test_every_kind_of_event_that_books_is_there_in_the_order_of_the_log() -> None:
    told = set()
    for programme in ("NP", "HP"):
        _, *transactions = hledger.write(ALL.log, programme)
        heads = [text.split("\n")[1] for text in transactions]
        positions = [int(head[head.index("(") + 1 : head.index(")")]) for head in heads]
        assert positions == sorted(positions)
        told |= {head.split()[2] for head in heads}
    assert told == {kind.__name__ for kind in BOOKINGS}
    assert set(BOOKINGS) < set(EVENTS.values())


def test_another_programme_of_the_same_log_is_another_ledger() -> None:
    other = (FundingAgreement(id="OTHER", name="Another", amount=kr(5)),)
    both = EVERYTHING.does(establish(programme="X", terms=terms(), funding=other))
    assert list(hledger.write(both.log, "NP")) == list(hledger.write(EVERYTHING.log, "NP"))
    _, agreed = hledger.write(both.log, "X")
    assert "programme:X\n" in agreed
    assert "funding:OTHER" in agreed


# What hledger makes of it ------------------------------------------------------------------------


@needs_hledger
def test_hledger_reckons_every_account_as_we_do_in_every_dimension(tmp_path: Path) -> None:
    ours = fold(balances, EVERYTHING.log).values()
    assert {each.dimension for each in ours} == set(Dimension)
    mine = [each for each in ours if each.programme == "NP"]
    assert agrees(written(EVERYTHING, tmp_path), mine) > 100


@needs_hledger
@pytest.mark.parametrize(
    ("said", "instead"),
    [
        (" 20000.00 DKK", " 20000.01 DKK"),  # One side: the entry doesn't balance.
        ("20000.00 DKK", "20000.01 DKK"),  # Both sides: it isn't what we say.
        ("budget:drawn  ", "budget:drawm  "),
        ("2000.00 DKK", "2000.00 SEK"),
        ("funding:VELUX", "funding:AARHUS"),
        ("case:A-1", "case:A-2"),
    ],
)
def test_a_ledger_that_was_tampered_with_is_found_out(
    tmp_path: Path, said: str, instead: str
) -> None:
    ledger = written(EVERYTHING, tmp_path)
    head, accounts, rest = ledger.read_text("utf-8").partition("\n2019-")
    assert said in rest
    ledger.write_text(head + accounts + rest.replace(said, instead), "utf-8")
    with pytest.raises(AssertionError):
        agrees(ledger, fold(balances, EVERYTHING.log).values())


@needs_hledger
@pytest.mark.parametrize("day", [date(2019, 2, 28), date(2019, 3, 1), date(2019, 3, 31)])
def test_a_day_is_the_same_cut_by_us_or_by_hledger(tmp_path: Path, day: date) -> None:
    rows = fold(balances, EVERYTHING.log)
    whole, cut = written(EVERYTHING, tmp_path), written(EVERYTHING, tmp_path, day)
    agrees(whole, [rows["programme/NP"], rows["case/NP/A-1"]], day)
    agrees(cut, [rows["programme/NP"], rows["case/NP/A-1"]], day)
    assert (reckoned(cut) != {}) == (day >= date(2019, 3, 1))


@needs_hledger
@pytest.mark.parametrize(("dice", "kind"), [(11, "usual"), (35, "shared"), (71, "hearing")])
def test_whatever_a_crowd_does_hledger_reckons_it_as_we_do(
    tmp_path: Path, dice: int, kind: str
) -> None:
    crowd = Chronicle()
    crowd.some_steps_are_taken((8, 8), kind)
    for _ in range(5):
        crowd.a_busy_time(dice, 30)
    ledger = written(Story(tuple(crowd.history)), tmp_path)
    assert len({type(each.event) for each in crowd.history} & set(BOOKINGS)) > 5
    agrees(ledger, crowd.rows.values())
    days = sorted({each.effective_on for each in crowd.history})
    agrees(ledger, [crowd.rows["programme/NP"]], days[len(days) // 2])


@needs_hledger
@pytest.mark.parametrize("name", ["A:B", "date:2019-01-02", "Ærø.Ø_1", "x.y"])
def test_whatever_an_identifier_may_hold_hledger_finds_it_by(tmp_path: Path, name: str) -> None:
    agreed = FundingAgreement(id=name, name="A fund", amount=kr(5))
    other = FundingAgreement(id=name.replace(".", "-") + "Z", name="Another", amount=kr(7))
    story = Story().does(establish(programme=name, funding=(agreed, other)))
    ledger = written(story.does(register(programme=name)), tmp_path, programme=name)
    rows = fold(balances, story.log)
    agrees(ledger, rows.values())
    assert reckoned(ledger, "acct:available") == {"budget:available": kr(12)}


# As a command ------------------------------------------------------------------------------------


def test_it_is_written_whole_to_a_file_or_to_standard_output_the_same_each_time(
    shell: Shell, tmp_path: Path
) -> None:
    file = tmp_path / "tt.journal"
    file.write_text("an older one")
    done = shell("export", "hledger", file)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    told = shell("export", "hledger", "--programme", "TT")
    assert told.stdout == file.read_text("utf-8")
    once = fingerprint(file.read_bytes())
    shell("export", "hledger", file)
    assert fingerprint(file.read_bytes()) == once
    assert list(tmp_path.iterdir()) == [file]
    assert not [value for value in PERSONAL if value in told.stdout]
    assert told.stdout.count(" LineGranted ") == 2


@pytest.mark.parametrize("batch", [1, 7, 1_000])
def test_the_whole_log_is_read_batch_by_batch(
    teten_tt: Teten, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(log, "BATCH", batch)
    head = teten_tt.log.head()
    assert [each.position for each in teten_tt.log.everything()] == list(range(1, head + 1))


def test_what_breaks_off_in_the_middle_leaves_the_older_file(tmp_path: Path) -> None:
    def breaking() -> Iterator[str]:
        yield "half"
        raise OSError

    file = tmp_path / "x.journal"
    file.write_text("an older one")
    with pytest.raises(OSError):
        _write(breaking(), file)
    assert [(each, each.read_text()) for each in tmp_path.iterdir()] == [(file, "an older one")]


@needs_hledger
def test_as_of_a_day_it_holds_what_the_report_of_that_day_says(
    shell: Shell, teten_tt: Teten, tmp_path: Path
) -> None:
    for day in (date(2019, 4, 1), date(2019, 4, 12)):
        file = tmp_path / f"{day}.journal"
        assert shell("export", "hledger", file, "--as-of", str(day)).returncode == 0
        with teten_tt.rows.snapshot() as snapshot:
            assert agrees(file, snapshot.all(balances).values(), day)
        said = shell.data("report", "--as-of", str(day))["funding"]["AARHUS"]
        found = reckoned(file, "tag:funding=^AARHUS$")
        assert str(found["budget:drawn"]) == said["paid"]
        assert str(found["budget:available"]) == said["available"]


def test_a_programme_that_is_not_there_leaves_no_file(shell: Shell, tmp_path: Path) -> None:
    done = shell("export", "hledger", tmp_path / "x.journal", "--programme", "X")
    assert (done.returncode, done.stdout) == (1, "")
    assert "There is no programme X" in done.stderr
    assert list(tmp_path.iterdir()) == []


@needs_hledger
def test_hledger_reckons_the_pilot_as_we_do(pilot: Teten, tmp_path: Path) -> None:
    """Every account, as a whole, by funding source and by phase."""
    file = tmp_path / "pilot.journal"
    file.write_text("".join(hledger.write(pilot.log.everything(), "LTT")), "utf-8")
    with pilot.rows.snapshot() as snapshot:
        rows = snapshot.all(balances).values()
    chosen = (Dimension.PROGRAMME, Dimension.FUNDING, Dimension.PHASE)
    few = [each for each in rows if each.dimension in chosen]
    agrees(file, few)
    assert reckoned(file)["budget:drawn"] > kr(4_000_000)
