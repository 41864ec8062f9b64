"""What is in an auditor's bundle, and what never is."""

import csv
import json
import re
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest
from pyarrow import parquet

from domain.case import cases
from domain.money import Money, total
from projections.balances import Dimension
from service.app import Teten
from service.bundle import sample
from service.bundle.sample import NotInProgramme
from service.bundle.sealing import BadSealKey, People, Seal
from service.bundle.unseal import unseal
from service.bundle.verify import Bundle
from service.bundle.wanted import BundleRefused
from service.evidence import proofs
from service.evidence.notes import Verifier
from tests.bundle.bundles import LAST, bundled, content, rows, town, wrong
from tests.data_sets import PERSONAL, attachments

NUMBERS_AND_NAMES = PERSONAL[:9]  # CPR numbers, names, accounts.


def vouchers(folder: Path) -> list[dict[str, str]]:
    with (folder / "vouchers.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def test_made_again_it_has_the_same_bytes_also_when_the_log_has_grown(
    municipality: Teten, open_bundle: Path, tmp_path: Path
) -> None:
    bundled(municipality, tmp_path / "again", people=People.OPEN)
    assert content(tmp_path / "again") == content(open_bundle)
    first = municipality.checkpoints.all()[0]
    bundled(municipality, tmp_path / "earlier", programme="TT", size=first.size)
    assert Bundle(tmp_path / "earlier").made["checkpoint"] == first.size
    assert wrong(tmp_path / "earlier") == []


def test_it_holds_every_event_of_its_programme_and_of_others_only_the_hash(
    municipality: Teten, open_bundle: Path, vkey: str
) -> None:
    mine = [header[0] for header in rows(open_bundle, "events.jsonl")[::2]]
    with municipality.log.pool.connection() as connection:
        found = connection.execute(
            "SELECT position FROM commands, generate_series(first_position, last_position) AS position"
            " WHERE programme = 'TU' ORDER BY position"
        ).fetchall()
    assert mine == [position for (position,) in found]
    bundle = Bundle(open_bundle, vkey)
    assert not any(bundle.verify().values())
    assert bundle.told["events"] == len(mine)
    assert bundle.told["others"] == municipality.log.head() - len(mine)
    assert len(bundle.checkpoints()) == 2
    assert b"T-1" not in b"".join(content(open_bundle).values())


def test_open_it_holds_vouchers_as_they_came_and_words_but_nobodys_number_name_or_account(
    open_bundle: Path,
) -> None:
    held = {name: sha256(each).hexdigest() for name, each in content(open_bundle).items()}
    files = [each["file"] for each in vouchers(open_bundle)]
    assert {held[name] for name in files} == {
        sha256(each).hexdigest() for each in attachments("U-1").values()
    }
    texts = {each["text"] for each in rows(open_bundle, "words.jsonl")}
    assert "Underskrevet på hospitalet" in texts
    everything = b"".join(content(open_bundle).values()).decode(errors="replace")
    assert not [each for each in NUMBERS_AND_NAMES if each in everything]


def test_left_out_nothing_of_people_is_in_it_and_it_says_how_much_was_left_out(
    municipality: Teten, tmp_path: Path, vkey: str
) -> None:
    folder = tmp_path / "bundle"
    bundled(municipality, folder)
    everything = b"".join(content(folder).values()).decode(errors="replace")
    assert not [each for each in PERSONAL if each in everything]
    assert {each["status"] for each in vouchers(folder)} == {"left_out"}
    bundle = Bundle(folder, vkey)
    assert not any(bundle.verify().values())
    assert bundle.told["vouchers"] == {
        "included": 0,
        "left_out": 4,
        "outside": 0,
        "missing": 0,
        "forgotten": 0,
    }


def test_sealed_it_opens_with_its_key_alone_and_made_again_it_has_the_same_bytes(
    municipality: Teten, open_bundle: Path, tmp_path: Path, vkey: str
) -> None:
    key = tmp_path / "seal.key"
    for name in ("sealed", "again"):
        bundled(municipality, tmp_path / name, people=People.SEALED, seal=Seal.read(key))
    assert content(tmp_path / "sealed") == content(tmp_path / "again")
    everything = b"".join(content(tmp_path / "sealed").values()).decode(errors="replace")
    assert not [each for each in PERSONAL if each in everything]
    bundle = Bundle(tmp_path / "sealed", vkey, key)
    assert not any(bundle.verify().values())
    with pytest.raises(ValueError, match="inside the bundle"):
        unseal(key, tmp_path / "sealed" / "opened", tmp_path / "sealed")
    unseal(key, tmp_path / "opened", tmp_path / "sealed")
    found = content(tmp_path / "opened")
    expected = {k: v for k, v in content(open_bundle).items() if k.startswith("vouchers/")}
    assert {k: v for k, v in found.items() if k.startswith("vouchers/")} == expected
    words = ("ref", "text")
    assert [[each[w] for w in words] for each in rows(tmp_path / "opened", "words.jsonl")] == [
        [each[w] for w in words] for each in rows(open_bundle, "words.jsonl")
    ]


