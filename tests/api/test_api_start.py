"""What a start must not do quietly: make a second key, forget an old one, lose the checkpoint, run on unknown libraries."""

import asyncio
import json
from pathlib import Path

import pytest

from api import wire
from api.settings import Settings
from api.wire import build
from casework.flow import Submission
from casework.ports import Ports
from licence_qr.keys import FileSigner
from licence_qr.token import find_key, parts_of
from licence_qr.trust import LICENCE_TYP, STATUS_TYP, TrustList
from tests.support.running_service import start


def stop(service):
    service.flow.parts.reader.dispose()
    service.flow.parts.writer.close()
    service.held.close()


@pytest.fixture
def home(tmp_path, county_file, stories):
    """A stopped service that has issued one licence: the way to start it again, and the licence's token."""
    running = start(tmp_path / "home", county_file)
    story = stories["individual/01-grocery"]
    running.sources.confirm(story["document"])
    case_id = asyncio.run(running.service.flow.submit(Submission("portal-a", "start", story["body"])))
    token = running.service.licence_token(case_id)
    assert token is not None
    running.reader.dispose()
    stop(running.service)
    opened = []

    def again(**changed):
        settings = running.settings.model_copy(update=changed)
        opened.append(build(settings, Ports(now=running.clock), client=running.sources))
        return opened[-1]

    again.clock, again.folder, again.token = running.clock, running.settings.home, token
    yield again
    for service in opened:
        stop(service)
    running.sources.close()


def published(folder):
    return TrustList.from_jwks((folder / "keys" / "published.json").read_bytes())


def test_a_restart_changes_no_window(home):
    before = (home.folder / "keys" / "published.json").read_bytes()
    home.clock.forward(days=30)
    home()
    assert (home.folder / "keys" / "published.json").read_bytes() == before


def test_a_lost_licence_key_stops_the_start_and_no_new_one_is_made(home):
    (home.folder / "keys" / "licence.pem").unlink()
    with pytest.raises(RuntimeError, match=r"licence\.pem does not exist and the database holds licences"):
        home()
    assert not (home.folder / "keys" / "licence.pem").exists()


def test_a_new_key_made_on_purpose_leaves_the_old_one_published_until_the_day_it_ended(home):
    old = FileSigner.open(home.folder / "keys" / "licence.pem").kid
    (home.folder / "keys" / "licence.pem").unlink()
    made = FileSigner.create(home.folder / "keys" / "licence.pem")
    home.clock.forward(days=2)
    trust = home().trust
    kept, new = trust.get(old), trust.get(made.kid)
    assert find_key(parts_of(home.token), trust) == kept
    assert kept.not_after == pytest.approx(home.clock().timestamp(), abs=5)
    assert new.not_after is None
    assert new.not_before >= kept.not_after - 125
    assert {(key.kid, key.typ) for key in published(home.folder)} > {(old, LICENCE_TYP), (made.kid, LICENCE_TYP)}


def test_a_lost_status_key_is_followed_by_a_new_one(home):
    old = FileSigner.open(home.folder / "keys" / "status.pem").kid
    (home.folder / "keys" / "status.pem").unlink()
    home()
    keys = [key for key in published(home.folder) if key.typ == STATUS_TYP]
    assert len(keys) == 2
    assert [key.kid for key in keys if key.not_after is not None] == [old]


def test_a_lost_list_of_keys_is_made_again_from_the_key_and_its_first_licence(home):
    (home.folder / "keys" / "published.json").unlink()
    home.clock.forward(days=30)
    trust = home().trust
    issued = json.loads(parts_of(home.token).payload)["iat"]
    assert find_key(parts_of(home.token), trust).covers(issued)


def test_a_lost_list_with_another_key_stops_the_start(home):
    (home.folder / "keys" / "published.json").unlink()
    (home.folder / "keys" / "licence.pem").unlink()
    FileSigner.create(home.folder / "keys" / "licence.pem")
    with pytest.raises(RuntimeError, match="lacks the public key of licences issued on 2026-11-20"):
        home()


def test_a_lost_log_key_stops_the_start_and_no_new_one_is_made(home):
    (home.folder / "keys" / "log.pem").unlink()
    with pytest.raises(RuntimeError, match=r"log\.pem does not exist and this log was begun with it"):
        home()
    assert not (home.folder / "keys" / "log.pem").exists()


def test_the_checkpoint_may_lie_elsewhere(home, tmp_path):
    elsewhere = tmp_path / "disk" / "of its own" / "checkpoint"
    elsewhere.parent.mkdir(parents=True)
    (home.folder / "checkpoint").rename(elsewhere)
    service = home(checkpoint=elsewhere)
    assert service.public_log.size() == service.flow.parts.writer.published > 0
    assert not (home.folder / "checkpoint").exists()


def test_the_folder_of_a_first_checkpoint_is_made(tmp_path, county_file):
    running = start(tmp_path / "home", county_file, checkpoint=tmp_path / "disk" / "new" / "checkpoint")
    assert (tmp_path / "disk" / "new" / "checkpoint").is_file()
    running.reader.dispose()
    stop(running.service)
    running.sources.close()


def test_a_checkpoint_that_is_a_link_is_refused(home, tmp_path):
    (home.folder / "checkpoint").rename(tmp_path / "real")
    (home.folder / "checkpoint").symlink_to(tmp_path / "real")
    with pytest.raises(RuntimeError, match="is a symbolic link; set MIAOPI_CHECKPOINT"):
        home()


def test_the_checkpoint_setting_comes_from_the_environment_too(monkeypatch):
    assert Settings(home=Path("h")).checkpoint == Path("h/checkpoint")
    monkeypatch.setenv("MIAOPI_CHECKPOINT", "/elsewhere/checkpoint")
    assert Settings().checkpoint == Path("/elsewhere/checkpoint")


def test_a_start_without_a_lock_file_is_refused_before_anything_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr(wire, "LOCK_FILES", (tmp_path / "run.lock",))
    with pytest.raises(RuntimeError, match=r"run\.lock.* exists; a record must say which libraries decided"):
        build(Settings(home=tmp_path / "home"))
    assert not (tmp_path / "home").exists()


def test_the_book_it_runs_on_is_kept(home):
    digest = home().flow.parts.book.digest
    assert (home.folder / "books" / digest).is_dir()
