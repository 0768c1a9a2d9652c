"""A store that lost its tail, or its memory of what it published, does not go on from there: that would be a second history."""

import asyncio
import shutil
from pathlib import Path

import pytest

from audit.errors import RolledBackError
from tests.casework import invariants
from tests.casework.house import World, submit

pytestmark = pytest.mark.faults


@pytest.fixture
def world(county_db: Path, tmp_path: Path):
    (tmp_path / "home").mkdir()
    made = World(tmp_path / "home", county_db)
    yield made
    made.close()


def one_life(world: World, name: str) -> None:
    async def live() -> None:
        service = world.open()
        assert (await submit(service, name))["outcome"] == "approved"
        await service.stop()

    asyncio.run(live())


def test_a_restored_backup_is_refused_and_the_newer_store_is_taken(world: World, tmp_path: Path):
    store = world.settings.database
    one_life(world, "llc/01-software")
    shutil.copy(store, tmp_path / "backup")
    one_life(world, "individual/01-grocery")
    shutil.copy(store, tmp_path / "newest")
    shutil.copy(tmp_path / "backup", store)
    with pytest.raises(RolledBackError, match="lost its tail"):
        world.open()
    shutil.copy(tmp_path / "newest", store)
    invariants.require(world.open())


def test_a_log_without_its_published_checkpoint_is_refused(world: World):
    one_life(world, "llc/01-software")
    world.settings.checkpoint.unlink()
    with pytest.raises(RolledBackError, match="put the last published checkpoint back"):
        world.open()


def test_commits_that_were_not_yet_published_are_published_at_the_start(world: World, tmp_path: Path):
    """What a kill between commit and publication leaves: the store is ahead of the checkpoint."""
    one_life(world, "llc/01-software")
    shutil.copy(world.settings.checkpoint, tmp_path / "older")
    one_life(world, "individual/01-grocery")
    shutil.copy(tmp_path / "older", world.settings.checkpoint)
    invariants.require(world.open())
