"""Rule releases over HTTP and at the command line, on a service of this file's own: what it publishes, others must not see."""

import base64
import json
import shutil
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from api import cli_rules_backtest, cli_rules_release, cli_rules_sign, past_decisions, release_history, rules_gate
from api.app import create_app
from api.cli import app as command
from api.exporting import write_export
from api.rules_gate import Outcome
from audit.canonical import canonical
from audit.cli import app as auditor_command
from audit.export_reader import Export
from audit.release_errors import REASONS
from audit.replay import replay
from audit.rule_release import Signers
from audit.verify import verify
from casework.release_fault import Fault
from rules.bundle import read_folder, write_folder
from rules.load import PACKAGED
from tests.support.rule_releases import changed_book, release_for
from tests.support.running_service import start

ITEM = "00013112700401"
WHY = {"reason": "法律修订尚未落实，暂停自动审批 the law changed"}
SHORTER = ("parameters/company.yaml", "value: P5Y", "value: P1Y")


@pytest.fixture(scope="module")
def own(tmp_path_factory, county_file):
    made = start(tmp_path_factory.mktemp("released"), county_file)
    yield made
    made.reader.dispose()
    made.sources.close()


@pytest.fixture(scope="module")
def service(own):
    with TestClient(create_app(own.service), base_url="https://miaopi.test") as opened:
        yield opened


@pytest.fixture(scope="module")
def newer(tmp_path_factory):
    return changed_book(tmp_path_factory.mktemp("newer"), SHORTER)


def bearer(own, *scopes):
    return own.bearer(*scopes, client="bureau", subject="somebody-1")


def post(service, own, note, bundle, **headers):
    body = {"note": note.decode(), "bundle": base64.b64encode(bundle).decode()}
    return service.post(
        "/v1/rule-releases", json=body, headers={**bearer(own, "releaser"), "Accept-Language": "en", **headers}
    )


def test_everybody_sees_releases_signatures_and_the_very_files(service):
    listed = service.get("/v1/rule-releases").json()
    assert [one["sequence"] for one in listed["releases"]] == [1]
    assert listed["releases"][0]["live"]
    assert {one["role"] for one in listed["signers"]} == {"author", "approver"}
    told = service.get("/v1/rule-releases/1").json()
    assert json.loads(told["manifest"])["kind"] == "packaged"
    assert len(told["signed_by"]) == 2
    answered = service.get(told["links"]["bundle"])
    assert answered.headers["content-type"] == "application/x-tar"
    assert b"value: P5Y" in answered.content
    assert service.get("/v1/rule-releases/99").status_code == 404
    assert service.get("/v1/rule-releases/99/bundle").status_code == 404
    assert service.get("/v1/rule-releases/0").status_code == 422


def test_a_release_that_is_refused_is_told_its_reason_and_changes_nothing(service, own, newer):
    note, bundle = release_for(own.service, newer)
    for sent, packed, reason in (
        (note.partition(b"\n\n")[0] + b"\n", bundle, "stripped"),
        (note, bundle.replace(b"value: P1Y", b"value: P9Y"), "changed-file"),
        (note, b"PK\x03\x04" + bundle, "compressed"),
        (release_for(own.service, newer, sequence=1)[0], bundle, "replayed"),
    ):
        answered = post(service, own, sent, packed)
        assert (answered.status_code, answered.json()["type"]) == (422, "/problems/release-refused")
        assert answered.json()["reason"] == reason
        assert REASONS[reason][1] in answered.json()["errors"][0]["why"]
    assert service.get("/v1/rule-releases").json()["releases"][0]["sequence"] == 1


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        (b"{", 400, ""),
        (b"[" * 100_000, 400, ""),
        (b'{"note":"x","note":"y","bundle":""}', 400, ""),
        (b"[]", 422, ""),
        (b'{"note":"x"}', 422, ""),
        (b'{"note":"x","bundle":"","more":1}', 422, ""),
        (b'{"note":1,"bundle":""}', 422, "/note"),
        (b'{"note":"x","bundle":"not base64!"}', 422, "/bundle"),
        (b'{"note":"\\ud800","bundle":""}', 422, "/note"),
        (b'{"note":"","bundle":""}', 422, "/note"),
    ],
)
def test_a_body_that_is_no_release_is_told_where_and_why(service, own, body, status, pointer):
    headers = {**bearer(own, "releaser"), "Content-Type": "application/json"}
    answered = service.post("/v1/rule-releases", content=body, headers=headers)
    assert answered.status_code == status, answered.text
    assert answered.json()["errors"][0]["pointer"] == pointer


