"""Tile paths, bundles, and proofs out of tiles, held against the standard's examples and a second implementation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tlog_scales import tiles as second

from audit.errors import LeafTooLongError, MalformedError
from audit.merkle import (
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_of,
    subtrees_of,
    verify_consistency,
    verify_inclusion,
)
from audit.tiles import (
    MAX_LEAF,
    WIDTH,
    bundles_of,
    join_entries,
    parse_tile_path,
    split_entries,
    split_hashes,
    subtree_from_tiles,
    tile_path,
    tile_root,
    tiles_of,
)


@pytest.mark.parametrize(
    ("place", "path"),
    [
        ((0, 0, 256), "tile/0/000"),
        ((0, 1234067, 256), "tile/0/x001/x234/067"),
        ((63, 1000, 1), "tile/63/x001/000.p/1"),
        ((None, 999, 255), "tile/entries/999.p/255"),
    ],
)
def test_paths_are_those_of_the_standard(place, path):
    assert tile_path(*place) == path
    assert parse_tile_path(path) == place


@given(st.none() | st.integers(0, 63), st.integers(0, 10**10), st.integers(1, WIDTH))
def test_paths_agree_with_a_second_implementation_and_read_back(level, number, width):
    path = tile_path(level, number, width)
    expected = second.tile_path(-1 if level is None else level, number, 0 if width == WIDTH else width)
    assert path == "/".join(expected)
    assert parse_tile_path(path) == (level, number, width)


@pytest.mark.parametrize(
    "path",
    [
        "", "tile/0", "tile/00/000", "tile/64/000", "tile/0/0000", "tile/0/x000/000", "tile/0/000.p/0",
        "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/../../etc/passwd", "tile/0/001/000", "tile/entries/000/",
        "tile/-1/000", "tile/0/000\n", "tile/\u0660/000",
    ],
)  # fmt: skip
def test_other_paths_are_refused(path):
    with pytest.raises(MalformedError):
        parse_tile_path(path)


def test_the_tiles_of_70000_leaves_are_those_that_the_standard_lists():
    listed = list(tiles_of(70_000))
    assert [one for one in listed if one[0] == 0] == [*((0, n, 256) for n in range(273)), (0, 273, 112)]
    assert [one for one in listed if one[0] > 0] == [(1, 0, 256), (1, 1, 17), (2, 0, 1)]
    assert list(tiles_of(256)) == [(0, 0, 256), (1, 0, 1)]
    assert list(tiles_of(0)) == [] == list(bundles_of(0))
    assert list(bundles_of(257)) == [(0, 256), (1, 1)]


@given(st.lists(st.binary(max_size=300), max_size=WIDTH))
def test_bundles_read_back(leaves):
    assert split_entries(join_entries(leaves)) == leaves


@pytest.mark.parametrize("bundle", [b"\x00", b"\x00\x02a", b"\x00\x00" * 257])
def test_bundles_cut_short_or_too_full_are_refused(bundle):
    with pytest.raises(MalformedError):
        split_entries(bundle)


def test_a_leaf_over_the_limit_is_refused():
    join_entries([b"a" * MAX_LEAF])
    with pytest.raises(LeafTooLongError, match="65536 bytes"):
        join_entries([b"", b"a" * (MAX_LEAF + 1)])


@pytest.mark.parametrize("tile", [b"", b"a" * 31, b"a" * 32 * 257])
def test_a_tile_is_1_to_256_whole_hashes(tile):
    with pytest.raises(MalformedError):
        split_hashes(tile)
    with pytest.raises(MalformedError, match="full tile"):
        tile_root([bytes(32)])


def test_proofs_from_tiles_equal_proofs_from_leaves():
    size = 66_000
    hashes = [leaf_hash(number.to_bytes(4, "big")) for number in range(size)]
    tiles: dict[tuple[int, int], list[bytes]] = {}
    for level, number, width in tiles_of(size):
        if level == 0:
            tiles[level, number] = hashes[number * WIDTH : number * WIDTH + width]
        else:
            tiles[level, number] = [tile_root(tiles[level - 1, number * WIDTH + place]) for place in range(width)]
    asked: list[tuple[int, int]] = []

    def fetch(level: int, number: int) -> list[bytes]:
        asked.append((level, number))
        return tiles[level, number]

    root = root_of(hashes)
    for index in (0, 255, 256, 65_535, 65_536, size - 1):
        proof = inclusion_proof(index, size, subtree_from_tiles(fetch))
        verify_inclusion(index, size, hashes[index], proof, root)
        for old in (index + 1, size):
            proof = consistency_proof(old, size, subtree_from_tiles(fetch))
            verify_consistency(old, size, root_of(hashes[:old]), root, proof)
    assert inclusion_proof(300, 1000, subtree_from_tiles(fetch)) == inclusion_proof(300, 1000, subtrees_of(hashes))
    asked.clear()
    inclusion_proof(5, size, subtree_from_tiles(fetch))
    assert len(asked) == len(set(asked)) <= 4  # each tile once: the leaf's, those above it, and the partial edge


def test_a_tile_that_lacks_a_hash_is_named():
    with pytest.raises(MalformedError, match="tile 0/0 holds 1"):
        inclusion_proof(0, 2, subtree_from_tiles(lambda _level, _number: [bytes(32)]))
