"""The demonstration as a newcomer runs it: two real processes on loopback, and every check from outside."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.network, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """Run the demonstration once; return what it reports and where it wrote."""
    out = tmp_path_factory.mktemp("demo") / "out"
    command = [sys.executable, "-m", "api.cli", "demo", "--json", "--out", str(out)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return json.loads(done.stdout), out


def test_every_story_comes_out_as_meant(demo: tuple[dict[str, Any], Path]) -> None:
    report, _ = demo
    assert report["ok"]
    assert report["unexpected"] == []


def test_there_are_twelve_applications_and_more_of_each_kind(demo: tuple[dict[str, Any], Path]) -> None:
    kinds = Counter(application["file"].split("/")[0] for application in demo[0]["applications"])
    assert set(kinds) == {"individual", "sole_proprietorship", "llc"}
    assert min(kinds.values()) >= 12


def test_every_outcome_is_shown(demo: tuple[dict[str, Any], Path]) -> None:
    assert set(demo[0]["outcomes"]) == {"approved", "fix", "referred", "routed", "refused"}
    assert demo[0]["first_answers"]["waiting"] == 3


def test_each_licence_has_its_pictures_and_its_own_code(demo: tuple[dict[str, Any], Path]) -> None:
    report, out = demo
    issued = [application["licence"] for application in report["applications"] if application["licence"]]
    assert len(issued) == report["outcomes"]["approved"] == len(set(issued))
    for suffix in ("png", "svg", "jws"):
        assert len(list((out / "licences").glob(f"*.{suffix}"))) == len(issued)


def test_one_paper_answers_as_its_permits_change(demo: tuple[dict[str, Any], Path]) -> None:
    report, _ = demo
    assert report["misread"] == []
    told = [
        (paper["scan"]["reason"], [one["reason"] for one in paper["scan"]["permits"]]) for paper in report["papers"]
    ]
    five = ["suspended", *["held"] * 4]
    assert told == [("current", five), ("replaced", five), ("current", [*five, "held"]), ("current", ["held"] * 2)]


def test_scan_replay_and_log_pass_from_outside(demo: tuple[dict[str, Any], Path]) -> None:
    report, _ = demo
    assert [report[check]["exit"] for check in ("scan", "replay", "verify")] == [0, 0, 0]


def test_it_never_empties_a_folder_that_it_did_not_make(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep me")
    command = [sys.executable, "-m", "api.cli", "demo", "--json", "--out", str(tmp_path)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "holds other files" in done.stderr
    assert (tmp_path / "mine.txt").read_text() == "keep me"


def test_codes_name_the_address_that_it_serves_at_and_nothing_is_written_elsewhere(
    demo: tuple[dict[str, Any], Path],
) -> None:
    report, out = demo
    assert report["public"] == report["service"]
    assert {key["iss"] for key in json.loads((out / "jwks.json").read_text())["keys"]} == {report["service"]}
    assert (out / "registries" / "keys" / "source-keys.json").is_file()
