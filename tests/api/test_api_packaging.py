"""What is installed under which name, and that nothing comes from anywhere but the lock."""

import importlib.metadata
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = {"rules", "verifiers", "engine", "audit", "licence_qr", "casework", "api"}
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))


def names(requirements):
    return {re.match(r"[A-Za-z0-9._-]+", requirement).group().lower().replace("_", "-") for requirement in requirements}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel as hatchling builds it, without network."""
    folder = tmp_path_factory.mktemp("wheel")
    script = f"import hatchling.build as b; print(b.build_wheel({str(folder)!r}))"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, timeout=100)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as opened:
        yield opened


def test_the_wheel_holds_our_seven_packages_and_nothing_else_at_the_top(wheel):
    assert {name.partition("/")[0] for name in wheel.namelist()} == {*PACKAGES, "miaopi-0.1.0.dist-info"}


@pytest.mark.parametrize("name", sorted(PACKAGES))
def test_no_other_distribution_brings_a_package_of_our_name(name):
    owners = importlib.metadata.packages_distributions().get(name, [])
    assert set(owners) <= {"miaopi"}  # an editable install lists no files, hence may not be named at all
    import_path = Path(__import__(name).__file__).resolve()
    assert import_path.is_relative_to(ROOT)


def test_what_the_code_reads_beside_itself_is_in_the_wheel(wheel):
    packed = set(wheel.namelist())
    needed = [
        file.relative_to(ROOT).as_posix()
        for package in sorted(PACKAGES)
        for file in (ROOT / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    ]
    assert set(needed) <= packed


def test_the_commands_are_the_two(wheel):
    assert set(PROJECT["project"]["scripts"]) == {"miaopi", "miaopi-audit"}
    entry_points = wheel.read("miaopi-0.1.0.dist-info/entry_points.txt").decode()
    assert "miaopi = api.cli:main" in entry_points


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_names_no_address_and_hashes_everything(lock):
    text = lock.read_text()
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text
    pins = re.split(r"\n(?=\S)", text.strip())
    assert len(pins) > 20
    for pin in pins:
        assert re.match(r"[a-z0-9._-]+(\[[a-z,-]+\])?==\S+", pin), pin[:80]
        assert "--hash=sha256:" in pin, pin[:80]


def test_there_are_two_locks_and_each_holds_its_requirements():
    assert [lock.name for lock in LOCKS] == ["dev.lock", "run.lock"]
    run = names(re.findall(r"^[a-z0-9._-]+", (ROOT / "requirements" / "run.lock").read_text(), re.MULTILINE))
    dev = names(re.findall(r"^[a-z0-9._-]+", (ROOT / "requirements" / "dev.lock").read_text(), re.MULTILINE))
    wanted = names(PROJECT["project"]["dependencies"])
    assert wanted <= run <= dev
    assert names(PROJECT["project"]["optional-dependencies"]["dev"]) <= dev


def test_every_dependency_has_its_reason_and_every_reason_a_dependency():
    page = (ROOT / "docs" / "adr" / "0007-dependencies.md").read_text()
    explained = {name.lower() for name in re.findall(r"^\| ([a-zA-Z0-9._-]+) \|", page, re.MULTILINE)} - {"package"}
    wanted = names(PROJECT["project"]["dependencies"]) | names(PROJECT["project"]["optional-dependencies"]["dev"])
    assert explained == wanted
    for line in page.splitlines():
        if line.startswith("| ") and not line.startswith("| package"):
            assert len(line.split("|")[2].strip()) > 3, line


def test_the_package_can_never_be_published_by_mistake():
    assert "Private :: Do Not Upload" in PROJECT["project"]["classifiers"]


def test_the_wheel_holds_the_lock_whose_digest_stands_in_records(wheel):
    assert wheel.read("api/run.lock") == (ROOT / "requirements" / "run.lock").read_bytes()
