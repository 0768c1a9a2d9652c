"""What is done with the keys of a home while no service runs on it: list, rotate, and the drill after a theft.

Rotating: leaf, published list, then the file that names the keys; the service that starts next hands over at the announced
second by itself. The drill: the list first, for with it no service signs with the stolen key any more, whatever happens
next; then leaves, the new key, licences issued anew, the note. Either can be run again after it was cut off.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Engine

from api import key_notes, published_keys
from api.home_issuer import require_issuer
from api.key_home import KeyHome, Named
from api.key_succession import require_fresh, require_window, succeed
from api.service import Service, Sources
from api.settings import Settings
from api.wire import build
from casework import database, key_acts, key_drill
from casework.key_drill import Told
from casework.key_note import note
from casework.ports import Ports, moment
from licence_qr.errors import KeyFileError
from licence_qr.keys_logged import Logged
from licence_qr.trust import LICENCE_TYP, TrustedKey, TrustList

OVERLAP = 3600  # seconds that the old window stays open after the new key begins to sign


@dataclass(frozen=True, slots=True)
class Place:
    """Where it is done: the home, and what stands in for clock and sources in tests."""

    settings: Settings
    ports: Ports
    client: Sources | None = None

    @property
    def now(self) -> int:
        """Seconds since 1970."""
        return int(self.ports.now().timestamp())


def listed(place: Place) -> list[dict[str, Any]]:
    """Return every key that was ever published: what it signs, its state and window, and how many licences it signed."""
    settings, now = place.settings, place.now
    keys = KeyHome(settings)
    trust = published_keys.read_list(settings.keys)
    if not len(trust):
        raise KeyFileError(f"{settings.keys} holds no published keys; start the service once, or give its --home")
    today = {LICENCE_TYP: keys.open(keys.of_today(now)).kid}
    engine = database.open_engine(settings.database, read_only=True)
    try:
        return [
            {
                "kid": key.kid,
                "typ": key.typ,
                "state": _state(key, today.get(key.typ), now),
                "signs_from": key.not_before + published_keys.LEEWAY,
                "until": key.not_after,
                "compromised_since": key.revoked_at,
                "licences": sum(1 for _ in key_acts.tokens_of(engine, key.kid)) if key.typ == LICENCE_TYP else None,
            }
            for key in trust
        ]
    finally:
        engine.dispose()


def rotate(place: Place, *, to: str | None = None, lead: int = 0, overlap: int = OVERLAP, go: bool) -> dict[str, Any]:
    """Let another key sign from `lead` seconds on: the one named `to`, or a new one in a file. Without `go` only the plan.

    Raises `KeyFileError` when a rotation is under way, when the key was published before, and what opening keys raises.
    """
    keys, folder, now = KeyHome(place.settings), place.settings.keys, place.now
    current = _of_today(keys, now)
    old = keys.open(current)
    given = None if to is None else require_fresh(keys.open(to), folder)
    signs_from = now + lead
    until = signs_from + overlap if lead else now
    ending = published_keys.read_list(folder).get(old.kid)
    if lead:
        require_window(ending, signs_from)
    if lead and ending is not None and ending.not_after is not None:
        until = min(until, ending.not_after)  # an end that is published comes no later
    told: dict[str, Any] = {
        "follows": old.kid,
        "kid": None if given is None else given.kid,
        "signs_from": signs_from,
        "follows_until": until,
        "done": go,
    }
    if not go:
        return told
    with built(place, stopped=old.kid) as service:  # its window may be closed: then rotating is the only way on
        parts = service.flow.parts
        name, new = (to, given) if to is not None and given is not None else keys.create()
        index = parts.writer.write_now(key_acts.announce(parts, new.kid, old.kid, signs_from, until))
        if lead:
            published_keys.announce(folder, new, place.settings.host, old.kid, signs_from, until)
            keys.keep(Named(current, name, signs_from))
        else:  # named first: cut off between the two, the next start publishes it, and the old key signs no more
            keys.keep(Named(name))
            published_keys.announce(folder, new, place.settings.host, old.kid, signs_from, until)
    return {**told, "kid": new.kid, "key": name, "log_index": index}


def drill(
    place: Place,
    *,
    kid: str,
    since: int,
    codes: Iterable[tuple[str, str]] = (),
    to: str | None = None,
    go: bool,
    told: Told | None = None,
) -> dict[str, Any]:
    """Go through everything that a stolen key asks for. Without `go` only look: what it signed and what is not ours.

    `since` is the second from which others may have held the key; `codes` are scans (source and text) to be held against
    the log. A stolen key of status lists or downloads is put aside and listed; it signed no licence. Raises `KeyFileError` for a key that is not
    on the list.
    """
    settings, folder = place.settings, place.settings.keys
    trust = published_keys.read_list(folder)
    key = trust.get(kid)
    if key is None:
        raise KeyFileError(f"{kid} is not a key of {folder / published_keys.LIST}; see `miaopi keys list`")
    if key.revoked_at is not None:
        if since < key.revoked_at:
            when = moment(key.revoked_at * 1_000_000)
            raise KeyFileError(
                f"{kid} was reported as compromised since {when:%Y-%m-%dT%H:%M:%SZ}, and verifiers and the log keep that; an "
                f"earlier --since changes nothing of it: run the drill without one that is earlier 该密钥已公布的泄露时间不能再提前"
            )
        since = key.revoked_at  # reported before: the drill goes on where it was cut off
    if since > place.now:
        raise KeyFileError(f"the time of compromise {moment(since * 1_000_000):%Y-%m-%dT%H:%MZ} lies ahead of now")
    require_issuer(settings)  # in a dry run too: licences issued anew must name the address that they always named
    if not go:  # only looked at: no service is built, and nothing of the home is written
        reader = database.open_engine(settings.database, read_only=True)
        try:
            return _look(reader, trust, kid, since, codes).told(done=False)
        finally:
            reader.dispose()
    with built(place, stopped=kid) as service:
        parts = service.flow.parts
        seen = _look(parts.reader, trust, kid, since, codes)
        logged, affected, found, answer = seen.logged, seen.affected, seen.found, seen.told(done=True)
        following = None if key.typ == LICENCE_TYP else KeyHome(settings).replace_side_key(key.typ, kid)
        if not key_acts.done(parts.reader, kid, "compromise"):
            published_keys.report(folder, logged, place.now)
            parts.writer.write_now(key_acts.report(parts, logged))
        if following is not None:
            return {**answer, "followed_by": following.kid, "reissued": [], "left": [], "note": None, "text": None}
        if found.unlogged:
            digests = [one.digest for one in found.unlogged]
            parts.writer.write_now(key_acts.report_unlogged(parts, kid, digests))
        signer = succeed(settings, parts, kid, place.now, to)
        renewed = key_drill.renew(replace(parts, signer=signer), affected, told)
        reissued = key_acts.renewals(parts.reader, kid)
        unlogged = key_acts.reported_unlogged(parts, kid)
        public = note(logged, signer.kid, unlogged, reissued, len(renewed.left), settings.host, place.ports.now())
        raw = json.dumps(public, ensure_ascii=False, indent=1).encode()
        path = key_notes.keep(settings, kid, raw)
        digest = hashlib.sha256(raw).hexdigest()
        parts.writer.write_now(key_acts.close(parts, kid, digest, len(reissued), len(renewed.left)))
    return {
        **answer,
        "followed_by": signer.kid,
        "reissued": [{"from": one.replaces, "to": one.jti, "log_index": one.log_index} for one in renewed.made],
        "left": [{"application": case, "why": why} for case, why in renewed.left],
        "note": str(path),
        "text": public["text"],
    }


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a key signed by the log, the applications to issue anew, and what scans held."""

    logged: Logged
    affected: list[str]
    found: key_drill.Search

    def told(self, *, done: bool) -> dict[str, Any]:
        found = self.found
        return {
            "kid": self.logged.kid,
            "compromised_since": self.logged.revoked_at,
            "before": len(self.logged.before),
            "after": len(self.logged.after),
            "affected": len(self.affected),
            "scanned": {"logged": found.logged, "others": found.others, "unread": found.unread},
            "unlogged": [
                {"source": o.source, "jti": o.jti, "name": o.name, "sha256": o.digest} for o in found.unlogged
            ],
            "done": done,
        }


