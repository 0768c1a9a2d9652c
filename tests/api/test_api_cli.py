"""The commands: quick to start, `--json` everywhere, one clear line for a mistake."""

import inspect
import json
import os
import shutil
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from api import auth, cli_token
from api.cli import COMMANDS, Later, app
from audit.cli import app as auditors
from rules.case_files import base
from tests.support.running_service import examples, start

ROOT = Path(__file__).parents[2]
BASE = ROOT / "rules" / "cases" / "base"
HEAVY = (
    "sqlalchemy",
    "fastapi",
    "jsonschema",
    "aiohttp",
    "cryptography",
    "durable",
    "prometheus_client",
    "pydantic",
    "lark",
)


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Run a command in an empty folder and return its result."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "400")
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


def one_line(done):
    """The sentence of a mistake: one line on standard error, no trace."""
    assert done.exit_code == 2, (done.output, done.exception)
    assert isinstance(done.exception, SystemExit)
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, lines
    return lines[0]


def leaves():
    """Every command with its path, real ones, groups within groups opened."""
    for name in COMMANDS:
        yield from _opened(name, Later(name).real())


def _opened(name, command):
    inner = getattr(command, "commands", None)
    if not inner:
        yield name, command
        return
    for below, found in inner.items():
        yield from _opened(f"{name} {below}", found)


def test_help_lists_every_command_in_one_line_each(run):
    done = run("--help")
    assert done.exit_code == 0
    for name, entry in COMMANDS.items():
        assert name in done.output
        assert entry.line in done.output


def test_help_comes_at_once_and_imports_nothing_heavy():
    script = f"import sys, api.cli as c\ntry: c.main()\nexcept SystemExit: pass\nprint([m for m in {HEAVY!r} if m in sys.modules])"
    took = []
    for _ in range(3):
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", script, "--help"], capture_output=True, text=True, check=True, cwd=ROOT, timeout=60
        )
        took.append(time.perf_counter() - began)
        assert done.stdout.strip().splitlines()[-1] == "[]"
    assert min(took) < 1.0


def test_the_line_of_the_list_begins_what_the_command_says_of_itself():
    for name, entry in COMMANDS.items():
        found = getattr(import_module(entry.module), entry.attribute)
        said = found.info.help if isinstance(found, typer.Typer) else inspect.getdoc(found)
        first = entry.line.split()[:3]
        assert said.replace(",", "").replace(":", "").lower().split()[:2] == [
            word.strip(",;.").lower() for word in first[:2]
        ], name


@pytest.mark.parametrize(("name", "command"), list(leaves()), ids=[name for name, _ in leaves()])
def test_every_command_has_json_and_says_what_it_does(name, command, run):
    options = {option for parameter in command.params for option in parameter.opts}
    assert "--json" in options
    done = run(*name.split(), "--help")
    assert done.exit_code == 0
    assert "--json" in done.output
    assert command.help


def test_rules_check_and_list_as_json(run):
    checked = json.loads(run("rules", "check", "--json").output)
    assert checked["ok"] is True
    assert checked["rules"] >= 40
    listed = json.loads(run("rules", "list", "00013112700401", "--on", "2026-11-20", "--json").output)
    assert len(listed["digest"]) == 64
    assert {rule["id"] for rule in listed["rules"]} >= {"C04", "S07"}


def test_rules_test_runs_the_cases_of_the_rules_asked_for(run):
    done = run("rules", "test", "--rule", "C04", "--rule", "A02", "--json")  # all: tests/rules/test_law_cases.py
    told = json.loads(done.output)
    assert (done.exit_code, told["ok"], told["failed"]) == (0, True, [])
    assert told["cases"] > 8


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("rules", "list", "nothing"), "nothing"),
        (("rules", "list", "00013112700401", "--on", "2026-13-01"), "2026-13-01"),
        (("rules", "list", "00013112700401", "--on", "1999-01-01"), "not in force"),
    ],
)
def test_rules_list_says_what_is_wrong_in_one_line(arguments, words, run):
    assert words in one_line(run(*arguments))


