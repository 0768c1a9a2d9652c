"""The log as immutable files: tiles of 256 hashes, entry bundles of 256 leaves, and the paths they lie at.

Tile (level, number) of a tree holds the hashes of its 256 complete subtrees of 256**level leaves each; the last tile
of a level may be partial. A bundle holds the leaves themselves, each after its length in two bytes, big-endian.

Source: c2sp.org/tlog-tiles v1.0.0. Example: tile 1234067 of level 0 lies at `tile/0/x001/x234/067`.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from audit.errors import LeafTooLongError, MalformedError
from audit.merkle import HASH_SIZE, Frontier, node_hash, split_point

WIDTH = 256
MAX_LEAF = 65_535  # the length of an entry is two bytes
ENTRIES = "entries"

TileHashes = Callable[[int, int], Sequence[bytes]]
"""Gives the hashes of tile (level, number), as many as exist; more than a given tree size needs does no harm."""

_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<number>(?:x[0-9]{3}/)*[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)


def grouped(number: int) -> str:
    """Return a number as path elements of three digits, all but the last with an x: 1234067 is `x001/x234/067`."""
    groups = [f"{number % 1000:03d}"]
    while number := number // 1000:
        groups.insert(0, f"x{number % 1000:03d}")
    return "/".join(groups)


def tile_path(level: int | None, number: int, width: int = WIDTH) -> str:
    """Return the path of a tile, or of an entry bundle when `level` is None; with `.p/<width>` when not full."""
    partial = "" if width == WIDTH else f".p/{width}"
    return f"tile/{ENTRIES if level is None else level}/{grouped(number)}{partial}"


def parse_tile_path(path: str) -> tuple[int | None, int, int]:
    """Return (level, number, width) of a path; level None is an entry bundle. Raises MalformedError."""
    match = _PATH.fullmatch(path)
    if match:
        level = None if match["level"] == ENTRIES else int(match["level"])
        number = int(match["number"].replace("x", "").replace("/", ""))
        width = int(match["width"] or WIDTH)
        if (
            tile_path(level, number, width) == path
            and (level is None or level <= 63)
            and (width < WIDTH or not match["width"])
        ):
            return level, number, width
    raise MalformedError(f"{path[:120]!r} is not the path of a tile or an entry bundle")


def tiles_of(size: int) -> Iterator[tuple[int, int, int]]:
    """List (level, number, width) of every tile of a tree of `size` leaves, the lowest level first."""
    level, hashes = 0, size
    while hashes:
        full, rest = divmod(hashes, WIDTH)
        yield from ((level, number, WIDTH) for number in range(full))
        if rest:
            yield level, full, rest
        level, hashes = level + 1, full


def bundles_of(size: int) -> Iterator[tuple[int, int]]:
    """List (number, width) of every entry bundle of a log of `size` leaves."""
    full, rest = divmod(size, WIDTH)
    yield from ((number, WIDTH) for number in range(full))
    if rest:
        yield full, rest


def split_hashes(tile: bytes) -> list[bytes]:
    """Cut the bytes of a tile into its hashes. Raises MalformedError when they are not 1 to 256 whole hashes."""
    if not tile or len(tile) % HASH_SIZE or len(tile) > WIDTH * HASH_SIZE:
        raise MalformedError(f"a tile of {len(tile)} bytes is not 1 to {WIDTH} hashes of {HASH_SIZE} bytes")
    return [tile[at : at + HASH_SIZE] for at in range(0, len(tile), HASH_SIZE)]


def tile_root(hashes: Sequence[bytes]) -> bytes:
    """Return the root of a full tile, which is one hash of the tile above it."""
    if len(hashes) != WIDTH:
        raise MalformedError(f"only a full tile has a root; this one has {len(hashes)} hashes")
    tree = Frontier()
    tree.extend(hashes)
    return tree.root()


def join_entries(leaves: Sequence[bytes]) -> bytes:
    """Return the entry bundle of 1 to 256 leaves. Raises LeafTooLongError for a leaf over 65,535 bytes."""
    for leaf in leaves:
        require_leaf_length(leaf)
    return b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)


def split_entries(bundle: bytes) -> list[bytes]:
    """Cut an entry bundle into its leaves. Raises MalformedError when it is cut short or holds over 256."""
    leaves: list[bytes] = []
    at = 0
    while at < len(bundle):
        end = at + 2 + int.from_bytes(bundle[at : at + 2], "big")
        if end > len(bundle) or at + 2 > len(bundle) or len(leaves) == WIDTH:
            raise MalformedError(f"entry {len(leaves)} of the bundle is cut short or one too many")
        leaves.append(bundle[at + 2 : end])
        at = end
    return leaves


def require_leaf_length(leaf: bytes) -> None:
    """Raise LeafTooLongError for a leaf that no entry bundle can carry."""
    if len(leaf) > MAX_LEAF:
        raise LeafTooLongError(
            f"a leaf of {len(leaf)} bytes is over the limit of {MAX_LEAF}; keep bulky parts by digest"
        )


def subtree_from_tiles(fetch: TileHashes) -> Callable[[int, int], bytes]:
    """Serve subtree hashes from tiles, for `merkle.inclusion_proof` and `merkle.consistency_proof`.

    A range of leaves that is one hash of a tile is looked up; any other is cut in two as RFC 6962 cuts it. Tiles are
    kept while the returned function lives, so one proof fetches each tile once.
    """
    held: dict[tuple[int, int], Sequence[bytes]] = {}

    def subtree(start: int, end: int) -> bytes:
        length = end - start
        level, span = 0, 1
        while span * WIDTH <= length and length % (span * WIDTH) == 0:
            level, span = level + 1, span * WIDTH
        if length == span and start % span == 0:
            number, place = divmod(start // span, WIDTH)
            if (level, number) not in held:
                held[level, number] = fetch(level, number)
            hashes = held[level, number]
            if place >= len(hashes):
                raise MalformedError(f"tile {level}/{number} holds {len(hashes)} hashes; hash {place} is missing")
            return hashes[place]
        middle = start + split_point(length)
        return node_hash(subtree(start, middle), subtree(middle, end))

    return subtree