def test_a_body_beyond_a_bundle_is_cut_off_and_other_routes_keep_their_limit(service, own):
    headers = {**bearer(own, "releaser", "portal"), "Content-Type": "application/json"}
    assert service.post("/v1/rule-releases", content=b"x" * 25_000_000, headers=headers).status_code == 413
    assert service.post("/v1/prechecks", content=b"x" * 500_000, headers=headers).status_code == 413


def test_stop_and_resume(service, own, stories):
    path = f"/v1/items/{ITEM}"
    officer, chief = bearer(own, "officer"), bearer(own, "supervisor")
    for sent in (
        {},
        {"reason": "短"},
        {"reason": WHY["reason"], "item": "x"},
        [],
        {"reason": "\u202e" + WHY["reason"]},
    ):
        refused = service.post(f"{path}/stop", json=sent, headers=officer)
        assert (refused.status_code, refused.json()["type"]) == (422, "/problems/switch-invalid"), sent
        assert refused.json()["errors"][0]["why"]
    assert service.post("/v1/items/370784-NOSUCH/stop", json=WHY, headers=officer).status_code == 404
    assert (
        service.post(f"{path}/resume", json=WHY, headers=officer).status_code == 403
    )  # an officer stops, a chief resumes
    told = service.post(f"{path}/stop", json=WHY, headers=officer)
    assert (told.status_code, told.json()["stopped"]) == (200, True)
    (shown,) = service.get("/v1/rule-releases").json()["stopped_items"]
    assert shown == {
        "item": ITEM,
        "stopped": True,
        "since": told.json()["since"],
        "log_index": told.json()["log_index"],
    }
    assert WHY["reason"] not in service.get("/v1/rule-releases").text  # it may name a person
    document = stories["llc/01-software"]["document"]
    own.sources.confirm(document)
    portal = {**own.bearer("portal"), "Accept-Language": "en"}
    assert service.post("/v1/prechecks", json=document, headers=portal).json()["outcome"] == "referred"
    case = service.post("/v1/applications", json=document, headers={**portal, "Idempotency-Key": "stopped"}).json()
    assert case["outcome"] == "referred"
    assert WHY["reason"] in json.dumps(case["decision"], ensure_ascii=False)
    assert (
        service.post(f"{path}/stop", json={"reason": "another reason altogether"}, headers=officer).status_code == 422
    )
    assert service.post(f"{path}/resume", json=WHY, headers=chief).json()["stopped"] is False
    assert service.get("/v1/rule-releases").json()["stopped_items"] == []
    own.forget()


def test_an_item_can_be_stopped_while_the_newest_rules_are_refused(service, own, monkeypatch):
    books = own.service.flow.parts.books
    monkeypatch.setattr(books, "_fault", Fault(2, "bad-signature: forged"))
    assert service.get("/v1/items").status_code == 503
    path, why = f"/v1/items/{ITEM}", {"reason": "规则发布未通过验证，先行停办 the rules are forged"}
    assert service.post(f"{path}/stop", json=why, headers=bearer(own, "officer")).status_code == 200
    assert service.post(f"{path}/resume", json=why, headers=bearer(own, "supervisor")).status_code == 200


