"""The tree code against outside vectors, against a textbook definition, and against every small tree."""

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import MalformedError, ProofError
from audit.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_of,
    split_point,
    subtrees_of,
    verify_consistency,
    verify_inclusion,
)

VECTORS = Path(__file__).resolve().parents[2].parent / "shared" / "vectors"


def _vectors(name: str) -> list:
    path = VECTORS / name
    if not path.exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason="the shared vectors are not beside this checkout"))]
    return [pytest.param(case, id=key) for key, case in json.loads(path.read_text()).items()]


def _hash(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def _hashes(texts: list[str] | None) -> list[bytes]:
    return [_hash(text) for text in texts or []]


@pytest.mark.parametrize("case", _vectors("merkle_inclusion.json"))
def test_outside_inclusion_vectors(case):
    arguments = case["leafIdx"], case["treeSize"], _hash(case["leafHash"]), _hashes(case["proof"]), _hash(case["root"])
    if case["wantErr"]:
        with pytest.raises(ProofError):
            verify_inclusion(*arguments)
    else:
        verify_inclusion(*arguments)


@pytest.mark.parametrize("case", _vectors("merkle_consistency.json"))
def test_outside_consistency_vectors(case):
    arguments = case["size1"], case["size2"], _hash(case["root1"]), _hash(case["root2"]), _hashes(case["proof"])
    if case["wantErr"]:
        with pytest.raises(ProofError):
            verify_consistency(*arguments)
    else:
        verify_consistency(*arguments)


def _textbook(hashes: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if not hashes:
        return EMPTY_ROOT
    if len(hashes) == 1:
        return hashes[0]
    cut = split_point(len(hashes))
    return node_hash(_textbook(hashes[:cut]), _textbook(hashes[cut:]))


def test_every_pair_of_sizes_up_to_64_proves_and_verifies():
    hashes = [leaf_hash(bytes([number])) for number in range(64)]
    roots = [_textbook(hashes[:size]) for size in range(65)]
    subtree = subtrees_of(hashes)
    for size in range(65):
        assert root_of(hashes[:size]) == roots[size]
        for index in range(size):
            verify_inclusion(index, size, hashes[index], inclusion_proof(index, size, subtree), roots[size])
        for old in range(1, size + 1):
            verify_consistency(old, size, roots[old], roots[size], consistency_proof(old, size, subtree))


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=300), st.data())
def test_a_random_tree_proves_its_leaves_and_nothing_else(leaves, data):
    hashes = [leaf_hash(leaf) for leaf in leaves]
    index = data.draw(st.integers(0, len(leaves) - 1))
    root = root_of(hashes)
    proof = inclusion_proof(index, len(hashes), subtrees_of(hashes))
    verify_inclusion(index, len(hashes), hashes[index], proof, root)
    for place in range(len(proof)):
        wrong = [*proof]
        wrong[place] = leaf_hash(wrong[place])
        with pytest.raises(ProofError):
            verify_inclusion(index, len(hashes), hashes[index], wrong, root)
    with pytest.raises(ProofError):
        verify_inclusion(index, len(hashes), leaf_hash(b"never logged"), proof, root)
    with pytest.raises(ProofError):
        verify_inclusion(index, len(hashes), hashes[index], [*proof, root], root)


@given(st.lists(st.binary(max_size=4), min_size=1, max_size=200), st.data())
def test_a_random_tree_extends_its_own_past_only(leaves, data):
    hashes = [leaf_hash(leaf) for leaf in leaves]
    old = data.draw(st.integers(1, len(leaves)))
    proof = consistency_proof(old, len(hashes), subtrees_of(hashes))
    verify_consistency(old, len(hashes), root_of(hashes[:old]), root_of(hashes), proof)
    with pytest.raises(ProofError):
        verify_consistency(old, len(hashes), leaf_hash(b"rewritten"), root_of(hashes), proof)


@given(st.lists(st.binary(max_size=4), max_size=100), st.integers(0, 100))
def test_a_stored_frontier_goes_on_where_it_stopped(leaves, cut):
    hashes = [leaf_hash(leaf) for leaf in leaves]
    first = Frontier()
    first.extend(hashes[:cut])
    second = Frontier.from_bytes(first.size, first.to_bytes())
    second.extend(hashes[cut:])
    assert (second.size, second.root()) == (len(hashes), _textbook(hashes))


@pytest.mark.parametrize(("size", "stored"), [(1, b""), (3, b"x" * 32), (1, b"x" * 31), (0, b"x" * 32), (-1, b"")])
def test_a_frontier_that_does_not_belong_to_its_size_is_refused(size, stored):
    with pytest.raises(MalformedError):
        Frontier.from_bytes(size, stored)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 3), (3, 3)])
def test_no_proof_for_a_leaf_outside_the_tree(index, size):
    with pytest.raises(ProofError):
        inclusion_proof(index, size, subtrees_of([leaf_hash(b"")] * 3))


@pytest.mark.parametrize(("old", "new"), [(-1, 2), (0, 2), (3, 2)])
def test_no_consistency_proof_backwards(old, new):
    with pytest.raises(ProofError):
        consistency_proof(old, new, subtrees_of([leaf_hash(b"")] * 3))


def test_a_leaf_cannot_pass_for_a_node():
    left, right = leaf_hash(b"left"), leaf_hash(b"right")
    assert leaf_hash(left + right) != node_hash(left, right)
