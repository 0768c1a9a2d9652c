"""Salted commitments: what stands in a public leaf for a personal value.

    salt of a field = HMAC-SHA256(salt of the record, JSON pointer of the field)
    commitment      = SHA-256(salt of the field || canonical JSON of the value)

The salt of a record is 32 random bytes, kept with the private inputs and never in the log. Whoever holds one field's
salt can open that field and learns nothing of the others; when the salt of the record is erased, what is left in the
leaf says nothing about anyone (个人信息保护法 47), and the tree stays whole.

Many fields are bound by one hash: `FieldTree` is an RFC 6962 tree over (commitment, pointer) pairs in the order of the
pointers, so that a leaf carries 32 bytes for a whole application and each of its fields can still be opened alone.
"""

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from audit.canonical import canonical
from audit.errors import MalformedError, NotInLogError, ProofError
from audit.merkle import inclusion_proof, leaf_hash, root_of, subtrees_of, verify_inclusion

SALT_SIZE = 32


class Salts:
    """The salts of one record's fields. HMAC is keyed once and copied for each field, of which a record has over 100."""

    __slots__ = ("_keyed",)

    def __init__(self, record_salt: bytes) -> None:
        """Take the salt of the record. Raises MalformedError unless it is 32 bytes."""
        if len(record_salt) != SALT_SIZE:
            raise MalformedError(f"the salt of a record is {SALT_SIZE} random bytes; this one has {len(record_salt)}")
        # Unlike hmac.digest, a copy keeps the interpreter lock: a record is made beside a writer that wants it too.
        self._keyed = hmac.new(record_salt, digestmod="sha256")

    def of(self, pointer: str) -> bytes:
        """Return the salt of one field."""
        keyed = self._keyed.copy()
        keyed.update(pointer.encode())
        return keyed.digest()

    def commitment(self, pointer: str, value: Any) -> bytes:
        """Return the commitment to `value` at `pointer`, 32 bytes."""
        return hashlib.sha256(self.of(pointer) + canonical(value)).digest()


def field_salt(record_salt: bytes, pointer: str) -> bytes:
    """Return the salt of one field. Raises MalformedError unless the record's salt is 32 bytes."""
    return Salts(record_salt).of(pointer)


def commit(record_salt: bytes, pointer: str, value: Any) -> str:
    """Return the commitment to `value` at `pointer`, 64 hex digits."""
    return Salts(record_salt).commitment(pointer, value).hex()


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens one commitment: the field, its own salt, and the value."""

    pointer: str
    salt: bytes
    value: Any

    @property
    def commitment(self) -> str:
        """The commitment that this opens, 64 hex digits."""
        return hashlib.sha256(self.salt + canonical(self.value)).hexdigest()


def open_field(record_salt: bytes, pointer: str, value: Any) -> Opening:
    """Return the opening of one field, which may be handed on: it opens no other."""
    return Opening(pointer, field_salt(record_salt, pointer), value)


def verify_opening(opening: Opening, commitment: str) -> None:
    """Return if `opening` opens `commitment`. Raises ProofError."""
    if len(opening.salt) != SALT_SIZE or not hmac.compare_digest(opening.commitment, commitment):
        raise ProofError(f"this salt and value do not open the commitment at {opening.pointer}")


def fields_of(document: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (JSON pointer, value) of every scalar, empty list and empty object of a document (RFC 6901)."""
    if isinstance(document, Mapping) and document:
        for name, value in document.items():
            escaped = name.replace("~", "~0").replace("/", "~1") if "~" in name or "/" in name else name
            yield from fields_of(value, f"{pointer}/{escaped}")
    elif isinstance(document, list | tuple) and document:
        for place, value in enumerate(document):
            yield from fields_of(value, f"{pointer}/{place}")
    else:
        yield pointer, document


@dataclass(frozen=True, slots=True)
class FieldOpening:
    """An opening with the path from it to the root of its field tree."""

    opening: Opening
    index: int
    path: tuple[bytes, ...]


class FieldTree:
    """The commitments to all fields of one document, under one root. `under` is put before every pointer."""

    def __init__(self, record_salt: bytes, document: Any, under: str) -> None:
        # By pointer alone: no two fields have the same, and values of different types have no order.
        fields = sorted(fields_of(document, under), key=itemgetter(0))
        commitment = Salts(record_salt).commitment
        self._record_salt = record_salt
        self._pointers = [pointer for pointer, _ in fields]
        self._values = [value for _, value in fields]
        self._hashes = [_field_hash(commitment(pointer, value), pointer) for pointer, value in fields]
        self.root = root_of(self._hashes).hex()
        self.count = len(fields)

    def open(self, pointer: str) -> FieldOpening:
        """Return what shows one field to a third party, and no other. Raises NotInLogError for an unknown pointer."""
        if pointer not in self._pointers:
            raise NotInLogError(
                f"the document has no field {pointer}; its fields are scalars, such as {self._pointers[0]}"
            )
        index = self._pointers.index(pointer)
        path = inclusion_proof(index, self.count, subtrees_of(self._hashes))
        return FieldOpening(open_field(self._record_salt, pointer, self._values[index]), index, tuple(path))


def verify_field(shown: FieldOpening, root: str, count: int) -> None:
    """Return if the field shown is one of the `count` fields under `root`. Raises ProofError or MalformedError."""
    hashed = _field_hash(bytes.fromhex(shown.opening.commitment), shown.opening.pointer)
    if len(shown.opening.salt) != SALT_SIZE:
        raise ProofError(f"the salt of a field is {SALT_SIZE} bytes")
    verify_inclusion(shown.index, count, hashed, shown.path, bytes.fromhex(root))


def _field_hash(commitment: bytes, pointer: str) -> bytes:
    return leaf_hash(commitment + pointer.encode())
