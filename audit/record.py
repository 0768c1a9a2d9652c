"""Leaves of the log: what the public record of a decision, a licence, an officer's act or a change of the rules says.

Every leaf is canonical JSON (RFC 8785) with `kind` and `v`, and at most 65,535 bytes (C2SP entry bundles). Nothing in a
leaf says anything about a person: what does is a salted commitment (`audit.commitment`). The largest kind, `decision`, is
written by `audit.decision_leaf`.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any

from audit.canonical import canonical, parse_canonical
from audit.commitment import commit
from audit.errors import LeafTooLongError, MalformedError
from audit.plain import moment_text, plain
from audit.tiles import MAX_LEAF
from rules.model import LegalBasis, Remedy, RuleSetIdentity

VERSION = 1
KINDS = ("decision", "key", "licence", "officer", "pass", "permit", "rule_set", "release", "status", "switch")


@dataclass(frozen=True)
class Record:
    """One leaf of the log."""

    leaf: bytes

    @cached_property
    def content(self) -> Mapping[str, Any]:
        """The same as a value. Raises MalformedError for anything that this package did not write."""
        content = parse_canonical(self.leaf, "the leaf")
        if not isinstance(content, dict) or content.get("kind") not in KINDS:
            raise MalformedError(f"the leaf is not a record of kind {', '.join(KINDS)}")
        if content.get("v") != VERSION:
            raise MalformedError(f"the record has version {content.get('v')!r}; this program reads version {VERSION}")
        return content

    @property
    def kind(self) -> str:
        """Which of `KINDS` it is."""
        kind: str = self.content["kind"]
        return kind


def licence_record(
    *, jti: str, uscc: str, jws: str, decision_index: int, issued_at: datetime, replaces: tuple[int, str] | None = None
) -> Record:
    """Return the record of one licence. All of it is public: a licence is shown to anyone who asks.

    `jws` is the compact JWS exactly as issued; `decision_index` the leaf that approved it. A further version of a licence
    `replaces` the one of an earlier leaf, for a reason that is a code (`[a-z_]+`).
    """
    digest = hashlib.sha256(jws.encode("ascii")).hexdigest()
    version = {} if replaces is None else {"replaces": replaces[0], "reason": replaces[1]}
    return _record(
        "licence",
        decision=decision_index,
        issued_at=moment_text(issued_at),
        jti=jti,
        jws_sha256=digest,
        uscc=uscc,
        **version,
    )


@dataclass(frozen=True, slots=True)
class PermitAct:
    """What an authority did to a permit: `act` is add or change, `permit` its number on the licence (from 1).

    `licence` is the leaf of the version that it changes, `authority` the code in the pinned list, `name` how the licence
    shows it, `place` list and index of the permit's own entry (its own for as long as it is held), `statement` the authority's
    compact JWS, `stated` the permit in it. All of it will stand on the licence.
    """

    act: str
    permit: int
    licence: int
    authority: str
    name: str
    place: tuple[int, int]
    statement: str
    stated: Mapping[str, Any]
    at: datetime


def permit_record(made: PermitAct) -> Record:
    """Return the record of a permit that was added or changed; the authority's own statement is held by its digest."""
    return _record(
        "permit",
        act=made.act,
        permit=made.permit,
        licence=made.licence,
        authority=made.authority,
        authority_name=made.name,
        list=made.place[0],
        index=made.place[1],
        statement_sha256=hashlib.sha256(made.statement.encode("ascii")).hexdigest(),
        stated=dict(made.stated),
        at=moment_text(made.at),
    )


@dataclass(frozen=True, slots=True)
class StatusAct:
    """A licence, or its permit number `permit`, was suspended, restored or revoked.

    `licence` is the leaf of the newest version, `place` list and index of the entry that changed; `authority` is the code
    of the permit's own authority, None when the registry acted.
    """

    act: str
    licence: int
    permit: int | None
    place: tuple[int, int]
    authority: str | None
    officer: str
    reason: str
    at: datetime


def status_record(made: StatusAct, salt: bytes) -> Record:
    """Return the record of a change of status. Who did it and why are commitments, as in an officer's act.

    Raises MalformedError for another `act`.
    """
    if made.act not in {"suspend", "restore", "revoke"}:
        raise MalformedError(f"a licence or permit is suspended, restored or revoked; {made.act!r} is none of these")
    return _record(
        "status",
        act=made.act,
        licence=made.licence,
        permit=made.permit,
        list=made.place[0],
        index=made.place[1],
        authority=made.authority,
        officer=commit(salt, "/officer", made.officer),
        reason=commit(salt, "/reason", made.reason),
        at=moment_text(made.at),
    )


