"""RFC 6962 Merkle trees: hashing, the frontier that appends with, and both kinds of proof.

Only `hashlib` is used. Leaves are counted from 0, a hash is 32 bytes of SHA-256, a proof is a list of hashes from the
leaf upward. Proving asks for subtree hashes through a function, so that lists, tiles in a database and tile files can
all serve; verifying needs nothing but the proof.

Source: RFC 6962 section 2.1; verification as RFC 9162 sections 2.1.3.2 and 2.1.4.2.

>>> tree = Frontier()
>>> for leaf in (b"a", b"b", b"c"):
...     tree.append(leaf_hash(leaf))
>>> tree.size, tree.root() == root_of([leaf_hash(b"a"), leaf_hash(b"b"), leaf_hash(b"c")])
(3, True)
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence

from audit.errors import MalformedError, ProofError

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

Subtree = Callable[[int, int], bytes]
"""Gives the hash of the leaves [start, end), where that range is a complete subtree of a tree (RFC 6962's MTH)."""


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of one leaf (prefix 00, so that no leaf can be read as a node)."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node (prefix 01)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Return the tree hash over these leaf hashes; the hash of nothing when there are none."""
    tree = Frontier()
    tree.extend(hashes)
    return tree.root()


def split_point(size: int) -> int:
    """Return the largest power of two below `size`, where RFC 6962 cuts a tree of more than one leaf in two."""
    return 1 << (size - 1).bit_length() - 1


class Frontier:
    """The right edge of a tree: one hash for each complete subtree, largest first. All that appending needs."""

    __slots__ = ("hashes", "size")

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self.size = size
        self.hashes = list(hashes)
        if size < 0 or len(self.hashes) != size.bit_count():
            raise MalformedError(f"a frontier of size {size} does not have {len(self.hashes)} hashes")

    def append(self, hashed_leaf: bytes) -> None:
        """Add one leaf by its hash."""
        self.hashes.append(hashed_leaf)
        size = self.size
        while size & 1:  # each trailing one bit is a complete subtree of equal size, waiting for its sibling
            right = self.hashes.pop()
            self.hashes[-1] = node_hash(self.hashes[-1], right)
            size >>= 1
        self.size += 1

    def extend(self, hashed_leaves: Iterable[bytes]) -> None:
        """Add leaves by their hashes, in order."""
        for hashed in hashed_leaves:
            self.append(hashed)

    def root(self) -> bytes:
        """Return the root of the tree so far."""
        if not self.hashes:
            return EMPTY_ROOT
        root = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            root = node_hash(left, root)
        return root

    def to_bytes(self) -> bytes:
        """Return the hashes as one string; with the size they give the frontier back."""
        return b"".join(self.hashes)

    @classmethod
    def from_bytes(cls, size: int, stored: bytes) -> "Frontier":
        """Read what `to_bytes` wrote. Raises MalformedError when the length does not belong to the size."""
        if len(stored) % HASH_SIZE:
            raise MalformedError(f"a frontier of {len(stored)} bytes is not a whole number of hashes")
        return cls(size, (stored[at : at + HASH_SIZE] for at in range(0, len(stored), HASH_SIZE)))


def subtrees_of(hashes: Sequence[bytes]) -> Subtree:
    """Serve subtree hashes from a list of leaf hashes (for small trees and tests)."""
    return lambda start, end: root_of(hashes[start:end])


def inclusion_proof(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """Return the audit path of leaf `index` in the tree of the first `size` leaves (RFC 6962 2.1.1)."""
    if not 0 <= index < size:
        raise ProofError(f"leaf {index} is not in a tree of {size} leaves")
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + split_point(end - start)
        if index < middle:
            proof.append(subtree(middle, end))
            end = middle
        else:
            proof.append(subtree(start, middle))
            start = middle
    return proof[::-1]


def consistency_proof(old: int, new: int, subtree: Subtree) -> list[bytes]:
    """Return the proof that the first `old` of `new` leaves are the same tree (RFC 6962 2.1.2)."""
    if not 0 < old <= new:
        raise ProofError(f"no proof can tie a tree of {new} leaves to one of {old}")
    proof: list[bytes] = []
    start, end, whole = 0, new, True  # whole: the old tree's part still begins at leaf 0, so its root is known
    while old != end:
        middle = start + split_point(end - start)
        if old <= middle:
            proof.append(subtree(middle, end))
            end = middle
        else:
            proof.append(subtree(start, middle))
            start, whole = middle, False
    if not whole:
        proof.append(subtree(start, end))
    return proof[::-1]


def verify_inclusion(index: int, size: int, hashed_leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Return if the proof leads from the leaf to the root; raise ProofError if not (RFC 9162 2.1.3.2)."""
    if not 0 <= index < size:
        raise ProofError(f"leaf {index} is not in a tree of {size} leaves")
    _require_hashes(hashed_leaf, root, *proof)
    reached = hashed_leaf
    for sibling, on_the_left in _climb(index, size - 1, proof):
        reached = node_hash(sibling, reached) if on_the_left else node_hash(reached, sibling)
    if reached != root:
        raise ProofError(f"the inclusion proof of leaf {index} leads to another root")


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Return if the tree of `new` leaves extends the tree of `old`; raise ProofError if not (RFC 9162 2.1.4.2)."""
    if not 0 < old <= new:  # from the empty tree nothing can be proved: every tree extends it
        raise ProofError(f"no proof can tie a tree of {new} leaves to one of {old}")
    if old == new:
        if proof or old_root != new_root:
            raise ProofError("trees of one size are consistent only if their roots are equal and the proof is empty")
        return
    _require_hashes(old_root, new_root, *proof)
    # A complete old tree is itself a node of the new one; its hash is then left out of the proof.
    first, *siblings = [old_root, *proof] if old & (old - 1) == 0 else proof or [b""]
    node, last = old - 1, new - 1
    while node & 1:  # climb to the largest subtree that ends where the old tree ends
        node, last = node >> 1, last >> 1
    reached_old = reached_new = first
    for sibling, on_the_left in _climb(node, last, siblings):
        if on_the_left:
            reached_old = node_hash(sibling, reached_old)
        reached_new = node_hash(sibling, reached_new) if on_the_left else node_hash(reached_new, sibling)
    if reached_old != old_root:
        raise ProofError("the consistency proof does not lead to the old root")
    if reached_new != new_root:
        raise ProofError("the consistency proof does not lead to the new root")


def _climb(node: int, last: int, siblings: Sequence[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Give each sibling with whether it stands left of `node`, from a level whose last node is `last` to the root."""
    for sibling in siblings:
        if last == 0:
            raise ProofError("the proof is longer than the tree is high")
        on_the_left = bool(node & 1) or node == last
        if on_the_left:
            while node and not node & 1:  # without a sibling on these levels the node rises as it is
                node, last = node >> 1, last >> 1
        yield sibling, on_the_left
        node, last = node >> 1, last >> 1
    if last != 0:
        raise ProofError("the proof is shorter than the tree is high")


def _require_hashes(*hashes: bytes) -> None:
    if any(len(one) != HASH_SIZE for one in hashes):
        raise ProofError(f"a hash of a proof is not {HASH_SIZE} bytes long")
