"""An installation set up as docs/operations.md says, word by word: its address is kept, and keys are changed without settings."""

import asyncio
import json
import re
import shlex
from pathlib import Path
from types import SimpleNamespace

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from api import cli_serve, published_keys
from api.app import create_app
from api.cli import app
from api.home_issuer import IssuerError
from api.settings import Settings
from casework.flow import Submission
from casework.ports import Ports
from casework.reissue import claims_of
from licence_qr.uscc import ENTERPRISE, INDIVIDUAL, synthetic_block
from tests.support.running_service import Clock
from tests.support.sources import InProcessSources

DOCS = Path(__file__).parents[2] / "docs"
ADDRESS = "https://licences.example.org"
CHINESE = re.compile("[\u4e00-\u9fff]")


def documented(file, name):
    """Return the arguments of the documented command lines that begin with these words, without their comments."""
    lines = (line.strip() for line in (DOCS / file).read_text().splitlines())
    found = [line for line in lines if re.match(rf"(\S*/)?miaopi {name}( |$)", line)]
    assert found, f"{file} shows no `miaopi {name}`"
    return [shlex.split(line, comments=True)[1:] for line in found]


def files_of(home):
    """Every file of a home with its bytes; the shared memory of SQLite is no part of it."""
    return {
        path: path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file() and path.suffix != ".sqlite-shm"
    }


@pytest.fixture
def installed(tmp_path, county_file, stories, monkeypatch):
    """The folder `var` of an installation after the documented commands, with one licence; sources answer in this process."""
    monkeypatch.chdir(tmp_path)
    clock, run = Clock(), CliRunner()
    sources = InProcessSources(county_file, clock)
    pinned = tmp_path / "var" / "registries" / "keys" / "source-keys.json"
    pinned.parent.mkdir(parents=True)
    sources.pin(pinned)
    (tmp_path / "codes.txt").write_text(
        "\n".join([*synthetic_block(ENTERPRISE, "370784", 0, 5), *synthetic_block(INDIVIDUAL, "370784", 0, 5)])
    )
    monkeypatch.setattr("casework.ports.Ports", lambda: Ports(now=clock))
    monkeypatch.setattr("api.wire.Ports", lambda: Ports(now=clock))
    monkeypatch.setattr("api.wire.SourceClient", lambda _address: sources)
    issued = []

    def answers(application, **_options):  # instead of the server: one application, then the end
        service = application.state.service
        if not issued:
            story = stories["individual/01-grocery"]
            sources.confirm(story["document"])
            case = asyncio.run(service.flow.submit(Submission("portal-a", "one", story["body"])))
            issued.append(service.licence_token(case))
        service.flow.parts.reader.dispose()
        service.flow.parts.writer.close()
        service.held.close()

    monkeypatch.setattr(cli_serve, "uvicorn", SimpleNamespace(run=answers))
    monkeypatch.setattr(cli_serve, "gc", SimpleNamespace(collect=lambda: 0, freeze=lambda: None))
    made = SimpleNamespace(
        home=tmp_path / "var",
        issued=issued,
        sources=sources,
        clock=clock,
        run=lambda *a: run.invoke(app, [str(one) for one in a]),
    )
    for name in ("token", "codes", "serve"):
        done = made.run(*documented("operations.md", name)[0])
        assert done.exit_code == 0, (name, done.output)
    yield made
    sources.close()


def one_line(done):
    assert done.exit_code == 2, (done.output, done.exception)
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert done.stderr.startswith("miaopi: ")
    return done.stderr


def test_the_documented_drill_keeps_the_issuer_needs_no_source_keys_and_looks_without_writing(installed):
    listed = json.loads(installed.run("keys", "list", "--json").stdout)["keys"]
    kid = next(one["kid"] for one in listed if one["licences"] == 1)
    look, act = (
        [kid if word == "KID" else word for word in line if word not in ("--scans", "./pictures")]
        for line in documented("keys.md", "keys drill")[:2]
    )
    before = files_of(installed.home)
    for line in (look, *documented("keys.md", "keys rotate")[:1]):
        done = installed.run(*line, "--json")
        assert (done.exit_code, json.loads(done.stdout)["done"]) == (0, False), done.output
        assert files_of(installed.home) == before
    done = installed.run(*act, "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (len(told["reissued"]), told["left"]) == (1, [])
    assert {key.iss for key in published_keys.read_list(installed.home / "keys")} == {ADDRESS}
    from api.home_licences import token_of  # noqa: PLC0415 (used here only)

    again = claims_of(token_of(Settings(home=installed.home), told["reissued"][0]["to"]))
    assert again["iss"] == claims_of(installed.issued[0])["iss"] == ADDRESS
    assert again["status"]["status_list"]["uri"].startswith(ADDRESS)
    assert kid in installed.run("keys", "list").stdout  # whole, also on a narrow screen


def test_another_address_is_refused_by_every_command_on_the_home_before_anything_is_written(installed, monkeypatch):
    kid = published_keys.read_list(installed.home / "keys")
    drill = ("keys", "drill", "--kid", next(iter(kid)).kid, "--since", "2026-11-20T08:00+08:00")
    serve = documented("operations.md", "serve")[0]
    serve = serve[: serve.index("--public")]
    before = files_of(installed.home)
    other = ("--public", "https://elsewhere.example.org")
    for words in (serve, drill, (*drill, "--go"), ("keys", "rotate", "--go"), ("keys", "list")):
        said = one_line(installed.run(*words, *other))
        assert ADDRESS in said
        assert "elsewhere" in said
        assert CHINESE.search(said)
    monkeypatch.setenv("MIAOPI_HOST", "https://elsewhere.example.org")
    uscc = claims_of(installed.issued[0])["sub"]
    for words in (serve, drill, ("sheet", uscc, "-o", "sheet.pdf")):
        assert ADDRESS in one_line(installed.run(*words))
    assert files_of(installed.home) == before
    monkeypatch.delenv("MIAOPI_HOST")
    (installed.home / "keys" / "published.json").unlink()  # the newest licence tells it as well
    assert ADDRESS in one_line(installed.run(*serve))
    assert installed.run(*serve, "--public", ADDRESS).exit_code == 0


@pytest.mark.parametrize(
    "bad", ["licences.example.org", "https://a.example/", "https://A.example", "", "ftp://a.example"]
)
def test_an_address_that_no_licence_can_name_is_refused(bad, tmp_path):
    from api.home_issuer import require_issuer  # noqa: PLC0415 (used here only)

    with pytest.raises(IssuerError, match="cannot stand in a licence"):
        require_issuer(Settings(home=tmp_path, host=bad))


def test_keys_under_two_addresses_are_not_ready(home):
    folder = home.folder
    listed = json.loads((folder / "published.json").read_text())
    with home as service:
        assert not [one for one in service.faults() if one.startswith("issuers")]
    second = next(key for key in listed["keys"] if key["typ"].startswith("status"))
    second["iss"] = "https://elsewhere.example.org"  # the second, and not the first
    (folder / "published.json").write_text(json.dumps(listed))
    with home as service, TestClient(create_app(service)) as client:
        answered = client.get("/readyz")
    assert answered.status_code == 503
    assert "elsewhere" in str(answered.json()["faults"])
