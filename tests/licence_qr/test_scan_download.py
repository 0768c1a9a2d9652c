"""What a checking point does: scan what a holder shows, with stolen keys known, and from a folder that was fetched."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.scan_trust import read_trust
from licence_qr.bulk import verify_many
from licence_qr.download_file import download_file
from licence_qr.keys_logged import Logged
from licence_qr.scan_download import Shower, is_download, render_download, scan_download
from licence_qr.sd_jwt_licence import SD_JWT_TYP, bind, issue_download
from licence_qr.status_list import StatusBook
from licence_qr.trust import TrustedKey, TrustList
from tests.licence_qr.specimens import (
    AT,
    FOREIGN_KEY,
    IAT,
    ISS,
    KEY_FROM,
    LIST_URI,
    PAGE,
    STOLEN_KEY,
    TRUST,
    licence,
    signer,
    status_token,
)
from tests.licence_qr.test_scan_command import Clock

DOWNLOAD_KEY, HOLDER = signer(21), signer(22)
BELIEVED = TrustList([*TRUST, TrustedKey(DOWNLOAD_KEY.public_key, ISS, SD_JWT_TYP, KEY_FROM)])
PRIVATE = {"id_number": "370784199001011234", "phone": "13900000001", "home_address": "山东省潍坊市安丘市示例路1号"}
ASKED = {"nonce": "n-7", "audience": "https://checker.example"}
WHOLE = licence().claims


def made(*, key=DOWNLOAD_KEY, holder=None):
    salts = [bytes([number]) * 16 for number in range(1, 4)]
    decoys = [bytes([number]) * 32 for number in range(9, 11)]
    given = {"salts": salts, "decoys": decoys, "issued_at": IAT + 60, "signer": key}
    return issue_download(WHOLE, WHOLE["permits"], PRIVATE, holder_key=holder and holder.public_key, **given)


def book():
    found = StatusBook(BELIEVED)
    found.add(LIST_URI, status_token())
    return found


@pytest.fixture
def scan(tmp_path, monkeypatch):
    monkeypatch.setattr("api.cli_scan.datetime", Clock)
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "jwks.json").write_text(json.dumps(BELIEVED.to_jwks()))
    (tmp_path / "status.jwt").write_text(status_token())

    def run(*arguments, trust=None, **options):
        words = ["scan", *map(str, arguments)]
        words += trust or ["--jwks", str(tmp_path / "jwks.json"), "--status", str(tmp_path / "status.jwt")]
        return CliRunner().invoke(app, words, **options)

    return run


def test_a_download_is_told_with_its_permits_and_what_its_holder_shows(scan, tmp_path):
    file = tmp_path / "business-licence.json"
    file.write_bytes(download_file(made()))
    told = json.loads(scan(file, "--json").stdout)
    assert (told["verdict"], told["reason"]) == ("valid", "current")
    assert (told["private"], told["shower"], told["sm2"]) == (PRIVATE, "unbound", "not_configured")
    assert told["claims"]["jti"] == WHOLE["jti"]
    shown = scan(file)
    assert shown.exit_code == 0
    flat = "".join(shown.stdout.split())
    for words in ("有效", "370784199001011234", "身份证件号码", "文件可以复制", "国密签名：未配置"):
        assert words in flat
    english = scan(file, "--language", "en").stdout
    assert "Identity document number" in english
    assert "a file can be copied" in english


def test_the_text_and_standard_input_do_as_well_and_hidden_fields_stay_hidden(scan):
    for given in (made().showing(), made().text):
        for told in (scan("-", "--json", input=given), scan(given, "--json")):
            assert json.loads(told.stdout)["reason"] == "current"
    told = json.loads(scan(made().showing("phone"), "--json").stdout)
    assert told["private"] == {"phone": "13900000001"}


def test_a_showing_is_proved_only_for_the_question_that_was_asked(scan):
    bound = made(holder=HOLDER)
    showing = bind(bound.text, at=AT - 5, holder=HOLDER, **ASKED)
    options = ["--nonce", ASKED["nonce"], "--audience", ASKED["audience"], "--json"]
    told = json.loads(scan(showing, *options).stdout)
    assert (told["verdict"], told["shower"]) == ("valid", Shower.PROVED)
    replayed = bind(bound.text, at=AT - 5, holder=HOLDER, nonce="another", audience=ASKED["audience"])
    stranger = bind(bound.text, at=AT - 5, holder=FOREIGN_KEY, **ASKED)
    for refused in (replayed, stranger, bound.text, made().text):
        done = scan(refused, *options)
        assert (done.exit_code, json.loads(done.stdout)["reason"]) == (3, "holder")
    assert json.loads(scan(showing, "--json").stdout)["reason"] == "holder", "a showing for another check"
    unasked = json.loads(scan(bound.text, "--json").stdout)
    assert (unasked["verdict"], unasked["reason"], unasked["private"]) == ("cannot_say", "holder", {}), "a copy"
    assert "证明" in scan(bound.text, *options[:-1]).stdout
    alone = scan(showing, "--nonce", "n-7")
    assert alone.exit_code == 2
    assert "--audience" in alone.stderr


BAD = {
    "not JSON": "{",
    "another object": '{"keys": []}',
    "no credential": '{"format": "dc+sd-jwt", "credential": 7}',
    "twice the same member": '{"format": "dc+sd-jwt", "format": "dc+sd-jwt", "credential": "a.b.c~"}',
    "no such key": download_file(made(key=FOREIGN_KEY)).decode(),
    "a lone surrogate": '{"format": "dc+sd-jwt", "credential": "\\ud800"}',
    "a printed licence": json.dumps({"format": "dc+sd-jwt", "credential": licence().jws + "~"}),
}


@pytest.mark.parametrize(
    ("text", "reason"),
    list(zip(BAD.values(), ["format"] * 4 + ["unknown_key", "format", "header"], strict=True)),
    ids=list(BAD),
)
def test_what_is_no_download_is_told_and_raises_nothing(text, reason, scan, tmp_path):
    found = scan_download(text, BELIEVED, at=AT, status=book())
    assert (found.verification.authentic.reason, found.private) == (reason, {})
    file = tmp_path / "x.json"
    file.write_text(text)
    assert json.loads(scan(file, "--json").stdout)["reason"] == reason
    render_download(found, "en")


def test_what_is_a_download_and_what_is_not():
    assert is_download(made().text)
    assert is_download(" {}")
    assert not is_download(licence().jws)
    assert not is_download(licence().link("https://example.org/~someone/v"))


def test_downloads_of_a_folder_are_read_and_other_json_is_passed_over(scan, tmp_path):
    assert "no such file" in scan(tmp_path / "missing.json").stderr
    folder = tmp_path / "wall"
    folder.mkdir()
    (folder / "jwks.json").write_text("{}")
    (folder / "a.txt").write_text(f"{licence().link(PAGE)}\n{made().text}\n")  # longer than a printed code may be
    (folder / "holder.json").write_bytes(download_file(made()))
    *told, over = [json.loads(line) for line in scan(folder, "--json").stdout.splitlines()]
    assert [one["reason"] for one in told] == ["current", "current", "current"]
    assert told[2]["claims"]["permits"][1]["scope"] == [0, 2], "a download tells what each permit covers"
    assert [(one["source"].rpartition("/")[2], one["why"]) for one in over["passed_over"]] == [
        ("jwks.json", "no_download")
    ]


LOGGED_ONE, NOT_LOGGED = licence(key=STOLEN_KEY), licence(key=STOLEN_KEY, status_index=9)


def stolen(folder):
    """A folder as `miaopi fetch` keeps it, with a stolen key whose one genuine licence is known."""
    document = Logged.of(STOLEN_KEY.kid, IAT + 3600, [(LOGGED_ONE.jws, IAT)])
    keys = TrustList(
        replace(key, logged_sha256=document.sha256) if key.kid == STOLEN_KEY.kid else key for key in BELIEVED
    )
    for name in ("status", "logged"):
        (folder / name).mkdir(parents=True)
    (folder / "jwks.json").write_text(json.dumps(keys.to_jwks()))
    (folder / "status" / "1.jwt").write_text(status_token())
    (folder / "logged" / f"{STOLEN_KEY.kid}.json").write_bytes(document.to_bytes())
    return folder


def test_a_stolen_key_is_told_apart_with_the_document_and_not_without(scan, tmp_path):
    folder = stolen(tmp_path / "trust")
    document = folder / "logged" / f"{STOLEN_KEY.kid}.json"
    files = ["--jwks", str(folder / "jwks.json"), "--status", str(folder / "status" / "1.jwt")]
    for trust in (["--trust", str(folder)], [*files, "--logged", str(document)]):
        told = [json.loads(scan(one.jws, "--json", trust=trust).stdout)["reason"] for one in (LOGGED_ONE, NOT_LOGGED)]
        assert told == ["current", "unlogged"]
    without = json.loads(scan(LOGGED_ONE.jws, "--json", trust=files).stdout)
    assert without["reason"] == "key_compromised"


def test_many_codes_at_once_know_the_stolen_keys_too(tmp_path):
    folder = stolen(tmp_path / "trust")
    document = (folder / "logged" / f"{STOLEN_KEY.kid}.json").read_bytes()
    given = {"jwks": (folder / "jwks.json").read_bytes(), "lists": {LIST_URI: status_token()}, "at": AT, "processes": 1}
    texts = [licence().jws, LOGGED_ONE.jws, NOT_LOGGED.jws]
    told = [one.headline.reason for one in verify_many(texts, **given, logged=[document])]
    assert told == ["current", "current", "unlogged"]
    assert [one.headline.reason for one in verify_many(texts, **given)] == ["current", *["key_compromised"] * 2]


def test_a_document_that_is_not_pinned_is_refused_by_name_and_passed_over_in_a_folder(scan, tmp_path):
    folder = stolen(tmp_path / "trust")
    document = folder / "logged" / f"{STOLEN_KEY.kid}.json"
    document.write_bytes(Logged.of(STOLEN_KEY.kid, IAT + 3600, [(NOT_LOGGED.jws, IAT)]).to_bytes())
    done = scan(NOT_LOGGED.jws, "--json", trust=["--jwks", str(folder / "jwks.json"), "--logged", str(document)])
    assert done.exit_code == 2
    assert "does not pin" in done.stderr.replace("\n", " ")
    told = json.loads(scan(NOT_LOGGED.jws, "--json", trust=["--trust", str(folder)]).stdout)
    assert told["reason"] == "key_compromised"
    document.write_text("{}")
    assert scan("x", trust=["--jwks", str(folder / "jwks.json"), "--logged", str(document)]).exit_code == 2
    trust, _ = read_trust(folder / "jwks.json", folder=folder)
    assert trust.get(STOLEN_KEY.kid).logged is None


def test_keys_that_are_not_there_are_named(scan, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for trust in (["--trust", str(tmp_path / "nowhere")], ["--language", "zh"]):
        done = scan("x", trust=trust)
        assert done.exit_code == 2
        assert "jwks.json" in done.stderr.replace("\n", "")
