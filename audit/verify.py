"""The check of a whole export: every byte is re-derived, every fault is listed, none stops a step that can still run.

Steps, each the name that its faults are told under:

1. `manifest`: every listed file is there with its digest, and no other;
2. `checkpoint`: signed by the log's key, and of the size and root that the manifest names;
3. `entries`: the bundles hold exactly the leaves 0 to size-1;
4. `tiles`: every tile holds the hashes that follow from the leaves;
5. `root`: the leaves give the signed root, and give the root of every earlier checkpoint that the auditor kept;
6. `records`: every leaf is a record; one final decision, one officer's act and one licence an application, each on the
   ground it needs (`audit.verify_records`);
7. `licences`: every licence record has its licence: the one that was logged, truly signed within the window of its key, of one
   issuer (`audit.verify_licences`);
8. `rule sets`: every rule set that decided is there and has its digest;
9. `inputs`: every decision has its private inputs and they are of that decision (not when they are withheld);
10. `releases`: every decision was made on the rules live at that leaf, by signed releases (`audit.verify_releases`);
11. `permits`: every permit is its authority's own word, upon its newest; every version has its cause and shows what the log gives;
   every change of status was its side's to make (`audit.verify_permits`, `verify_versions`, `verify_acts`);
12. `passes`: every pass is its civil-affairs authority's own word, and shows what was stated (`audit.verify_passes`).

Replaying the decisions is `audit.replay`, a step of its own.
"""

from collections.abc import Sequence

from audit.authorities import Authorities
from audit.checkpoint import Checkpoint, open_checkpoint
from audit.errors import AuditError
from audit.export import Progress, inputs_path
from audit.export_reader import Export
from audit.merkle import EMPTY_ROOT, leaf_hash, root_of
from audit.note import NoteKey
from audit.record import Record
from audit.rule_release import Signers
from audit.tiles import WIDTH, bundles_of, tile_path, tile_root, tiles_of
from audit.verify_keys import check_keys
from audit.verify_licences import check_licences
from audit.verify_passes import check_passes
from audit.verify_permits import check_permits
from audit.verify_records import Verification, read_records
from audit.verify_releases import check_releases


def verify(
    export: Export,
    key: NoteKey | None = None,
    earlier: Sequence[bytes] = (),
    progress: Progress | None = None,
    signers: Signers | None = None,
    authorities: Authorities | None = None,
) -> Verification:
    """Check a whole export and return what was found; never raises for what the export holds.

    `key` is the auditor's own copy of the log's key (the export's own when absent, which proves less); `earlier` are
    signed checkpoints that the auditor kept from earlier visits; `signers` their own copy of the list of release signers,
    `authorities` of the list of those who may endorse permits and register 民办非企业单位.
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
    records = read_records(found, leaves)
    check_licences(export, found, records)
    _rule_sets(export, found, records)
    if "inputs" not in export.withheld:
        _inputs(export, found, records)
    check_releases(export, found, records, signers)
    check_keys(export, found, records)
    check_permits(export, found, records, authorities)
    check_passes(export, found, records, authorities)
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
