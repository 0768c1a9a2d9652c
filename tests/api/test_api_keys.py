"""Rotation and the drill on a real home with licences in it, as an operator goes through them; an auditor checks after each."""

import json
from dataclasses import replace

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient
from typer.testing import CliRunner

from api import cli_keys, key_operations, published_keys
from api.app import create_app
from api.key_home import KeyHome
from api.key_operations import drill, listed, rotate
from api.settings import Settings
from api.wire import build
from casework import key_drill, statuses
from casework.errors import ReissueError
from casework.key_acts import kid_of
from casework.reissue import reissue
from casework.statuses import Actor, Wanted
from casework.tables import licence, licence_past
from licence_qr.claims import LicenceSubject, Registry, ScopeItem, issue_day
from licence_qr.errors import KeyFileError
from licence_qr.identifiers import licence_identifier
from licence_qr.issue import issue, prepare
from licence_qr.keys import FileSigner
from licence_qr.status_list import StatusBook
from licence_qr.token import parts_of
from licence_qr.verify import verify
from tests.licence_qr import specimens
from tests.support.keyed_home import STORIES


def forged(home, signer, number=7):
    """Sign what the registry never logged, as a thief of the key would."""
    subject = LicenceSubject(
        kind="individual", form="personal", uscc="92370784MA00000000", name="安丘市假冒百货店", person="王伪造", capital_fen=None,
        premises="安丘市无此路1号", scope=(ScopeItem("日用百货销售", "general"),), established_on=issue_day(home.place.now),
        registry=Registry("安丘市行政审批服务局", "113707847973232955", "370784"),
    )  # fmt: skip
    subject = replace(subject, uscc=specimens.SHOP.uscc)
    issuance = replace(specimens.issuance(), iss=home.settings.host, issued_at=home.clock())
    issuance = replace(issuance, identifier=licence_identifier(specimens.REGISTRY.uscc, f"20261120{number:08d}"))
    return issue(prepare(subject, issuance, kid=signer.kid), signer)


def test_a_rotation_at_once_closes_one_window_and_opens_the_next(home, tmp_path, stories):
    old = home.kid()
    plan = rotate(home.place, go=False)
    assert (plan["done"], plan["kid"], home.kid()) == (False, None, old)
    done = rotate(home.place, go=True)
    assert home.kid() == done["kid"] != old
    states = {one["kid"]: (one["state"], one["licences"]) for one in listed(home.place)}
    assert (states[old], states[done["kid"]]) == (("retired", 2), ("signing", 0))
    home.clock.forward(minutes=5)
    with home as service:
        _, token = home.issue(service, stories[STORIES[2]], "after")
    assert kid_of(token) == done["kid"]
    assert [home.scan(one).headline.reason for one in (home.issued[0][1], token)] == ["current", "current"]
    found = home.audited(tmp_path, "export")
    assert found.faults == []
    assert found.counts["key"] == 1


def test_an_announced_rotation_is_published_before_it_happens_and_happens_without_a_restart(home, stories):
    old = home.kid()
    done = rotate(home.place, lead=3600, go=True)
    with home as service:
        published = {one["kid"]: one for one in service.jwks()["keys"]}
        assert published[done["kid"]]["nbf"] == done["signs_from"] - 120
        assert published[old]["exp"] == done["signs_from"] + 3600
        assert kid_of(home.issue(service, stories[STORIES[2]], "before")[1]) == old
        home.clock.forward(hours=1)
        home.running.service = service
        home.running.forget()
        _, token = home.issue(service, stories[STORIES[2]], "after")
        assert kid_of(token) == done["kid"]
    with pytest.raises(KeyFileError, match="published before"):
        rotate(home.place, to=f"file:{home.folder / 'licence.pem'}", go=True)
    assert home.scan(token).headline.reason == "current"
    assert home.kid() == done["kid"]


def test_while_a_handover_is_announced_no_other_rotation_begins(home):
    rotate(home.place, lead=3600, go=True)
    with pytest.raises(KeyFileError, match="under way"):
        rotate(home.place, go=True)


def test_a_running_service_keeps_its_home_to_itself(home):
    with home, pytest.raises(RuntimeError, match="in use by another miaopi process"):
        rotate(home.place, go=True)


def test_the_drill_only_looks_without_go(home):
    kid, before = home.kid(), (home.folder / "published.json").read_bytes()
    told = drill(home.place, kid=kid, since=home.place.now, go=False)
    assert (told["done"], told["affected"], told["before"], told["after"]) == (False, 2, 2, 0)
    assert (home.folder / "published.json").read_bytes() == before
    assert home.kid() == kid


