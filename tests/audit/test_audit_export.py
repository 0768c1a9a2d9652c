"""The export folder: complete, re-derivable, readable by a second implementation, and every change to it found."""

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey

from audit import tables
from audit.canonical import canonical
from audit.checkpoint import open_checkpoint
from audit.errors import ForkError, MalformedError, NotInLogError
from audit.export import MANIFEST, export
from audit.export_reader import Export
from audit.log import Log
from audit.merkle import leaf_hash
from audit.note import NoteKey, NoteSigner
from audit.proof import LogProof, verify_proof
from audit.record import Record
from audit.replay import replay
from audit.selection import sample, touched_by_rule, touched_by_source
from audit.verify import verify
from tests.support.licence_signing import LicenceKey


@pytest.fixture
def copied(exported, tmp_path) -> Path:
    """A copy of the export that a test may damage."""
    folder = tmp_path / "export"
    shutil.copytree(exported.folder, folder)
    return folder


def _relist(folder: Path, **changed) -> None:
    """Make the manifest fit the files again, as a forger would."""
    manifest = json.loads((folder / MANIFEST).read_bytes())
    present = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    manifest["files"] = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in present
    }
    (folder / MANIFEST).write_bytes(canonical({**manifest, **changed}))


def _steps(folder: Path, **named) -> list[str]:
    return sorted({fault.step for fault in verify(Export(folder), **named).faults})


def test_a_true_export_holds_and_counts_every_outcome(exported):
    found = verify(Export(exported.folder))
    assert found.faults == []
    assert found.counts == {"rule_set": 1, "decision": 6, "licence": 1, "officer": 1}
    assert found.outcomes == {"approved": 3, "fix": 1, "waiting": 1, "referred": 1}


def test_every_decision_of_the_export_replays(exported):
    opened = Export(exported.folder)
    keys, rule_sets = opened.source_keys(), opened.rule_sets()
    assert rule_sets.digests()
    decisions = [(index, record) for index, record in opened.records() if record.kind == "decision"]
    assert [index for index, _ in decisions] == list(exported.cases)
    for index, record in decisions:
        assert replay(opened.inputs(index), record, rule_sets.get(record.content["rule_set"]), keys) is None
    assert opened.licence(exported.licence).count(".") == 2


def test_a_second_implementation_reads_the_export(exported):
    opened = Export(exported.folder)
    reader = TilesReader(LocalBackend(exported.folder))
    checkpoint = reader.get_checkpoint()
    checkpoint.verify(Vkey.from_string((exported.folder / "log.vkey").read_text().strip()))
    assert (checkpoint.size, checkpoint.root_hash) == (opened.checkpoint.size, opened.checkpoint.root)
    assert reader.calculate_root_hash() == opened.checkpoint.root
    for index, leaf in enumerate(opened.leaves()):
        assert reader.get_entry(index) == leaf
        theirs = reader.get_inclusion_proof(index, checkpoint.size)
        assert theirs.node_hashes == list(opened.proof(index).path)
        theirs.check(leaf_hash(leaf), checkpoint.root_hash)


def test_a_public_export_withholds_the_inputs_and_still_holds(world, office, tmp_path):
    case = office.case()
    world.append(case.record.leaf)
    with world.engine.connect() as connection:
        export(tmp_path / "public", world.log, connection, office.holdings({}, {}, withheld=True))
    opened = Export(tmp_path / "public")
    assert verify(opened).faults == []
    assert opened.withheld == ("inputs",)
    everything = b"".join(path.read_bytes() for path in (tmp_path / "public").rglob("*") if path.is_file())
    assert json.loads(case.raw)["people"][0]["id_number"].encode() not in everything


def test_an_empty_log_is_an_export_too(world, office, tmp_path):
    with world.engine.connect() as connection:
        export(tmp_path / "empty", world.log, connection, office.holdings({}, {}))
    assert verify(Export(tmp_path / "empty")).faults == []


def test_an_export_is_not_written_over_anything(exported, world, office):
    with world.engine.connect() as connection, pytest.raises(MalformedError, match="not empty"):
        export(exported.folder, world.log, connection, office.holdings({}, {}))


def test_a_log_without_a_checkpoint_is_not_exported(tmp_path, world, office):
    with world.engine.connect() as connection:
        connection.execute(delete(tables.checkpoint))
        with pytest.raises(NotInLogError, match="no checkpoint"):
            export(tmp_path / "none", Log(world.log.origin, world.signer), connection, office.holdings({}, {}))


def test_a_decision_whose_rule_set_is_in_no_book_is_not_exported(world, office, tmp_path):
    case = office.case()
    content = {**case.record.content, "rule_set": "0" * 64}
    world.append(canonical(content))
    with world.engine.connect() as connection, pytest.raises(MalformedError, match="none of the 1 rule books"):
        export(tmp_path / "export", world.log, connection, office.holdings({0: case}, {}))