def test_with_another_key_nothing_opens(municipality: Teten, tmp_path: Path) -> None:
    seal = Seal.read(tmp_path / "seal.key")
    bundled(municipality, tmp_path / "sealed", people=People.SEALED, seal=seal)
    Seal.read(tmp_path / "another.key")
    found = Bundle(tmp_path / "sealed", key=tmp_path / "another.key").verify()
    assert [name for name, problems in found.items() if problems] == ["vouchers", "words"]


def test_a_seal_needs_a_key_and_a_key_a_seal(municipality: Teten, tmp_path: Path) -> None:
    (tmp_path / "short.key").write_text("abcd")
    with pytest.raises(BadSealKey):
        Seal.read(tmp_path / "short.key")
    with pytest.raises(BundleRefused):
        bundled(municipality, tmp_path / "bundle", people=People.SEALED)
    with pytest.raises(BundleRefused):
        bundled(municipality, tmp_path / "bundle", seal=Seal(b"key"))


def test_vouchers_and_words_are_those_of_the_period(municipality: Teten, tmp_path: Path) -> None:
    period = {"since": date(2019, 4, 2), "through": date(2019, 4, 30)}
    bundled(municipality, tmp_path / "april", people=People.OPEN, **period)
    statuses = {each["effective_on"]: each["status"] for each in vouchers(tmp_path / "april")}
    assert statuses["2019-04-01"] == "outside"
    assert statuses["2019-04-02"] == "included"
    assert "Underskrevet på hospitalet" not in (tmp_path / "april" / "words.jsonl").read_text()
    assert wrong(tmp_path / "april") == []


def test_a_sample_brings_its_vouchers_its_statement_and_a_proof_for_each_event(
    municipality: Teten, tmp_path: Path, vkey: str
) -> None:
    settled = next(
        each.position
        for each in municipality.log.everything()
        if type(each.event).__name__ == "TrancheSettled" and "U-1" in each.stream
    )
    (tmp_path / "picked.txt").write_text(f"# drawn in March\n{settled}\n\nK-2\n", "utf-8")
    picks = tuple(sample.read(tmp_path / "picked.txt"))
    bundled(municipality, tmp_path / "sample", people=People.OPEN, picks=picks)
    assert wrong(tmp_path / "sample", vkey) == []
    statuses = {
        each["ref"] or each["event"]: each["status"] for each in vouchers(tmp_path / "sample")
    }
    assert statuses == {"K-1": "included", "K-2": "included", "StatementReceived": "outside"}
    proof = (tmp_path / "sample" / "proofs" / f"{settled}.tlog-proof").read_text("utf-8")
    proved = proofs.check(proof, [Verifier.parse(vkey)])
    assert proved.position == settled
    assert proved.leaf in (tmp_path / "sample" / "events.jsonl").read_bytes()


def test_a_sample_of_what_is_not_there_is_refused(municipality: Teten, tmp_path: Path) -> None:
    with pytest.raises(NotInProgramme, match="T-1"):
        bundled(municipality, tmp_path / "bundle", picks=("U-1/1", "T-1"))
    assert not list(tmp_path.iterdir())


