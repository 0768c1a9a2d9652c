"""A licence key is lost for good (not stolen): another takes its place on purpose, and the log says so.

What the lost key signed stays valid: its public key stays published, with its end. It is lost when it cannot be opened; one
that can is rotated. Put the backup back first if there is one: then nothing was lost.
"""

from typing import Any

from api.key_home import KeyHome, Named
from api.key_operations import Place, built
from api.key_succession import fresh, give_way, take_over_instead
from licence_qr.errors import KeyFileError, LicenceError


def replace_lost(place: Place, *, to: str | None = None, go: bool) -> dict[str, Any]:
    """Let a fresh key, or the one named `to`, sign instead of the licence key that cannot be opened; `go` does it.

    The key that signs today gives way now; an announced one that is lost gives way to another that takes over at the same
    second. Raises `KeyFileError` when both can be opened, and what opening `to` raises.
    """
    keys, now = KeyHome(place.settings), place.now
    named = keys.named()
    today = keys.of_today(now)
    pending = named.following if named.following is not None and now < named.takes_over else None
    name, why = next(
        ((one, said) for one in (today, pending) if one is not None and (said := _lost(keys, one)) is not None),
        (None, None),
    )
    if name is None:
        raise KeyFileError(f"{today} can be opened, nothing is lost; `miaopi keys rotate` changes the key")
    told: dict[str, Any] = {"lost": name, "why": why, "announced": name == pending, "done": go}
    if not go:
        return told
    if name == pending:
        keys.keep(
            Named(named.current)
        )  # cut off after this, today's key signs until its published end and then refuses
        with built(place) as service:
            made = fresh(keys, place.settings.keys, to)
            parts = service.flow.parts
            take_over_instead(place.settings, parts, named, parts.signer.kid, made)
        return {**told, "key": made.name, "kid": made.signer.kid}
    made = fresh(keys, place.settings.keys, to)
    keys.keep(Named(made.name) if pending is None else Named(made.name, pending, named.takes_over))
    with built(place) as service:  # its start publishes it, ends the old window and writes the leaf; any start would
        if pending is not None:
            give_way(place.settings, service.flow.parts, made.signer.kid, named)
        return {**told, "key": made.name, "kid": made.signer.kid}


def _lost(keys: KeyHome, name: str) -> str | None:
    try:
        keys.open(name)
    except LicenceError as error:
        return str(error)
    return None
