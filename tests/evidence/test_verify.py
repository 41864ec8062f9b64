"""`teten verify`: silent while nothing was changed, and otherwise it says where and what."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from service.app import Teten, opened
from service.evidence.checkpoints import KEYS
from service.evidence.findings import Finding
from service.evidence.leaves import hash_of
from service.evidence.notes import Signer, divided, signed
from service.evidence.tiles import Rewritten
from service.evidence.verifying import UNSIGNED, verify
from service.settings import Settings
from tests import examples
from tests.conftest import fresh_database, import_into
from tests.data_sets import tiny
from tests.evidence.tampering import CHANGES, Change, Owner, missed, owned, untouched
from tests.service.together import fresh
from tests.shell import Shell


@pytest.fixture(scope="module")
def owner(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Owner]:
    home = tmp_path_factory.mktemp("tampered")
    with (
        fresh_database(server) as url,
        opened(Settings(home, url, home / "master.key")) as teten,
        owned(teten, home / "data", seed=5) as owner,
    ):
        yield owner


@pytest.mark.parametrize("how", CHANGES, ids=lambda how: how.__name__)
def test_a_change_behind_our_back_is_found_and_located(owner: Owner, how: Change) -> None:
    owner.dice = random.Random(how.__name__)
    for _ in range(5):
        assert missed(owner, how) is None
    assert untouched(owner)


@pytest.fixture
def filled(teten: Teten, tmp_path: Path) -> Teten:
    import_into(teten, tiny(tmp_path / "data"))
    teten.checkpoints.make()
    return teten


def as_the_owner(teten: Teten, *statements: str) -> None:
    with teten.log.pool.connection() as connection:
        for table in ("log_events", "commands", "evidence.checkpoints"):
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
        for statement in statements:
            connection.execute(statement)


def found(teten: Teten) -> list[tuple[int | None, str]]:
    return [(each.position, each.kind) for each in findings(teten)]


def findings(teten: Teten) -> list[Finding]:
    return verify(teten.checkpoints, teten.files, teten.outside).findings


def test_an_untouched_log_is_as_it_was(filled: Teten) -> None:
    told = verify(filled.checkpoints, filled.files, filled.outside)
    assert told.findings == []
    assert told.head == told.in_tree == told.signed > 0
    assert (told.checkpoints, told.vouchers) == (1, 4)


def with_the_tree_changed(teten: Teten, at: int) -> None:
    """An event of the first piece, so that the tree agrees with it."""
    as_the_owner(teten)
    with teten.log.pool.connection() as connection:
        row = connection.execute(
            "SELECT notification_id, originator_id, originator_version, topic, state FROM log_events"
            " WHERE notification_id = %s",
            (at,),
        ).fetchone()
        assert row
        position, stream, version, topic, state = row
        changed = state.replace(b"0", b"1")
        hashed = hash_of(position, stream, version, topic, changed)
        connection.execute(
            "UPDATE log_events SET state = %s WHERE notification_id = %s", (changed, at)
        )
        connection.execute(
            "UPDATE evidence.tiles SET hashes = overlay(hashes placing %s from %s)",
            (hashed, (at - 1) * 32 + 1),
        )


def test_an_event_and_the_tree_changed_together_contradict_what_was_signed(filled: Teten) -> None:
    with_the_tree_changed(filled, 9)
    (told,) = findings(filled)
    assert (told.position, told.kind) == (1, "changed")
    assert f"from 1 to {filled.log.head()}" in told.says


def test_what_is_wrong_further_on_does_not_hide_what_was_rewritten(
    filled: Teten, tmp_path: Path
) -> None:
    before = filled.log.head()
    import_into(filled, tiny(tmp_path / "more", programme="UU", cases="U"))
    filled.checkpoints.make()
    with_the_tree_changed(filled, 9)
    as_the_owner(filled, f"UPDATE log_events SET topic = 'X' WHERE notification_id = {before + 20}")
    assert found(filled)[:2] == [(1, "changed"), (before + 20, "changed")]


def test_another_log_signed_by_another_key_is_not_this_one(filled: Teten) -> None:
    [made] = filled.checkpoints.all()
    forger = Signer.new(made.checkpoint.origin)
    forged = signed(divided(made.note)[0], [forger])
    as_the_owner(filled, f"UPDATE evidence.checkpoints SET note = '{forged}'")
    filled.checkpoints.path(made.size).write_text(forged, "utf-8")
    (filled.checkpoints.folder / KEYS).write_text(f"{forger.vkey}\n", "utf-8")
    assert found(filled) == [(None, "key")]


def test_what_cannot_be_read_in_the_folder_is_told_beside_the_rest(filled: Teten) -> None:
    as_the_owner(filled, "UPDATE log_events SET topic = 'X' WHERE notification_id = 12")
    path = filled.checkpoints.path(filled.log.head())
    path.unlink()
    path.mkdir()
    assert {(12, "changed"), (filled.log.head(), "checkpoint")} <= set(found(filled))


def test_a_tail_cut_off_everywhere_in_the_database_is_found_by_what_lies_outside(
    filled: Teten,
) -> None:
    head = filled.log.head()
    as_the_owner(
        filled,
        f"DELETE FROM log_events WHERE notification_id > {head - 3}",
        f"DELETE FROM commands WHERE last_position > {head - 3}",
        "DELETE FROM evidence.checkpoints",
        f"UPDATE evidence.tiles SET hashes = substr(hashes, 1, {head - 3} * 32)",
    )
    told = found(filled)
    assert (head - 2, "cut off") in told
    assert (head, "checkpoint") in told


def test_a_log_that_nobody_signed_is_not_called_untouched(teten: Teten, tmp_path: Path) -> None:
    import_into(teten, tiny(tmp_path / "data"))
    (told,) = findings(teten)
    assert told.says == UNSIGNED


def test_events_that_came_after_the_last_checkpoint_are_no_finding(
    filled: Teten, tmp_path: Path
) -> None:
    before = filled.log.head()
    import_into(filled, tiny(tmp_path / "more", programme="UU", cases="U"))
    told = verify(filled.checkpoints, filled.files, filled.outside)
    assert told.findings == []
    assert told.signed == told.in_tree == before < told.head


def test_who_verifies_while_others_append_and_sign_finds_nothing(
    teten: Teten,
) -> None:
    def goes_on() -> None:
        teten.log.handle(fresh(examples.establish()))
        for number in range(40):
            teten.log.handle(fresh(examples.register(case_no=f"A-{number}")))
            teten.checkpoints.make()

    with ThreadPoolExecutor(1) as pool:
        going_on = pool.submit(goes_on)
        told = []
        while not going_on.done():
            told += [each for each in findings(teten) if each.says != UNSIGNED]
        going_on.result()
    assert told == []


def test_without_keys_and_files_outside_nothing_is_vouched_for(filled: Teten) -> None:
    (filled.checkpoints.folder / KEYS).write_text("", "utf-8")
    filled.checkpoints.path(filled.log.head()).unlink()
    assert (None, "key") in found(filled)


@pytest.mark.parametrize(
    ("level", "number", "position"),
    [(0, 1, None), (0, 2**40, None), (0, 2**62, None), (0, -1, 1), (1, 0, 1), (3, 5, None)],
)
def test_a_piece_of_the_tree_that_cannot_be_is_found_and_not_signed(
    filled: Teten, tmp_path: Path, level: int, number: int, position: int | None
) -> None:
    head = filled.log.head()
    as_the_owner(
        filled,
        f"INSERT INTO evidence.tiles VALUES ({level}, {number}, decode(repeat('ab', 32), 'hex'))",
    )
    told = found(filled)
    assert told and {kind for _, kind in told} <= {"tree", "cut off"}
    assert told[0][0] == (position or head + 1)
    import_into(filled, tiny(tmp_path / "more", programme="UU", cases="U"))
    with suppress(Rewritten):
        filled.checkpoints.make()
    for (size,) in rows(filled, "SELECT size FROM evidence.checkpoints"):
        assert size <= filled.log.head()


@pytest.mark.parametrize("far", [3_000_000, 2**62])
def test_an_event_moved_far_away_is_found_and_keeps_nobody_busy(filled: Teten, far: int) -> None:
    as_the_owner(filled, f"UPDATE log_events SET notification_id = {far} WHERE notification_id = 9")
    assert found(filled)[0] == (9, "missing")
    assert (far, "added") in found(filled)
    with pytest.raises(Rewritten, match=f"position {far}"):
        filled.checkpoints.tiles.extend()


def rows(teten: Teten, query: str) -> list[tuple[int, ...]]:
    with teten.log.pool.connection() as connection:
        return connection.execute(query).fetchall()


def test_a_file_that_is_no_voucher_of_ours_is_nobodys_business(filled: Teten) -> None:
    (filled.settings.files / "left-by-a-crash.part").write_bytes(b"half a receipt")
    assert findings(filled) == []


def test_verify_says_where_and_exits_with_1(settings: Settings, tmp_path: Path) -> None:
    shell = Shell(settings)
    shell.data("import", tiny(tmp_path / "data"))
    assert shell("verify").returncode == 0
    assert shell.data("verify")["findings"] == []
    with opened(settings) as teten:
        as_the_owner(teten, "DELETE FROM log_events WHERE notification_id = 12")
    told = shell("verify")
    assert told.returncode == 1
    assert "missing at position 12: the event at position 12 is gone" in told.stderr
    assert "Everything is as it was" not in told.stdout


def test_a_checkpoint_is_made_on_request(settings: Settings, tmp_path: Path) -> None:
    shell = Shell(settings)
    assert "nothing to sign" in shell("checkpoint").stdout
    shell.data("import", tiny(tmp_path / "data"))
    made = shell.data("checkpoint")
    assert (settings.checkpoints / f"{made['size']}.checkpoint").read_text("utf-8") == made["note"]


@pytest.mark.parametrize("minutes", ["0", "-1", "ten", "1.5"])
def test_a_setting_that_is_no_number_is_told(settings: Settings, minutes: str) -> None:
    told = Shell(settings)("checkpoint", TETEN_CHECKPOINT_MINUTES=minutes)
    assert told.returncode == 1
    assert "TETEN_CHECKPOINT_MINUTES must be a whole number from 1 on" in told.stderr


def test_hledger_reckons_every_balance_anew_and_a_changed_row_is_named(
    settings: Settings, tmp_path: Path
) -> None:
    shell = Shell(settings)
    shell.data("import", tiny(tmp_path / "data"))
    told = shell.data("verify", "--with", "hledger")["recomputed"]["TT"]
    assert told["compared"] > 50
    assert told["differences"] == []
    with opened(settings) as teten, teten.log.pool.connection() as connection:
        connection.execute(
            "UPDATE projections.rows SET body = replace(body::text, '1950.00', '1950.01')::jsonb"
            " WHERE projection LIKE 'balances%%' AND key LIKE 'line/%%'"
        )
    changed = shell("verify", "--with", "hledger")
    assert changed.returncode == 1
    assert "TT line assets:bank:T-1/1: -1750.01 in Teten" in changed.stderr
    assert "1950.01 in Teten, 1950.00 by hledger" in changed.stderr
