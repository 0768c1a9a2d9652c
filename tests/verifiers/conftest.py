"""A made county, a service on loopback, and answers signed by keys that anybody can compute."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from tests.support.county import own_county
from tests.verifiers.made_answers import GOOD, NOW, subjects_of
from verifiers.catalogue import BY_KEY
from verifiers.client import SourceClient
from verifiers.keys import SourceKeys
from verifiers.model import PersonSubject, Query, Subjects
from verifiers.registries import County, create_app
from verifiers.registries.signing import SourceSigners
from verifiers.source import subject_digest

TestServer.__test__ = False  # pytest would take it for a class of tests

Answer = Callable[..., str]


@pytest.fixture(scope="session")
def county() -> County:
    return County()


@pytest.fixture(scope="session")
def subjects(county: County) -> Subjects:
    return subjects_of(county)


@pytest.fixture(scope="session")
def signers() -> SourceSigners:
    return SourceSigners.samples(BY_KEY)


@pytest.fixture(scope="session")
def keys(signers: SourceSigners) -> SourceKeys:
    return SourceKeys.from_document(signers.public_document())


@pytest.fixture(scope="session")
def answer(signers: SourceSigners) -> Answer:
    """Sign what a source would say to these questions; `payload` and `entries` change what is signed."""

    def sign(
        queries: Sequence[Query], claim: Mapping[str, Any] | None = None, *, at: datetime = NOW, **payload: Any
    ) -> str:
        source = queries[0].verifier
        entries = [
            {
                "request_digest": query.digest,
                "subject_digest": subject_digest(BY_KEY[source].identity(query.body)),
                "claim": dict(GOOD[source] if claim is None else claim),
            }
            for query in queries
        ]
        seconds = int(at.timestamp())
        return signers.sign(source, {"iss": source, "iat": seconds, "as_of": seconds, "answers": entries, **payload})

    return sign


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return own_county(tmp_path_factory)


class Registries:
    """The running service and a phone: set a fault, confirm an application, ask."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.url = url
        self.session = session

    async def fault(self, source: str, fault: str, **particulars: Any) -> None:
        async with self.session.post(f"{self.url}/faults/{source}", json={"fault": fault, **particulars}) as reply:
            assert reply.status == 200, await reply.text()

    async def confirm(self, subject: PersonSubject, digest: str, roles: Sequence[str] | None = None) -> int:
        document = {
            "id_number": subject.id_number,
            "id_type": subject.id_type,
            "name": subject.name,
            "content_digest": digest,
            "roles": list(subject.roles if roles is None else roles),
        }
        async with self.session.post(f"{self.url}/v1/real_name/confirmations", json=document) as reply:
            return reply.status


@pytest.fixture
async def registries(database: Path, county: County, signers: SourceSigners) -> AsyncIterator[Registries]:
    app = create_app(database, signers, county=county, clock=lambda: NOW)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        yield Registries(str(server.make_url("")).rstrip("/"), session)


@pytest.fixture
async def client(registries: Registries) -> AsyncIterator[SourceClient]:
    async with SourceClient(registries.url) as client:
        yield client