def test_the_drill_from_theft_to_public_note(home, tmp_path, stories):
    """Stop, rotate, list, search, issue anew, tell: and then the same codes are scanned again."""
    stolen = FileSigner.open(home.folder / "licence.pem")
    home.clock.forward(hours=1)
    since = home.place.now
    home.clock.forward(minutes=1)
    with home as service:
        late_case, late = home.issue(service, stories[STORIES[2]], "late")  # the registry's own, after the theft
    fake = forged(home, stolen)
    assert home.scan(fake.jws).authentic.reason == "authentic"  # nothing but the log could tell
    scans = [("a.png", fake.jws), ("b.png", home.issued[0][1]), ("c.txt", "no code")]
    scans.append(("d.png", forged(home, specimens.FOREIGN_KEY, 8).jws))

    told = drill(home.place, kid=stolen.kid, since=since, codes=scans, go=True)

    assert (told["before"], told["after"], told["affected"], told["left"]) == (2, 1, 3, [])
    assert [one["source"] for one in told["unlogged"]] == ["a.png"]
    assert told["unlogged"][0]["jti"] == fake.jti
    assert told["scanned"]["logged"] == 1
    assert [source for source, _ in told["scanned"]["unread"]] == ["c.txt", "d.png"]
    assert home.kid() == told["followed_by"] != stolen.kid
    old_first = home.issued[0][1]
    answers = {
        name: home.scan(code).authentic.reason
        for name, code in (("old", old_first), ("late", late), ("fake", fake.jws))
    }
    assert answers == {"old": "authentic", "late": "key_compromised", "fake": "unlogged"}
    assert home.scan(fake.jws).headline.verdict == "not_valid"
    assert home.scan(old_first).current.reason == "replaced"
    assert home.scan(old_first, logged=False).authentic.reason == "key_compromised"
    assert home.scan(fake.jws, logged=False).headline.verdict == "cannot_say"
    with home as service:
        new = service.licence_token(home.issued[0][0])
        assert service.licence_token(late_case) != late
        with service.flow.parts.reader.connect() as connection:
            past = connection.execute(select(licence_past)).all()
            assert {row.reason for row in past} == {"key_compromised"}
            assert {kid_of(row.token) for row in connection.execute(select(licence))} == {told["followed_by"]}
    claims = json.loads(parts_of(new).payload)
    assert claims["jti"].split(".")[-2] == "002"
    assert claims["licence"]["established_on"] == json.loads(parts_of(old_first).payload)["licence"]["established_on"]
    assert home.scan(new).headline.reason == "current"
    note = json.loads((home.settings.home / "key-notes" / f"{stolen.kid}-1.json").read_bytes())
    assert note["counts"] == {"before": 2, "after": 1, "unlogged": 1, "reissued": 3, "left": 0}
    assert "3 份执照" in note["text"]["zh"]
    found = home.audited(tmp_path, "export")
    assert found.faults == []
    assert found.counts["key"] == 4  # compromise, unlogged, rotate, note


def test_the_drill_can_be_run_again_and_goes_on_where_it_was_cut_off(home, monkeypatch, tmp_path):
    kid, since = home.kid(), home.place.now
    calls = []

    def cut(*_given):
        calls.append(1)
        raise RuntimeError("power cut")

    with monkeypatch.context() as patched:
        patched.setattr(key_operations, "succeed", cut)
        with pytest.raises(RuntimeError, match="power cut"):
            drill(home.place, kid=kid, since=since, go=True)
    with pytest.raises(RuntimeError, match="listed as compromised"):
        build(home.settings, home.place.ports, client=home.place.client)
    again = drill(home.place, kid=kid, since=since + 5000, go=True)
    assert again["compromised_since"] == since
    assert len(again["reissued"]) == 2
    third = drill(home.place, kid=kid, since=since, go=True)
    assert (third["affected"], third["reissued"], third["followed_by"]) == (0, [], again["followed_by"])
    assert home.audited(tmp_path, "export").faults == []


