"""Step 12 of the check of an export: passes of 民办非企业单位, each against its civil-affairs authority's own word.

1. the authority's statement is in the export (`statements/`), of the digest that the leaf says, truly signed by a key of a
   pinned authority with the right to register, about this holder, for this registry, taken up once and within a day, and says the same
   as the leaf;
2. one authority has a pass: a change is of the newest version, by the authority that stated it, made upon its newest statement
   and no earlier than that, and keeps holder, day of establishment, type of identifier, and the items that standing permits name;
3. nothing is a pass that stands on anything else; the licence leaf that follows stands on it, and its licence shows exactly what was stated: no more, no less, and under no
   other name. Later versions, for permits or a new key, show the same until the next change.

4. a permit on a pass names items of its scope, by the codes of the statement that the version stands on.

That a code has one pass, and a licence stands on the newest statement, is held in step 6 (`audit.verify_records`).
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from audit.authorities import Authorities
from audit.certificate import Certificate, CertificateStatement, lost_codes, open_certificate
from audit.errors import AuditError
from audit.export import statement_path
from audit.export_reader import Export
from audit.exported_licences import claims_at
from audit.record import Record
from audit.signed_statement import Logged
from audit.verify_permits import authorities_of
from audit.verify_records import Verification

STEP = "passes"
# As a pass words them; written apart from the code that issues (`licence_qr.claims`), and a test holds the two together.
TYPES = {
    "legal_person": "民办非企业单位（法人）",
    "partnership": "民办非企业单位（合伙）",
    "individual": "民办非企业单位（个体）",
}
NOTE = "在登记的业务范围内开展活动，不得从事营利性经营活动"
_ROOT = "1.2.156.3005.2"  # of identifiers (GB/T 36904)


@dataclass(slots=True)
class _Pass:
    """One pass through all its statements: whose, in which words since when, and the leaf of its newest version."""

    content: Mapping[str, Any]
    said: CertificateStatement | None
    licence: int | None = None
    unshown: int | None = None  # leaf of a statement that no licence shows yet
    permits: dict[int, list[str]] = field(default_factory=dict)  # number of a permit that stands -> codes of the scope


def check_passes(
    export: Export, found: Verification, records: Sequence[Record | None], authorities: Authorities | None = None
) -> None:
    """Run the step. `authorities` is the auditor's own copy of the pinned list (the export's own when absent)."""
    listed = authorities_of(export, found, records, STEP, "pass") if authorities is None else authorities
    walk = _Walk(export, listed, _standing_on(records))
    kinds = {"pass": walk.stated, "licence": walk.licence, "permit": walk.permit, "status": walk.status}
    for index, record in enumerate(records):
        if record is None or record.kind not in kinds:
            continue
        try:
            for message in kinds[record.kind](index, record.content):
                found.note(STEP, f"leaf {index}", message)
        except (AuditError, KeyError, TypeError, ValueError) as error:
            found.note(STEP, f"leaf {index}", error if isinstance(error, AuditError) else f"lacks a member: {error!r}")
    for one in {id(one): one for one in walk.by_leaf.values()}.values():
        if one.unshown is not None:
            found.note(STEP, f"leaf {one.unshown}", "is a statement of a pass that no licence shows")


@dataclass(slots=True)
class _Walk:
    export: Export
    authorities: Authorities
    licences: Mapping[int, int]  # leaf of a statement -> leaf of the first licence that stands on it
    by_leaf: dict[int, _Pass] = field(default_factory=dict)  # leaf of a statement -> its pass
    by_code: dict[str, _Pass] = field(default_factory=dict)
    by_licence: dict[int, _Pass] = field(default_factory=dict)  # leaf of a version -> its pass
    logged: Logged = field(default_factory=Logged)

    def stated(self, index: int, content: Mapping[str, Any]) -> Iterator[str]:
        """Take in a statement of a pass, held to the authority's own word."""
        before = self.by_code.get(content["uscc"])
        said: CertificateStatement | None = None
        faults: list[str] = []
        try:
            said = self._said(index, content, faults)
        except AuditError as error:
            faults.append(str(error))
        if before is None:
            one = self.by_code[content["uscc"]] = _Pass(content, said)
            if content["act"] != "add" or content["licence"] is not None:
                faults.append(f"has the act {content['act']!r} on leaf {content['licence']}, and it is the first")
        else:
            one = before
            faults += _change(content, one, said)
            one.content, one.said = content, said
        one.unshown = index
        self.by_leaf[index] = one
        yield from faults

    def licence(self, index: int, content: Mapping[str, Any]) -> Iterator[str]:
        """Take in a licence leaf: one that stands on a statement shows what was stated."""
        one = self.by_leaf.get(content["decision"])
        claims = claims_at(self.export, index)
        shown = None if claims is None else claims.get("licence")
        if one is None:  # of an application, as step 6 has it; then it must not look like a pass
            kind = shown.get("type") if isinstance(shown, dict) else None
            if str(content["uscc"]).startswith("52") or kind in TYPES.values():
                yield f"is a pass ({content['uscc']}, {kind}), and leaf {content['decision']} is no statement of its authority"
            return
        one.licence, one.unshown, self.by_licence[index] = index, None, one
        logged, registry = one.content, one.content["registry"]
        if content["uscc"] != logged["uscc"]:
            yield f"is of {content['uscc']!r}, and the statement of {logged['uscc']!r}"
        if not str(content["jti"]).startswith(f"{_ROOT}.{logged['type_code']}.{registry['uscc']}."):
            yield f"has the identifier {content['jti']!r}, which is not of type {logged['type_code']} by {registry['uscc']}"
        if claims is None or one.said is None:
            return  # step 7 says what is missing of a licence, and the statement's fault was told at its leaf
        wanted = _shown(one.said.certificate, registry)
        if not isinstance(shown, dict):
            yield "shows no content at all"
            return
        for name in sorted(shown.keys() | wanted.keys()):
            if shown.get(name) != wanted.get(name):
                yield f"shows {name} {shown.get(name)!r}, and its authority stated {wanted.get(name)!r}"

    def permit(self, _index: int, content: Mapping[str, Any]) -> Iterator[str]:
        """Take in a permit on a pass: it names items of the scope by the codes that the certificate gave them."""
        one = self.by_licence.get(content["licence"])
        if one is None or one.said is None:
            return
        one.permits[content["permit"]] = list(content["stated"]["scope"])
        codes = {item.code for item in one.said.certificate.scope}
        strays = [code for code in content["stated"]["scope"] if code not in codes]
        if strays:
            yield f"is a permit for {strays!r}, and the scope of the pass has {sorted(codes)!r}"

    def status(self, _index: int, content: Mapping[str, Any]) -> Iterator[str]:
        """Take in that a permit was revoked: then it names nothing any more."""
        one = self.by_licence.get(content["licence"])
        if one is not None and content["act"] == "revoke" and content["permit"] is not None:
            one.permits.pop(content["permit"], None)
        return iter(())

    def _said(self, index: int, content: Mapping[str, Any], faults: list[str]) -> CertificateStatement | None:
        """Return what the authority stated; what speaks against the leaf is added to `faults`."""
        raw = self.export.read(statement_path(index))
        if hashlib.sha256(raw).hexdigest() != content["statement_sha256"]:
            faults.append(f"{statement_path(index)} is not the statement that was logged")
            return None
        said = open_certificate(raw.decode("ascii", errors="replace"), self.authorities, self._address(index))
        named = content["registry"]
        pairs = {
            "authority": (said.authority.code, content["authority"]),
            "holder": (said.holder, content["uscc"]),
            "act": (said.act, content["act"]),
            # By code, not by name: an authority may have been renamed since, and the list holds its name of today.
            "registry": (
                (said.registry["uscc"], said.registry["division"]),
                (named["uscc"], named["division"]),
            ),
        }
        faults += [
            f"says {name} {logged!r}, and the authority's statement {stated!r}"
            for name, (stated, logged) in pairs.items()
            if stated != logged
        ]
        faults += self.logged.faults(said.authority.code, said.id, said.made_at, content["at"])
        return said

    def _address(self, index: int) -> str:
        """Return the address of the registry: what the licence that stands on this statement names as its issuer."""
        claims = claims_at(self.export, self.licences[index]) if index in self.licences else None
        return "" if claims is None else str(claims.get("iss"))