def _look(reader: Engine, trust: TrustList, kid: str, since: int, codes: Iterable[tuple[str, str]]) -> _Seen:
    """Look at what a key signed; nothing is written."""
    logged = key_drill.logged_by(reader, kid, since)
    return _Seen(logged, key_drill.affected_by(reader, kid), key_drill.search(codes, kid, trust, logged))


def _of_today(keys: KeyHome, now: int) -> str:
    named = keys.named()
    if named.following is not None and now < named.takes_over:
        when = moment(named.takes_over * 1_000_000)
        raise KeyFileError(f"a rotation is under way: another key takes over at {when:%Y-%m-%d %H:%M} UTC; wait for it")
    return keys.of_today(now)


def _state(key: TrustedKey, today: str | None, now: int) -> str:
    if key.revoked_at is not None:
        return "compromised"
    if key.not_before + published_keys.LEEWAY > now:
        return "announced" if key.not_after is None or key.not_after > now else "withdrawn"
    if key.kid == today or (today is None and key.not_after is None):
        return "signing"
    return "ending" if key.not_after is not None and key.not_after > now else "retired"


@contextmanager
def built(place: Place, stopped: str | None = None) -> Iterator[Service]:
    """Hold the home as a service does, so that no other process issues meanwhile, and close it again."""
    service = build(place.settings, place.ports, client=place.client, stopped=stopped, for_keys=True)
    with closing(service.held):
        try:
            yield service
        finally:
            service.flow.parts.reader.dispose()
            service.flow.parts.writer.close()