def test_a_broken_rule_book_is_told_by_file_line_and_column(run, tmp_path):
    shutil.copytree(ROOT / "rules", tmp_path / "book", ignore=shutil.ignore_patterns("*.py", "__pycache__", "cases"))
    broken = tmp_path / "book" / "law" / "names.yaml"
    broken.write_text(broken.read_text().replace("holds_when: ", "holds_when: entity.nam = 1 and ", 1))
    done = run("rules", "check", "--folder", tmp_path / "book", "--json")
    assert done.exit_code == 1
    told = json.loads(done.output)
    assert told["ok"] is False
    assert {"file", "line", "column", "message"} == set(told["problems"][0])
    assert "names.yaml" in told["problems"][0]["file"]
    (tmp_path / "empty").mkdir()
    assert "facts.yaml" in one_line(run("rules", "check", "--folder", tmp_path / "empty"))


@pytest.mark.parametrize("kind", ["individual", "sole_proprietorship", "llc"])
def test_decide_approves_the_base_case_of_each_kind(kind, run, tmp_path):
    document, _ = base(kind)
    application = tmp_path / "application.json"
    application.write_text(json.dumps(document))
    evidence = BASE / f"{kind}.yaml"
    told = json.loads(run("decide", application, "--evidence", evidence, "--at", "2026-11-20", "--json").output)
    assert told["outcome"] == "approved", [found for found in told["findings"] if found["result"] != "satisfied"][:3]
    assert told["at"].startswith("2026-11-20")
    without = tmp_path / "nothing.json"
    without.write_text("[]")
    silent = json.loads(run("decide", application, "--evidence", without, "--at", "2026-11-20", "--json").output)
    assert silent["outcome"] != "approved"
    people = run("decide", application, "--evidence", evidence, "--at", "2026-11-20", "--language", "en")
    assert "approved" in people.output


def test_decide_says_what_is_wrong_with_its_files(run, tmp_path):
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_bytes(examples()[0]["body"])
    bad.write_text('{"item": "00013112700401"}')
    evidence = BASE / "llc.yaml"
    formless = run("decide", bad, "--evidence", evidence, "--json")
    assert formless.exit_code == 1
    assert "/people" in {error["pointer"] for error in json.loads(formless.output)["errors"]}
    bad.write_text("not json")
    assert run("decide", bad, "--evidence", evidence).exit_code == 1
    bad.write_text("[1]")
    assert run("decide", bad, "--evidence", evidence).exit_code == 1
    assert "tomorrow" in one_line(run("decide", good, "--evidence", evidence, "--at", "tomorrow"))
    bad.write_text('[{"subject": "/premises"}]')
    assert "verifier" in one_line(run("decide", good, "--evidence", bad))
    bad.write_text('{"item": "00000000000000"}')
    assert "00000000000000" in one_line(run("decide", bad, "--evidence", evidence))


def test_a_token_of_the_local_issuer_opens_the_service_that_pins_it(run, tmp_path):
    told = json.loads(run("token", "--scope", "portal", "--scope", "auditor", "--home", tmp_path, "--json").output)
    assert told["token_type"] == "Bearer"
    reader = auth.TokenReader.from_file(
        tmp_path / "issuer-jwks.json", "https://auth.example.org", "https://miaopi.example.org"
    )
    from datetime import UTC, datetime  # noqa: PLC0415 (used here only)

    found = reader.read(told["access_token"], datetime.now(UTC))
    assert found.scopes == {"portal", "auditor"}
    assert (tmp_path / "keys" / "issuer.pem").stat().st_mode & 0o077 == 0


def test_a_token_for_a_scope_that_does_not_exist_is_refused(run, tmp_path):
    assert "king" in one_line(run("token", "--scope", "king", "--home", tmp_path))
    assert set(cli_token._ROLES) == set(auth.SCOPES)


def test_home_may_come_from_the_environment(run, tmp_path, monkeypatch):
    monkeypatch.setenv("MIAOPI_HOME", str(tmp_path / "elsewhere"))
    assert run("token", "--scope", "portal").exit_code == 0
    assert (tmp_path / "elsewhere" / "keys" / "issuer.pem").exists()


