"""`miaopi authorities`: from a key on an authority's machine to a permit on a licence, by the commands alone."""

import json

import pytest
from typer.testing import CliRunner

from api.cli import app
from audit.authorities import SCHEMA, Authorities
from audit.statement import open_statement

NEW = (
    "--zh",
    "安丘市市场监督管理局",
    "--en",
    "Anqiu Market Regulation",
    "--uscc",
    "11370784MB2860127Q",
    "--client",
    "market-office",
)
PERMIT = {
    "type": "食品经营许可证",
    "number": "JY13707840012345",
    "valid_from": "2026-11-20",
    "valid_to": "2031-11-19",
    "scope": ["F522902"],
}
HOST, HOLDER = "https://miaopi.example.org", "92370784MA0000024L"


@pytest.fixture
def run(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "300")
    return lambda *words: CliRunner().invoke(app, ["authorities", *map(str, words)])


@pytest.fixture
def entry(run):
    done = run("new", "market-370784", "--key", "market.pem", *NEW, "--type", PERMIT["type"])
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def state(run, tmp_path, permit=PERMIT, *more):
    (tmp_path / "permit.json").write_text(json.dumps(permit))
    return run(
        "state", "market-370784", "permit.json", "--key", "market.pem", "--registry", HOST, "--holder", HOLDER, *more
    )


def test_a_key_an_entry_and_a_statement_that_the_registry_believes(run, entry, tmp_path):
    assert (tmp_path / "market.pem").stat().st_mode & 0o077 == 0
    assert "d" not in entry["keys"][0]
    (tmp_path / "list.json").write_text(json.dumps({"schema": SCHEMA, "authorities": [entry]}))
    told = run("check", "list.json")
    assert "市场监督管理局" in told.stdout
    assert "market-office" in told.stdout
    assert json.loads(run("check", "list.json", "--json").stdout)["authorities"][0]["code"] == "market-370784"
    made = json.loads(state(run, tmp_path).stdout)["statement"]
    found = open_statement(made, Authorities.from_file(tmp_path / "list.json"), HOST)
    assert (found.authority.code, found.holder, found.act, found.permit.number) == (
        "market-370784",
        HOLDER,
        "add",
        PERMIT["number"],
    )
    changed = json.loads(state(run, tmp_path, PERMIT, "--of", "2", "--after", found.id).stdout)["statement"]
    again = open_statement(changed, Authorities.from_file(tmp_path / "list.json"), HOST)
    assert (again.of, again.after) == (2, found.id)
    assert "--after" in state(run, tmp_path, PERMIT, "--of", "2").stderr
    assert "/after" in state(run, tmp_path, PERMIT, "--after", found.id).stderr


def test_a_key_that_is_there_is_kept(run, entry):
    again = json.loads(run("new", "market-370784", "--key", "market.pem", *NEW, "--type", "药品经营许可证").stdout)
    assert again["keys"][0]["kid"] == entry["keys"][0]["kid"]


def test_what_the_registry_would_refuse_is_told_before_it_is_sent(run, entry, tmp_path):
    for permit in (
        {**PERMIT, "valid_to": "2020-01-01"},
        {name: value for name, value in PERMIT.items() if name != "number"},
        {**PERMIT, "note": "x"},
        [],
    ):
        done = state(run, tmp_path, permit)
        assert done.exit_code == 2, permit
        assert "statement" not in done.stdout
        assert "Traceback" not in done.stderr
    assert "number" in state(run, tmp_path, {**PERMIT, "number": None}).stderr


def test_a_list_that_cannot_be_read_is_told_in_one_line(run, entry, tmp_path):
    assert "no such file" in run("check", "nowhere.json").stderr
    second = {**entry, "code": "other-370784"}  # only the second is wrong: it has the first one's key
    (tmp_path / "list.json").write_text(json.dumps({"schema": SCHEMA, "authorities": [entry, second]}))
    done = run("check", "list.json")
    assert done.exit_code == 2
    assert "Traceback" not in done.stderr
    (tmp_path / "market.pem").chmod(0o644)
    assert "chmod 600" in state(run, tmp_path).stderr


def test_a_wrong_credit_code_is_told_and_leaves_no_key(run, entry, tmp_path):
    wrong = [word.replace("127Q", "1234") for word in NEW]
    for words in (
        ("tax-370784", "--key", "tax.pem", *wrong, "--type", "x"),
        ("Bad Code", "--key", "tax.pem", *NEW, "--type", "x"),
    ):
        done = run("new", *words)
        assert done.exit_code == 2
        assert done.stderr.count("\n") == 1
        assert not (tmp_path / "tax.pem").exists()
    second = json.loads(run("new", "tax-370784", "--key", "tax.pem", *NEW, "--type", "x").stdout)
    second |= {"uscc": "11370784MB28601234", "clients": ["tax-office"]}
    (tmp_path / "list.json").write_text(json.dumps({"schema": SCHEMA, "authorities": [entry, second]}))
    told = run("check", "list.json")
    assert told.exit_code == 2
    assert "tax-370784" in told.stderr
    assert "11370784MB28601234" in told.stderr


def test_the_documented_code_is_a_code():
    from pathlib import Path  # noqa: PLC0415 (used here only)

    from licence_qr.uscc import parse_credit_code  # noqa: PLC0415 (used here only)

    text = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
    codes = [word for word in text.split() if len(word) == 18 and word.isalnum() and word[:8].isdigit()]
    assert codes
    for code in codes:
        parse_credit_code(code)
