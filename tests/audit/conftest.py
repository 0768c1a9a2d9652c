"""What the tests of the log share: a public test key, a log on a real file, a clock they move, and a full check."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Engine, create_engine, event, select

from audit import tables
from audit.checkpoint import Checkpoint, open_checkpoint
from audit.decision_leaf import Circumstances, decision_record
from audit.export import Holdings, export
from audit.inputs import Inputs
from audit.log import Log
from audit.merkle import Frontier, leaf_hash
from audit.note import NoteSigner
from audit.plain import plain
from audit.publish import Publication, recover
from audit.record import (
    OfficerAct,
    Record,
    licence_record,
    officer_record,
    rule_set_record,
)
from audit.tiles import split_entries, tile_root, tiles_of
from engine.application import Application, content_digest, subjects
from engine.decide import decide
from engine.intake import read_application
from engine.model import Decision
from rules.case_files import Answer, base, patched
from rules.load import PACKAGED, book_files, load
from tests.support.licence_signing import LicenceKey
from verifiers.catalogue import BY_KEY, questions
from verifiers.keys import SourceKeys
from verifiers.model import Evidence, Failure, Query
from verifiers.registries.signing import SourceSigners
from verifiers.source import subject_digest

ORIGIN = "log.test.invalid/anqiu"
START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


class LogWorld:
    """A log on disk as a sequencer has it: database file, published checkpoint, key and clock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.signer = NoteSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32)))
        self.at = START
        self.engine = self.open_engine()
        tables.metadata.create_all(self.engine)
        self.log = Log(ORIGIN, self.signer)
        self.publication = self.open_publication()

    def open_engine(self) -> Engine:
        engine = create_engine(f"sqlite:///{self.folder / 'log.db'}")

        @event.listens_for(engine, "connect")
        def _settings(connection, _record) -> None:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")

        return engine

    def open_publication(self) -> Publication:
        return Publication(self.folder / "checkpoint", ORIGIN, [self.signer.key])

    def tick(self, seconds: float = 1) -> datetime:
        self.at += timedelta(seconds=seconds)
        return self.at

    def commit(self, leaves: list[bytes]) -> tuple[list[int], bytes]:
        """Append and seal in one transaction."""
        at = self.tick()
        with self.engine.begin() as connection:
            indexes = self.log.append(connection, leaves, at)
            return indexes, self.log.seal(connection, at)

    def append(self, *leaves: bytes) -> list[int]:
        """Append, seal, commit, publish."""
        indexes, note = self.commit(list(leaves))
        self.publication.publish(note)
        return indexes

    def restart(self) -> Checkpoint:
        """What a new process does: fresh connections, fresh objects, recovery."""
        self.engine.dispose()
        self.engine = self.open_engine()
        self.log = Log(ORIGIN, self.signer)
        self.publication = self.open_publication()
        return recover(self.log, self.engine, self.publication, self.tick())

    def reverify(self) -> list[bytes]:
        """Re-derive everything from the leaves alone; return the leaves."""
        with self.engine.connect() as connection:
            return _reverify(self, connection)


def _reverify(world: LogWorld, connection: Connection) -> list[bytes]:
    head = world.log.head(connection)
    assert head is not None
    rows = connection.execute(select(tables.leaf).order_by(tables.leaf.c.leaf_index)).all()
    assert [row.leaf_index for row in rows] == list(range(head.size))
    leaves = [row.leaf for row in rows]
    hashes = [leaf_hash(leaf) for leaf in leaves]
    assert [row.hash for row in rows] == hashes
    roots = [Frontier().root()]
    tree = Frontier()
    for hashed in hashes:
        tree.append(hashed)
        roots.append(tree.root())
    assert (head.root, head.frontier.hashes) == (roots[-1], tree.hashes)
    derived: dict[tuple[int, int], list[bytes]] = {}
    for level, number, width in tiles_of(head.size):
        below = hashes if level == 0 else [tile_root(derived[level - 1, n]) for n in range(number * 256 + width)]
        derived[level, number] = below[number * 256 : number * 256 + width]
        assert world.log.tile(connection, level, number, width) == b"".join(derived[level, number])
        if level == 0:
            bundle = world.log.bundle(connection, number, width)
            assert split_entries(bundle) == leaves[number * 256 : number * 256 + width]
    stored = connection.execute(select(tables.tile.c.level, tables.tile.c.number)).all()
    assert {tuple(row) for row in stored} == {key for key, value in derived.items() if len(value) == 256}
    for row in connection.execute(select(tables.checkpoint)).all():  # every one ever signed is a prefix of the log
        signed = open_checkpoint(row.note, ORIGIN, [world.signer.key])
        assert (signed.size, signed.root) == (row.size, roots[row.size])
    published = world.publication.read()
    if published is not None:
        assert published.root == roots[published.size]
    return leaves


