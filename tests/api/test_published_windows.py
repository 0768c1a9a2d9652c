"""The end of a window that was published is for good: verifiers keep it, and would call what a reopened key signs not valid."""

import pytest
from sqlalchemy import create_engine

from api.key_operations import rotate
from api.published_keys import announce, published_keys, read_list
from api.wire import build
from casework.key_acts import kid_of
from casework.tables import licence, licence_past
from licence_qr.sd_jwt_licence import SD_JWT_TYP
from licence_qr.status_list import StatusBook
from licence_qr.trust import LICENCE_TYP, STATUS_TYP
from licence_qr.verify import verify
from tests.licence_qr.specimens import AT, ISS, signer
from tests.support.keyed_home import STORIES

OLD, NEW = signer(801), signer(802)


@pytest.fixture
def listed(tmp_path):
    """The list of keys of a home without licences, after a start with these keys at that time."""
    engine = create_engine(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    licence.metadata.create_all(engine, tables=[licence, licence_past])
    yield lambda signers, now, **more: published_keys(tmp_path, ISS, signers, engine, now, **more)
    engine.dispose()


@pytest.mark.parametrize(
    ("typ", "todo"),
    [
        (LICENCE_TYP, ("miaopi keys rotate --go", "轮换到新密钥")),
        (STATUS_TYP, ("in the setting", "移走该文件")),
        (SD_JWT_TYP, ("in the setting", "移走该文件")),
    ],
)
def test_a_key_whose_window_is_closed_is_refused_when_it_is_put_back(listed, tmp_path, typ, todo):
    listed({typ: OLD}, AT)
    listed({typ: NEW}, AT + 100)
    kept = (tmp_path / "published.json").read_bytes()
    with pytest.raises(RuntimeError, match="never opens again") as caught:
        listed({typ: OLD}, AT + 200)
    for said in (OLD.kid, "2026-11-23 02:31:40 UTC", "不再恢复", *todo):
        assert said in str(caught.value)
    assert (tmp_path / "published.json").read_bytes() == kept
    assert listed({typ: NEW}, AT + 150).get(NEW.kid).not_after is None, "the one that followed may come back"
    replaced = listed({typ: OLD}, AT + 200, stopped=OLD.kid)  # a rotation away from it goes on
    assert replaced.get(OLD.kid).not_after == AT + 100
    assert replaced.get(NEW.kid).not_after == AT + 200, "it is the old one that signed until now"


def test_the_second_of_two_keys_of_today_is_looked_at_as_well(listed):
    status = signer(803)
    listed({LICENCE_TYP: OLD, STATUS_TYP: status}, AT)
    listed({LICENCE_TYP: OLD, STATUS_TYP: NEW}, AT + 100)
    with pytest.raises(RuntimeError, match=status.kid):
        listed({LICENCE_TYP: OLD, STATUS_TYP: status}, AT + 200)


def test_a_window_that_a_rotation_will_end_stays_as_published(listed, tmp_path):
    listed({LICENCE_TYP: OLD}, AT)
    announce(tmp_path, NEW, ISS, OLD.kid, AT + 500, AT + 900)
    assert listed({LICENCE_TYP: OLD}, AT + 100, announced=NEW).get(OLD.kid).not_after == AT + 900
    assert listed({LICENCE_TYP: NEW}, AT + 600).get(OLD.kid).not_after == AT + 900
    with pytest.raises(RuntimeError, match="never opens again"):
        listed({LICENCE_TYP: OLD}, AT + 901)


def test_an_old_key_that_was_put_back_is_rotated_away_from(home, stories):
    old = home.kid()
    rotate(home.place, go=True)
    (home.folder / "licence-key.json").unlink()
    home.clock.forward(minutes=5)
    with pytest.raises(RuntimeError, match="never opens again"):
        build(home.settings, home.place.ports, client=home.place.client)
    yesterday = read_list(home.folder)
    rotate(home.place, go=True)
    home.clock.forward(minutes=5)
    with home as service:
        _, token = home.issue(service, stories[STORIES[2]], "after")
        status = service.status_list(0)
    assert kid_of(token) == home.kid() != old
    at = int(home.clock().timestamp())
    book = StatusBook(yesterday)
    book.add(f"{home.settings.host}/status/0", status)
    assert verify(token, yesterday, at=at, status=book).headline.reason == "unknown_key", "cannot say, never not valid"
    assert read_list(home.folder).get(old).not_after == yesterday.get(old).not_after
    assert home.scan(token).headline.reason == "current"
