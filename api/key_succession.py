"""Which key signs after one is stolen or lost, also while a rotation is under way; no end that was published is taken back.

- nothing is announced: a fresh key signs from now on;
- the key of today goes while another is announced: a fresh key signs from now until that one takes over, as announced;
- the announced key goes before it ever signed: a fresh key takes over instead, at the very second that was announced, so that
  the published end of today's key stays true.

The leaf is written first, then list and file of names, all before the key signs. Each can be cut off and done again.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from api import published_keys
from api.key_home import KeyHome, Named
from api.settings import Settings
from casework import key_acts
from casework.parts import Parts
from casework.ports import moment
from licence_qr.errors import KeyFileError
from licence_qr.keys import Signer
from licence_qr.trust import LICENCE_TYP, TrustedKey, TrustList

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Fresh:
    """The key that comes in: its name and itself."""

    name: str
    signer: Signer


def succeed(settings: Settings, parts: Parts, kid: str, now: int, to: str | None) -> Signer:
    """Return the key that signs now that `kid` does not; announced, published and named before it signs anything.

    `to` names it; None makes one in a file. A key that signs nothing today and is not to take over needs no other.
    """
    keys, folder = KeyHome(settings), settings.keys
    named = keys.named()
    pending = named.following is not None and now < named.takes_over
    today = keys.open(keys.of_today(now))
    if today.kid == kid:
        made = fresh(keys, folder, to)
        follow(settings, parts, named if pending else None, kid, made, now)
        return made.signer
    if pending and named.following is not None and keys.open(named.following).kid == kid:  # it was to take over
        take_over_instead(settings, parts, named, today.kid, fresh(keys, folder, to))
    return today


def follow(settings: Settings, parts: Parts, pending: Named | None, kid: str, made: Fresh, now: int) -> None:
    """Let a key sign from now on instead of `kid`; where one is announced (`pending`), until that one takes over."""
    parts.writer.write_now(key_acts.announce(parts, made.signer.kid, kid, now, now))
    following = None if pending is None else pending.following
    named = Named(made.name) if pending is None else Named(made.name, following, pending.takes_over)
    KeyHome(settings).keep(named)  # before the list: cut off between the two, the next start publishes it
    published_keys.announce(settings.keys, made.signer, settings.host, kid, now, now)
    if pending is not None:
        give_way(settings, parts, made.signer.kid, pending)


def give_way(settings: Settings, parts: Parts, kid: str, pending: Named) -> None:
    """End the window of a key that has just begun where the key takes over that was announced before it."""
    assert pending.following is not None
    at, following = pending.takes_over, KeyHome(settings).open(pending.following).kid
    parts.writer.write_now(key_acts.announce(parts, following, kid, at, at))
    published_keys.change_key(settings.keys, kid, lambda key: replace(key, not_after=at))


def take_over_instead(settings: Settings, parts: Parts, named: Named, today: str, made: Fresh) -> None:
    """Let a fresh key take over from `today` at the second at which another was to; `named` is that rotation."""
    folder, at = settings.keys, named.takes_over
    until = _end(published_keys.read_list(folder).get(today), at)
    parts.writer.write_now(key_acts.announce(parts, made.signer.kid, today, at, until))
    published_keys.announce(folder, made.signer, settings.host, today, at, until)
    KeyHome(settings).keep(Named(named.current, made.name, at))


def fresh(keys: KeyHome, folder: Path, to: str | None) -> Fresh:
    """Return a key that was never published: the one named `to`, or a new one in a file. Raises `KeyFileError`."""
    if to is None:
        return Fresh(*keys.create())
    return Fresh(to, require_fresh(keys.open(to), folder))


def require_fresh(signer: Signer, folder: Path) -> Signer:
    """Return the key if it is new: one that was ever published does not come back, its window is closed for good."""
    if published_keys.read_list(folder).get(signer.kid) is not None:
        raise KeyFileError(f"the key {signer.kid} was published before; rotate to a key that is new")
    return signer


def announce_unannounced(parts: Parts, kid: str, trust: TrustList) -> None:
    """Write the leaf of a key that signs and that no command announced, as `trust` lists it; nothing for any other.

    So it is when an operator put another key in the place of a lost one (`miaopi keys replace-lost` does). Without the leaf
    every later export would be refused; with it the log says when one key followed the other.
    """
    own = trust.get(kid)
    earlier = [] if own is None else [key for key in trust if _begun_before(key, own)]
    if own is None or not earlier or key_acts.done(parts.reader, kid, "rotate"):
        return
    before, signs_from = earlier[-1], own.not_before + published_keys.LEEWAY
    until = _end(before, signs_from)
    index = parts.writer.write_now(key_acts.announce(parts, kid, before.kid, signs_from, until))
    log.warning("keys.announced_at_start", kid=kid, follows=before.kid, log_index=index)


def require_window(key: TrustedKey | None, signs_from: int) -> None:
    """Raise `KeyFileError` when a key that must sign until `signs_from` has a published end before it."""
    if key is not None and key.not_after is not None and key.not_after < signs_from:
        when = moment(key.not_after * 1_000_000)
        raise KeyFileError(
            f"the window of {key.kid} ends at {when:%Y-%m-%d %H:%M:%S} UTC, as published, and no key would sign until the "
            f"next one begins; choose a shorter --lead"
        )


def _begun_before(key: TrustedKey, own: TrustedKey) -> bool:
    """Tell whether a licence key began before another; one that is announced has not begun."""
    return key.typ == LICENCE_TYP and key.kid != own.kid and key.not_before <= own.not_before


def _end(key: TrustedKey | None, otherwise: int) -> int:
    return otherwise if key is None or key.not_after is None else key.not_after
