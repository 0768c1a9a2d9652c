"""Step 10 of the check of an export: every decision was made on the rules that were live, by releases that the log shows.

1. release leaves follow each other: 1, 2, 3 …, each naming the manifest of the one before;
2. each has its signed note in the export (`releases/<sequence>.note`), of the digest that the leaf says; two different
   pinned signers signed it, who were in office when it was taken into use, and its manifest says the same as the leaf;
   it passed the gate (an auditor who brings the signers' list accepts no release that came with the software), and a
   rollback restores the book of the release that it names;
3. an item that a `switch` leaf stopped is approved by no decision until another resumes it: officers approve in leaves of
   their own; stops and resumptions of an item take turns;
4. a decision's rule set was announced, before it, for the book of the newest release before it, and that book, loaded
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
from audit.release_leaf import differences
from audit.release_manifest import require_gate
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
    walk = _Walk(export, found, signers or _listed(export, found), own_signers=signers is not None)
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
    released: dict[int, tuple[str, str]] = field(default_factory=dict)  # sequence -> book and bundle
    stopped: dict[str, int] = field(default_factory=dict)  # item -> leaf of its stop
    own_signers: bool = False  # whether the auditor brought the list

    def enter(self, index: int, kind: str, content: Any) -> None:
        """Take in one leaf."""
        if kind == "release":
            self._release(index, content)
        elif kind == "switch":
            self._switch(index, content)
        elif kind == "rule_set":
            self.announced.add((content["digest"], content["item"], content["book"]))
        elif kind == "decision":
            self._decision(index, content)

    def _decision(self, index: int, content: Any) -> None:
        if content["outcome"] == "approved" and content["item"] in self.stopped:
            stop = self.stopped[content["item"]]
            self.found.note(STEP, f"leaf {index}", f"approves item {content['item']}, which leaf {stop} stopped")
        if self.live is None:
            self.unreleased.append(index)
        elif (content["rule_set"], content["item"], self.live.book) in self.announced:
            place = (index, content["item"], content["decided_on"])
            self.needed.setdefault((content["rule_set"], self.live.book), place)
        else:
            self.found.note(STEP, f"leaf {index}", _unannounced(content, self.live, self.announced))

    def _switch(self, index: int, content: Any) -> None:
        item, stops = content["item"], content["act"] == "stop"
        if stops == (item in self.stopped):
            state = f"leaf {self.stopped[item]} has stopped" if stops else "is not stopped"
            self.found.note(STEP, f"leaf {index}", f"says {content['act']} of item {item}, which {state}")
        if stops:
            self.stopped[item] = index
        else:
            self.stopped.pop(item, None)

    def _release(self, index: int, content: Any) -> None:
        """Check one release leaf and make it live; a leaf at fault counts as well."""
        place, sequence = f"leaf {index}", content["sequence"]
        before = (0, None) if self.live is None else (self.live.sequence, self.live.manifest)
        if sequence != before[0] + 1:
            message = f"is release {sequence}, and release {before[0]} was live; the next is {before[0] + 1}"
            self.found.note(STEP, place, message)
        if content["previous"] != before[1]:
            self.found.note(STEP, place, f"follows the manifest {content['previous']}, and live was {before[1]}")
        self._signed(index, content)
        book = (content["book"], content["bundle"])
        if content["restores"] is not None and self.released.get(content["restores"]) != book:
            message = f"restores release {content['restores']}, which gave another book or bundle or never was"
            self.found.note(STEP, place, message)
        self.released[sequence] = book
        self.live = _Live(sequence, content["manifest"], content["book"])

    def _signed(self, index: int, content: Any) -> None:
        """Hold a release leaf to its signed note: signers in office at that moment, gate passed, one meaning."""
        path = release_path(content["sequence"])
        try:
            note = self.export.read(path)
            if hashlib.sha256(note).hexdigest() != content["note"]:
                raise MalformedError(f"is not the note that leaf {index} logged: its SHA-256 differs")
            if self.signers is None:
                return
            release = open_release(note, self.signers, self.export.checkpoint.origin, at=content["activated_at"])
            for name, said, signed in differences(content, release):
                self.found.note(STEP, f"leaf {index}", f"says {name} {said!r}, and the signed manifest {signed!r}")
            require_gate(release.manifest, packaged=not self.own_signers)
        except AuditError as error:
            self.found.note(STEP, path, error)


def _listed(export: Export, found: Verification) -> Signers | None:
    try:
        return Signers.from_document(parse_json(export.read(SIGNERS), SIGNERS), SIGNERS)
    except (AuditError, ValueError) as error:
        found.note(STEP, SIGNERS, error)
        return None


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