def test_codes_are_loaded_once_and_a_wrong_one_stops_the_load(run, tmp_path):
    from licence_qr.uscc import ENTERPRISE, synthetic_block  # noqa: PLC0415 (used here only)

    allotment = tmp_path / "codes.txt"
    allotment.write_text("\n".join(synthetic_block(ENTERPRISE, "370784", 0, 5)))
    home = tmp_path / "home"
    assert json.loads(run("codes", allotment, "--home", home, "--json").output) == {"added": 5, "free": {"91": 5}}
    assert json.loads(run("codes", allotment, "--home", home, "--json").output) == {"added": 0, "free": {"91": 5}}
    more = list(synthetic_block(ENTERPRISE, "370784", 0, 7))[5:]
    wrong = more[1][:-1] + ("0" if more[1][-1] != "0" else "1")
    allotment.write_text(f"{more[0]}\n{wrong}\n")  # only the second is wrong
    assert wrong in one_line(run("codes", allotment, "--home", home))
    allotment.write_text("")
    assert json.loads(run("codes", allotment, "--home", home, "--json").output)["free"] == {"91": 5}
    allotment.write_bytes(b"\xff\xfe")
    assert one_line(run("codes", allotment, "--home", home))


def test_export_of_an_empty_home_says_so_in_one_line_and_makes_nothing(run, tmp_path):
    assert "does not exist" in one_line(run("export", tmp_path / "out", "--home", tmp_path / "nowhere"))
    assert not (tmp_path / "nowhere").exists()
    assert not (tmp_path / "out").exists()


def test_export_of_a_home_without_its_keys_makes_no_new_key(run, tmp_path, county_file):
    running = start(tmp_path / "home", county_file)
    running.service.flow.parts.writer.close()
    running.service.held.close()
    (tmp_path / "home" / "keys" / "log.pem").unlink()
    assert "log.pem" in one_line(run("export", tmp_path / "out", "--home", tmp_path / "home"))
    assert not (tmp_path / "home" / "keys" / "log.pem").exists()


def test_an_export_of_a_running_service_replays(run, tmp_path, running, tell):
    tell("llc/01-software")
    running.settle()
    done = run("export", tmp_path / "out", "--home", running.settings.home, "--json")
    told = json.loads(done.output)
    assert told["decisions"] >= 1
    replayed = CliRunner().invoke(auditors, ["replay", str(tmp_path / "out"), "--json"])
    assert replayed.exit_code == 0, replayed.output


def test_scan_without_keys_names_the_file_and_with_them_verifies_a_picture(run, tmp_path, tell, client, portal):
    missing = run("scan", "https://example.org/v#123", "--jwks", tmp_path / "none.json")
    assert missing.exit_code == 2
    assert "none.json" in missing.stderr
    assert "Traceback" not in missing.stderr
    case = tell("llc/01-software").json()
    picture, jwks, status = tmp_path / "licence.png", tmp_path / "jwks.json", tmp_path / "status.jwt"
    picture.write_bytes(client.get(case["licence"]["links"][".png"], headers=portal).content)
    jwks.write_bytes(client.get("/.well-known/jwks.json").content)
    status.write_bytes(client.get("/status/0").content)
    told = json.loads(run("scan", picture, "--jwks", jwks, "--status", status, "--json").output)
    assert case["licence"]["uscc"] in json.dumps(told)
    picture.write_bytes(b"\x89PNG no picture")
    broken = run("scan", picture, "--jwks", jwks)
    assert broken.exit_code == 3  # it cannot be said
    assert isinstance(broken.exception, SystemExit)


def test_precheck_without_a_service_says_how_to_start_one(run, tmp_path, monkeypatch):
    import aiohttp  # noqa: PLC0415 (used here only)

    async def nobody(*_):
        raise aiohttp.ClientConnectionError

    monkeypatch.setattr("api.cli_decide._ask", nobody)
    application = tmp_path / "application.json"
    application.write_bytes(examples()[0]["body"])
    assert "miaopi serve" in one_line(run("precheck", application))


def test_serve_says_in_one_line_what_it_lacks(run, tmp_path):
    assert "source-keys.json" in one_line(run("serve", "--home", tmp_path / "home"))


def test_an_unknown_command_is_told_without_a_trace(run):
    done = run("decyde")
    assert done.exit_code == 2
    assert "decyde" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_command_is_installed():
    assert (Path(sys.executable).parent / "miaopi").exists()
    assert os.access(Path(sys.executable).parent / "miaopi-audit", os.X_OK)