def test_the_note_tells_what_all_runs_of_a_drill_did(home, monkeypatch, tmp_path):
    """Cut off after one of two licences, then run again: the note and its leaf count both; then the note is served."""
    kid, since = home.kid(), home.place.now
    fake = forged(home, FileSigner.open(home.folder / "licence.pem"))
    home.clock.forward(minutes=1)
    work, begun = key_drill._work, []

    def dies(parts, application):
        begun.append(application)
        if len(begun) == 2:
            raise KeyboardInterrupt
        return work(parts, application)

    with monkeypatch.context() as patched:
        patched.setattr(key_drill, "_work", dies)
        with pytest.raises(KeyboardInterrupt):
            drill(home.place, kid=kid, since=since, codes=[("a.png", fake.jws)], go=True)
    with pytest.raises(KeyFileError, match="an earlier --since changes nothing"):
        drill(home.place, kid=kid, since=since - 1, go=False)
    told = drill(home.place, kid=kid, since=since, codes=[("b.png", fake.jws)], go=True)
    assert len(told["reissued"]) == 1
    note = json.loads((home.settings.home / "key-notes" / f"{kid}-1.json").read_bytes())
    assert note["counts"] == {"before": 2, "after": 0, "unlogged": 1, "reissued": 2, "left": 0}
    assert sorted(one["from"] for one in note["reissued"]) == sorted(
        json.loads(parts_of(token).payload)["jti"] for _, token in home.issued
    )
    assert all(one["to"].split(".")[-2] == "002" for one in note["reissued"])
    found = home.audited(tmp_path, "export")
    assert (found.faults, found.counts["key"]) == ([], 4)  # what was found twice is reported once


def test_a_key_that_is_not_ours_or_a_time_ahead_stops_the_drill(home):
    with pytest.raises(KeyFileError, match="is not a key of"):
        drill(home.place, kid="x" * 43, since=0, go=True)
    with pytest.raises(KeyFileError, match="ahead of now"):
        drill(home.place, kid=home.kid(), since=home.place.now + 60, go=True)


def test_a_stolen_status_key_is_put_aside_and_no_list_of_it_is_believed(home, tmp_path):
    kid = KeyHome(home.settings).status_signer().kid
    with home as service:
        token, at = service.status_list(0), int(home.clock().timestamp())
    told = drill(home.place, kid=kid, since=home.place.now, go=True)
    assert (told["affected"], told["followed_by"] != kid) == (0, True)
    assert home.scan(home.issued[0][1]).headline.reason == "current"
    book = StatusBook(published_keys.read_list(home.folder))
    book.add(f"{home.settings.host}/status/0", token)
    old = verify(home.issued[0][1], published_keys.read_list(home.folder), at=at, status=book)
    assert old.current.reason == "status_untrusted"
    assert home.audited(tmp_path, "export").faults == []


def test_a_second_version_replaces_the_first_and_what_was_revoked_has_none(home, tmp_path):
    case_id, token = home.issued[1]
    with home as service:
        parts = service.flow.parts
        made = parts.writer.write_now(lambda connection: reissue(parts, connection, case_id, "key_compromised"))
        assert service.licence_token(case_id) == made.token != token
        act = statuses.act(parts, case_id, Wanted("revoke", "换照试验所需撤销"), Actor("officer-1"))
        parts.writer.write_now(act)
        with pytest.raises(ReissueError, match="INVALID; that is final"):
            parts.writer.write_now(lambda connection: reissue(parts, connection, case_id, "key_compromised"))
        with pytest.raises(ReissueError, match="no code"):
            parts.writer.write_now(lambda connection: reissue(parts, connection, case_id, "Because!"))
        with pytest.raises(ReissueError, match="has no licence"):
            parts.writer.write_now(lambda connection: reissue(parts, connection, "0" * 36, "permit_added"))
    (fault,) = home.audited(tmp_path, "export").faults
    assert "no leaf before it reports" in str(fault)  # nothing in the log called for this version


def test_an_auditor_finds_a_licence_signed_after_its_key_was_reported(home, tmp_path):
    """The service would refuse; an operator who puts the old list back would not."""
    kid, since = home.kid(), home.place.now
    names = ("licence-key.json", "published.json")
    before = {name: (home.folder / name).read_bytes() for name in names if (home.folder / name).exists()}
    drill(home.place, kid=kid, since=since, go=True)
    (home.folder / "licence-key.json").unlink()
    kept = json.loads((home.folder / "published.json").read_bytes())
    old = json.loads(before["published.json"])["keys"]
    kept["keys"] = [next((one for one in old if one["kid"] == key["kid"]), key) for key in kept["keys"]]
    (home.folder / "published.json").write_text(json.dumps(kept))
    with home as service:
        parts = service.flow.parts
        parts.writer.write_now(lambda connection: reissue(parts, connection, home.issued[0][0], "key_compromised"))
    told = [str(fault) for fault in home.audited(tmp_path, "export").faults if fault.step == "keys"]
    assert any("reported compromised at leaf" in one for one in told)
    assert any("jwks.json" in one and "as compromised" in one for one in told)


