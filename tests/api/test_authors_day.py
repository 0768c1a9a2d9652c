"""docs/rule-authors.md, run: every command on the page, in order, against a service that listens on loopback.

The book is a small one cut from the shipped one (`tests/support/small_book.py`); the page's `…` cover what differs by that. Commands run
in this process, for speed; what they say to the service goes over HTTP. The clock of service and gate is set to the day of the story.
"""

import base64
import http.client
import json
import re
import shlex
import shutil
import threading
import time
from copy import deepcopy
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
import uvicorn
from typer.testing import CliRunner

from api import cli_rules_release, signer_keys
from api.app import create_app
from api.cli import app as miaopi
from api.http_server import OPTIONS
from api.local_signers import signed
from audit.cli import app as miaopi_audit
from audit.rule_release import SIGNERS_SCHEMA
from engine.application import content_digest
from rules.load import load
from rules.proof.prove import prove
from tests.support.author_page import differs, edit, steps
from tests.support.rule_releases import manifest_of
from tests.support.running_service import Running, start
from tests.support.small_book import cut

pytestmark = [pytest.mark.network, pytest.mark.enable_socket, pytest.mark.timeout(180)]

PAGE = Path(__file__).parents[2] / "docs" / "rule-authors.md"
STEPS = list(steps(PAGE.read_text()))
DAY = date(2026, 11, 23)
MISTAKES = next(place for place, step in enumerate(STEPS) if step.text.startswith("## 常见错误"))
AMISS = ("✗", "miaopi: ", "changed (", "mutants that survive")  # what a command says that does not end with 0
LOGGED = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S* +\[")  # the service logs to the same standard output
ORDERED = {"miaopi": miaopi, "miaopi-audit": miaopi_audit}


class Desk:
    """An author's desk: a folder, a shell that knows two programs and `cp -r`, and the digests met so far."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.digests, self.named = folder, {}, {}

    def run(self, step) -> None:
        words = shlex.split(re.sub(r"\$([A-Z]+)", lambda found: self.named[found[1]], step.text))
        if words[:2] == ["cp", "-r"]:
            assert not step.more.strip()
            shutil.copytree(self.folder / words[2], self.folder / words[3])
            return
        done = CliRunner().invoke(ORDERED[words[0]], words[1:])
        assert done.exception is None or isinstance(done.exception, SystemExit), (step.text, done.exception)
        printed = "".join(line for line in done.output.splitlines(keepends=True) if not LOGGED.match(line))
        wrong = differs(step.more, printed, self.digests)
        assert not wrong, f"{PAGE.name}, below line {step.line}: $ {step.text}\n{wrong}"
        amiss = any(word in step.more for word in AMISS)
        assert (done.exit_code != 0) is amiss, (step.text, done.exit_code)


class Registry:
    """The running service, seen by companies that apply."""

    def __init__(self, running: Running, port: int) -> None:
        self.running, self.port, self.cases = running, port, {}

    def send(self, name: str, document) -> dict:
        self.running.forget()
        made = deepcopy(document)
        for signature in made["signatures"]:
            signature["content_digest"] = content_digest(made)
        self.running.sources.confirm(made)
        answered = self._call("POST", "/v1/applications", json.dumps(made), {"Idempotency-Key": str(uuid4())})
        self.cases[name] = answered["id"]
        return answered

    def ask(self, name: str) -> dict:
        self.running.settle()
        return self._call("GET", f"/v1/applications/{self.cases[name]}")

    def _call(self, method: str, path: str, body: str | None = None, headers=()) -> dict:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        every = {**self.running.bearer("portal"), "Content-Type": "application/json", **dict(headers)}
        connection.request(method, path, body, every)
        answered = json.loads(connection.getresponse().read())
        connection.close()
        return answered


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small") / "book"
    cut(folder)
    return folder


@pytest.fixture
def desk(tmp_path, monkeypatch, small):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    # Two more processes would take longer to start than a dozen rules take to prove.
    monkeypatch.setitem(prove.__kwdefaults__, "workers", 1)
    shutil.copytree(small, tmp_path / "rules")
    return Desk(tmp_path)


@pytest.fixture
def registry(desk, small, county_file, monkeypatch):
    """The service with two pinned signers and the small book as release 1, on the morning of the story."""
    home = desk.folder / "var"
    home.mkdir()
    people = {"li.wei": "author", "wang.fang": "approver"}
    listed = [
        signer_keys.create(desk.folder / f"{name.split('.')[0]}.key", name, role) for name, role in people.items()
    ]
    pinned = desk.folder / "signers.json"
    pinned.write_text(json.dumps({"schema": SIGNERS_SCHEMA, "signers": listed}))
    monkeypatch.setenv("MIAOPI_RELEASE_SIGNERS", str(pinned))  # as the operator's shell has it, beside the service
    running = start(home, county_file, release_signers=pinned)
    running.clock.forward(days=3)
    monkeypatch.setattr(cli_rules_release, "_today", lambda: DAY)
    monkeypatch.setattr(cli_rules_release, "_now", running.clock)
    server = uvicorn.Server(uvicorn.Config(create_app(running.service), port=0, log_level="error", **OPTIONS))
    thread = threading.Thread(target=server.run)
    thread.start()
    until = time.monotonic() + 20
    while not server.started and time.monotonic() < until:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    desk.named = {"SERVICE": f"http://127.0.0.1:{port}"} | {
        scope.upper(): running.token(scope, client="bureau", subject=f"{scope}-1")
        for scope in ("releaser", "supervisor")
    }
    first = Registry(running, port)
    book = load(small)
    manifest, bundle = manifest_of(book, running.settings.log_origin, None, running.clock())
    keys = [signer_keys.open_key(desk.folder / f"{name}.key")[0] for name in ("li", "wang")]
    body = {"note": signed(manifest, keys).decode(), "bundle": base64.b64encode(bundle).decode()}
    told = first._call(
        "POST", "/v1/rule-releases", json.dumps(body), {"Authorization": f"Bearer {desk.named['RELEASER']}"}
    )
    assert told.get("sequence") == 1, told
    yield first
    server.should_exit = True
    thread.join(20)
    running.reader.dispose()
    running.sources.close()


def eight_million(stories):
    """An example company whose capital is eight million yuan and which claims the exemption."""
    document = deepcopy(stories["llc/01-software"]["document"])
    shares = (480_000_000, 320_000_000)
    for place in (document, document["articles"]["values"]):
        place["registered_capital_fen"] = sum(shares)
        for shareholder, share in zip(place["shareholders"], shares, strict=True):
            shareholder["subscribed_fen"] = share
    assert document["beneficial_owner"]["exemption_claimed"]
    return document


def happens(event: str, registry: Registry, desk: Desk, documents) -> None:
    """Let what the page tells happen: a source falls silent or answers, or a company applies, or asks how its case stands."""
    sources = registry.running.sources
    if event.startswith("法院停"):
        sources.fault("court", "down")
        return
    if event.startswith("法院恢复"):
        registry.running.heal()
        return
    found = re.fullmatch(r"(.)公司(（一百万元）)?(申请|再问) → `(\w+)`(?:，规则集 rule set `(.)…`)?", event)
    assert found is not None, event
    name, small, act, outcome, sign = found.groups()
    case = registry.send(name, documents[small is None]) if act == "申请" else registry.ask(name)
    assert case["outcome"] == outcome, (event, case)
    if sign is not None:
        wrong = differs(sign, case["decision"]["rule_set"], desk.digests)
        assert not wrong, (event, wrong)


def test_an_authors_day_is_as_the_page_tells_it(desk, registry, stories):
    documents = {True: eight_million(stories), False: stories["llc/01-software"]["document"]}
    for step in STEPS[:MISTAKES]:
        match step.kind:
            case "command":
                desk.run(step)
            case "event":
                happens(step.text, registry, desk, documents)
            case "diff" | "yaml":
                edit(step, desk.folder)
    assert len(desk.digests) >= 2
    assert registry.running.service.faults() == []


def test_the_messages_of_common_mistakes_are_those_on_the_page(desk, small):
    checked = 0
    for step in STEPS[MISTAKES:]:
        if step.kind == "heading":
            shutil.rmtree(desk.folder / "book", ignore_errors=True)
            shutil.copytree(small, desk.folder / "book")
        elif step.kind == "command":
            desk.run(step)
            checked += 1
        else:
            edit(step, desk.folder)
    assert checked >= 5


def test_the_page_is_not_passed_over():
    """What the two tests above run is counted, so that a change of the page's form cannot empty them."""
    kinds = [step.kind for step in STEPS]
    assert kinds.count("command") >= 25
    assert kinds.count("event") >= 8
    fences = PAGE.read_text().count("```") // 2
    assert fences == len({step.line for step in STEPS if step.kind in {"command", "diff", "yaml"}})
