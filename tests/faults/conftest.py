"""Fixtures of the fault tests: the county, and a server that runs lives which end by kill -9."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.casework.house import county_file

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def county_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return county_file(tmp_path_factory)


@pytest.fixture(scope="session")
def lives(county_db: Path) -> Iterator[Callable[..., int]]:
    """A function that lets a service live in a folder until it is killed; it returns the signal, 0 for a natural end."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.crash_server", str(county_db)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip

    def live(folder: Path, crash_at: str, batch: str = "one") -> int:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(json.dumps({"folder": str(folder), "crash_at": crash_at, "batch": batch}) + "\n")
        server.stdin.flush()
        return int(server.stdout.readline())

    yield live
    server.communicate(timeout=20)
