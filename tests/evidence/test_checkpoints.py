"""The tree follows the log, and what it holds is signed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.app import Teten
from service.evidence import tree
from service.evidence.checkpoints import KEYS, Checkpoint, KeyLost
from service.evidence.leaves import NOTHING, hash_of, leaf
from service.evidence.notes import BadNote
from service.evidence.tiles import WIDTH, Edges, Rewritten, cut, grown
from tests.conftest import import_into
from tests.data_sets import tiny


@pytest.fixture
def filled(teten: Teten, tmp_path: Path) -> Iterator[Teten]:
    import_into(teten, tiny(tmp_path / "data"))
    yield teten


def stored_hashes(teten: Teten) -> list[bytes]:
    with teten.log.pool.connection() as connection:
        found = connection.execute(
            "SELECT notification_id, originator_id, originator_version, topic, state FROM log_events"
            " ORDER BY notification_id"
        ).fetchall()
    return [tree.leaf_hash(leaf(*row)) for row in found]


def test_a_checkpoint_signs_all_that_the_log_holds(filled: Teten) -> None:
    made = filled.checkpoints.make()
    hashes = stored_hashes(filled)
    assert made
    found = filled.checkpoints.opened(made)
    assert (found.size, found.root) == (len(hashes), tree.root_of(hashes))
    assert found.origin == filled.checkpoints.signer().name


def test_a_checkpoint_is_written_outside_the_database(filled: Teten) -> None:
    made = filled.checkpoints.make()
    assert made
    assert filled.checkpoints.path(made.size).read_text("utf-8") == made.note


def test_nothing_new_is_signed_when_nothing_came(filled: Teten) -> None:
    assert filled.checkpoints.make() == filled.checkpoints.make()
    assert len(filled.checkpoints.all()) == 1


def test_an_empty_log_has_nothing_to_sign(teten: Teten) -> None:
    assert teten.checkpoints.make() is None


def test_each_checkpoint_begins_the_next_one(filled: Teten, tmp_path: Path) -> None:
    first = filled.checkpoints.make()
    import_into(filled, tiny(tmp_path / "more", programme="UU", cases="U"))
    second = filled.checkpoints.make()
    assert first and second and second.size > first.size
    with filled.checkpoints.tiles.reading() as nodes:
        proof = tree.consistency_proof(first.size, second.size, nodes)
    was, now = first.checkpoint.root, second.checkpoint.root
    tree.verify_consistency(first.size, second.size, proof, was, now)


def test_every_event_is_proved_to_be_in_a_checkpoint(filled: Teten) -> None:
    made = filled.checkpoints.make()
    assert made
    with filled.checkpoints.tiles.reading() as nodes:
        for index, hashed in enumerate(stored_hashes(filled)):
            proof = tree.inclusion_proof(index, made.size, nodes)
            tree.verify_inclusion(index, made.size, hashed, proof, made.checkpoint.root)


def test_a_changed_tree_is_not_signed(filled: Teten, tmp_path: Path) -> None:
    filled.checkpoints.make()
    with filled.log.pool.connection() as connection:
        connection.execute(
            "UPDATE evidence.tiles SET hashes = set_byte(hashes, 7, 255 - get_byte(hashes, 7))"
        )
    import_into(filled, tiny(tmp_path / "more", programme="UU", cases="U"))
    with pytest.raises(Rewritten):
        filled.checkpoints.make()


def test_a_database_restored_to_an_earlier_moment_signs_no_second_history(
    filled: Teten, tmp_path: Path
) -> None:
    made = filled.checkpoints.make()
    assert made
    filled.checkpoints.path(made.size + 5).write_text(made.note, "utf-8")
    import_into(filled, tiny(tmp_path / "more", programme="UU", cases="U"))
    with pytest.raises(Rewritten, match=f"from {made.size + 5} to {made.size + 5}"):
        filled.checkpoints.make()
    filled.checkpoints.path(made.size + 5).unlink()
    assert filled.checkpoints.make() != made


def test_a_lost_key_is_told_and_no_other_takes_its_place(filled: Teten) -> None:
    filled.checkpoints.make()
    filled.settings.checkpoint_key_file.unlink()
    with pytest.raises(KeyLost):
        filled.checkpoints.signer()


def test_a_key_whose_name_was_not_written_down_before_a_crash_is_taken_up(filled: Teten) -> None:
    names = filled.checkpoints.folder / KEYS
    signer = filled.checkpoints.signer()
    names.unlink()
    made = filled.checkpoints.make()
    assert made
    assert filled.checkpoints.opened(made).origin == signer.name
    names.unlink()
    filled.checkpoints.signer()
    assert (
        not names.exists()
    )  # Once something was signed somebody took it away, which is to be found.


def test_who_asks_at_the_same_time_gets_the_same_new_key(filled: Teten) -> None:
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: filled.checkpoints.signer().vkey, range(6)))
    assert {each.vkey for each in filled.checkpoints.verifiers()} == set(found)


def test_a_position_that_no_event_bears_has_a_leaf_of_its_own(filled: Teten) -> None:
    with filled.log.pool.connection() as connection:
        connection.execute("ALTER TABLE log_events DISABLE TRIGGER append_only")
        connection.execute(
            "UPDATE log_events SET notification_id = notification_id + 3 WHERE notification_id ="
            " (SELECT max(notification_id) FROM log_events)"
        )
    size = filled.checkpoints.tiles.extend()
    hashes = stored_hashes(filled)
    with filled.checkpoints.tiles.reading() as nodes:
        assert nodes(0, size - 2) == nodes(0, size - 4) == NOTHING == tree.leaf_hash(b"")
        assert nodes.root(size) == tree.root_of([*hashes[:-1], *[NOTHING] * 3, hashes[-1]])


def test_a_leaf_is_hashed_as_it_is_written() -> None:
    row = (17, 'case-LTT/"æ"\\', 3, "LineGranted", b'{"event":1}')
    assert hash_of(*row) == tree.leaf_hash(leaf(*row))
    assert leaf(*row) == b'[17,"case-LTT/\\"\xc3\xa6\\"\\\\",3,"LineGranted"]\n{"event":1}'


@given(st.lists(st.integers(1, 700), min_size=1, max_size=6))
def test_the_tree_is_the_same_however_it_grew(steps: list[int]) -> None:
    tiles: dict[tuple[int, int], bytes] = {}
    for step in steps:
        begun = sum(len(held) // 32 for (level, _), held in tiles.items() if level == 0)
        new = [tree.leaf_hash(str(begun + number).encode()) for number in range(step)]
        for level, number, held in list(grown(edges_of(tiles), 0, new)):
            tiles[level, number] = held
    hashes = [tree.leaf_hash(str(number).encode()) for number in range(sum(steps))]
    at_once = {(level, number): held for level, number, held in grown({}, 0, hashes)}
    assert tiles == at_once
    assert tree.root_of(hashes) == tree.root(len(hashes), node_in(tiles))


def edges_of(tiles: dict[tuple[int, int], bytes]) -> Edges:
    last: dict[int, int] = {}
    for level, number in tiles:
        last[level] = max(number, last.get(level, 0))
    return {level: (number, cut(tiles[level, number])) for level, number in last.items()}


def node_in(tiles: dict[tuple[int, int], bytes]) -> tree.Node:
    def node(level: int, number: int) -> bytes:
        piece, within = divmod(level, 8)
        first = number << within
        held = cut(tiles[piece, first // WIDTH])
        return tree.root_of(held[first % WIDTH : first % WIDTH + (1 << within)])

    return node


@pytest.mark.parametrize(
    "text", ["", "a\n1\n", "a\n01\n", "a\n1\nAAAA\n", "a\n-1\n" + "A" * 43 + "=\n", "\n\n\n"]
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(BadNote):
        Checkpoint.parse(text)