def test_leaves_after_the_checkpoint_are_not_in_the_export(world, office, tmp_path):
    world.append(office.case().record.leaf)
    with world.engine.begin() as connection:
        world.log.append(connection, [b"later"], world.tick())
        export(tmp_path / "export", world.log, connection, office.holdings({0: office.case()}, {}))
    opened = Export(tmp_path / "export")
    assert (opened.checkpoint.size, verify(opened).faults) == (1, [])


def test_an_export_is_under_the_note_that_was_published(world, office, tmp_path):
    world.append(office.case().record.leaf)
    published = world.publication.path.read_bytes()
    world.commit([office.case("individual", number=2).record.leaf])
    holdings = office.holdings({0: office.case()}, {})
    with world.engine.connect() as connection:
        export(tmp_path / "export", world.log, connection, holdings, note=published)
        other = replace(open_checkpoint(published, world.log.origin, [world.signer.key]), root=bytes(32))
        with pytest.raises(ForkError, match="another history"):
            export(tmp_path / "fork", world.log, connection, holdings, note=other.sign(world.signer))
        longer = replace(other, size=9).sign(world.signer)
        with pytest.raises(MalformedError, match="missing"):
            export(tmp_path / "longer", world.log, connection, holdings, note=longer)
    opened = Export(tmp_path / "export")
    assert (opened.checkpoint.size, verify(opened).faults) == (1, [])
    assert (tmp_path / "export" / "checkpoint").read_bytes() == published


def test_a_private_licence_key_is_not_exported(world, office, tmp_path):
    holdings = replace(office.holdings({}, {}), jwks=LicenceKey().jwks(d="Bw"))
    with world.engine.connect() as connection, pytest.raises(MalformedError, match="private key"):
        export(tmp_path / "export", world.log, connection, holdings)
    assert not (tmp_path / "export").exists()


# Every file, changed, removed or added.


def test_a_change_of_any_file_is_found_and_named(undecided, tmp_path):
    shutil.copytree(undecided, tmp_path / "copy")
    opened = Export(tmp_path / "copy")
    assert len(opened.files) == 10  # checkpoint, log key, source and licence keys, rule sets, three tiles, two bundles
    for path in opened.files:
        original = (opened.folder / path).read_bytes()
        for change in (original[:-1] + bytes([original[-1] ^ 1]), original + b"\n", original[:-1]):
            (opened.folder / path).write_bytes(change)
            assert path in {fault.place for fault in verify(opened).faults}
        (opened.folder / path).unlink()
        assert path in {fault.place for fault in verify(opened).faults}
        (opened.folder / path).write_bytes(original)
    assert verify(opened).faults == []


def test_a_change_of_any_tile_is_found_behind_a_forged_manifest(undecided, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(undecided, folder)
    for path in sorted(path for path in Export(folder).files if path.startswith("tile/")):
        original = (folder / path).read_bytes()
        middle = len(original) // 2
        (folder / path).write_bytes(original[:middle] + bytes([original[middle] ^ 1]) + original[middle + 1 :])
        _relist(folder)
        assert set(_steps(folder)) & {"tiles", "root"}, path
        (folder / path).write_bytes(original)
    _relist(folder)
    assert _steps(folder) == []


@pytest.mark.parametrize("path", ["tile/0/002", "tile/entries/001", "tile/2/000", "tile/0/001.p/43"])
def test_a_tile_that_this_size_does_not_have_is_named(undecided, tmp_path, path):
    folder = tmp_path / "copy"
    shutil.copytree(undecided, folder)
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(b"a" * 32)
    _relist(folder)
    assert set(_steps(folder)) & {"tiles", "entries"}


def test_a_stray_file_is_named(copied):
    (copied / "licences" / "999.jws").write_bytes(b"forged")
    assert _steps(copied) == ["manifest"]
    _relist(copied)
    assert _steps(copied) == ["licences"]


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("tile/entries/000.p/9", ["root", "tiles"]),
        ("tile/0/000.p/9", ["tiles"]),
        ("licences/007.jws", ["licences"]),
        ("inputs/001.json", ["inputs"]),
        ("rule_sets.json", ["rule sets"]),
        ("checkpoint", ["checkpoint"]),
    ],
)
def test_with_a_forged_manifest_the_step_behind_finds_it(copied, path, steps):
    content = (copied / path).read_bytes()
    place = content.find(b"outcome") if b"outcome" in content else 12
    (copied / path).write_bytes(content[:place] + bytes([content[place] ^ 2]) + content[place + 1 :])
    _relist(copied)
    found = _steps(copied)
    assert set(steps) <= set(found), found


def test_a_rule_book_with_another_rule_is_refused(copied):
    law = next(path for path in (copied / "rules").rglob("*.yaml") if path.parent.name == "law")
    law.write_text(law.read_text("utf-8").replace("on_violation: fix", "on_violation: inform", 1), "utf-8")
    _relist(copied)
    assert _steps(copied) == ["rule sets"]


