"""The made county's database, made once for all test processes of a run: that takes longer than most tests."""

import fcntl
import os
import shutil
from pathlib import Path

import pytest

from verifiers.registries import County
from verifiers.registries.database import open_database


def made_county(factory: pytest.TempPathFactory) -> Path:
    """Return the one file of this run. Nobody may write to it; see `own_county`."""
    base = factory.getbasetemp()
    folder = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    path = folder / "made-county.sqlite"
    with (folder / "made-county.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            fresh = folder / "made-county.making"
            open_database(fresh, County()).close()  # the last connection takes the write-ahead log into the file
            fresh.replace(path)
    return path


def own_county(factory: pytest.TempPathFactory) -> Path:
    """Return a copy that its caller may write to."""
    return Path(shutil.copy(made_county(factory), factory.mktemp("county") / "county.sqlite"))
