"""What is committed and not yet published is not served: not as a proof, a record, a tile or a checkpoint."""

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from audit.checkpoint import open_checkpoint
from audit.proof import verify_proof
from tests.support.running_service import start


@pytest.fixture(scope="module")
def running(tmp_path_factory, county_file):
    """A service of this module's own: what is broken here must not be felt elsewhere."""
    made = start(tmp_path_factory.mktemp("unpublished"), county_file)
    yield made
    made.reader.dispose()
    made.sources.close()


@pytest.fixture(scope="module")
def _open_client(running):
    with TestClient(create_app(running.service), base_url="https://miaopi.test") as opened:
        yield opened


def size_of(client, running):
    log = running.service.flow.parts.log
    return open_checkpoint(client.get("/log/checkpoint").content, log.origin, [log.signer.key]).size


def test_a_failed_publication_promises_nothing_false_and_the_same_key_gets_the_answer(
    submit, document, running, client, monkeypatch
):
    def fail(_note):
        raise OSError(28, "No space left on device")

    running.settle()
    before = size_of(client, running)
    with monkeypatch.context() as patched:
        patched.setattr(running.service.flow.parts.writer, "_publish", fail)
        first = submit(document(), key="unpublished")  # received; its decision is committed and not published
        assert (first.status_code, first.json()["state"]) == (202, "open")
        assert "decision" not in first.json()
        told = client.get(first.headers["location"], headers=running.bearer("portal")).json()
        assert "decision" not in told
        assert size_of(client, running) == before < running.log_size()
        assert client.get("/readyz").status_code == 503
        monkeypatch.setattr(running, "forget", lambda: None)  # the store writes nothing
        second = submit(document("individual/02-family"), key="unknown", **{"Accept-Language": "en"})
        assert (second.status_code, second.json()["type"]) == (503, "/problems/store-unavailable")
        assert "not known whether it was accepted" in second.json()["detail"]
    running.settle()
    assert client.get(first.headers["location"], headers=running.bearer("portal")).json()["outcome"] == "approved"
    assert submit(document("individual/02-family"), key="unknown").status_code == 201


@pytest.fixture
def beyond(tell, running, monkeypatch):
    """A decided case whose leaf lies beyond the published checkpoint, as a reader finds it while publishing fails."""
    case = tell("individual/01-grocery").json()
    earlier = running.earlier_note(case["decision"]["log_index"])
    folder = running.settings.home / "held-back"
    folder.mkdir(exist_ok=True)
    (folder / "checkpoint").write_bytes(earlier)
    monkeypatch.setattr(running.service.public_log.publication, "path", folder / "checkpoint")
    return case


def test_a_leaf_beyond_the_published_checkpoint_has_no_proof_and_no_record(beyond, client, portal, auditor):
    for part, who in (("proof", portal), ("record", auditor)):
        told = client.get(beyond["decision"]["links"][part], headers={**who, "Accept-Language": "en"})
        assert (told.status_code, told.json()["type"]) == (404, "/problems/not-published")
        assert told.json()["title"] == "not yet published"
        assert int(told.headers["retry-after"]) > 0


def test_tiles_and_checkpoint_end_where_the_published_log_ends(beyond, client, running):
    size = size_of(client, running)
    assert size <= beyond["decision"]["log_index"] < running.log_size()
    number, width = divmod(size, 256)
    for level in ("0", "entries"):
        if width:
            assert client.get(f"/log/tile/{level}/{number:03d}.p/{width}").status_code == 200
        assert client.get(f"/log/tile/{level}/{number:03d}.p/{width + 1}").status_code == 404
        assert client.get(f"/log/tile/{level}/{number:03d}").status_code == 404


def test_once_published_the_proof_holds(tell, client, portal, auditor, running):
    case = tell("individual/01-grocery").json()
    proof = client.get(case["decision"]["links"]["proof"], headers=portal).content
    record = client.get(case["decision"]["links"]["record"], headers=auditor).content
    log = running.service.flow.parts.log
    index, checkpoint = verify_proof(proof, record, log.origin, [log.signer.key])
    assert index == case["decision"]["log_index"] < checkpoint.size
    assert proof.endswith(client.get("/log/checkpoint").content)
