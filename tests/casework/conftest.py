"""Fixtures: a county made once, a world in a temporary folder, and the service on it."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from api.service import Service
from rules.load import RuleBook
from tests.casework import invariants
from tests.casework.house import World, county_file
from tests.support.rule_releases import changed_book
from verifiers import gather


@pytest.fixture(scope="session")
def county_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return county_file(tmp_path_factory)


@pytest.fixture(scope="session")
def newer(tmp_path_factory: pytest.TempPathFactory) -> RuleBook:
    """A rule book with another parameter than the packaged one."""
    return changed_book(tmp_path_factory.mktemp("newer"))


@pytest.fixture
def make_world(tmp_path: Path, county_db: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., World]]:
    """A function that makes worlds; `folder` names one within the test's own folder."""
    monkeypatch.setattr(gather, "PAUSES", (0.001, 0.001))  # a silent source is asked again at once

    worlds: list[World] = []

    def make(folder: str = "home", **given: object) -> World:
        (tmp_path / folder).mkdir()
        worlds.append(World(tmp_path / folder, county_db, **given))  # type: ignore[arg-type]  # settings are of many types
        return worlds[-1]

    yield make
    for one in worlds:
        one.close()


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world()


@pytest.fixture
async def service(world: World) -> AsyncIterator[Service]:
    """The service on the world's files; whatever a test did to it, the files must be in order in the end."""
    opened = world.open()
    yield opened
    invariants.require(opened)
    await opened.stop()