def test_a_stray_file_in_a_rule_book_keeps_it_from_loading(copied):
    folder = next((copied / "rules").iterdir()) / "law"
    (folder / "zz.yaml").symlink_to("/dev/zero")
    assert _steps(copied) == ["manifest", "rule sets"]


def test_a_link_in_place_of_a_file_is_not_followed(copied, tmp_path):
    content = (copied / "checkpoint").read_bytes()
    (tmp_path / "elsewhere").write_bytes(content)
    (copied / "checkpoint").unlink()
    (copied / "checkpoint").symlink_to(tmp_path / "elsewhere")
    assert "manifest" in _steps(copied)


@pytest.mark.parametrize(
    "path", ["../outside", "/etc/passwd", "a//b", "a/../../b", ".hidden", "a\\b", "", "a/./b", "tile/0/000\n"]
)
def test_a_manifest_that_leads_out_of_the_folder_is_refused(copied, path):
    manifest = json.loads((copied / MANIFEST).read_bytes())
    manifest["files"][path] = "0" * 64
    (copied / MANIFEST).write_bytes(canonical(manifest))
    with pytest.raises(MalformedError, match="no path of an export"):
        Export(copied)


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "other/1"},
        {"size": -1},
        {"size": "9"},
        {"root": "zz"},
        {"files": []},
        {"files": {"a": 1}},
        {"origin": ""},
    ],
)
def test_a_manifest_of_another_form_is_refused(copied, change):
    manifest = json.loads((copied / MANIFEST).read_bytes())
    (copied / MANIFEST).write_bytes(canonical({**manifest, **change}))
    with pytest.raises(MalformedError):
        Export(copied)


def test_a_folder_without_a_manifest_is_no_export(tmp_path):
    with pytest.raises(MalformedError, match="plain file"):
        Export(tmp_path)


def test_another_key_than_the_auditors_own_is_found(exported, world):
    assert _steps(exported.folder, key=world.signer.key) == []
    stranger = NoteKey(
        world.signer.key.name, NoteSigner("a", Ed25519PrivateKey.from_private_bytes(bytes([9]) * 32)).key.public_key
    )
    assert _steps(exported.folder, key=stranger) == ["checkpoint"]


def test_earlier_checkpoints_are_held_against_the_log(exported, world):
    world.append(b"another history")
    other = world.publication.path.read_bytes()
    own = (exported.folder / "checkpoint").read_bytes()
    longer = replace(open_checkpoint(own, world.log.origin, [world.signer.key]), size=500).sign(world.signer)
    assert _steps(exported.folder, earlier=[own]) == []
    for note in (other, longer, b"torn"):
        assert _steps(exported.folder, earlier=[own, note]) == ["root"]


# Selection.


def test_a_sample_is_the_same_for_everyone_and_another_for_each_checkpoint(exported):
    checkpoint = Export(exported.folder).checkpoint
    drawn = sample(range(1000), 20, checkpoint)
    assert drawn == sample(reversed(range(1000)), 20, checkpoint) == sorted(drawn)
    assert drawn != sample(range(1000), 20, replace(checkpoint, size=10))
    assert sample(range(3), 20, checkpoint) == [0, 1, 2]


def test_the_decisions_that_a_rule_or_a_source_touched_are_listed(exported):
    records = list(Export(exported.folder).records())
    fixed = next(index for index, one in exported.cases.items() if one.decision.outcome == "fix")
    rule = exported.cases[fixed].decision.violated("fix")[0]
    touched = {one.index: one for one in touched_by_rule(records, rule.rule)}
    assert touched[fixed].results == ("violated",)
    assert set(touched) < set(exported.cases)  # it does not apply to the two businesses without shareholders
    assert list(touched_by_rule(records, rule.rule, "1900-01-01")) == []
    assert len(list(touched_by_rule(records, rule.rule, rule.rule_from.isoformat()))) == len(touched)
    silent = [one for one in touched_by_source(records, "court") if "unavailable" in one.results]
    assert [one.outcome for one in silent] == ["waiting"]


def test_a_source_cannot_be_ruled_out_where_evidence_is_held_by_digest(exported):
    record = next(record for _, record in Export(exported.folder).records() if record.kind == "decision")
    shortened = Record(canonical({**record.content, "evidence": {"count": 9, "content": "0" * 64}}))
    assert [one.results for one in touched_by_source([(4, shortened)], "court")] == [("held by digest",)]


def test_proofs_from_files_verify(exported, world):
    opened = Export(exported.folder)
    for index, record in opened.records():
        proof = opened.proof(index).to_bytes()
        assert verify_proof(proof, record.leaf, opened.checkpoint.origin, [world.signer.key])[0] == index
        assert LogProof.from_bytes(proof).index == index
    for index in (-1, opened.checkpoint.size):
        with pytest.raises(NotInLogError):
            opened.proof(index)
        with pytest.raises(NotInLogError):
            opened.record(index)