def test_releases_come_in_pages(service):
    listed = service.get("/v1/rule-releases?limit=1").json()
    assert (len(listed["releases"]), listed["next"]) == (1, None)
    assert service.get("/v1/rule-releases?before=1").json()["releases"] == []
    assert service.get("/v1/rule-releases?limit=0").status_code == 422
    assert service.get("/v1/rule-releases?limit=101").status_code == 422


class Stand:
    """Stands for a check that takes minutes: prove, and test with mutation."""

    def __init__(self, name, *, ok=True):
        self.name, self.ok = name, ok

    def run(self, candidate):
        figures = {"rules": len(candidate.new.rules)}
        return Outcome(self.name, ok=self.ok, figures=figures, document={}, lines=(("替身", "stands in"),))


@pytest.fixture
def run(service, own, monkeypatch):
    """The command line, whose HTTP goes to the service of this file."""

    def called(method, url, token="", body=None):
        headers = {"Accept-Language": "en"} | ({"Authorization": f"Bearer {token}"} if token else {})
        answered = service.request(method, url.replace("http://here", ""), headers=headers, json=body)
        return answered.status_code, answered.content

    monkeypatch.setattr(release_history, "call", called)
    monkeypatch.setattr(cli_rules_sign, "call", called)
    monkeypatch.setattr(cli_rules_release, "_now", own.clock)
    monkeypatch.setattr("api.cli_rules_switch.call", called)
    gate = (rules_gate.WellFormed(), Stand("prove"), Stand("test"), rules_gate.Backtested())
    monkeypatch.setattr(cli_rules_release, "GATE", gate)
    monkeypatch.setattr(
        cli_rules_release, "recorded", lambda _new, home, export, cases: list(past_decisions.of_home(home))
    )
    monkeypatch.setenv("COLUMNS", "200")

    def invoke(*words, code=0):
        done = CliRunner().invoke(command, ["rules", *map(str, words)])
        assert done.exit_code == code, (done.output, done.exception)
        return done.output

    return invoke


@pytest.fixture(scope="module")
def author_folder(tmp_path_factory, newer):
    """A folder as an author has it: the new book."""
    folder = tmp_path_factory.mktemp("author") / "book"
    write_folder(read_folder(newer.folder), folder)
    return folder