def test_keys_and_logged_licences_are_published_with_tags_for_everybody(home):
    kid = home.kid()
    drill(home.place, kid=kid, since=home.place.now, go=True)
    service = build(home.settings, home.place.ports, client=home.place.client)
    with TestClient(create_app(service), base_url="https://miaopi.test") as client:
        keys = client.get("/.well-known/jwks.json")
        entry = next(one for one in keys.json()["keys"] if one["kid"] == kid)
        assert {"revoked_at", "logged_sha256", "nbf", "exp"} <= entry.keys()
        assert keys.headers["access-control-allow-origin"] == "*"
        same = client.get("/.well-known/jwks.json", headers={"If-None-Match": keys.headers["etag"]})
        assert (same.status_code, same.content) == (304, b"")
        document = client.get(f"/.well-known/logged/{kid}.json")
        trust = published_keys.TrustList.from_jwks(keys.content, [document.content])
        assert trust.get(kid).logged is not None
        assert trust.with_logged([document.content[:-1] + b" }"]).get(kid).logged is not None  # the one at hand stays
        assert client.get(f"/.well-known/logged/{entry['kid'][::-1]}.json").status_code == 404
        note = client.get(f"/.well-known/notes/{kid}.json")
        assert note.content == (home.settings.home / "key-notes" / f"{kid}-1.json").read_bytes()
        assert note.json()["logged"].endswith(f"/.well-known/logged/{kid}.json")
        assert client.get(f"/.well-known/notes/{kid[::-1]}.json").status_code == 404


def test_the_commands_say_the_same(home, monkeypatch, tmp_path):
    run = CliRunner()
    monkeypatch.setattr(cli_keys, "_place", lambda *_given: home.place)
    told = run.invoke(cli_keys.app, ["list", "--json"])
    kid = next(one["kid"] for one in json.loads(told.output)["keys"] if one["licences"] == 2)
    assert "签发中" in run.invoke(cli_keys.app, ["list"]).output
    assert "--go" in run.invoke(cli_keys.app, ["rotate"]).output
    folder = tmp_path / "scans"
    folder.mkdir()
    (folder / "shop.txt").write_text(home.issued[0][1])
    begun = ["drill", "--kid", kid, "--since", "2026-11-20T08:00:00+08:00", "--scans", str(folder)]
    assert "1 logged" in run.invoke(cli_keys.app, begun).output
    done = run.invoke(cli_keys.app, [*begun, "--go"])
    assert "关于更换执照签名密钥的公告" in done.output
    assert done.exit_code == 0
    for wrong in ("yesterday", "2026-11-20T08:00"):
        assert run.invoke(cli_keys.app, ["drill", "--kid", kid, "--since", wrong]).exit_code == 2


def test_a_drill_that_leaves_licences_names_them_and_fails(home, monkeypatch):
    """Only the second cannot be issued anew: the command names it with the reason, and scripts see it in the exit code."""
    monkeypatch.setattr(cli_keys, "_place", lambda *_given: home.place)
    work, second = key_drill._work, home.issued[1][0]

    def refused(_connection):
        raise ReissueError("status list 0 has given out 122880 places")

    monkeypatch.setattr(key_drill, "_work", lambda parts, one: refused if one == second else work(parts, one))
    begun = ["drill", "--kid", home.kid(), "--since", "2026-11-20T08:00:00+08:00", "--go"]
    done = CliRunner().invoke(cli_keys.app, begun)
    assert done.exit_code == 1
    assert second in done.output
    assert "122880 places" in done.output.replace("\n", " ")
    assert "issued anew 已换发 1, left 未换发 1" in done.output.replace("\n", " ")


def test_the_command_replaces_a_lost_key(home, monkeypatch):
    monkeypatch.setattr(cli_keys, "_place", lambda *_given: home.place)
    run = CliRunner()
    assert "nothing is lost" in run.invoke(cli_keys.app, ["replace-lost"]).output.replace("\n", " ")
    (home.folder / "licence.pem").unlink()
    assert "--go" in run.invoke(cli_keys.app, ["replace-lost"]).output
    done = run.invoke(cli_keys.app, ["replace-lost", "--go"])
    assert (done.exit_code, home.kid() in done.output.replace("\n", "")) == (0, True)


def test_the_setting_may_not_name_another_key_than_the_last_rotation(home):
    rotate(home.place, go=True)
    other = Settings(home=home.settings.home, licence_key="file:/etc/other.pem")
    with pytest.raises(KeyFileError, match="the last rotation"):
        KeyHome(other).named()
