"""Step 11 of the check of an export: permits and changes of status, each against the licence that it speaks of.

1. a permit leaf speaks of the newest version of a licence that is not revoked; the authority's own statement is in the
   export (`statements/`), of the digest that the leaf says, truly signed by a key of a pinned authority, within its scope,
   of this holder, taken up once and within a day, and says the same as the leaf; a permit is changed by its own authority alone;
2. the next version of that licence follows, and it shows exactly the permits that the leaves before it give and that are
   not revoked (as far as its code lists them: a code that leaves some out holds a digest of all);
3. a change of status goes from a state it may go from, on the entry that the licence names, by the registry or by the
   permit's own authority, on a pass as a whole by the authority that stated it alone; what is revoked stays revoked.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from audit.authorities import Authorities
from audit.canonical import parse_json
from audit.errors import AuditError, MalformedError
from audit.export import AUTHORITIES, statement_path
from audit.export_reader import Export
from audit.record import Record
from audit.signed_statement import Logged
from audit.statement import open_statement
from audit.verify_records import Verification

STEP = "permits"
_FROM = {"suspend": {"valid"}, "restore": {"suspended"}, "revoke": {"valid", "suspended"}}
_TO = {"suspend": "suspended", "restore": "valid", "revoke": "revoked"}


@dataclass(slots=True)
class _Permit:
    authority: str
    stated: Mapping[str, Any]
    status: str = "valid"


@dataclass(slots=True)
class _Licence:
    """One licence through all its versions: the leaf of the newest, its claims, its permits by number."""

    newest: int
    uscc: str
    claims: Mapping[str, Any] | None
    authority: str | None = (
        None  # whose it is as a whole: a pass is its civil-affairs authority's, a licence the registry's
    )
    status: str = "valid"
    permits: dict[int, _Permit] = field(default_factory=dict)
    pending: int | None = None  # leaf of a permit act that no version shows yet


def check_permits(
    export: Export, found: Verification, records: Sequence[Record | None], authorities: Authorities | None = None
) -> None:
    """Run the step. `authorities` is the auditor's own copy of the pinned list (the export's own when absent)."""
    walk = _Walk(export, authorities_of(export, found, records, STEP, "permit") if authorities is None else authorities)
    kinds = {"licence": walk.licence, "pass": walk.stated, "permit": walk.permit, "status": walk.status}
    for index, record in enumerate(records):
        if record is None or record.kind not in kinds:
            continue
        try:
            for message in kinds[record.kind](index, record.content):
                found.note(STEP, f"leaf {index}", message)
        except (AuditError, KeyError, TypeError, ValueError) as error:
            found.note(STEP, f"leaf {index}", error if isinstance(error, AuditError) else f"lacks a member: {error!r}")
    for one in walk.by_leaf.values():
        if one.pending is not None:
            found.note(STEP, f"leaf {one.pending}", "is a permit that no version of the licence shows")
            one.pending = None
    stated = ("permit", "pass")
    expected = {statement_path(index) for index, record in enumerate(records) if record and record.kind in stated}
    for path in sorted(path for path in export.files if path.startswith("statements/") and path not in expected):
        found.note(STEP, path, "is a statement without a record in the log")


def authorities_of(
    export: Export, found: Verification, records: Sequence[Record | None], step: str, kind: str
) -> Authorities:
    """Return the list that the export itself brings; nobody when it has no record of this kind, or the list is at fault."""
    if any(record is not None and record.kind == kind for record in records):
        try:
            return Authorities.from_document(parse_json(export.read(AUTHORITIES), AUTHORITIES), AUTHORITIES)
        except (AuditError, ValueError) as error:
            found.note(step, AUTHORITIES, error)
    return Authorities({})


def claims_at(export: Export, index: int) -> Mapping[str, Any] | None:
    """Return what the licence at a leaf says; step 7 has checked its signature and said what is missing."""
    try:
        payload = export.licence(index).split(".")[1]
        claims = parse_json(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), "the licence")
    except (AuditError, IndexError, binascii.Error, ValueError):
        return None
    return claims if isinstance(claims, dict) else None


@dataclass(slots=True)
class _Walk:
    export: Export
    authorities: Authorities
    by_leaf: dict[int, _Licence] = field(default_factory=dict)
    logged: Logged = field(default_factory=Logged)
    passes: dict[int, str] = field(default_factory=dict)  # leaf of a statement of a pass -> its authority

    def stated(self, index: int, content: Mapping[str, Any]) -> Iterator[str]:
        """Take in whose a pass is; what is stated of it is held in step 12."""
        self.passes[index] = content["authority"]
        return iter(())

    def licence(self, index: int, content: Mapping[str, Any]) -> Iterator[str]:
        """Take in a licence leaf: a new licence, or the next version of one."""
        claims = claims_at(self.export, index)
        if "replaces" not in content:
            whose = self.passes.get(content["decision"])
            self.by_leaf[index] = _Licence(index, content["uscc"], claims, whose)
            return
        one = self.by_leaf.get(content["replaces"])
        if one is None:
            return  # step 6 has said so
        caused = str(content.get("reason", "")).startswith("permit_")
        if caused and one.pending is None:
            yield "is a version for a permit, and no permit leaf before it is waiting for one"
        elif not caused and one.pending is not None:
            yield f"does not say that it is the version for the permit at leaf {one.pending}"
        one.newest, one.claims, one.pending = index, claims, None
        self.by_leaf[index] = one
        if claims is not None:
            yield from _shown(claims, one)

    def permit(self, index: int, content: Mapping[str, Any]) -> Iterator[str]:
        """Take in a permit that an authority added or changed."""
        one = self._newest(content)
        number, code, act = content["permit"], content["authority"], content["act"]
        before = one.permits.get(number)
        if one.status == "revoked":
            yield "is a permit on a licence that was revoked"
        if act == "add" and number != len(one.permits) + 1:
            yield f"adds permit {number}, and the licence had {len(one.permits)}"
        if act == "change" and before is None:
            yield f"changes permit {number}, which the licence does not have"
        elif act == "change" and before is not None:
            if before.authority != code:
                yield f"is {code!r}'s change of a permit that {before.authority!r} endorsed"
            if before.status == "revoked":
                yield f"changes permit {number}, which was revoked"
            if before.stated["type"] != content["stated"]["type"]:
                yield f"turns permit {number} into one of another type"
        elif act not in {"add", "change"}:
            yield f"has the act {act!r}; a permit is added or changed"
        one.permits[number] = _Permit(code, content["stated"], "valid" if before is None else before.status)
        one.pending = index  # a leaf at fault counts as well
        yield from self._statement(index, content, one)

    def status(self, _index: int, content: Mapping[str, Any]) -> Iterator[str]:
        """Take in a suspension, a restoration or a revocation."""
        one = self._newest(content)
        act, number, code = content["act"], content["permit"], content["authority"]
        subject = one if number is None else one.permits.get(number)
        if subject is None:
            yield f"speaks of permit {number}, which the licence does not have"
            return
        if code is not None and subject.authority != code:
            yield f"is {code!r}'s act on what is not its own"
        if code is None and number is None and subject.authority is not None:
            yield f"is the registry's act on a pass, which is {subject.authority!r}'s alone"
        if subject.status not in _FROM.get(act, set()):
            yield f"would {act} what is {subject.status}"
        place = None if one.claims is None else _place(one.claims, subject if isinstance(subject, _Permit) else None)
        if place is not None and place != (content["list"], content["index"]):
            yield f"changes entry {content['index']} of list {content['list']}, and the licence names {place[1]} of {place[0]}"
        subject.status = _TO.get(act, subject.status)

    def _newest(self, content: Mapping[str, Any]) -> _Licence:
        one = self.by_leaf.get(content["licence"])
        if one is None:
            raise MalformedError(f"speaks of leaf {content['licence']}, which is no earlier licence")
        if one.newest != content["licence"]:
            raise MalformedError(f"speaks of leaf {content['licence']}, which leaf {one.newest} has replaced")
        return one

    def _statement(self, index: int, content: Mapping[str, Any], one: _Licence) -> Iterator[str]:
        """Hold a permit leaf to the authority's own word."""
        raw = self.export.read(statement_path(index))
        if hashlib.sha256(raw).hexdigest() != content["statement_sha256"]:
            yield f"{statement_path(index)} is not the statement that was logged"
            return
        issuer = "" if one.claims is None else str(one.claims["iss"])
        said = open_statement(raw.decode("ascii", errors="replace"), self.authorities, issuer)
        yield from self.logged.faults(said.authority.code, said.id, said.made_at, content["at"])
        pairs = {
            "authority": (said.authority.code, content["authority"]),
            "holder": (said.holder, one.uscc),
            "act": (said.act, content["act"]),
            "permit": (said.of if said.act == "change" else content["permit"], content["permit"]),
            "stated": (said.permit.model_dump(mode="json", exclude_none=True), content["stated"]),
        }
        for name, (stated, logged) in pairs.items():
            if stated != logged:
                yield f"says {name} {logged!r}, and the authority's statement {stated!r}"


def _shown(claims: Mapping[str, Any], one: _Licence) -> Iterator[str]:
    """Compare the permits that a version shows as held with those that the log gave it."""
    shown = [entry for entry in claims["permits"] if entry["held"]]
    given = [permit for _, permit in sorted(one.permits.items()) if permit.status != "revoked"]
    if "permits_digest" in claims:
        given = given[: len(shown)]
    pairs = [(entry["type"], entry["number"], entry.get("valid_to")) for entry in shown]
    wanted = [(p.stated["type"], p.stated["number"], p.stated.get("valid_to")) for p in given]
    if pairs != wanted:
        yield f"shows the permits {pairs!r}, and the leaves before it give {wanted!r}"


def _place(claims: Mapping[str, Any], permit: _Permit | None) -> tuple[int, int] | None:
    """Return list and index of the licence's own entry, or a permit's; None where the code leaves the permit out."""
    named = claims["status"]["status_list"]
    number = int(str(named["uri"]).rpartition("/")[2])
    if permit is None:
        return number, named["idx"]
    wanted = (permit.stated["type"], permit.stated["number"])
    shown = [one for one in claims["permits"] if one["held"] and (one["type"], one["number"]) == wanted]
    return (number, shown[0]["status_idx"]) if shown else None
