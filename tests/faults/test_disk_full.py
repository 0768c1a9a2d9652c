"""A full disk: what is refused is not there, what was accepted is, reading goes on, and space is all that it takes."""

import asyncio
import resource
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from casework.errors import StoreUnavailableError
from casework.tables import application
from tests.casework import invariants
from tests.casework.house import World, rows, settle, submit, view

pytestmark = pytest.mark.faults


async def fill(world: World, limit: Callable[[], object], make_room: Callable[[], object]) -> None:
    """Start, limit the disk, submit until the disk is full and then some, make room, and hold the store against what callers were told."""
    service = world.open()
    limit()
    told = await submit(service, "llc/01-software", "before")
    accepted, refused = {("portal", "before"): told["id"]}, 0
    for number in range(400):
        try:
            case = await submit(service, "llc/01-software", f"key-{number}")
            accepted["portal", f"key-{number}"] = case["id"]
        except StoreUnavailableError:
            refused += 1
            if refused == 8:
                break
    assert refused == 8, "the disk never filled up"
    assert len(accepted) > 1
    assert view(service, told["id"]) == told  # reading goes on
    make_room()
    world.clock.move(minutes=10)
    await settle(service)
    invariants.require(service, accepted)
    invariants.finished(service)
    kept = {(row.client, row.idempotency_key) for row in rows(service, select(application))}
    assert kept == set(accepted)
    for number in range(3):  # and the refused are welcome again
        assert (await submit(service, "llc/01-software", f"later-{number}"))["outcome"] == "approved"


def test_a_small_disk_fills_up(county_db: Path, tmp_path: Path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root; the next test fills up a file instead")
    world = World(disk, county_db, codes=500)
    more = ["mount", "-o", "remount,size=64m", str(disk)]
    try:
        asyncio.run(fill(world, limit=lambda: None, make_room=lambda: subprocess.run(more, check=True)))
    finally:
        world.close()
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_no_file_may_grow_any_more(county_db: Path, tmp_path: Path):
    """The same by a limit on the size of files, which needs no root."""
    home = tmp_path / "home"
    home.mkdir()
    world = World(home, county_db, codes=500)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def grow_to(size: int) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))

    try:
        asyncio.run(fill(world, limit=lambda: grow_to(1_500_000), make_room=lambda: grow_to(before[0])))
    finally:
        grow_to(before[0])
        world.close()
