"""The check of a whole export: every byte is re-derived, every fault is listed, none stops a step that can still run.

Steps, each the name that its faults are told under:

1. `manifest`: every listed file is there with its digest, and no other;
2. `checkpoint`: signed by the log's key, and of the size and root that the manifest names;
3. `entries`: the bundles hold exactly the leaves 0 to size-1;
4. `tiles`: every tile holds the hashes that follow from the leaves;
5. `root`: the leaves give the signed root, and give the root of every earlier checkpoint that the auditor kept;
6. `records`: every leaf is a record; what refers to a decision refers to an earlier one that allows it, and once;
7. `licences`: every licence record has its licence, and it is the one that was logged;
8. `rule sets`: every rule set that decided is there and has its digest;
9. `inputs`: every decision has its private inputs and they are of that decision (not when they are withheld).

Replaying the decisions is `audit.replay`, a step of its own.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.errors import AuditError
from audit.export import Progress, inputs_path, licence_path
from audit.export_reader import Export
from audit.merkle import EMPTY_ROOT, leaf_hash, root_of
from audit.note import NoteKey
from audit.record import Record, read_record
from audit.tiles import WIDTH, bundles_of, tile_path, tile_root, tiles_of


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with an export: the step that found it, the file or leaf, and a sentence."""

    step: str
    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.step}: {self.place}: {self.message}"


@dataclass(slots=True)
class Verification:
    """What the check of an export found. It holds when `faults` is empty."""

    size: int
    counts: dict[str, int] = field(default_factory=dict)
    outcomes: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def note(self, step: str, place: str, message: object) -> None:
        """Add one fault."""
        self.faults.append(Fault(step, place, str(message)))


def verify(
    export: Export,
    key: NoteKey | None = None,
    earlier: Sequence[bytes] = (),
    progress: Progress | None = None,
) -> Verification:
    """Check a whole export and return what was found; never raises for what the export holds.

    `key` is the auditor's own copy of the log's key (the export's own when absent, which proves less); `earlier` are
    signed checkpoints that the auditor kept from earlier visits.
    """
    found = Verification(export.checkpoint.size)
    _files(export, found, progress)
    try:
        signed = export.signed_checkpoint(key)
        if signed != export.checkpoint:
            found.note("checkpoint", "manifest.json", "names another size or root than the signed checkpoint")
    except AuditError as error:
        found.note("checkpoint", "checkpoint", error)
    leaves = _entries(export, found)
    hashes = [leaf_hash(leaf) for leaf in leaves]
    _tiles(export, found, hashes)
    _roots(export, found, hashes, earlier, key)
    records = _records(found, leaves)
    _licences(export, found, records)
    _rule_sets(export, found, records)
    if "inputs" not in export.withheld:
        _inputs(export, found, records)
    return found


def _files(export: Export, found: Verification, progress: Progress | None) -> None:
    """Step 1."""
    for done, path in enumerate(sorted(export.files), 1):
        try:
            export.read(path)
        except AuditError as error:
            found.note("manifest", path, error)
        if progress is not None:
            progress(done, len(export.files))
    for path in export.strays():
        found.note("manifest", path, "is in the folder and not in the manifest")


def _entries(export: Export, found: Verification) -> list[bytes]:
    """Step 3; returns the leaves up to the first bundle that cannot be read."""
    leaves: list[bytes] = []
    expected = {tile_path(None, number, width) for number, width in bundles_of(export.checkpoint.size)}
    for path in sorted(path for path in export.files if path.startswith("tile/entries/") and path not in expected):
        found.note("entries", path, f"does not belong to a log of {export.checkpoint.size} leaves")
    try:
        leaves.extend(export.leaves())
    except AuditError as error:
        found.note("entries", f"leaf {len(leaves)}", error)
    return leaves


def _tiles(export: Export, found: Verification, hashes: list[bytes]) -> None:
    """Step 4."""
    expected = {tile_path(*tile) for tile in tiles_of(export.checkpoint.size)}
    for path in sorted(path for path in export.files if path.startswith("tile/") and path not in expected):
        if not path.startswith("tile/entries/"):
            found.note("tiles", path, f"does not belong to a log of {export.checkpoint.size} leaves")
    if len(hashes) != export.checkpoint.size:
        return  # step 3 has said so; no tile could be right
    level_hashes = hashes
    level = -1
    for tile_level, number, width in tiles_of(len(hashes)):
        if tile_level != level:
            if level >= 0:
                full = len(level_hashes) // WIDTH
                level_hashes = [tile_root(level_hashes[at * WIDTH : (at + 1) * WIDTH]) for at in range(full)]
            level = tile_level
        derived = level_hashes[number * WIDTH : number * WIDTH + width]
        try:
            if export.tile(level, number) != derived:
                found.note(
                    "tiles", tile_path(level, number, width), "does not hold the hashes that follow from the leaves"
                )
        except AuditError as error:
            found.note("tiles", tile_path(level, number, width), error)


