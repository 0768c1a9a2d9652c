"""`miaopi authorities`: an entry is made and checked, statements are signed, and what the registry would refuse is told first."""

import json

import pytest
from typer.testing import CliRunner

from api.cli import app
from audit.authorities import SCHEMA, Authorities
from audit.certificate import open_certificate
from audit.statement import open_statement
from licence_qr.uscc import synthetic_block
from tests.support.authorities import CARE_HOME, TYPE_CODE, USCC

HOST = "https://miaopi.test"
HOLDER = next(synthetic_block("52", "370784", 1, 2))
PERMIT = {"type": "公共场所卫生许可证", "number": "N1", "valid_from": "2026-01-01", "scope": ["1"]}


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*words):
        return CliRunner().invoke(app, ["authorities", *words])

    return call


def new(run, *more):
    named = [
        "--zh",
        "安丘市民政局",
        "--en",
        "Anqiu Civil Affairs",
        "--uscc",
        USCC["civil-370784"],
        "--client",
        "civil-office",
    ]
    return run("new", "civil-370784", "--key", "civil.pem", *named, *more)


def state(run, tmp_path, content, *more, code="civil-370784"):
    (tmp_path / "stated.json").write_text(json.dumps(content))
    named = ["--key", "civil.pem", "--registry", HOST, "--holder", HOLDER]
    return run("state", code, "stated.json", *named, *more)


def test_an_authority_that_registers_is_entered_checked_and_states(run, tmp_path):
    made = new(run, "--registers", f"370784:{TYPE_CODE}")
    assert made.exit_code == 0, made.output
    entry = json.loads(made.stdout)
    assert entry["registers"]["type_code"] == TYPE_CODE
    (tmp_path / "list.json").write_text(json.dumps({"schema": SCHEMA, "authorities": [entry]}))
    checked = run("check", "list.json")
    assert f"registers 登记 52370784… ({TYPE_CODE})" in checked.stdout
    listed = Authorities.from_file(tmp_path / "list.json")
    signed = state(run, tmp_path, {**CARE_HOME, "established_on": "2020-01-01"})
    assert signed.exit_code == 0, signed.output
    found = open_certificate(json.loads(signed.stdout)["statement"], listed, HOST)
    assert (found.holder, found.act, found.certificate.name) == (HOLDER, "add", CARE_HOME["name"])
    changed = state(run, tmp_path, {**CARE_HOME, "established_on": "2020-01-01"}, "--change", "--after", found.id)
    assert open_certificate(json.loads(changed.stdout)["statement"], listed, HOST).act == "change"


def test_an_authority_may_do_both_and_states_permits_as_ever(run, tmp_path):
    entry = json.loads(new(run, "--type", PERMIT["type"], "--registers", f"370784:{TYPE_CODE}").stdout)
    listed = Authorities.from_document({"schema": SCHEMA, "authorities": [entry]})
    said = open_statement(
        json.loads(state(run, tmp_path, PERMIT, "--of", "3", "--after", "statement-1").stdout)["statement"],
        listed,
        HOST,
    )
    assert (said.act, said.of, said.permit.number) == ("change", 3, "N1")


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ([], "permit_types"),
        (["--registers", "370784"], "registers/type_code"),
        (["--registers", f"3707:{TYPE_CODE}"], "registers/division"),
        (["--registers", f"370784:{TYPE_CODE}", "--uscc", "11370784MB28601234"], "character 17"),
    ],
)
def test_an_entry_that_cannot_stand_is_refused(run, more, says):
    refused = new(run, *more)
    assert refused.exit_code != 0
    assert says in " ".join(refused.output.split())


def test_a_statement_that_cannot_stand_is_refused_before_it_is_sent(run, tmp_path):
    new(run, "--registers", f"370784:{TYPE_CODE}")
    good = {**CARE_HOME, "established_on": "2020-01-01"}
    for content, more, says in (
        ({**good, "capital_fen": 0}, [], "capital_fen"),
        (
            {**good, "scope": [{"code": "1", "text": "养护"}, {"code": "1", "text": "膳食"}]},
            [],
            "/certificate/scope/1/code",
        ),
        (good, ["--of", "2"], "--of names a permit"),
        (PERMIT, ["--change"], "--change is for a certificate"),
        (good, ["--holder", HOLDER[:-1] + ("1" if HOLDER[-1] != "1" else "2")], "character 18"),
        (good, ["--holder", "91370784MA000001XY"], "/sub"),
        ([1], [], "object"),
    ):
        refused = state(run, tmp_path, content, *more)
        assert refused.exit_code != 0, content
        assert says in " ".join(refused.output.split()), (says, refused.output)
