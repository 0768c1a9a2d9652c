"""The composition root: settings to a running service. The only place that knows every part."""

import hashlib
import importlib.metadata
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

import structlog
from sqlalchemy import Engine

from api import logs
from api.auth import TokenReader
from api.exporting import keep_book
from api.holder_downloads import HolderDownloads
from api.home_issuer import require_issuer
from api.home_licences import newest_issuer
from api.key_home import KeyHome
from api.key_succession import announce_unannounced
from api.local_signers import pinned_signers, release_packaged_book
from api.log_key import log_key, require_log_key
from api.public_log import PublicLog
from api.published_keys import published_keys, require_licence_key
from api.service import Service, Sources
from api.settings import Settings
from api.sheets import Sheets
from api.status_lists import StatusLists
from audit.authorities import Authorities
from audit.log import Log
from audit.note import NoteSigner
from audit.publish import Publication, recover
from casework import cases, database
from casework.claim_loop import ClaimLoop
from casework.flow import Flow
from casework.gatherer import HttpGatherer
from casework.issuing import fullest_list
from casework.measures import Measures
from casework.parts import Limits, Parts
from casework.ports import Ports
from casework.rule_books import RuleBooks
from casework.writer import Writer, sealing
from engine.decide import compiled
from engine.facts import decision_day
from engine.schema import validator_of
from licence_qr.keys_window import WindowSigner
from licence_qr.sd_jwt_licence import SD_JWT_TYP
from licence_qr.trust import LICENCE_TYP, STATUS_TYP
from rules.load import RuleBook
from verifiers.client import SourceClient
from verifiers.keys import SourceKeys

log = structlog.get_logger()
# In an installed package the lock lies beside this module; in a checkout where it is written.
_NO_SOURCES = SourceKeys(MappingProxyType({}), MappingProxyType({}), "")
LOCK_FILES = (Path(__file__).parent / "run.lock", Path(__file__).parents[1] / "requirements" / "run.lock")


def build(
    settings: Settings,
    ports: Ports | None = None,
    *,
    client: Sources | None = None,
    stopped: str | None = None,
    for_keys: bool = False,
) -> Service:
    """Open or create everything a service needs under `settings.home`. Raises with a clear message when it cannot.

    `ports` and `client` stand in for the clock and the data sources in tests and simulations. `stopped` is the kid of a
    compromised key that a drill (`miaopi keys drill`) is about to replace: with it the service is built and issues nothing.
    `for_keys` leaves out what decides and who may call (rules, keys of the sources, token issuer): what is done with keys
    must not wait for any of it. Raises `IssuerError` when the settings name another issuer than the home's.
    """
    logs.to_stderr_by_default()
    with ExitStack() as opened:  # closed again if anything fails, so that the store is free for the next try
        service = _built(settings, ports or Ports(), client, opened, stopped, for_keys=for_keys)
        opened.pop_all()
    return service


