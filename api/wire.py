"""The composition root: settings to a running service. The only place that knows every part."""

import hashlib
import importlib.metadata
import json
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine

from api.auth import TokenReader
from api.service import Service, Sources
from api.settings import Settings
from audit.log import Log
from audit.note import NoteSigner
from audit.publish import Publication, recover
from casework import cases, database
from casework.claim_loop import ClaimLoop
from casework.flow import Flow
from casework.gatherer import HttpGatherer
from casework.measures import Measures
from casework.parts import Limits, Parts
from casework.ports import Ports
from casework.writer import Writer, sealing
from engine.decide import compiled
from engine.facts import decision_day
from engine.schema import validator_of
from licence_qr.keys import FileSigner
from licence_qr.trust import LICENCE_TYP, STATUS_TYP, TrustedKey, TrustList
from rules.load import RuleBook, load_rule_book
from verifiers.client import SourceClient
from verifiers.keys import SourceKeys

LOCK_FILE = Path(__file__).parent.parent / "requirements" / "run.lock"


def build(settings: Settings, ports: Ports | None = None, *, client: Sources | None = None) -> Service:
    """Open or create everything a service needs under `settings.home`. Raises with a clear message when it cannot.

    `ports` and `client` stand in for the clock and the data sources in tests and simulations.
    """
    with ExitStack() as opened:  # closed again if anything fails, so that the store is free for the next try
        service = _built(settings, ports or Ports(), client, opened)
        opened.pop_all()
    return service


def _built(settings: Settings, ports: Ports, client: Sources | None, opened: ExitStack) -> Service:
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings.keys.mkdir(exist_ok=True, mode=0o700)
    held = opened.enter_context(database.lock(settings.database))
    engine = database.open_engine(settings.database)
    opened.callback(engine.dispose)
    database.migrate(engine)
    log, publication = open_log(settings, engine, ports)
    writer = Writer(engine, sealing(log, ports.now), publication.publish, published=_size(publication))
    opened.callback(writer.close)
    writer.write_now(cases.release_leases)
    book = load_rule_book()
    make_ready(book, ports.now())
    licences, statuses = _signer(settings.keys / "licence.pem"), _signer(settings.keys / "status.pem")
    sources: Sources = client or SourceClient(settings.registries)
    source_keys = SourceKeys.load(settings.source_keys_file())
    parts = Parts(
        book=book,
        gatherer=HttpGatherer(sources, source_keys, ports, settings.gathering),
        writer=writer,
        reader=database.open_engine(settings.database, read_only=True),
        log=log,
        signer=licences,
        ports=ports,
        measures=Measures(),
        limits=Limits(
            lease_us=int(max(15.0, settings.deadline * 3) * 1_000_000),  # longer than a gathering can take
            retry_first_us=int(settings.retry_first * 1_000_000),
            waiting_us=int(settings.waiting * 1_000_000),
        ),
        host=settings.host,
        lock_digest=lock_digest(),
        source_keys_digest=source_keys.digest,
        engine_version=importlib.metadata.version("miaopi"),
    )
    flow = Flow(parts)
    return Service(
        settings=settings,
        flow=flow,
        loop=ClaimLoop(flow),
        tokens=TokenReader.from_file(settings.issuer_keys_file(), settings.token_issuer, settings.token_audience),
        trust=_trust(settings, licences, statuses, ports.now()),
        status_signer=statuses,
        publication=publication,
        source_keys=source_keys,
        client=sources,
        held=held,
    )


def make_ready(book: RuleBook, now: datetime) -> None:
    """Compile what today's decisions run on and warm its forms, so that the first applicant does not wait for it.

    Raises `EngineLimitError` for a rule set that the network cannot hold: such a service does not start.
    """
    day = decision_day(now)
    for item in book.items:
        if item.in_force.holds_on(day):
            rule_set = book.rule_set(item.code, day)
            compiled(rule_set)
            validator_of(rule_set.form)


def open_log(settings: Settings, engine: Engine, ports: Ports) -> tuple[Log, Publication]:
    """Open the log and hold it against the last published checkpoint; refuse to go on from a shortened history."""
    signer = NoteSigner(settings.log_origin, log_key(settings.keys / "log.pem"))
    log = Log(settings.log_origin, signer)
    publication = Publication(settings.checkpoint, settings.log_origin, [signer.key])
    recover(log, engine, publication, ports.now())
    return log, publication


def _size(publication: Publication) -> int:
    """Return how many leaves are published; `open_log` has just published all there are."""
    published = publication.read()
    return 0 if published is None else published.size


def lock_digest() -> str:
    """Return the SHA-256 of the lock file, so that a record says which libraries decided; of nothing if it is absent."""
    return hashlib.sha256(LOCK_FILE.read_bytes() if LOCK_FILE.exists() else b"").hexdigest()


def _signer(path: Path) -> FileSigner:
    return FileSigner.open(path) if path.exists() else FileSigner.create(path)


def log_key(path: Path) -> Ed25519PrivateKey:
    """Open the key that signs checkpoints, or make it on first use. Raises `TypeError` for a key of another kind."""
    if path.exists():
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            message = f"{path} is not an Ed25519 key; the log is signed with Ed25519"
            raise TypeError(message)
        return key
    made = Ed25519PrivateKey.generate()
    pem = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(pem)
    return made


def _trust(settings: Settings, licences: FileSigner, statuses: FileSigner, now: datetime) -> TrustList:
    """Publish our keys with the day they began; the window is kept beside the key, so a restart does not move it."""
    windows = settings.keys / "windows.json"
    known: dict[str, int] = json.loads(windows.read_text()) if windows.exists() else {}
    began = int(now.timestamp()) - 120  # leeway for a clock that is a little ahead elsewhere
    for signer in (licences, statuses):
        known.setdefault(signer.kid, began)
    windows.write_text(json.dumps(known, indent=1))
    return TrustList(
        TrustedKey(signer.public_key, settings.host, typ, known[signer.kid])
        for signer, typ in ((licences, LICENCE_TYP), (statuses, STATUS_TYP))
    )


__all__ = ["Service", "build"]
