"""One whole service for the tests of a worker, called through ASGI; each test heals the sources after itself."""

import shutil
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from engine.application import content_digest
from tests.support.county import made_county
from tests.support.keyed_home import STORIES, Home
from tests.support.running_service import Running, examples, start

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="session")
def county_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_county(tmp_path_factory)


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory, county_file: Path) -> Iterator[Running]:
    made = start(tmp_path_factory.mktemp("service"), county_file)
    yield made
    made.reader.dispose()
    made.sources.close()


@pytest.fixture(scope="session")
def _open_client(running: Running) -> Iterator[TestClient]:
    with TestClient(create_app(running.service), base_url="https://miaopi.test") as opened:
        yield opened


@pytest.fixture
def client(_open_client: TestClient, running: Running) -> Iterator[TestClient]:
    yield _open_client
    running.heal()


@pytest.fixture(scope="session")
def stories() -> dict[str, dict[str, Any]]:
    """The examples by file name without `.json`."""
    return {entry["file"].removesuffix(".json"): entry for entry in examples()}


@pytest.fixture
def document(stories):
    """A fresh copy of an example's document, signed anew when it was changed."""
    return lambda name="individual/01-grocery": deepcopy(stories[name]["document"])


@pytest.fixture(scope="session")
def signed():
    """Sign a changed document anew, everybody who signed before."""

    def sign(found: dict[str, Any]) -> dict[str, Any]:
        digest = content_digest(found)
        for signature in found["signatures"]:
            signature["content_digest"] = digest
        return found

    return sign


@pytest.fixture
def submit(client, running):
    """Submit as portal A and return the response; everybody named confirms first, and no earlier case is in the way."""

    def send(
        body: Any, *, confirm: Any = None, key: str | None = None, client_id: str = "portal-a", **headers: str
    ) -> Any:
        running.forget()
        if isinstance(body, dict):
            running.sources.confirm(body, confirm)
        every = {
            **running.bearer("portal", client=client_id),
            **JSON,
            "Idempotency-Key": key or str(uuid4()),
            **headers,
        }
        content = {"json": body} if isinstance(body, dict) else {"content": body}
        return client.post("/v1/applications", headers=every, **content)

    return send


@pytest.fixture
def tell(submit, stories):
    """Submit an example as its story says."""

    def send(name: str, **more: Any) -> Any:
        return submit(stories[name]["document"], confirm=stories[name]["confirmations"], **more)

    return send


@pytest.fixture
def officer(running):
    return running.bearer("officer", client="bureau", subject="officer-7")


@pytest.fixture
def auditor(running):
    return running.bearer("auditor", client="audit-office", subject="auditor-1")


@pytest.fixture
def portal(running):
    return running.bearer("portal")


@pytest.fixture(scope="session")
def openapi() -> dict[str, Any]:
    return create_app().openapi()


@pytest.fixture(scope="session")
def keyed_home(tmp_path_factory, county_file, stories):
    """The home that each test works on a copy of; clock and sources are shared, and time only goes on."""
    running = start(tmp_path_factory.mktemp("keys") / "home", county_file)
    running.reader.dispose()
    first = Home(running, running.settings)
    first.open = running.service
    issued = [first.issue(running.service, stories[name], name) for name in STORIES[:2]]
    first.__exit__()
    yield running, issued
    running.sources.close()


@pytest.fixture
def home(tmp_path, keyed_home):
    running, issued = keyed_home
    shutil.copytree(running.settings.home, tmp_path / "home")
    changed = {"home": tmp_path / "home", "checkpoint": tmp_path / "home" / "checkpoint"}
    running.clock.forward(minutes=1)
    made = Home(running, running.settings.model_copy(update=changed))
    made.issued = issued
    return made