def test_a_voucher_that_is_lost_is_told_and_not_taken_from_somebody_elses_case(
    server: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The same receipts were handed in by a citizen of each programme."""
    with town(server, tmp_path_factory.mktemp("lossy")) as teten:
        citizen = teten.log.state(cases, "U-1").citizen
        digest = sha256(attachments()["receipts/k1.png"]).hexdigest()
        (teten.settings.files / teten.files.stored(digest, citizen)).unlink()
        told = bundled(teten, tmp_path / "tu", people=People.OPEN)
        others = bundled(teten, tmp_path / "tt", programme="TT", people=People.OPEN)
    assert (told["vouchers"]["missing"], told["vouchers"]["included"]) == (1, 3)
    assert (others["vouchers"]["missing"], others["vouchers"]["included"]) == (0, 4)
    assert {"missing", "included"} == {each["status"] for each in vouchers(tmp_path / "tu")}


def test_it_holds_the_refused_attempts_that_its_checkpoint_speaks_of_and_no_free_text_of_them(
    municipality: Teten, open_bundle: Path, tmp_path: Path
) -> None:
    bundled(municipality, tmp_path / "bundle")
    numbers, codes, facts = zip(
        *((number, row[-2], row[-1]) for number, row in rows(tmp_path / "bundle", "refused.jsonl")),
        strict=True,
    )
    assert (numbers, codes) == ((2, 3), ("declaration_too_large", "unknown_order"))
    assert facts[1] is None
    personal = rows(tmp_path / "bundle", "refused.jsonl")[1][1]
    assert personal[1] is None  # Else a guess at the facts could be held to the hash of all of it.
    assert rows(open_bundle, "refused.jsonl")[1][1][-1] == {"order_reference": "Brækkede benet"}
    bundle = Bundle(tmp_path / "bundle")
    assert not any(bundle.verify().values())
    assert bundle.told["attempts"] == 2


def test_its_tables_and_its_figures_are_those_of_the_report(
    municipality: Teten, open_bundle: Path
) -> None:
    with municipality.reports("TU") as reports:
        expected = reports.balances(Dimension.PROGRAMME, LAST)[0].figures(LAST)
    figures = json.loads((open_bundle / "figures.json").read_text("utf-8"))["figures"]
    assert figures == expected.model_dump(mode="json")
    postings = parquet.read_table(open_bundle / "postings.parquet").to_pylist()
    drawn = [each for each in postings if each["account"] == "budget:drawn"]
    assert total(Money.parse(str(each["amount"])) for each in drawn) == expected.paid
    events = parquet.read_table(open_bundle / "events.parquet").to_pylist()
    assert [each["position"] for each in events] == [
        header[0] for header in rows(open_bundle, "events.jsonl")[::2]
    ]


def test_its_page_lists_what_is_there(
    municipality: Teten, open_bundle: Path, tmp_path: Path
) -> None:
    bundled(municipality, tmp_path / "bare")
    for folder in (open_bundle, tmp_path / "bare"):
        page = (folder / "index.html").read_text("utf-8")
        listed = set(re.findall(r'<th scope="row"><code>([^<]+)</code>', page))
        there = {f"{each.name}/" if each.is_dir() else each.name for each in folder.iterdir()}
        assert listed == there - {"index.html", "README.txt"}


def test_its_page_runs_no_script_and_fetches_nothing(open_bundle: Path, vkey: str) -> None:
    page = (open_bundle / "index.html").read_text("utf-8")
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert vkey.replace("+", "&#43;") in page or vkey in page
    assert "1.950,00" in page


def test_without_a_checkpoint_or_where_something_is_there_is_no_bundle(
    teten: Teten, municipality: Teten, tmp_path: Path
) -> None:
    with pytest.raises(BundleRefused, match="teten checkpoint"):
        bundled(teten, tmp_path / "bundle")
    with pytest.raises(BundleRefused, match="size 7"):
        bundled(municipality, tmp_path / "bundle", size=7)
    with pytest.raises(BundleRefused, match="no such period"):
        bundled(municipality, tmp_path / "bundle", since=LAST, through=date(2019, 1, 1))
    with pytest.raises(BundleRefused, match="names nothing"):
        bundled(municipality, tmp_path / "bundle", picks=())
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "letter.txt").write_text("Kære revisor")
    with pytest.raises(BundleRefused, match="there already"):
        bundled(municipality, tmp_path / "taken")


def test_of_a_log_that_was_changed_there_is_no_bundle(
    server: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with town(server, tmp_path_factory.mktemp("rewritten")) as teten:
        with teten.log.pool.connection() as connection:
            connection.execute("ALTER TABLE log_events DISABLE TRIGGER append_only")
            connection.execute(
                "UPDATE log_events SET state = replace(convert_from(state, 'UTF8'), '1950.00',"
                " '1960.00')::bytea WHERE topic = 'TrancheReleased'"
            )
        with pytest.raises(BundleRefused, match="teten verify"):
            bundled(teten, tmp_path / "bundle")
    assert not list(tmp_path.iterdir())
