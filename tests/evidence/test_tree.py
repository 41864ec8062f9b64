"""The Merkle tree: what it proves, and that it agrees with what others made."""

import json
import os
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.evidence import tree
from service.evidence.tree import BadProof
from tests.conftest import SHARED

TESTDATA = SHARED / "vectors" / "merkle" / "testdata"
A_TREE_OF_OTHERS = pytest.mark.skipif(
    not TESTDATA.exists() and "CI" not in os.environ, reason="the vectors aren't beside this clone"
)


def vectors(folder: str) -> list[Path]:
    return sorted((TESTDATA / folder).rglob("*.json"))


def told(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


@A_TREE_OF_OTHERS
def test_every_inclusion_proof_of_others_is_judged_as_they_do() -> None:
    paths = vectors("inclusion")
    for path in paths:
        case = told(path)
        proof = [b64decode(each) for each in case["proof"] or ()]
        leaf, root = b64decode(case["leafHash"] or ""), b64decode(case["root"] or "")
        assert case["wantErr"] == refused(
            tree.verify_inclusion, case["leafIdx"], case["treeSize"], leaf, proof, root
        ), path.name
    assert len(paths) == 98


@A_TREE_OF_OTHERS
def test_every_consistency_proof_of_others_is_judged_as_they_do() -> None:
    paths = vectors("consistency")
    for path in paths:
        case = told(path)
        proof = [b64decode(each) for each in case["proof"] or ()]
        was, now = b64decode(case["root1"] or ""), b64decode(case["root2"] or "")
        assert case["wantErr"] == refused(
            tree.verify_consistency, case["size1"], case["size2"], proof, was, now
        ), path.name
    assert len(paths) == 98


def refused(verify: Any, *arguments: Any) -> bool:
    try:
        verify(*arguments)
    except BadProof:
        return True
    return False


def leaves(count: int) -> list[bytes]:
    return [tree.leaf_hash(str(number).encode()) for number in range(count)]


def node_of(hashes: list[bytes]) -> tree.Node:
    return lambda level, number: tree.root_of(hashes[number << level : (number + 1) << level])


def by_the_definition(hashes: list[bytes]) -> bytes:
    """RFC 6962, 2.1, word for word."""
    if len(hashes) <= 1:
        return hashes[0] if hashes else tree.EMPTY_ROOT
    left = 1
    while left * 2 < len(hashes):
        left *= 2
    return tree.node_hash(by_the_definition(hashes[:left]), by_the_definition(hashes[left:]))


def test_the_root_is_what_the_rfc_says() -> None:
    for size in range(140):
        hashes = leaves(size)
        assert tree.root_of(hashes) == by_the_definition(hashes) == tree.root(size, node_of(hashes))


def pairs(end: int) -> Iterator[tuple[int, int]]:
    yield from ((first, second) for second in range(1, end) for first in range(1, second + 1))


def test_every_leaf_of_every_tree_is_proved_and_no_other_hash_in_its_place() -> None:
    for number, size in pairs(40):
        index, hashes = number - 1, leaves(size)
        proof = tree.inclusion_proof(index, size, node_of(hashes))
        root = tree.root_of(hashes)
        tree.verify_inclusion(index, size, hashes[index], proof, root)
        with pytest.raises(BadProof):
            tree.verify_inclusion(index, size, tree.leaf_hash(b"another"), proof, root)


def test_every_tree_is_shown_to_begin_every_later_one() -> None:
    for first, second in pairs(40):
        hashes = leaves(second)
        proof = tree.consistency_proof(first, second, node_of(hashes))
        was, now = tree.root_of(hashes[:first]), tree.root_of(hashes)
        tree.verify_consistency(first, second, proof, was, now)
        with pytest.raises(BadProof):
            tree.verify_consistency(first, second, [*proof, was], was, now)


@given(st.integers(1, 300), st.data())
def test_a_rewritten_past_is_never_shown_to_begin_a_tree(size: int, data: st.DataObject) -> None:
    hashes = leaves(size)
    first = data.draw(st.integers(1, size))
    changed = data.draw(st.integers(0, first - 1))
    rewritten = [*hashes[:changed], tree.leaf_hash(b"another"), *hashes[changed + 1 :]]
    was, now = tree.root_of(hashes[:first]), tree.root_of(rewritten)
    proof = tree.consistency_proof(first, size, node_of(rewritten))
    with pytest.raises(BadProof):
        tree.verify_consistency(first, size, proof, was, now)
