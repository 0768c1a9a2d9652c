"""While no checkpoint can be published: a licence that is told goes on being told, and no status list goes stale."""

import pytest

from api.number_answers import answer_for
from casework import passes, permits, views
from casework.errors import StoreUnavailableError
from casework.statuses import Actor, Wanted
from tests.casework.house import view
from tests.casework.pass_steps import WHY, change, register
from tests.support.authorities import offices, pin


@pytest.fixture
def county(world):
    found = offices(int(world.clock.at.timestamp()) - 3600)
    pin(world.settings.authorities_file(), found)
    return found


def full(_checkpoint):
    raise OSError(28, "No space left on device")


async def test_a_new_version_that_is_not_published_leaves_the_old_one_told(county, service, monkeypatch):
    made = await register(service, county)
    parts, pass_id = service.flow.parts, made["pass"]["id"]
    with monkeypatch.context() as patched:
        patched.setattr(parts.writer, "_publish", full)
        with pytest.raises(StoreUnavailableError):
            await change(service, county, pass_id, after=made["pass"]["statement"], changed={"premises": "新址三号楼"})
        old = made["licence"]
        assert views.licence_token(parts, pass_id) == old["token"]
        assert view(service, pass_id)["licence"]["identifier"] == old["identifier"]
        assert [one["identifier"] for one in views.register(parts, 5)] == [old["identifier"]]
        assert passes.told(parts, pass_id)["licence"] == old
        assert passes.told(parts, pass_id)["pass"]["certificate"] == made["pass"]["certificate"]
        assert permits.told(parts, pass_id)["identifier"] == old["identifier"]
        assert await answer_for(service, made["pass"]["uscc"]) is not None
    await parts.writer.write(lambda _connection: None)
    assert views.licence_token(parts, pass_id) != old["token"]
    assert len(views.register(parts, 5)) == 1
    assert passes.told(parts, pass_id)["pass"]["certificate"]["premises"] == "新址三号楼"


async def test_a_suspension_that_was_answered_503_stands_in_the_list_at_once(county, service, monkeypatch):
    made = await register(service, county)
    before = service.status_list(0)
    with monkeypatch.context() as patched:
        patched.setattr(service.flow.parts.writer, "_publish", full)
        with pytest.raises(StoreUnavailableError):
            await service.change_status(made["pass"]["id"], Wanted("suspend", WHY), Actor("x", "civil-370784"))
        after = service.status_list(0)
    assert after != before
    await service.flow.parts.writer.write(lambda _connection: None)
    found = await answer_for(service, made["pass"]["uscc"])
    assert found.headline.reason == "suspended"
