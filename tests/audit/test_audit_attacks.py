"""Every folder `tests/attacks/log_*_fail/` is refused, for the reason it names; the same without the attack is not."""

import json
import runpy
from pathlib import Path

import pytest

from audit import errors
from audit.export_reader import Export
from audit.note import NoteKey
from audit.proof import verify_proof
from audit.verify import verify

FOLDER = Path(__file__).resolve().parents[1] / "attacks"
ATTACKS = sorted(FOLDER.glob("log_*_fail"))


def _prove(folder: Path) -> None:
    key = NoteKey.from_text((folder / "log.vkey").read_text().strip())
    verify_proof((folder / "proof.tlog-proof").read_bytes(), (folder / "leaf").read_bytes(), key.name, [key])


def _steps(folder: Path) -> list[str]:
    earlier = [(folder / "earlier").read_bytes()] if (folder / "earlier").exists() else []
    return sorted({fault.step for fault in verify(Export(folder / "export"), earlier=earlier).faults})


@pytest.mark.parametrize("folder", ATTACKS, ids=lambda folder: folder.name)
def test_the_attack_is_refused_for_its_reason(folder):
    expected = json.loads((folder / "attack.json").read_text())
    assert (folder / "README.md").read_text().startswith("# ")
    if expected["check"] == "export" and "steps" in expected:
        assert _steps(folder) == expected["steps"]
        return
    with pytest.raises(getattr(errors, expected["error"]), match=expected["says"]):
        (_prove if expected["check"] == "proof" else _steps)(folder)


def test_without_an_attack_nothing_is_refused(tmp_path):
    made = runpy.run_path(str(Path(__file__).parent / "make_attacks.py"))
    made["_proof"](tmp_path, "", "")
    _prove(tmp_path)
    made["_export"](tmp_path, [])
    assert _steps(tmp_path) == ["rule sets"]  # these small exports carry no rule book


def test_the_kept_folders_are_what_the_script_makes(tmp_path):
    made = runpy.run_path(str(Path(__file__).parent / "make_attacks.py"))
    made["main"](tmp_path)
    for folder in sorted(tmp_path.iterdir()):
        files = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        kept = FOLDER / folder.name
        assert files == {path.relative_to(kept): path.read_bytes() for path in kept.rglob("*") if path.is_file()}


def test_there_are_attacks():
    assert len(ATTACKS) >= 30
