"""The auditor's command: answers for people and programs, and exit codes 0, 1, 2."""

import hashlib
import json
import shutil

import pytest
from typer.testing import CliRunner

from audit.canonical import canonical
from audit.cli import app
from audit.export import export
from audit.proof import verify_proof

runner = CliRunner()


def _run(*arguments, code=0):
    result = runner.invoke(app, [str(one) for one in arguments])
    assert result.exit_code == code, result.output
    return result


def _json(*arguments, code=0):
    return json.loads(_run(*arguments, "--json", code=code).stdout)


@pytest.fixture
def damaged(exported, tmp_path):
    folder = tmp_path / "export"
    shutil.copytree(exported.folder, folder)
    (folder / "inputs" / "001.json").write_bytes(b"{}")
    return folder


def test_verify(exported, damaged):
    answer = _json("verify", exported.folder)
    assert (answer["verified"], answer["size"], answer["faults"]) == (True, 9, [])
    text = _run("verify", exported.folder).stdout
    assert "9 leaves (6 decision, 1 licence, 1 officer, 1 rule_set): holds" in text
    assert "bring your own with --log-key" in text
    answer = _json("verify", damaged, code=1)
    assert {one["step"] for one in answer["faults"]} == {"manifest", "inputs"}
    assert "DOES NOT HOLD" in _run("verify", damaged, code=1).stdout


def test_verify_with_the_auditors_own_key_and_an_earlier_checkpoint(exported, world, tmp_path):
    key = world.signer.key.to_text()
    (tmp_path / "key").write_text(key + "\n")
    for given in (key, tmp_path / "key"):
        answer = _json("verify", exported.folder, "--log-key", given, "--earlier", exported.folder / "checkpoint")
        assert (answer["verified"], answer["key"]) == (True, "brought")
    world.append(b"another history")
    answer = _json("verify", exported.folder, "--earlier", world.publication.path, code=1)
    assert [one["step"] for one in answer["faults"]] == ["root"]
    _run("verify", exported.folder, "--log-key", "not a key", code=2)


def test_replay(exported, damaged):
    assert _json("replay", exported.folder) == {"replayed": 6, "equal": 6, "differences": []}
    assert "6 decisions replayed, 6 equal byte for byte" in _run("replay", exported.folder).stdout
    assert _json("replay", exported.folder, "--index", 2, "--index", 4)["replayed"] == 2
    assert "only decisions are replayed" in _run("replay", exported.folder, "--index", 0, code=2).stderr
    assert "is not in this export" in _run("replay", exported.folder, "--index", 99, code=2).stderr
    assert "SHA-256 differs" in _run("replay", damaged, code=2).stderr


def test_replay_tells_the_stage_of_a_difference(exported, tmp_path):
    folder = tmp_path / "export"
    shutil.copytree(exported.folder, folder)
    other = (folder / "inputs" / "002.json").read_bytes()
    content = json.loads(other)
    content["at"] = content["at"].replace("02:00:00", "03:00:00")
    (folder / "inputs" / "002.json").write_bytes(canonical(content))
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["files"]["inputs/002.json"] = hashlib.sha256(canonical(content)).hexdigest()
    (folder / "manifest.json").write_bytes(canonical(manifest))
    answer = _json("replay", folder, code=1)
    assert (answer["equal"], answer["differences"][0]["index"]) == (5, 2)
    assert answer["differences"][0]["stage"] == "decision"
    assert "leaf 2: decision: at /at" in _run("replay", folder, code=1).stdout


def test_a_public_export_says_that_it_cannot_be_replayed(world, office, tmp_path):
    case = office.case()
    world.append(case.record.leaf)
    with world.engine.connect() as connection:
        export(tmp_path / "public", world.log, connection, office.holdings({}, {}, withheld=True))
    assert "withheld" in _run("replay", tmp_path / "public", code=2).stderr
    assert _json("verify", tmp_path / "public")["withheld"] == ["inputs"]


def test_proof(exported, world, tmp_path):
    answer = _json("proof", exported.folder, 3, "--out", tmp_path / "3.tlog-proof")
    leaf = exported.cases[3].record.leaf
    assert answer["record"] == json.loads(leaf)
    assert verify_proof((tmp_path / "3.tlog-proof").read_bytes(), leaf, world.log.origin, [world.signer.key])[0] == 3
    assert _run("proof", exported.folder, 3).stdout.encode() == (tmp_path / "3.tlog-proof").read_bytes()
    assert "holds 0 to 8" in _run("proof", exported.folder, 9, code=2).stderr


def test_sample(exported):
    answer = _json("sample", exported.folder, "--count", 3)
    assert (answer["of"], len(answer["sample"])) == (6, 3)
    again = _json("sample", exported.folder, "--count", 3, "--seed-from", exported.folder / "checkpoint")
    assert again == answer
    assert "3 of 6 decisions" in _run("sample", exported.folder, "--count", 3).stdout
    _run("sample", exported.folder, "--count", 0, code=2)
    _run("sample", exported.folder, "--count", 1, "--seed-from", exported.folder / "log.vkey", code=2)


def test_touched(exported):
    rule = (
        next(one for one in exported.cases.values() if one.decision.outcome == "fix").decision.violated("fix")[0].rule
    )
    answer = _json("touched", exported.folder, "--rule", rule)
    assert answer["results"]["violated"] == 1
    assert answer["count"] == len(answer["decisions"]) == 4
    assert (answer["first"], answer["last"]) == (1, 6)
    assert _json("touched", exported.folder, "--rule", "ZZ99") == {
        "count": 0, "first": None, "last": None, "results": {}, "decisions": [],
    }  # fmt: skip
    assert _json("touched", exported.folder, "--verifier", "court")["results"] == {"answered": 5, "unavailable": 1}
    assert "decisions touched by court" in _run("touched", exported.folder, "--verifier", "court").stdout
    _run("touched", exported.folder, code=2)
    _run("touched", exported.folder, "--rule", rule, "--verifier", "court", code=2)


@pytest.mark.parametrize(
    "command", [["verify"], ["replay"], ["proof", 0], ["sample", "--count", 1], ["touched", "--rule", "A01"]]
)
def test_a_folder_that_is_no_export_ends_with_2_and_one_line(tmp_path, command):
    name, *rest = command
    result = _run(name, tmp_path, *rest, code=2)
    assert result.stderr.count("\n") == 1
    assert "manifest.json" in result.stderr


def test_without_arguments_it_says_what_it_can_do():
    assert "verify" in _run(code=2).output
