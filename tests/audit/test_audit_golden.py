"""The golden log: today's code writes the same bytes and reads those kept; so does a second implementation."""

import runpy
from pathlib import Path

from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey

from audit.checkpoint import open_checkpoint
from audit.merkle import leaf_hash, root_of
from audit.note import NoteKey
from audit.proof import verify_proof
from audit.tiles import bundles_of, split_entries, tile_path

FOLDER = Path(__file__).parent / "golden"
KEPT = FOLDER / "log"


def _files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_leaves_give_the_same_bytes(tmp_path):
    runpy.run_path(str(FOLDER / "make_golden.py"))["make"](tmp_path)
    assert _files(tmp_path) == _files(KEPT)


def test_the_kept_log_verifies():
    key = NoteKey.from_text((KEPT / "log.vkey").read_text().strip())
    checkpoint = open_checkpoint((KEPT / "checkpoint").read_bytes(), key.name, [key])
    leaves = [
        leaf
        for number, width in bundles_of(checkpoint.size)
        for leaf in split_entries((KEPT / tile_path(None, number, width)).read_bytes())
    ]
    assert (len(leaves), root_of([leaf_hash(leaf) for leaf in leaves])) == (checkpoint.size, checkpoint.root)
    assert verify_proof((KEPT / "257.tlog-proof").read_bytes(), leaves[257], key.name, [key])[0] == 257


def test_a_second_implementation_reads_the_kept_log():
    reader = TilesReader(LocalBackend(KEPT))
    checkpoint = reader.get_checkpoint()
    checkpoint.verify(Vkey.from_string((KEPT / "log.vkey").read_text().strip()))
    assert reader.calculate_root_hash() == checkpoint.root_hash
    assert reader.get_entry(299) == b"leaf 299 of the golden log"
    for old in (1, 7, 207, 256, 300):
        reader.get_consistency_proof(old, 300).check(reader.mth(0, old), checkpoint.root_hash)
