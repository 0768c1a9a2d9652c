"""`miaopi licence` and `miaopi sheet` as officers and printers use them, on a real service and its home."""

import json

import pytest
from typer.testing import CliRunner

from api import cli_licence
from api.cli import app
from licence_qr.picture_reader import read_picture

WHY = "现场检查发现卫生条件不合格，责令整改"


@pytest.fixture(scope="module")
def case(running, stories, _open_client):
    running.forget()
    document = stories["individual/03-no-name"]["document"]
    running.sources.confirm(document)
    headers = {**running.bearer("portal"), "Idempotency-Key": "commands"}
    found = _open_client.post("/v1/applications", json=document, headers=headers).json()
    assert found["outcome"] == "approved", found
    return found


@pytest.fixture
def run(monkeypatch, tmp_path, client):
    """Run a command in an empty folder; calls to a service go to the one in this process."""

    def call(method, url, token="", body=None):
        path = url.partition("8470")[2]
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
        answered = client.request(method, path, json=body, headers=headers)
        return answered.status_code, answered.content

    monkeypatch.setattr(cli_licence, "call", call)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "300")
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def act(run, running, what, case, *more, scope="supervisor", why=WHY):
    token = running.token(scope, client="bureau", subject="officer-7")
    return run("licence", what, case["licence"]["uscc"], "--reason", why, "--token", token, *more)


def test_a_licence_is_suspended_restored_and_revoked_for_good(run, running, case):
    assert "suspended since" in act(run, running, "suspend", case).stdout
    told = act(run, running, "suspend", case, why="另一个理由，不是同一次处理的重复")
    assert told.exit_code == 1
    assert "status-refused" in told.stderr
    assert act(run, running, "restore", case, scope="officer").exit_code == 1, "an officer may suspend, not restore"
    assert json.loads(act(run, running, "restore", case, "--json").stdout)["status"] == "valid"
    listed = run("licence", "permits", case["licence"]["uscc"], "--token", running.token("auditor"))
    assert case["licence"]["identifier"] in listed.stdout
    assert "suspend licence by registry" in listed.stdout
    assert "restore licence by registry" in listed.stdout
    assert json.loads(act(run, running, "revoke", case, "--json").stdout)["status"] == "invalid"
    again = act(run, running, "restore", case, "--json")
    assert (again.exit_code, json.loads(again.stdout)["type"]) == (1, "/problems/status-refused")


def test_what_is_missing_or_misspelt_is_one_line(run, running, case):
    nobody = run("licence", "suspend", "91370784MA000000XX", "--reason", WHY, "--token", running.token("officer"))
    assert nobody.exit_code == 1
    assert "not-found" in nobody.stderr
    path = run("licence", "revoke", "../../healthz", "--reason", WHY, "--token", "x")
    assert path.exit_code == 2
    assert "want the id" in path.stderr
    short = act(run, running, "suspend", case, why="短")
    assert "/reason" in short.stderr
    assert act(run, running, "revoke", case, "--permit", 9).exit_code == 1
    assert run("licence", "suspend", case["licence"]["uscc"], "--reason", WHY).exit_code == 2


def test_advice_is_told_to_people_and_programs(run, running, case):
    words = ("licence", "advice", case["id"], "--token", running.token("portal", client="portal-a"))
    told = json.loads(run(*words, "--json").stdout)
    assert told["dpi"] == 300
    assert f"{told['recommended_mm']} mm a side" in run(*words).stdout
    assert "600 dpi" in run(*words).stdout


def test_a_sheet_is_written_from_the_home_or_from_a_token(run, running, case, tmp_path):
    home = ("--home", running.settings.home)
    first = run("sheet", case["licence"]["uscc"], "-o", "a.pdf", "--edition", "copy", *home, "--json")
    told = json.loads(first.stdout)
    assert told["files"] == ["a.pdf"]
    assert read_picture((tmp_path / "a.pdf").read_bytes()).startswith(running.settings.host)
    (tmp_path / "token.txt").write_text(case["licence"]["token"])
    assert run("sheet", "token.txt", "-o", "b.pdf", "--edition", "copy", *home).exit_code == 0
    assert (tmp_path / "b.pdf").read_bytes() == (tmp_path / "a.pdf").read_bytes()
    drawn = run("sheet", case["licence"]["identifier"], "--out", "c.svg", *home)
    assert drawn.stdout.split() == ["c.svg"]
    assert 'width="420mm"' in (tmp_path / "c.svg").read_text()


MISTAKES = {
    "another kind of file": (("x", "-o", "a.png"), "end it with .svg or .pdf"),
    "another edition": (("x", "-o", "a.svg", "--edition", "third"), "正本"),
    "a numbered original": (("x", "-o", "a.svg", "--copies", "2"), "exists once"),
    "a third of two": (
        ("x", "-o", "a.svg", "--edition", "copy", "--copy", "3", "--copies", "2"),
        "number them from 1 to 2",
    ),
    "no such licence": (("91370784MA000000XX", "-o", "a.svg"), "neither a file nor a licence"),
}


@pytest.mark.parametrize(("words", "said"), list(MISTAKES.values()), ids=list(MISTAKES))
def test_a_mistake_in_the_command_is_one_line_and_writes_nothing(words, said, run, running, tmp_path):
    done = run("sheet", *words, "--home", running.settings.home)
    assert done.exit_code == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_ours_or_cannot_be_read_has_no_sheet(run, running, case, tmp_path):
    (tmp_path / "token.txt").write_text(case["licence"]["token"][:-8] + "AAAAAAAA")
    done = run("sheet", "token.txt", "-o", "a.pdf", "--home", running.settings.home)
    assert done.exit_code == 2
    assert not (tmp_path / "a.pdf").exists()
    empty = run("sheet", "token.txt", "-o", "a.pdf", "--home", tmp_path / "nowhere")
    assert "published keys" in empty.stderr
    lost = run("sheet", case["id"], "-o", "nowhere/a.pdf", "--home", running.settings.home, "--edition", "copy")
    assert lost.exit_code == 2
    assert "nowhere" in lost.stderr
    (tmp_path / "jwks.json").write_bytes((running.settings.keys / "published.json").read_bytes())
    orphan = run("sheet", case["id"], "-o", "a.pdf", "--home", tmp_path / "nowhere", "--jwks", "jwks.json")
    assert "does not exist" in orphan.stderr


def test_a_sheet_without_a_font_says_what_to_install(run, running, case, monkeypatch):
    monkeypatch.setattr("licence_qr.sheet_fonts.default_fonts", lambda: ())
    done = run("sheet", case["id"], "-o", "a.pdf", "--home", running.settings.home)
    assert done.exit_code == 2
    assert "pylopdf-fonts-zh-cn" in done.stderr