def _roots(
    export: Export, found: Verification, hashes: list[bytes], earlier: Sequence[bytes], key: NoteKey | None
) -> None:
    """Step 5."""
    if root_of(hashes) != export.checkpoint.root:
        found.note("root", "checkpoint", f"the {len(hashes)} leaves read do not give the root of the checkpoint")
    for place, note in enumerate(earlier):
        try:
            old = open_checkpoint(note, export.checkpoint.origin, [key or export.log_key()])
        except AuditError as error:
            found.note("root", f"earlier checkpoint {place}", error)
            continue
        if old.size > len(hashes):
            found.note("root", f"earlier checkpoint {place}", f"held {old.size} leaves, and this export {len(hashes)}")
        elif _root_at(hashes, old) != old.root:
            found.note("root", f"earlier checkpoint {place}", f"the first {old.size} leaves are not those of that day")


def _root_at(hashes: list[bytes], old: Checkpoint) -> bytes:
    return root_of(hashes[: old.size]) if old.size else EMPTY_ROOT


def _records(found: Verification, leaves: list[bytes]) -> list[Record | None]:
    """Step 6; returns the record of each leaf, None where it is not one."""
    records: list[Record | None] = []
    seen: dict[tuple[str, Any], int] = {}
    for index, leaf in enumerate(leaves):
        place = f"leaf {index}"
        try:
            record = read_record(leaf)
            for message in _reasons_against(record.content, records):
                found.note("records", place, message)
            for name in _unique(record.content):
                if name in seen:
                    found.note("records", place, f"{name[0]} {name[1]!r} was already used at leaf {seen[name]}")
                seen.setdefault(name, index)
            found.counts[record.kind] = found.counts.get(record.kind, 0) + 1
            if record.kind == "decision":
                outcome = str(record.content["outcome"])
                found.outcomes[outcome] = found.outcomes.get(outcome, 0) + 1
            records.append(record)
        except (AuditError, KeyError, TypeError) as error:
            found.note("records", place, error if isinstance(error, AuditError) else f"lacks a member: {error!r}")
            records.append(None)
    return records


def _reasons_against(content: Any, before: list[Record | None]) -> list[str]:
    """Say why a licence or an officer's act has no ground: a licence rests on an approval of either kind."""
    if content["kind"] not in {"licence", "officer"}:
        return []
    index = content["decision"]
    earlier = before[index] if type(index) is int and 0 <= index < len(before) else None
    if earlier is None:
        return [f"refers to leaf {index!r}, which is not an earlier record"]
    basis = earlier.content
    if content["kind"] == "officer":
        return [] if basis["kind"] == "decision" else [f"is an officer's act on leaf {index}, which is no decision"]
    approved = (basis["kind"], basis.get("outcome", basis.get("act"))) in {
        ("decision", "approved"),
        ("officer", "approval"),
    }
    return [] if approved else [f"is a licence, and leaf {index} does not approve anything"]


def _unique(content: Any) -> list[tuple[str, Any]]:
    """Name what may stand in the log once only: a licence's number and code, and one licence for one approval."""
    if content["kind"] == "licence":
        return [("jti", content["jti"]), ("uscc", content["uscc"]), ("licence for leaf", content["decision"])]
    if content["kind"] == "decision" and content["outcome"] == "approved":
        return [("approval of", content["application_id"])]
    return []


def _licences(export: Export, found: Verification, records: list[Record | None]) -> None:
    """Step 7."""
    expected = set()
    for index, record in enumerate(records):
        if record is None or record.kind != "licence":
            continue
        expected.add(licence_path(index))
        try:
            digest = hashlib.sha256(export.read(licence_path(index))).hexdigest()
            if digest != record.content["jws_sha256"]:
                found.note("licences", licence_path(index), f"is not the licence that was logged at leaf {index}")
        except AuditError as error:
            found.note("licences", licence_path(index), error)
    for path in sorted(path for path in export.files if path.startswith("licences/") and path not in expected):
        found.note("licences", path, "is a licence without a record in the log")


def _rule_sets(export: Export, found: Verification, records: list[Record | None]) -> None:
    """Step 8."""
    used = {one.content["rule_set"]: index for index, one in enumerate(records) if one and one.kind == "decision"}
    try:
        rule_sets = export.rule_sets()
    except AuditError as error:
        found.note("rule sets", "rule_sets.json", error)
        return
    for digest, index in sorted(used.items()):
        try:
            rule_sets.get(digest)
        except AuditError as error:
            found.note("rule sets", f"leaf {index}", error)


def _inputs(export: Export, found: Verification, records: list[Record | None]) -> None:
    """Step 9."""
    for index, record in enumerate(records):
        if record is None or record.kind != "decision":
            continue
        path = inputs_path(index)
        try:
            inputs = export.inputs(index)
        except AuditError as error:
            found.note("inputs", path, error)
            continue
        if inputs.circumstances.application_id != record.content["application_id"]:
            found.note("inputs", path, f"are of another application than leaf {index}")