@pytest.fixture
def world(tmp_path: Path) -> Iterator[LogWorld]:
    """A log that was just created and whose empty checkpoint is published."""
    made = LogWorld(tmp_path)
    recover(made.log, made.engine, made.publication, made.at)
    yield made
    with suppress(Exception):
        made.engine.dispose()


DECIDED_AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)  # the base applications are approved on this day


@dataclass(frozen=True)
class Case:
    """One decided application with everything around it."""

    raw: bytes
    application: Application
    evidence: tuple[Evidence, ...]
    decision: Decision
    record: Record
    inputs: Inputs


class Office:
    """Decides the base applications of the rule book with answers that it signs itself, by the real engine."""

    def __init__(self, folder: Path) -> None:
        for path in book_files():  # a copy, so that nobody edits it while the tests run
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes((PACKAGED / path).read_bytes())
        self.book = load(folder)
        self.signers = SourceSigners.samples(BY_KEY)
        self.keys_document = self.signers.public_document()
        self.keys = SourceKeys.from_document(self.keys_document)

    def evidence(self, application: Application, answers: Iterable[Answer], at: datetime) -> tuple[Evidence, ...]:
        """Sign what each source would say, one answer a source, and attest it as the gatherer does."""
        known = {(one.verifier, one.subject): one for one in answers}
        asked = questions(subjects(application))
        signed: dict[str, str] = {}
        for verifier in BY_KEY.values():
            listed = [
                {
                    "request_digest": query.digest,
                    "subject_digest": subject_digest(verifier.identity(query.body)),
                    "claim": plain(known[query.verifier, query.subject].value),
                }
                for query in asked
                if query.verifier == verifier.key and known[query.verifier, query.subject].failure is None
            ]
            if listed:
                seconds = int(at.timestamp())
                payload = {"iss": verifier.key, "iat": seconds, "as_of": seconds - 60, "answers": listed}
                signed[verifier.key] = self.signers.sign(verifier.key, payload)
        return tuple(self._one(query, known[query.verifier, query.subject], signed, at) for query in asked)

    def _one(self, query: Query, answer: Answer, signed: dict[str, str], at: datetime) -> Evidence:
        if answer.failure is None:
            verifier = BY_KEY[query.verifier]
            return verifier.attest(query, signed[query.verifier], asked_at=at, answered_at=at, keys=self.keys)
        return Evidence(
            verifier=query.verifier, subject=query.subject, request=query.body, request_digest=query.digest,
            asked_at=at, answered_at=at, response=None, key_id=None, as_of=None, value=None,
            failure=Failure(answer.failure), detail="the source did not answer in time", attempts=3,
        )  # fmt: skip

    def case(self, name="llc", *, number=0, patch=None, silent=(), answers=None, at=DECIDED_AT) -> Case:
        """Decide a base application; `patch` changes the document, `silent` names sources that do not answer."""
        document, base_answers = base(name)
        if patch is not None:
            document = patched(document, patch)
            for one in document["signatures"]:
                one["content_digest"] = content_digest(document)
        chosen = {(one.verifier, one.subject): one for one in base_answers}
        for one in answers or ():
            chosen[one.verifier, one.subject] = one
        told = [
            replace(one, value=None, failure="unavailable") if one.verifier in silent else one
            for one in chosen.values()
        ]
        rule_set = self.book.rule_set(document["item"], at.date())
        raw = json.dumps(document, ensure_ascii=False, indent=1).encode()
        application = read_application(raw, rule_set.form)
        evidence = self.evidence(application, told, at - timedelta(seconds=1))
        facts = {"attempt": 1}
        decision = decide(application, evidence, rule_set, at, facts)
        stated = Circumstances(f"A{number:07d}", at - timedelta(seconds=2), "0.1.0", "0" * 64, self.keys.digest)
        salt = hashlib.sha256(b"public test salt %d" % number).digest()
        record = decision_record(decision, application, evidence, stated, salt, facts)
        inputs = Inputs(raw, evidence, at, document["item"], decision.decided_on, rule_set.digest, salt, stated, facts)
        return Case(raw, application, evidence, decision, record, inputs)

    def holdings(self, cases: Mapping[int, Case], licences: Mapping[str, str], *, withheld: bool = False) -> Holdings:
        """What an export takes: inputs by leaf, licences by number."""
        inputs = None if withheld else lambda index: cases[index].inputs.to_bytes()
        return Holdings(self.keys_document, [self.book], licences.__getitem__, inputs, DECIDED_AT, LicenceKey().jwks())


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """The bureau's engine with signed answers; one for all tests, it keeps no state."""
    return Office(tmp_path_factory.mktemp("rules"))