def _standing_on(records: Sequence[Record | None]) -> dict[int, int]:
    first: dict[int, int] = {}
    for index, record in enumerate(records):
        if record is not None and record.kind == "licence" and type(record.content.get("decision")) is int:
            first.setdefault(record.content["decision"], index)
    return first


def _change(content: Mapping[str, Any], one: _Pass, said: CertificateStatement | None) -> Iterator[str]:
    """Hold a later statement of a pass to those before it."""
    logged = one.content
    if content["act"] != "change":
        yield f"has the act {content['act']!r}, and {content['uscc']} has its pass already"
    if content["authority"] != logged["authority"]:
        yield f"is {content['authority']!r}'s change of a pass that {logged['authority']!r} stated"
    if content["licence"] != one.licence:
        yield f"changes leaf {content['licence']}, and the newest version is leaf {one.licence}"
    if content["type_code"] != logged["type_code"]:
        yield f"turns the type {logged['type_code']} into {content['type_code']}"
    if one.unshown is not None:
        yield f"follows the statement at leaf {one.unshown}, which no licence shows"
    if said is not None and one.said is not None:
        yield from _stated_change(said, one.said, one.permits)


def _stated_change(
    said: CertificateStatement, before: CertificateStatement, permits: Mapping[int, Sequence[str]]
) -> Iterator[str]:
    """Hold the words of a later statement to those of the one before, and to the permits that stand."""
    if said.after != before.id:
        yield f"was made upon the statement {said.after!r}, and the newest of the pass is {before.id!r}"
    if said.made_at < before.made_at:
        yield "was made before the statement that it changes"
    founded, moved = before.certificate.established_on, said.certificate.established_on
    if founded != moved:
        yield f"moves the day of establishment from {founded} to {moved}"
    for number, code in lost_codes(before.certificate, said.certificate, permits):
        yield f"takes away or words anew the item {code!r} of the scope, which permit {number} names"


def _shown(said: Certificate, registry: Mapping[str, str]) -> dict[str, Any]:
    """Return the member `licence` of the pass that a certificate gives (docs/licence.md 3)."""
    return {
        "name": said.name,
        "type": TYPES[said.form],
        "representative": said.representative,
        "capital_fen": said.capital_fen,
        "supervising_authority": said.supervising_authority,
        "premises": said.premises,
        "scope": [{"kind": "general", "items": [item.text for item in said.scope], "note": NOTE}],
        "established_on": said.established_on.isoformat(),
        "term": said.term.model_dump(mode="json", exclude_none=True),
        "registry": dict(registry),
    }
