"""What each version of a licence shows, held against the leaves before it; used by step 11 (`audit.verify_permits`).

1. the reason of a next version is one of a closed list, and has its cause in the log; what was revoked has no next version;
2. beside its permits a version of a licence shows what the one before it showed (a pass: what was stated, step 12);
3. its permits are those that the leaves give, suspended ones first, each with authority, days, number and scope as logged, then
   those still due as the first version told them; where the code shows less (docs/licence.md 3, short form), count and digest
   are of all of them;
4. every version, and every permit for as long as it is held, has a place in the status lists of its own, and nobody else's.
"""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

REASONS = {
    "permit_added": "a permit leaf with the act add",
    "permit_changed": "a permit leaf with the act change",
    "pass_changed": "a statement of its authority",
    "key_compromised": "a leaf that reports the key of the version before",
}
_SHORT = ("type", "held", "number", "valid_to", "status_idx")
Place = tuple[int, int]


@dataclass(slots=True)
class Permit:
    """One permit: whose, under which name, in which words, by which statement (its jti), and where its status stands.

    `suspended` are the sides that suspend it: the code of its authority, or None for the registry. It is valid when there are
    none.
    """

    authority: str
    name: str
    place: Place
    stated: Mapping[str, Any]
    statement: str | None = None
    touched: int = 0  # second of its newest leaf
    suspended: set[str | None] = field(default_factory=set)
    revoked: bool = False

    def shown(self, printed: Sequence[str] | None) -> dict[str, Any]:
        """Return its entry on a licence in the full form (docs/licence.md 3); `printed` are the codes of the licence's scope."""
        one = self.stated
        entry = {"type": one["type"], "held": True, "authority": self.name, "number": one["number"]}
        entry["valid_from"] = one["valid_from"]
        entry |= {on: one[name] for name, on in (("valid_to", "valid_to"), ("identifier", "id")) if name in one}
        if printed is not None:
            entry |= {"scope": [place for place, code in enumerate(printed) if code in one["scope"]]}
        return {**entry, "status_idx": self.place[1]}


@dataclass(slots=True)
class Course:
    """One licence through all its versions: the leaf of the newest, its claims and key, its permits by number.

    `authority` is whose it is as a whole: a pass is its civil-affairs authority's, a licence the registry's (None). `due` are
    the permits that the first version told to be due; None where its code left some out. `pending` is the leaf of a permit act
    that no version shows yet.
    """

    newest: int
    uscc: str
    claims: Mapping[str, Any] | None
    kid: str | None
    authority: str | None = None
    due: list[dict[str, Any]] | None = None
    printed: Sequence[str] | None = None  # codes of the scope items as printed; None where the inputs are withheld
    suspended: set[str | None] = field(default_factory=set)
    revoked: bool = False
    permits: dict[int, Permit] = field(default_factory=dict)
    numbers: dict[tuple[str, str], set[int]] = field(default_factory=dict)  # type and number -> permits that bore them
    pending: int | None = None
    pending_act: str | None = None


@dataclass(slots=True)
class Places:
    """Which place of the status lists is whose, in the whole log."""

    taken: dict[Place, tuple[object, ...]] = field(default_factory=dict)

    def faults(self, place: Place, *owner: object) -> Iterator[str]:
        """Yield what speaks against an owner's having this place."""
        first = self.taken.setdefault(place, owner)
        if first != owner:
            yield f"has place {place[1]} of list {place[0]} for {_named(owner)}, and it is {_named(first)}'s"


def place_of(claims: Mapping[str, Any]) -> Place:
    """Return the licence's own place in the lists: list and index."""
    named = claims["status"]["status_list"]
    return int(str(named["uri"]).rpartition("/")[2]), named["idx"]


def cause_faults(reason: str, one: Course, compromised: Mapping[str, int]) -> Iterator[str]:
    """Yield what speaks against a next version for this reason; `compromised` are the keys reported before it."""
    if one.revoked:
        yield "is a further version of what was revoked, which is final"
    if reason not in REASONS:
        yield f"gives the reason {reason!r}, which is none of {', '.join(REASONS)}"
    caused = {"add": "permit_added", "change": "permit_changed"}.get(one.pending_act or "")
    if reason.startswith("permit_") and one.pending is None:
        yield "is a version for a permit, and no permit leaf before it is waiting for one"
    elif one.pending is not None and reason != caused:
        yield f"does not say that it is the version for the permit at leaf {one.pending}"
    if reason == "pass_changed" and one.authority is None:
        yield "is a version for a statement of a pass, and it is none"
    if reason == "key_compromised" and one.kid not in compromised:
        yield f"is a version for a stolen key, and no leaf before it reports {one.kid}, which signed the one before"