def test_the_whole_way_of_a_release_by_two_people(run, service, own, author_folder, tmp_path, stories):
    """Prepare, acknowledge, sign twice, publish, decide, stop, roll back; then an auditor checks all of it."""
    home, here = own.settings.home, ["--service", "http://here"]
    document = stories["llc/01-software"]["document"]
    own.sources.confirm(document)
    portal = own.bearer("portal")
    first = service.post("/v1/applications", json=document, headers={**portal, "Idempotency-Key": "one"}).json()
    assert first["outcome"] == "approved"

    out = tmp_path / "release"
    told = json.loads(run("release", "prepare", author_folder, "--out", out, "--home", home, "--json"))
    assert told["flips"].get("approved-to-fix")
    assert told["to_acknowledge"] == list(told["flips"])
    assert "approved-to-fix" in (out / "report.en.txt").read_text()
    listed = json.loads((out / "reports" / "backtest.json").read_text())["report"]["listed"][0]
    assert listed["gained"], listed
    _people(home, tmp_path)
    assert "acknowledged are 0" in run("release", "sign", out, "--key", tmp_path / "author", code=2)
    for flip in told["flips"]:
        run(
            "release",
            "acknowledge",
            out,
            flip,
            "--name",
            "Li",
            "--role",
            "法规处长",
            "--reason",
            "the new law says one year",
        )
    run(
        "release",
        "acknowledge",
        out,
        "approved-to-nothing",
        "--name",
        "L",
        "--role",
        "R",
        "--reason",
        "because of it",
        code=2,
    )
    run("release", "sign", out, "--key", tmp_path / "author")
    run("release", "sign", out, "--key", tmp_path / "author", code=2)  # one person signs once
    token = own.token("releaser", subject="releaser-1")
    assert "too-few-signers" in run("release", "publish", out, "--token", token, *here, code=1)
    run("release", "sign", out, "--key", tmp_path / "approver")
    status = json.loads(run("release", "status", out, "--json"))
    assert (status["wanting"], status["signed_by"]) == (None, ["local-author", "local-approver"])
    assert "is live" in run("release", "publish", out, "--token", token, *here)
    assert "replayed" in run("release", "publish", _again(out, tmp_path), "--token", token, *here, code=1)

    own.forget()
    second = service.post("/v1/applications", json=document, headers={**portal, "Idempotency-Key": "two"}).json()
    assert second["outcome"] == "fix"
    chief = own.token("supervisor", subject="chief-1")
    run("stop", ITEM, "--reason", WHY["reason"], "--token", chief, *here)
    run("resume", ITEM, "--reason", WHY["reason"], "--token", chief, *here)
    run("resume", ITEM, "--reason", WHY["reason"] + "!", "--token", chief, *here, code=1)

    back = tmp_path / "back"
    told = json.loads(run("release", "rollback", "--to", "1", "--out", back, "--home", home, "--json"))
    assert set(told["skipped"]) == {"prove", "test"}
    for flip in told["flips"]:
        run(
            "release",
            "acknowledge",
            back,
            flip,
            "--name",
            "Li",
            "--role",
            "法规处长",
            "--reason",
            "the old limit is back",
        )
    for role in ("author", "approver"):
        run("release", "sign", back, "--key", tmp_path / role)
    run("release", "publish", back, "--token", token, *here)
    own.forget()
    third = service.post("/v1/applications", json=document, headers={**portal, "Idempotency-Key": "three"}).json()
    assert third["decision"]["rule_set"] == first["decision"]["rule_set"]
    run("release", "rollback", "--to", "9", "--out", tmp_path / "x", "--home", home, code=2)
    assert "3 rollback" in run("release", "status", "--home", home)

    _audited(run, own, author_folder, tmp_path / "export")


def _people(home, folder):
    keys = home / "keys"
    for role in ("author", "approver"):  # the local signers' keys, as files of people
        content = {"schema": "miaopi/rule-signer-key/1", "name": f"local-{role}", "role": role,
                   "private_key": _private(keys / f"release-{role}.pem")}  # fmt: skip
        (folder / role).touch(mode=0o600)
        (folder / role).write_text(json.dumps(content))


def _audited(run, own, author_folder, export):
    home = own.settings.home
    write_export(own.settings, export)
    opened = Export(export)
    found = verify(opened, signers=Signers.from_file(own.settings.release_signers_file()))
    (fault,) = found.faults  # release 1 came with the software: who brings the signers' list does not accept it
    assert (fault.place, "made without the gate" in fault.message) == ("releases/1.note", True)
    assert verify(opened).faults == []
    assert found.counts["release"] == 3
    keys_, rule_sets = opened.source_keys(), opened.rule_sets()
    for index, record in opened.records():
        if record.kind == "decision":
            assert replay(opened.inputs(index), record, rule_sets.get(record.content["rule_set"]), keys_) is None
    signers = str(own.settings.release_signers_file())
    assert CliRunner().invoke(auditor_command, ["verify", str(export), "--signers", signers]).exit_code == 1
    assert CliRunner().invoke(auditor_command, ["verify", str(export)]).exit_code == 0
    assert len(list((export / "rules").iterdir())) == 2
    backtested = json.loads(
        run("backtest", author_folder, "--old", PACKAGED, "--export", export, "--no-cases", "--json", code=1)
    )
    assert any(one["decision"].startswith("leaf ") for one in backtested["listed"])
    assert "approved-to-fix" in run("backtest", author_folder, "--home", home, "--no-cases", code=1)


