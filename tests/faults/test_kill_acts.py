"""kill -9 inside an authority's permit and inside the drill: afterwards each happened once, and an auditor finds no fault."""

import asyncio
import json
import signal
from pathlib import Path

import pytest

from api.exporting import write_export
from api.key_operations import drill, listed
from audit.export_reader import Export
from audit.verify import verify
from casework import permits
from casework.tables import licence, licence_past
from tests.casework import invariants
from tests.casework.house import rows
from tests.faults.act_stories import place_of, read
from tests.faults.crash_server import world_in

pytestmark = pytest.mark.faults


def faults(world, folder: Path) -> list[str]:
    write_export(world.settings, folder)
    return [str(fault) for fault in verify(Export(folder)).faults]


def test_a_permit_is_there_once_and_its_statement_can_be_sent_again(lives, county_db: Path, tmp_path: Path):
    """Committed, its checkpoint not published, nobody told: the same statement is told again and makes no second permit."""
    folder = tmp_path / "home"
    assert lives(folder, "publish:1", "permit") == signal.SIGKILL
    asyncio.run(_permit_after(folder, county_db))


async def _permit_after(folder: Path, county: Path) -> None:
    world = world_in(folder, county)
    service = world.open()
    parts, (held,) = service.flow.parts, rows(service, licence.select())
    invariants.require(service)
    assert len(permits.told(parts, held.application_id)["permits"]) == 2
    compact = (folder / "statement").read_text()
    work = permits.endorse(parts, held.application_id, read(service, compact), compact, None)
    told = await parts.writer.write(work)
    assert (told["permit"]["n"], told["licence"]["identifier"].split(".")[-2]) == (2, "003")
    assert len(permits.told(parts, held.application_id)["permits"]) == 2
    invariants.require(service)
    await service.stop()
    assert faults(world, folder.parent / "export") == []


def test_a_drill_that_was_killed_goes_on_and_each_licence_is_issued_anew_once(lives, county_db: Path, tmp_path: Path):
    """Dead between two licences: compromise, rotation and the first new version are in, the second is not."""
    folder = tmp_path / "home"
    assert lives(folder, "seal:5", "stolen") == signal.SIGKILL
    world = world_in(folder, county_db)
    try:
        place = place_of(world)
        stolen = next(one for one in listed(place) if one["state"] == "compromised")
        told = drill(place, kid=stolen["kid"], since=stolen["compromised_since"], go=True)
        assert len(told["reissued"]) == 1
        note = json.loads(Path(told["note"]).read_bytes())
        assert (note["counts"]["reissued"], note["counts"]["left"]) == (2, 0)
        service = world.open()
        invariants.require(service)
        assert [row.jti.split(".")[-2] for row in rows(service, licence.select())] == ["002", "002"]
        assert len(rows(service, licence_past.select())) == 2
        asyncio.run(service.stop())
        assert faults(world, tmp_path / "export") == []
    finally:
        world.close()