def _built(
    settings: Settings, ports: Ports, client: Sources | None, opened: ExitStack, stopped: str | None, *, for_keys: bool
) -> Service:
    lock = lock_digest()
    require_issuer(settings)  # before anything is written
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings.keys.mkdir(exist_ok=True, mode=0o700)
    held = opened.enter_context(database.lock(settings.database))
    engine = database.open_engine(settings.database)
    opened.callback(engine.dispose)
    database.migrate(engine)
    require_issuer(settings, newest_issuer(engine))
    keys = KeyHome(settings)
    require_licence_key(keys, engine)
    log, publication = open_log(settings, engine, ports)
    writer = Writer(engine, sealing(log, ports.now), publication.publish, published=_size(publication))
    opened.callback(writer.close)
    writer.write_now(cases.release_leases)
    reader = database.open_engine(settings.database, read_only=True)
    opened.callback(reader.dispose)
    books = RuleBooks(
        reader,
        pinned_signers(settings),
        settings.log_origin,
        settings.books,
        lambda book: make_ready(book, ports.now()),
        packaged=settings.release_signers is None,
    )
    licences, following = keys.licence_signers(ports.now)
    statuses, downloads, sm2 = keys.status_signer(), keys.download_signer(), keys.sm2_signer()
    sources: Sources = client or SourceClient(settings.registries)
    source_keys = _NO_SOURCES if for_keys else SourceKeys.load(settings.source_keys_file())
    now = int(ports.now().timestamp())
    signers = {LICENCE_TYP: licences, STATUS_TYP: statuses, SD_JWT_TYP: downloads}
    trust = published_keys(settings.keys, settings.host, signers, engine, now, announced=following, stopped=stopped)
    parts = Parts(
        books=books,
        gatherer=HttpGatherer(sources, source_keys, ports, settings.gathering),
        writer=writer,
        reader=reader,
        log=log,
        signer=WindowSigner(licences, trust, lambda: int(ports.now().timestamp())),
        ports=ports,
        measures=Measures(),
        limits=Limits(
            lease_us=int(max(15.0, settings.deadline * 3) * 1_000_000),  # longer than a gathering can take
            retry_first_us=int(settings.retry_first * 1_000_000),
            waiting_us=int(settings.waiting * 1_000_000),
        ),
        host=settings.host,
        lock_digest=lock,
        source_keys_digest=source_keys.digest,
        engine_version=importlib.metadata.version("miaopi"),
        authorities=Authorities.from_file(settings.authorities_file()),
    )
    if stopped is None:
        announce_unannounced(parts, licences.kid, trust)
    if not for_keys:
        take_up_rules(settings, parts)
    parts.measures.watch_lists(lambda: fullest_list(parts.reader))
    flow = Flow(parts)
    return Service(
        settings=settings,
        flow=flow,
        loop=ClaimLoop(flow),
        tokens=_tokens(settings, nobody=for_keys),
        trust=trust,
        statuses=StatusLists(parts.reader, statuses, settings.host, ports.now),
        public_log=PublicLog(log, parts.reader, publication),
        downloads=HolderDownloads(parts, downloads, sm2),
        sheets=Sheets(trust),
        source_keys=source_keys,
        client=sources,
        held=held,
    )


def _tokens(settings: Settings, *, nobody: bool) -> TokenReader:
    if nobody:
        return TokenReader({}, settings.token_issuer, settings.token_audience)
    return TokenReader.from_file(settings.issuer_keys_file(), settings.token_issuer, settings.token_audience)


def take_up_rules(settings: Settings, parts: Parts) -> None:
    """Take up the live release of the database, every signature and byte verified again; make the first one if we may.

    Raises `RuntimeError` when the live release does not verify: rules that nobody signed never decide. A home with pinned
    signers and no release starts, so that the first can be published to it, and accepts nothing until then.
    """
    parts.books.refresh()
    if settings.release_signers is None and parts.books.refused() is None:
        release_packaged_book(settings, parts)
        parts.books.refresh()
    why = parts.books.refused()
    if why is not None:
        message = f"{why}; put the signers' list or the database back from the backup, see docs/rule-releases.md"
        raise RuntimeError(message)
    if parts.books.sequence():
        keep_book(settings, parts.book)  # exports carry the book of every decision
    else:
        log.warning("rules.none_live", note=parts.books.fault())


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
    """Open the log and hold it against the last published checkpoint; refuse to go on from a shortened history.

    Raises `RuntimeError` when the log's key is gone, or when the checkpoint is a link: it is replaced by renaming, which
    would put a file in the link's place and leave the other disk behind.
    """
    if settings.checkpoint.is_symlink():
        message = f"{settings.checkpoint} is a symbolic link; set MIAOPI_CHECKPOINT (or --checkpoint) to the file it points to"
        raise RuntimeError(message)
    settings.checkpoint.parent.mkdir(parents=True, exist_ok=True)
    require_log_key(settings, engine)
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
    """Return the SHA-256 of the lock file, so that a record says which libraries decided. Raises `RuntimeError`."""
    for file in LOCK_FILES:
        if file.is_file():
            return hashlib.sha256(file.read_bytes()).hexdigest()
    message = f"none of {', '.join(map(str, LOCK_FILES))} exists; a record must say which libraries decided: install the wheel"
    raise RuntimeError(message)


__all__ = ["Service", "build"]