def _private(pem: Path) -> str:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 (one use)

    key = serialization.load_pem_private_key(pem.read_bytes(), None)
    return base64.b64encode(key.private_bytes_raw()).decode()


def _again(out: Path, tmp_path: Path) -> Path:
    """The same manifest signed with its signatures in the other order: another note of a number that is taken."""
    import shutil  # noqa: PLC0415 (one use)

    copy = tmp_path / "again"
    shutil.copytree(out, copy)
    content = json.loads((copy / "manifest.json").read_text())
    content["made_at"] = "2026-11-22T00:00:00.000000Z"
    (copy / "manifest.json").write_bytes(canonical(content) + b"\n")
    (copy / "manifest.note").unlink()
    for role in ("author", "approver"):
        done = CliRunner().invoke(command, ["rules", "release", "sign", str(copy), "--key", str(tmp_path / role)])
        assert done.exit_code == 0, done.output
    return copy


def test_a_gate_that_is_not_green_writes_nothing(run, own, author_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(cli_rules_release, "GATE", (Stand("prove", ok=False), Stand("test")))
    told = json.loads(
        run("release", "prepare", author_folder, "--out", tmp_path / "r", "--home", own.settings.home, "--json", code=1)
    )
    assert not told["ok"]
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["release", "status", "{empty}"], "`miaopi rules release prepare` makes a release folder"),
        (["release", "sign", "{empty}", "--key", "{empty}/none"], "`miaopi rules signer new` makes one"),
        (["release", "prepare", "{book}", "--out", "{full}"], "is not empty"),
        (["release", "prepare", "{book}", "--out", "{empty}", "--home", "{empty}"], "does not exist; give the home"),
        (["signer", "new", "li wei", "--role", "author", "--out", "{empty}/k"], "li wei"),
        (["signer", "new", "li", "--role", "king", "--out", "{empty}/k"], "--role king: there is no such role"),
        (["signer", "new", "li", "--role", "author", "--out", "{full}/file"], "a key is never overwritten"),
        (["stop", "../x", "--reason", "r", "--token", "t"], "want a catalogue code"),
        (["backtest", "{book}", "--old", "{empty}"], "--folder names a rule book"),
    ],
)
def test_a_mistake_at_the_command_line_is_told_in_one_line(run, own, author_folder, tmp_path, words, says):
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    named = {"empty": tmp_path / "empty", "full": tmp_path / "full", "book": author_folder}
    filled = [word.format(**named) for word in words]
    if words[0] == "release" and words[1] == "prepare" and "--home" not in words:
        filled += ["--home", str(own.settings.home)]
    done = CliRunner().invoke(command, ["rules", *filled])
    assert done.exit_code in (1, 2), done.output
    assert says in done.output.replace("\n", " "), done.output


def test_a_signer_key_is_its_owners_alone(run, tmp_path):
    out = tmp_path / "key"
    entry = json.loads(run("signer", "new", "li.wei", "--role", "author", "--out", out, "--json"))
    assert entry["key"].startswith("li.wei+")
    assert out.stat().st_mode & 0o777 == 0o600
    assert json.loads(out.read_text())["private_key"] not in json.dumps(entry)
    out.chmod(0o644)
    (tmp_path / "r").mkdir()
    assert "others may read it" in run("release", "sign", tmp_path / "r", "--key", out, code=2)