def shown_faults(claims: Mapping[str, Any], before: Course) -> Iterator[str]:
    """Yield where a next version shows something else than it must; `before` still holds the claims of the one before."""
    old = before.claims
    if before.authority is None and old is not None and claims.get("licence") != old.get("licence"):
        yield "shows another name, person, place or scope than the version before, and nothing stated a change"
    yield from permit_faults(claims, before)


def permit_faults(claims: Mapping[str, Any], one: Course) -> Iterator[str]:
    """Yield where the permits of a version are not those that the log gives, or are counted or digested otherwise."""
    shown = claims["permits"]
    standing = [(number, permit) for number, permit in one.permits.items() if not permit.revoked]
    standing.sort(key=lambda entry: (not entry[1].suspended, entry[0]))  # suspended ones first: a short code shows them
    held = [permit.shown(one.printed) for _, permit in standing]
    if one.printed is None:
        held = _scope_as_shown(held, claims)
        yield from _withheld_scope_faults(held, [permit for _, permit in standing])
    types = {entry["type"] for entry in held}
    due = [entry for entry in one.due or [] if entry["type"] not in types]
    full = [*held, *due]
    known = held if one.due is None else full
    if "permits_digest" in claims:
        wanted = known[: len(shown)]
        if one.due is not None and claims["permits_digest"] != digest_of(full):
            yield "has a digest of its permits that is not that of the full list"
        if one.due is not None and len(shown) >= len(full):
            yield "has a digest and leaves no permit out"
    else:
        wanted = known
    if one.due is None:  # what is due is not known to us: then the held ones alone
        shown = [entry for entry in shown if entry["held"]]
    elif claims.get("permits_total") != len(full):
        yield f"counts {claims.get('permits_total')} permits, and the log gives {len(full)}"
    if len(shown) != len(wanted) or any(not _same(entry, other) for entry, other in zip(shown, wanted, strict=True)):
        yield f"shows the permits {shown!r}, and the leaves before it give {wanted!r}"


def due_at_first(claims: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """Return the permits that a first version tells to be due; None where its code leaves some out."""
    return None if "permits_digest" in claims else [dict(one) for one in claims["permits"] if not one["held"]]


def digest_of(permits: list[dict[str, Any]]) -> str:
    """Return the digest of a full list of permits as a licence has it (docs/licence.md 3)."""
    raw = json.dumps(permits, separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(hashlib.sha256(raw).digest()).rstrip(b"=").decode()


def _same(shown: Mapping[str, Any], full: Mapping[str, Any]) -> bool:
    """Tell whether an entry is the full one or a short form of it, which may leave members out and changes none."""
    return all(name in full and full[name] == value for name, value in shown.items()) and all(
        name in shown for name in _SHORT if name in full
    )


def _scope_as_shown(held: list[dict[str, Any]], claims: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Take over the positions that a version shows, where the codes of its items are in inputs that are withheld."""
    shown = {one["status_idx"]: one["scope"] for one in claims["permits"] if one["held"] and "scope" in one}
    taken = []
    for entry in held:
        place = entry.pop("status_idx")
        taken.append({**entry, **({"scope": shown[place]} if place in shown else {}), "status_idx": place})
    return taken


def _withheld_scope_faults(held: list[dict[str, Any]], standing: list[Permit]) -> Iterator[str]:
    """Yield what cannot be true of positions whose codes are withheld: too few of them, or at odds with one another."""
    known = [
        (entry["number"], set(entry["scope"]), set(permit.stated["scope"]))
        for entry, permit in zip(held, standing, strict=True)
        if "scope" in entry
    ]
    for place, (number, covered, codes) in enumerate(known):
        if len(covered) < len(codes):
            yield f"shows {len(covered)} items under permit {number}, and its statement names {len(codes)}"
        for other, others, named in known[:place]:
            if (codes == named and covered != others) or (codes.isdisjoint(named) and not covered.isdisjoint(others)):
                yield f"shows items under permits {other} and {number} that do not fit the codes in their statements"


def _named(owner: tuple[object, ...]) -> str:
    return f"permit {owner[1]} of {owner[0]}" if len(owner) > 1 else f"the licence at leaf {owner[0]}"
