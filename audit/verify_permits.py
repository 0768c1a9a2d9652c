"""Step 11 of the check of an export: permits and changes of status, each against the licence that it speaks of.

1. a permit leaf speaks of the newest version of a licence that is not revoked; the authority's own statement is in the
   export (`statements/`), of the digest that the leaf says, truly signed by a key of a pinned authority, within its scope,
   of this holder, taken up once and within a day, and says the same as the leaf; a permit is changed by its own authority
   alone, upon its newest statement, and one that the licence bore before is added again by a later word only;
2. the next version of that licence follows, and shows exactly what the leaves before it give (`audit.verify_versions`);
3. a change of status is one that its side may make, on the entry that is the licence's or the permit's own: by the registry or
   by the permit's own authority, on a pass as a whole by the authority that stated it alone. Each side lifts its own suspension,
   a permit is revoked by its authority alone, and what is revoked stays revoked.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from audit.authorities import Authorities
from audit.canonical import parse_json
from audit.errors import AuditError, MalformedError
from audit.export import AUTHORITIES, statement_path
from audit.export_reader import Export
from audit.exported_licences import claims_at, kid_at, payload_of
from audit.record import Record
from audit.signed_statement import Logged
from audit.statement import Statement, open_statement
from audit.verify_acts import added_faults, changed_faults, status_faults, take_in
from audit.verify_records import Verification
from audit.verify_versions import (
    Course,
    Permit,
    Places,
    cause_faults,
    due_at_first,
    permit_faults,
    place_of,
    shown_faults,
)

STEP = "permits"


def check_permits(
    export: Export, found: Verification, records: Sequence[Record | None], authorities: Authorities | None = None
) -> None:
    """Run the step. `authorities` is the auditor's own copy of the pinned list (the export's own when absent)."""
    walk = _Walk(export, authorities_of(export, found, records, STEP, "permit") if authorities is None else authorities)
    kinds = {
        "key": walk.key, "licence": walk.licence, "officer": walk.officer, "pass": walk.stated, "permit": walk.permit, "status": walk.status,
    }  # fmt: skip
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
    found.remarks += walk.remarks
    if any(one.printed is None and one.permits for one in walk.by_leaf.values()):
        found.remarks.append(
            "permits: the inputs are withheld, so the scope items under permits were held to the number of codes in their "
            "statements and to one another, not to the codes themselves"
        )
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


@dataclass(slots=True)
class _Walk:
    export: Export
    authorities: Authorities
    by_leaf: dict[int, Course] = field(default_factory=dict)
    logged: Logged = field(default_factory=Logged)
    places: Places = field(default_factory=Places)
    passes: dict[int, tuple[str, list[str]]] = field(
        default_factory=dict
    )  # leaf of a pass -> authority, codes of its scope
    acts: dict[int, int] = field(default_factory=dict)  # leaf of an officer's act -> that of the decision
    compromised: dict[str, int] = field(default_factory=dict)  # key of licences -> leaf that reports it
    remarks: list[str] = field(default_factory=list)

    def stated(self, index: int, content: Mapping[str, Any]) -> Iterator[str]:
        """Take in whose a pass is and how its items are called; what is stated of it is held in step 12."""
        said = (
            payload_of(self.export.read(statement_path(index)).decode("ascii", errors="replace"), "the statement") or {}
        )
        scope = said.get("certificate", {}).get("scope", [])
        self.passes[index] = content["authority"], [str(item["code"]) for item in scope]
        return iter(())

    def officer(self, index: int, content: Mapping[str, Any]) -> Iterator[str]:
        """Take in which decision an officer acted on."""
        self.acts[index] = content["decision"]
        return iter(())

    def key(self, index: int, content: Mapping[str, Any]) -> Iterator[str]:
        """Take in that a key was compromised; the rest of it is held in the step `keys`."""
        if content["act"] == "compromise":
            self.compromised.setdefault(content["kid"], index)
        return iter(())

    def licence(self, index: int, content: Mapping[str, Any]) -> Iterator[str]:
        """Take in a licence leaf: a new licence, or the next version of one."""
        claims, kid = claims_at(self.export, index), kid_at(self.export, index)
        if "replaces" not in content:
            whose = self.passes.get(content["decision"], (None, []))[0]
            one = self.by_leaf[index] = Course(index, content["uscc"], claims, kid, whose)
            one.printed = self._printed(content["decision"])
            if claims is not None:
                one.due = due_at_first(claims)
                yield from permit_faults(claims, one)
                yield from self.places.faults(place_of(claims), index)
            return
        found = self.by_leaf.get(content["replaces"])
        if found is None:
            return  # step 6 has said so
        one = found
        faults = list(cause_faults(str(content.get("reason")), one, self.compromised))
        if content["decision"] in self.passes:
            one.printed = self._printed(content["decision"])
        if claims is not None:
            faults += shown_faults(claims, one)
            own = place_of(claims)
            faults += self.places.faults(own, index)
            held = [
                number for number, permit in one.permits.items() if not permit.revoked and permit.place[0] != own[0]
            ]
            if held:
                faults.append(f"stands on list {own[0]}, and its permits {held} have their places on another")
        one.newest, one.claims, one.kid, one.pending, one.pending_act = index, claims, kid, None, None
        self.by_leaf[index] = one
        yield from faults

    def permit(self, index: int, content: Mapping[str, Any]) -> Iterator[str]:
        """Take in a permit that an authority added or changed."""
        one = self._newest(content)
        number, code, act = content["permit"], content["authority"], content["act"]
        place, stated = (content["list"], content["index"]), content["stated"]
        before = one.permits.get(number)
        said, faults = self._statement(index, content, one)
        if one.revoked:
            faults.append("is a permit on a licence that was revoked")
        if act == "add":
            faults += added_faults(number, stated, said, one)
        elif act == "change" and before is not None:
            faults += changed_faults(number, content, said, before)
        elif act == "change":
            faults.append(f"changes permit {number}, which the licence does not have")
        else:
            faults.append(f"has the act {act!r}; a permit is added or changed")
        faults += self.places.faults(place, one.uscc, number)
        if before is not None and before.place != place:
            faults.append(f"moves permit {number} from place {before.place} to {place}")
        permit = Permit(code, content["authority_name"], place, stated, None if said is None else said.id)
        if before is not None:
            permit.suspended, permit.revoked, permit.place = before.suspended, before.revoked, before.place
        permit.touched = _second(content)
        one.permits[number] = permit
        one.numbers.setdefault((stated["type"], stated["number"]), set()).add(number)
        one.pending, one.pending_act = index, act  # a leaf at fault counts as well
        yield from faults

    def status(self, _index: int, content: Mapping[str, Any]) -> Iterator[str]:
        """Take in a suspension, a restoration or a revocation."""
        one = self._newest(content)
        act, number, code = content["act"], content["permit"], content["authority"]
        subject = one if number is None else one.permits.get(number)
        if subject is None:
            yield f"speaks of permit {number}, which the licence does not have"
            return
        faults = list(status_faults(act, code, subject))
        place = subject.place if isinstance(subject, Permit) else None if one.claims is None else place_of(one.claims)
        if place is not None and place != (content["list"], content["index"]):
            faults.append(
                f"changes entry {content['index']} of list {content['list']}, and the place is {place[1]} of {place[0]}"
            )
        take_in(act, code, subject)
        if isinstance(subject, Permit):
            subject.touched = _second(content)
        yield from faults

    def _printed(self, ground: int) -> Sequence[str] | None:
        """Return the codes of the scope items of a licence that stands on a leaf, as it prints them; None when withheld."""
        if ground in self.passes:
            return self.passes[ground][1]
        try:
            application = parse_json(self.export.inputs(self.acts.get(ground, ground)).raw, "the application")
            items = application["scope"]["items"]
            return [
                str(item["code"]) for kind in (True, False) for item in items if (item["kind"] == "general") is kind
            ]
        except (AuditError, KeyError, TypeError):
            return None  # withheld; or step 9 has said so

    def _newest(self, content: Mapping[str, Any]) -> Course:
        one = self.by_leaf.get(content["licence"])
        if one is None:
            raise MalformedError(f"speaks of leaf {content['licence']}, which is no earlier licence")
        if one.newest != content["licence"]:
            raise MalformedError(f"speaks of leaf {content['licence']}, which leaf {one.newest} has replaced")
        return one

    def _statement(self, index: int, content: Mapping[str, Any], one: Course) -> tuple[Statement | None, list[str]]:
        """Return the authority's own word on a permit, and what speaks against the leaf's being that."""
        try:
            raw = self.export.read(statement_path(index))
            if hashlib.sha256(raw).hexdigest() != content["statement_sha256"]:
                return None, [f"{statement_path(index)} is not the statement that was logged"]
            issuer = "" if one.claims is None else str(one.claims["iss"])
            said = open_statement(raw.decode("ascii", errors="replace"), self.authorities, issuer)
        except AuditError as error:
            return None, [str(error)]
        faults = list(self.logged.faults(said.authority.code, said.id, said.made_at, content["at"]))
        pairs = {
            "authority": (said.authority.code, content["authority"]),
            "holder": (said.holder, one.uscc),
            "act": (said.act, content["act"]),
            "permit": (said.of if said.act == "change" else content["permit"], content["permit"]),
            "stated": (said.permit.model_dump(mode="json", exclude_none=True), content["stated"]),
        }
        faults += [
            f"says {name} {logged!r}, and the authority's statement {stated!r}"
            for name, (stated, logged) in pairs.items()
            if stated != logged
        ]
        if said.authority.name.zh != content["authority_name"]:  # no fault: it may have been renamed since
            self.remarks.append(
                f"leaf {index}: names the authority {content['authority_name']!r}, and the list has {said.authority.name.zh!r} now"
            )
        return said, faults


def _second(content: Mapping[str, Any]) -> int:
    return int(datetime.fromisoformat(content["at"]).timestamp())