def test_what_was_checked_is_what_is_packed(run, own, author_folder, tmp_path, monkeypatch):
    """The author's folder is edited while the gate runs; the release is of the book that the gate was given."""
    mine = tmp_path / "mine"
    write_folder(read_folder(author_folder), mine)
    (mine / "proof_accepted.yaml").write_text("[]\n")
    seen = []

    class Edits(Stand):
        def run(self, candidate):
            seen.append((candidate.new.folder, (candidate.new.folder / "proof_accepted.yaml").read_text()))
            limits = mine / "parameters" / "company.yaml"
            limits.write_bytes(limits.read_bytes().replace(b"value: P1Y", b"value: P9Y"))
            (mine / "proof_accepted.yaml").write_text("- findings: ['*']\n")
            return super().run(candidate)

    monkeypatch.setattr(cli_rules_release, "GATE", (Edits("check"), Stand("prove"), rules_gate.Backtested()))
    run("release", "prepare", mine, "--out", tmp_path / "r", "--home", own.settings.home, "--json")
    packed = (tmp_path / "r" / "bundle.tar").read_bytes()
    assert b"value: P1Y" in packed
    assert b"value: P9Y" not in packed
    assert (seen[0][0] != mine, seen[0][1]) == (True, "[]\n")
    assert not seen[0][0].exists()


def test_a_release_that_is_published_while_the_gate_runs_stops_the_preparation(
    run, service, own, author_folder, tmp_path, tmp_path_factory, monkeypatch
):
    other = changed_book(tmp_path_factory.mktemp("other"), ("parameters/company.yaml", "value: P5Y", "value: P4Y"))

    class Publishes(Stand):
        def run(self, candidate):
            assert post(service, own, *release_for(own.service, other)).status_code == 201
            return super().run(candidate)

    monkeypatch.setattr(cli_rules_release, "GATE", (Publishes("check"), rules_gate.Backtested()))
    said = run("release", "prepare", author_folder, "--out", tmp_path / "r", "--home", own.settings.home, code=2)
    assert "while the gate ran, release" in said
    assert not (tmp_path / "r").exists()


def test_a_rollback_that_compares_nothing_is_not_prepared(run, service, own, newer, tmp_path, monkeypatch):
    assert post(service, own, *release_for(own.service, newer)).status_code == 201
    monkeypatch.setattr(cli_rules_release, "recorded", cli_rules_backtest.recorded)
    few = tmp_path / "few" / "cases"
    shutil.copytree(PACKAGED / "cases" / "base", few / "base")
    shutil.copy(PACKAGED / "cases" / "C04.yaml", few)
    asked = ["release", "rollback", "--to", "1", "--service", "http://here", "--home", tmp_path / "none"]
    told = json.loads(run(*asked, "--out", tmp_path / "a", "--json", code=1))
    assert (told["ok"], told["checks"]["backtest"]["figures"]["compared"]) == (False, 0)
    assert not (tmp_path / "a").exists()
    told = json.loads(run(*asked, "--out", tmp_path / "b", "--cases", few.parent, "--json"))
    figures = told["checks"]["backtest"]["figures"]
    assert (figures["decisions"], figures["cases"] > 0, told["ok"]) == (0, True, True)
    assert figures["against"] == service.get("/v1/rule-releases").json()["releases"][0]["manifest_digest"]


def test_what_a_release_is_compared_with_is_nobodys_choice(author_folder, tmp_path):
    asked = [
        "rules",
        "release",
        "prepare",
        str(author_folder),
        "--old",
        str(author_folder),
        "--out",
        str(tmp_path / "r"),
    ]
    done = CliRunner().invoke(command, asked)
    assert done.exit_code == 2
    assert "No such option" in done.output
    assert "--old" in done.output


def test_a_check_of_law_that_is_still_to_come_is_refused(tmp_path_factory):
    """`last_checked_on: 2999-…` would hold freshness off for ever."""
    path = next(path for path in sorted(read_folder()) if path.startswith("law/"))
    ahead = changed_book(
        tmp_path_factory.mktemp("ahead"), (path, "last_checked_on: 2026-11-22", "last_checked_on: 2999-01-01")
    )
    done = CliRunner().invoke(command, ["rules", "check", "--folder", str(ahead.folder)])
    assert done.exit_code == 1
    assert "last_checked_on 2999-01-01 is after" in done.output
    done = CliRunner().invoke(command, ["rules", "check", "--folder", str(ahead.folder), "--json"])
    assert json.loads(done.output)["checked_ahead"]
