"""Step 10 of the check of an export: every decision was made on the rules that were live, by releases that the log shows.

1. release leaves follow each other: 1, 2, 3 …, each naming the manifest of the one before;
2. each has its signed note in the export (`releases/<sequence>.note`), of the digest that the leaf says; two different
   pinned signers signed it, and its manifest says the same as the leaf;
3. a decision's rule set was announced, before it, for the book of the newest release before it, and that book, loaded
   from the export, gives that rule set.

A log that was begun before releases were logged is told apart: its decisions before the first release leaf are counted in
a remark and held to the books of the export alone. An auditor who brings the signers' list has no reason to expect such a
log: then each of those decisions is a fault.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from audit.canonical import parse_json
from audit.errors import AuditError, MalformedError
from audit.export import SIGNERS, release_path
from audit.export_reader import Export
from audit.record import Record
from audit.rule_release import Signers, open_release
from audit.verify_records import Verification

STEP = "releases"


@dataclass(frozen=True, slots=True)
class _Live:
    sequence: int
    manifest: str
    book: str


def check_releases(
    export: Export, found: Verification, records: Sequence[Record | None], signers: Signers | None = None
) -> None:
    """Run the step. `signers` is the auditor's own copy of the pinned list (the export's own when absent)."""
    if not any(record is not None and record.kind == "release" for record in records):
        decisions = found.counts.get("decision", 0)
        if signers is not None and decisions:
            found.note(
                STEP, "log", f"holds {decisions} decisions and no rule release; nobody signed the rules they used"
            )
        elif decisions:
            found.remarks.append(
                f"no rule release stands in this log, so it was written before releases were logged: its {decisions} "
                "decisions are held to the rule books in the export alone"
            )
        return
    walk = _Walk(export, found, signers or _listed(export, found))
    for index, record in enumerate(records):
        if record is not None:
            try:
                walk.enter(index, record.kind, record.content)
            except (KeyError, TypeError) as error:
                found.note(STEP, f"leaf {index}", f"lacks a member: {error!r}")
    if walk.unreleased and signers is not None:
        for index in walk.unreleased:
            found.note(STEP, f"leaf {index}", "is a decision before any rule release")
    elif walk.unreleased:
        found.remarks.append(
            f"{len(walk.unreleased)} decisions (the last at leaf {walk.unreleased[-1]}) are older than the first rule "
            "release and are held to the rule books in the export alone"
        )
    _books(export, found, walk.needed)


@dataclass(slots=True)
class _Walk:
    """Goes through the log once: what is live at a leaf, what was announced before it, and what decisions need."""

    export: Export
    found: Verification
    signers: Signers | None
    live: _Live | None = None
    announced: set[tuple[str, str, str]] = field(default_factory=set)
    needed: dict[tuple[str, str], tuple[int, str, str]] = field(default_factory=dict)
    unreleased: list[int] = field(default_factory=list)

    def enter(self, index: int, kind: str, content: Any) -> None:
        """Take in one leaf."""
        if kind == "release":
            self.live = _release(self.export, self.found, index, content, self.live, self.signers)
        elif kind == "rule_set":
            self.announced.add((content["digest"], content["item"], content["book"]))
        elif kind == "decision" and self.live is None:
            self.unreleased.append(index)
        elif kind == "decision" and self.live is not None:
            if (content["rule_set"], content["item"], self.live.book) in self.announced:
                place = (index, content["item"], content["decided_on"])
                self.needed.setdefault((content["rule_set"], self.live.book), place)
            else:
                self.found.note(STEP, f"leaf {index}", _unannounced(content, self.live, self.announced))


def _listed(export: Export, found: Verification) -> Signers | None:
    try:
        return Signers.from_document(parse_json(export.read(SIGNERS), SIGNERS), SIGNERS)
    except (AuditError, ValueError) as error:
        found.note(STEP, SIGNERS, error)
        return None


def _release(
    export: Export, found: Verification, index: int, content: Any, live: _Live | None, signers: Signers | None
) -> _Live:
    """Check one release leaf, and return what is live from it on; a leaf at fault counts as well."""
    place = f"leaf {index}"
    sequence, manifest = content["sequence"], content["manifest"]
    before = (0, None) if live is None else (live.sequence, live.manifest)
    if sequence != before[0] + 1:
        found.note(STEP, place, f"is release {sequence}, and release {before[0]} was live; the next is {before[0] + 1}")
    if content["previous"] != before[1]:
        found.note(STEP, place, f"follows the manifest {content['previous']}, and live was {before[1]}")
    path = release_path(sequence)
    try:
        note = export.read(path)
        if hashlib.sha256(note).hexdigest() != content["note"]:
            raise MalformedError(f"is not the note that leaf {index} logged: its SHA-256 differs")
        if signers is not None:
            stated = open_release(note, signers, export.checkpoint.origin).manifest
            said = (
                stated.digest,
                stated.sequence,
                stated.previous,
                stated.book,
                stated.bundle,
                stated.kind,
                stated.restores,
            )
            names = ("manifest", "sequence", "previous", "book", "bundle", "release", "restores")
            for name, value in zip(names, said, strict=True):
                if content[name] != value:
                    found.note(STEP, place, f"says {name} {content[name]!r}, and the signed manifest {value!r}")
    except AuditError as error:
        found.note(STEP, path, error)
    return _Live(sequence, manifest, content["book"])


def _unannounced(content: Any, live: _Live, announced: set[tuple[str, str, str]]) -> str:
    others = sorted(
        book for digest, item, book in announced if (digest, item) == (content["rule_set"], content["item"])
    )
    if others:
        return (
            f"was decided on a rule set of the book {others[-1]}, and live was release {live.sequence} with the book "
            f"{live.book}: a decision may only be made on the rules that are live"
        )
    return f"was decided on the rule set {content['rule_set']}, which no leaf before it announces for the live release {live.sequence}"


def _books(export: Export, found: Verification, needed: dict[tuple[str, str], tuple[int, str, str]]) -> None:
    """Hold each announced pair of rule set and book to the book itself."""
    if not needed:
        return
    try:
        rule_sets = export.rule_sets()
    except AuditError:
        return  # step 8 has said so
    for (digest, book), (index, item, day) in sorted(needed.items()):
        try:
            given = rule_sets.book(book).rule_set(item, date.fromisoformat(day)).digest
        except (AuditError, LookupError, ValueError) as error:
            found.note(STEP, f"leaf {index}", f"the released book {book}: {error}")
            continue
        if given != digest:
            found.note(STEP, f"leaf {index}", f"the released book {book} gives the rule set {given}, not {digest}")