@dataclass(frozen=True)
class Exported:
    """An export with what went into it."""

    folder: Path
    cases: Mapping[int, Case]
    licence: int


@pytest.fixture(scope="session")
def exported(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """An export of six decisions of several outcomes, a licence, an officer's refusal and a rule set."""
    world = LogWorld(tmp_path_factory.mktemp("log"))
    world.at = DECIDED_AT
    recover(world.log, world.engine, world.publication, world.at)
    rule_set = office.book.rule_set("00013112700401", DECIDED_AT.date())
    made = [
        office.case("llc", number=1),
        office.case("individual", number=2),
        office.case("sole_proprietorship", number=3),
        office.case("llc", number=4, patch={"shareholders": {"1": {"due_on": "2033-01-01"}}}),
        office.case("llc", number=5, silent=("court",)),
        office.case("llc", number=6, patch={"declarations": {"wants_human": True}}),
    ]
    world.append(rule_set_record(rule_set.identity, office.book.digest, world.tick()).leaf)
    indexes = world.append(*(one.record.leaf for one in made))
    cases = dict(zip(indexes, made, strict=True))
    issued = world.tick()
    jws = LicenceKey().licence("L-1", "91370784MA00000016", ORIGIN, indexes[0], iat=int(issued.timestamp()))
    licence = licence_record(jti="L-1", uscc="91370784MA00000016", jws=jws, decision_index=indexes[0], issued_at=issued)
    item = office.book.item("00013112700401", DECIDED_AT.date())
    refusal = OfficerAct(
        "refusal",
        "officer-7",
        indexes[5],
        {"zh": "申请人甄范本……", "en": "…"},
        item.basis[:1],
        item.remedies,
        world.tick(),
    )
    indexes = world.append(licence.leaf, officer_record(refusal, b"s" * 32).leaf)
    folder = tmp_path_factory.mktemp("export")
    with world.engine.connect() as connection:
        export(folder, world.log, connection, office.holdings(cases, {"L-1": jws}))
    world.engine.dispose()
    return Exported(folder, cases, indexes[0])


@pytest.fixture(scope="session")
def undecided(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export without any decision, so that checking it needs no rule book and takes no time."""
    world = LogWorld(tmp_path_factory.mktemp("log"))
    world.at = DECIDED_AT
    recover(world.log, world.engine, world.publication, world.at)
    identity = office.book.rule_set("00013112700401", DECIDED_AT.date()).identity
    for number in range(300):
        world.append(rule_set_record(identity, f"{number:064x}", world.tick()).leaf)
    folder = tmp_path_factory.mktemp("undecided")
    with world.engine.connect() as connection:
        export(folder, world.log, connection, office.holdings({}, {}))
    world.engine.dispose()
    return folder
