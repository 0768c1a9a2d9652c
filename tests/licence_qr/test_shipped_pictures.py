"""The pictures in examples/scan say what their table says, to the command that a reader is told to run."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from scripts.make_scan_pictures import CASES, pictures

FOLDER = Path(__file__).parents[2] / "examples" / "scan"
EXPECTED = json.loads((FOLDER / "expected.json").read_text())
KEYS = ["--jwks", str(FOLDER / "jwks.json"), "--status", str(FOLDER / "status.jwt"), "--at", EXPECTED["at"]]


def test_every_picture_says_what_is_written_of_it():
    done = CliRunner().invoke(app, ["scan", *(str(FOLDER / name) for name in CASES), *KEYS, "--json"])
    assert done.exit_code == 1, "some are not valid"
    found = {}
    for line in done.stdout.splitlines():
        told = json.loads(line)
        permits = [answer["reason"] for answer in told["permits"]]
        found[Path(told["source"]).name] = {"verdict": told["verdict"], "reason": told["reason"], "permits": permits}
    assert found == EXPECTED["files"]


@pytest.mark.parametrize("name", sorted(set(CASES) - {"sheet.pdf"}))
def test_the_shipped_picture_is_the_one_that_the_script_makes(name):
    kept, drawn = (FOLDER / name).read_bytes(), _drawn()[name]
    if name.endswith(".jpg"):  # encoders of JPEG differ from version to version, pictures hardly
        assert abs(len(kept) - len(drawn)) < len(kept) // 10
    else:
        assert kept == drawn


_KEPT: dict[str, bytes] = {}


def _drawn() -> dict[str, bytes]:
    if not _KEPT:
        _KEPT.update(pictures())
    return _KEPT


def test_a_suspended_permit_is_told_beside_a_licence_that_stands():
    done = CliRunner().invoke(app, ["scan", str(FOLDER / "suspended-permit.jpg"), *KEYS])
    assert done.exit_code == 0
    assert "有 1 项许可目前不可用" in done.stdout


def test_the_folder_is_scanned_whole_and_its_status_list_is_no_licence():
    done = CliRunner().invoke(app, ["scan", str(FOLDER), *KEYS, "--language", "en"])
    assert done.exit_code == 1
    assert "status.jwt: a status list, no licence" in done.stdout
    assert "not valid 3" in done.stdout.lower()
