"""The public keys of this service, past and present, in `keys/published.json`: a JWKS with the window of each.

A licence outlives the key that signed it, so a key that is followed by another stays published with the day it ended. The
file is replaced whole (written, synced, renamed): a power cut leaves the old list or the new one.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Engine, select

from casework.ports import moment
from casework.tables import licence
from licence_qr.errors import CodeError
from licence_qr.keys import FileSigner
from licence_qr.token import find_key, parts_of
from licence_qr.trust import LICENCE_TYP, TrustedKey, TrustList

LEEWAY = 120  # seconds; a clock elsewhere may be a little ahead of ours
_OLDEST = select(licence.c.issued_at, licence.c.token).order_by(licence.c.log_index).limit(1)
_NEWEST = select(licence.c.issued_at, licence.c.token).order_by(licence.c.log_index.desc()).limit(1)


def require_licence_key(path: Path, engine: Engine) -> None:
    """Refuse to make a second licence key by accident. Raises `RuntimeError` when licences exist and their key does not."""
    if path.exists():
        return
    with engine.connect() as connection:
        issued = connection.execute(_NEWEST).first() is not None
    if issued:
        message = (
            f"{path} does not exist and the database holds licences that it signed; put it back from the backup. If it is lost "
            f"for good, follow docs/operations.md (Keys) to go on with a new one: the old public key stays published"
        )
        raise RuntimeError(message)


def published_keys(path: Path, host: str, signers: Mapping[str, FileSigner], engine: Engine, now: int) -> TrustList:
    """Add the keys of today (by the kind of token they sign) to the list, end the windows of those they follow, keep it.

    `now` is in seconds since 1970. Raises `RuntimeError` when a licence was signed by a key that is not on the list, and
    `KeyFileError` when the file is no key list.
    """
    kept = list(TrustList.from_jwks(path.read_bytes())) if path.exists() else []
    with engine.connect() as connection:
        oldest, newest = connection.execute(_OLDEST).first(), connection.execute(_NEWEST).first()
    known = {key.kid for key in kept}
    keys = [_ended(key, signers, now) for key in kept]
    for typ, signer in signers.items():
        if signer.kid not in known:
            began = now
            if oldest is not None and not kept and typ == LICENCE_TYP:  # the file was lost, the key was not
                began = min(now, int(moment(oldest.issued_at).timestamp()))
            keys.append(TrustedKey(signer.public_key, host, typ, began - LEEWAY))
    made = TrustList(keys)
    for issued in (oldest, newest):
        if issued is None:
            continue
        try:
            find_key(parts_of(issued.token), made)
        except CodeError as error:
            message = (
                f"{path} lacks the public key of licences issued on {moment(issued.issued_at):%Y-%m-%d}; put the file back from "
                "the backup, or they could no longer be verified"
            )
            raise RuntimeError(message) from error
    _replace(path, json.dumps(made.to_jwks(), indent=1).encode())
    return made


def _ended(key: TrustedKey, signers: Mapping[str, FileSigner], now: int) -> TrustedKey:
    """Close the window of a key that another has followed; open it again when the old key is put back."""
    current = signers.get(key.typ)
    if current is not None and current.kid == key.kid:
        return replace(key, not_after=None)
    return key if key.not_after is not None else replace(key, not_after=now)


def _replace(path: Path, content: bytes) -> None:
    if path.exists() and path.read_bytes() == content:
        return
    temporary = path.with_name(f".{path.name}.new")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)  # the new name itself
    finally:
        os.close(folder)
