"""Leaves about the keys that sign licences: a rotation, a compromise, what a search found, the note to the public.

All of it is public. A key stands by its kid (RFC 7638), a licence by the SHA-256 of its compact JWS, as in its own leaf.
"""

from datetime import datetime
from typing import Any

from audit.canonical import canonical
from audit.errors import LeafTooLongError, MalformedError
from audit.plain import moment_text
from audit.record import VERSION, Record
from audit.tiles import MAX_LEAF

MOST_TOKENS = 800  # in one leaf; a search that found more writes several
MEMBERS: dict[str, frozenset[str]] = {
    "rotate": frozenset({"follows", "signs_from", "follows_until"}),
    "compromise": frozenset({"since", "logged_sha256", "before", "after"}),
    "unlogged": frozenset({"tokens"}),
    "note": frozenset({"note_sha256", "reissued", "left"}),
}
"""What each act says besides `kid`, `act` and `at`.

`rotate`: from the second `signs_from` the key `kid` signs, and `follows` no longer from `follows_until`.
`compromise`: whoever held `kid` from the second `since` on may not have been the registry; `logged_sha256` pins the
document that lists its licences in the log, `before` of them from before that second, `after` from later.
`unlogged`: licences that carry a signature of `kid` and have no leaf. `note`: the note to the public, how many licences
were issued anew under another key, and how many could not be (`left`).
"""


def key_record(act: str, kid: str, at: datetime, **members: Any) -> Record:
    """Return the record of an act on a key. Raises MalformedError for another act or other members."""
    if MEMBERS.get(act) != members.keys():
        raise MalformedError(f"an act on a key is one of {', '.join(MEMBERS)}, each with its members; not {act!r}")
    leaf = canonical({"kind": "key", "v": VERSION, "act": act, "kid": kid, "at": moment_text(at), **members})
    if len(leaf) > MAX_LEAF:
        raise LeafTooLongError(f"the key record has {len(leaf)} bytes; the limit is {MAX_LEAF}")
    return Record(leaf)
