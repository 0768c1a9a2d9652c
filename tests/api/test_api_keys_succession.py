"""A key goes while a rotation is under way, or is lost: every published end stays true, and nobody signs outside its window."""

import asyncio

import pytest

from api import published_keys
from api.key_home import KeyHome
from api.key_loss import replace_lost
from api.key_operations import drill, listed, rotate
from api.wire import build
from casework.key_acts import kid_of
from licence_qr.errors import KeyFileError, KeyWindowError
from licence_qr.verify import verify
from tests.support.keyed_home import STORIES

WEEK = 604_800


def authentic(home, service, token):
    return verify(token, service.trust, at=int(home.clock().timestamp())).authentic.reason


def states(home):
    return {one["kid"]: one["state"] for one in listed(home.place) if one["typ"] == "business-licence+jwt"}


def file_of(home, name):
    return home.folder / name.removeprefix("file:")


def test_a_stolen_announced_key_gives_way_to_another_and_no_published_end_is_taken_back(home, tmp_path, stories):
    current = home.kid()
    announced = rotate(home.place, lead=WEEK, go=True)
    end = published_keys.read_list(home.folder).get(current).not_after
    home.clock.forward(minutes=1)
    drill(home.place, kid=announced["kid"], since=home.place.now - 5, go=True)
    assert home.kid() == current
    assert published_keys.read_list(home.folder).get(current).not_after == end == announced["follows_until"]
    named = KeyHome(home.settings).named()
    instead = KeyHome(home.settings).open(named.following).kid
    assert instead not in (current, announced["kid"])
    assert named.takes_over == announced["signs_from"]
    assert states(home) == {current: "signing", announced["kid"]: "compromised", instead: "announced"}
    with home as service:
        home.clock.forward(days=8)
        _, token = home.issue(service, stories[STORIES[2]], "late")
        assert (kid_of(token), authentic(home, service, token)) == (instead, "authentic")
    assert home.audited(tmp_path, "export").faults == []


def test_a_stolen_current_key_leaves_the_announced_one_to_take_over(home, tmp_path, stories):
    stolen = home.kid()
    announced = rotate(home.place, lead=WEEK, go=True)
    home.clock.forward(minutes=1)
    told = drill(home.place, kid=stolen, since=home.place.now - 5, go=True)
    between = told["followed_by"]
    assert len(told["reissued"]) == 2
    trust = published_keys.read_list(home.folder)
    assert trust.get(between).not_after == announced["signs_from"]
    assert trust.get(announced["kid"]).not_after is None
    assert states(home) == {stolen: "compromised", announced["kid"]: "announced", between: "signing"}
    with home as service:
        home.clock.forward(days=8)
        _, token = home.issue(service, stories[STORIES[2]], "late")
        assert (kid_of(token), authentic(home, service, token)) == (announced["kid"], "authentic")
    assert home.audited(tmp_path, "export").faults == []


def test_a_key_whose_published_window_has_ended_signs_nothing_and_the_case_waits(home, stories):
    """As after a restored `licence-key.json`: the licence is made by the next key, the case is never lost."""
    announced = rotate(home.place, lead=60, overlap=60, go=True)
    (home.folder / "licence-key.json").unlink()
    with home as service:
        home.clock.forward(hours=1)
        parts = service.flow.parts
        with pytest.raises(KeyWindowError, match="signs nothing at second"):
            _ = parts.signer.kid
        case_id, token = home.issue(service, stories[STORIES[2]], "waits")
        assert token is None
    home.clock.forward(minutes=10)
    follows = rotate(home.place, go=True)
    assert follows["kid"] != announced["kid"]
    with home as service:
        asyncio.run(service.loop.round())
        assert kid_of(service.licence_token(case_id)) == follows["kid"]


def test_a_rotation_never_moves_a_published_end_to_later(home):
    announced = rotate(home.place, lead=3600, overlap=0, go=True)
    (home.folder / "licence-key.json").unlink()
    with pytest.raises(KeyFileError, match="choose a shorter --lead"):
        rotate(home.place, lead=7200, go=True)
    again = rotate(home.place, lead=1800, overlap=7200, go=True)
    assert again["follows_until"] == announced["follows_until"]


def test_a_lost_key_is_followed_by_another_and_the_log_says_so(home, tmp_path, stories):
    first = home.kid()
    with pytest.raises(KeyFileError, match="nothing is lost"):
        replace_lost(home.place, go=True)
    done = rotate(home.place, go=True)
    home.clock.forward(minutes=1)
    file_of(home, done["key"]).unlink()
    with pytest.raises(RuntimeError, match="replace-lost"):
        build(home.settings, home.place.ports, client=home.place.client)
    plan = replace_lost(home.place, go=False)
    assert (plan["lost"], plan["done"], plan["announced"]) == (done["key"], False, False)
    told = replace_lost(home.place, go=True)
    assert states(home) == {first: "retired", done["kid"]: "retired", told["kid"]: "signing"}
    home.clock.forward(minutes=1)
    with home as service:
        _, token = home.issue(service, stories[STORIES[2]], "after")
        assert (kid_of(token), authentic(home, service, token)) == (told["kid"], "authentic")
    found = home.audited(tmp_path, "export")
    assert (found.faults, found.counts["key"]) == ([], 2)


def test_another_file_put_in_the_place_of_a_lost_one_is_announced_by_the_next_start(home, tmp_path, stories):
    from licence_qr.keys import FileSigner  # noqa: PLC0415 (this test alone makes a key)

    done = rotate(home.place, go=True)
    home.clock.forward(minutes=1)
    file_of(home, done["key"]).unlink()
    made = FileSigner.create(file_of(home, done["key"]))
    with home as service:
        assert service.flow.parts.signer.kid == made.kid
        home.issue(service, stories[STORIES[2]], "after")
    with home:  # a second start says nothing more
        pass
    found = home.audited(tmp_path, "export")
    assert (found.faults, found.counts["key"]) == ([], 2)


@pytest.mark.parametrize("lost", ["today", "announced"])
def test_a_key_lost_while_another_is_announced(home, tmp_path, stories, lost):
    today = home.kid()
    announced = rotate(home.place, lead=WEEK, go=True)
    home.clock.forward(minutes=1)
    (home.folder / "licence.pem" if lost == "today" else file_of(home, announced["key"])).unlink()
    told = replace_lost(home.place, go=True)
    assert told["announced"] == (lost == "announced")
    with home as service:
        assert service.flow.parts.signer.kid == (told["kid"] if lost == "today" else today)
        home.clock.forward(days=8)
        _, token = home.issue(service, stories[STORIES[2]], "late")
        takes_over = announced["kid"] if lost == "today" else told["kid"]
        assert (kid_of(token), authentic(home, service, token)) == (takes_over, "authentic")
    assert home.audited(tmp_path, "export").faults == []