@dataclass(frozen=True, slots=True)
class OfficerAct:
    """What an officer did to a referred decision: `act` is approval or refusal, `reasons` the text by language."""

    act: str
    officer: str
    decision_index: int
    reasons: Mapping[str, str]
    articles: tuple[LegalBasis, ...]
    remedies: tuple[Remedy, ...]
    at: datetime


def officer_record(act: OfficerAct, salt: bytes) -> Record:
    """Return the record of an officer's act. The leaf commits to who acted and to the reasons, which may name persons.

    Whoever keeps `salt` can show both later; without it nobody can.

    A refusal needs reasons, articles and remedies (行政许可法 38). Raises MalformedError when they are missing.
    """
    if act.act not in {"approval", "refusal"}:
        raise MalformedError(f"an officer approves or refuses; {act.act!r} is neither")
    if not act.reasons or (act.act == "refusal" and not (act.articles and act.remedies)):
        raise MalformedError(
            "an officer states reasons; a refusal also states its articles and the remedies against it"
        )
    return _record(
        "officer",
        act=act.act,
        officer=commit(salt, "/officer", act.officer),
        decision=act.decision_index,
        reasons=commit(salt, "/reasons", plain(act.reasons)),
        articles=[basis_of(one) for one in act.articles],
        remedies=[plain(one) for one in act.remedies],
        at=moment_text(act.at),
    )


def rule_set_record(identity: RuleSetIdentity, book_digest: str, published_at: datetime) -> Record:
    """Return the record of a rule set taken into use: item, first day, digest, and the book it comes from."""
    return _record(
        "rule_set",
        item=identity.item,
        day=identity.day.isoformat(),
        digest=identity.digest,
        book=book_digest,
        published_at=moment_text(published_at),
    )


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """What a rule release is known by: place in the row, digests of manifest, note, book and bundle, and what changed.

    `changes` are the names of rules, parameters and items that were `added`, `changed` or `removed` against the release
    before; `restores` is the release that a rollback puts back.
    """

    sequence: int
    previous: str | None
    kind: str
    restores: int | None
    manifest: str
    note: str
    book: str
    bundle: str
    changes: Mapping[str, Sequence[str]]


def release_record(facts: ReleaseFacts, activated_at: datetime) -> Record:
    """Return the record of a rule release taken into use: from this leaf on, decisions are made on its book.

    Where the names of what changed do not fit, their numbers stand in their place; the two books tell the names.
    """
    members = {
        "sequence": facts.sequence,
        "previous": facts.previous,
        "release": facts.kind,
        "restores": facts.restores,
        "manifest": facts.manifest,
        "note": facts.note,
        "book": facts.book,
        "bundle": facts.bundle,
        "activated_at": moment_text(activated_at),
    }
    try:
        return _record("release", **members, changes={name: list(listed) for name, listed in facts.changes.items()})
    except LeafTooLongError:
        return _record("release", **members, changes={name: len(listed) for name, listed in facts.changes.items()})


def switch_record(*, item: str, act: str, officer: str, reason: str, at: datetime, salt: bytes) -> Record:
    """Return the record of an item being stopped (approvals become referrals) or resumed.

    Who did it and why are commitments, as in an officer's act. Raises MalformedError for another `act`.
    """
    if act not in {"stop", "resume"}:
        raise MalformedError(f"an item is stopped or resumed; {act!r} is neither")
    return _record(
        "switch",
        item=item,
        act=act,
        officer=commit(salt, "/officer", officer),
        reason=commit(salt, "/reason", reason),
        at=moment_text(at),
    )


def read_record(leaf: bytes) -> Record:
    """Return the record in a leaf, read and found to be one. Raises MalformedError."""
    record = Record(leaf)
    _ = record.content
    return record


def _record(kind: str, **members: Any) -> Record:
    content = {"kind": kind, "v": VERSION, **members}
    leaf = canonical(content)
    if len(leaf) > MAX_LEAF:
        raise LeafTooLongError(f"the {kind} record has {len(leaf)} bytes; the limit is {MAX_LEAF}")
    return Record(leaf)


@lru_cache(maxsize=4096)  # a rule's basis is the same value in every decision
def basis_of(one: LegalBasis) -> dict[str, Any]:
    """Return a legal basis as records have it; do not change what is returned."""
    return one.model_dump(exclude_none=True, exclude={"note"})
