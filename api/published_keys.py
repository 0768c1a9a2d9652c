"""The public keys of this service, past and present, in `keys/published.json`: a JWKS with the window of each.

A licence outlives the key that signed it, so a key that is followed by another stays published with the day it ended, and
that end is for good: verifiers keep what was published, and would call what a reopened key signs not valid. The
file is replaced whole (written, synced, renamed): a power cut leaves the old list or the new one. Beside it, in
`keys/logged/KID.json`, lies for every compromised key the document that its entry pins (`licence_qr.keys_logged`).
"""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Engine, select, union_all

from api.key_home import KeyHome
from casework.ports import moment
from casework.tables import licence, licence_past
from licence_qr.errors import CodeError
from licence_qr.keys import Signer
from licence_qr.keys_logged import Logged
from licence_qr.token import find_key, parts_of
from licence_qr.trust import LICENCE_TYP, TrustedKey, TrustList

LEEWAY = 120  # seconds; a clock elsewhere may be a little ahead of ours
LIST, LOGGED = "published.json", "logged"
_SIDE_KEYS = (
    "Put the key that followed it back, or give this kind of token a new one: name it in the setting, or move the file away, and start again (docs/keys.md 4).",
    "请恢复接替它的密钥；或为该类令牌启用新密钥：在设置中指定，或移走该文件后重新启动（见 docs/keys.md 第4节）。",
)
_SUCCESSION = {  # what to do when the window of today's key is closed, in en and zh
    LICENCE_TYP: (
        "Put the key that followed it back, or rotate to a new one: `miaopi keys rotate --go`, then start again (docs/keys.md 4).",
        "请恢复接替它的密钥；或轮换到新密钥：miaopi keys rotate --go，然后重新启动（见 docs/keys.md 第4节）。",
    )
}
_ALL = union_all(
    select(licence.c.issued_at, licence.c.token, licence.c.log_index),
    select(licence_past.c.issued_at, licence_past.c.token, licence_past.c.log_index),
).subquery()
_OLDEST = select(_ALL.c.issued_at, _ALL.c.token).order_by(_ALL.c.log_index).limit(1)
_NEWEST = select(_ALL.c.issued_at, _ALL.c.token).order_by(_ALL.c.log_index.desc()).limit(1)


def require_licence_key(keys: KeyHome, engine: Engine) -> None:
    """Refuse to make a second licence key by accident. Raises `RuntimeError` when licences exist and their key does not."""
    path = keys.missing_file()
    if path is None:
        return
    with engine.connect() as connection:
        issued = connection.execute(_NEWEST).first() is not None
    if issued:
        message = (
            f"{path} does not exist and the database holds licences that it signed; put it back from the backup. If it is lost "
            f"for good, `miaopi keys replace-lost --go` lets a new one follow it; the old public key stays published. "
            f"请从备份恢复；确已遗失的，用 miaopi keys replace-lost --go 换用新密钥（见 docs/operations.md）"
        )
        raise RuntimeError(message)


def published_keys(
    folder: Path,
    host: str,
    signers: Mapping[str, Signer],
    engine: Engine,
    now: int,
    *,
    announced: Signer | None = None,
    stopped: str | None = None,
) -> TrustList:
    """Add the keys of today (by the kind of token they sign) to the list, end the windows of those they follow, keep it.

    `now` is in seconds since 1970; `announced` is the key that takes over later; `stopped` a key that is compromised, or whose
    window is closed, and that is about to be replaced. Raises `RuntimeError` when a licence was signed by a key that is not on
    the list, when the key of today is listed as compromised or its window is closed, and `KeyFileError` when the file is no key
    list.
    """
    kept = list(read_list(folder))
    with engine.connect() as connection:
        oldest, newest = connection.execute(_OLDEST).first(), connection.execute(_NEWEST).first()
    known = {key.kid for key in kept}
    current = {typ: signer.kid for typ, signer in signers.items()}
    keys = [_ended(key, current, now, announced) for key in kept]
    for key in keys:
        if key.kid == current.get(key.typ) and key.kid != stopped:
            _require_usable(key, now)
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
                f"{folder / LIST} lacks the public key of licences issued on {moment(issued.issued_at):%Y-%m-%d}; put the file "
                "back from the backup, or they could no longer be verified"
            )
            raise RuntimeError(message) from error
    write_list(folder, made)
    return made


def read_list(folder: Path) -> TrustList:
    """Return the published list with the documents on compromised keys, empty when there is none yet. Raises `KeyFileError`."""
    path = folder / LIST
    if not path.exists():
        return TrustList(())
    documents = [one.read_bytes() for one in sorted((folder / LOGGED).glob("*.json"))]
    return TrustList.from_jwks(path.read_bytes(), documents)


def write_list(folder: Path, keys: TrustList) -> None:
    """Publish the list, whole or not at all."""
    replace_file(folder / LIST, json.dumps(keys.to_jwks(), indent=1).encode())


def change_key(folder: Path, kid: str, change: Callable[[TrustedKey], TrustedKey]) -> TrustList:
    """Change the entry of one key and publish the list. Raises `KeyError` for a key that is not on it."""
    keys = read_list(folder)
    if keys.get(kid) is None:
        raise KeyError(kid)
    made = TrustList(change(key) if key.kid == kid else key for key in keys)
    write_list(folder, made)
    return made


def announce(folder: Path, signer: Signer, host: str, follows: str, signs_from: int, follows_until: int) -> TrustList:
    """Publish a key before it signs, and the end of the one it follows; an end that is published comes no later."""
    keys = [
        replace(key, not_after=min(follows_until, key.not_after or follows_until)) if key.kid == follows else key
        for key in read_list(folder)
    ]
    made = TrustList([*keys, TrustedKey(signer.public_key, host, LICENCE_TYP, signs_from - LEEWAY)])
    write_list(folder, made)
    return made


def report(folder: Path, logged: Logged, now: int) -> TrustList:
    """List a key as compromised and pin the document on its licences, which is written first.

    Raises `KeyFileError`, and changes nothing, when the document is larger than verifiers read.
    """
    logged.require_readable()
    (folder / LOGGED).mkdir(exist_ok=True)
    replace_file(folder / LOGGED / f"{logged.kid}.json", logged.to_bytes())

    def compromised(key: TrustedKey) -> TrustedKey:
        end = now if key.not_after is None else min(now, key.not_after)
        return replace(key, not_after=end, revoked_at=logged.revoked_at, logged_sha256=logged.sha256, logged=logged)

    return change_key(folder, logged.kid, compromised)


def is_closed(key: TrustedKey, now: int) -> bool:
    """Tell whether the window of a key has ended, which is for good."""
    return key.not_after is not None and key.not_after <= now


def _require_usable(key: TrustedKey, now: int) -> None:
    """Refuse to start with a key that was published as stolen, or as one that signs no more."""
    if key.revoked_at is not None:
        message = (
            f"the key {key.kid} is listed as compromised since {moment(key.revoked_at * 1_000_000):%Y-%m-%d %H:%M} UTC and "
            f"signs nothing more; finish `miaopi keys drill --kid {key.kid} --go`"
        )
        raise RuntimeError(message)
    if key.not_after is not None and is_closed(key, now):
        end = f"{moment(key.not_after * 1_000_000):%Y-%m-%d %H:%M:%S} UTC"
        todo, remedy_zh = _SUCCESSION.get(key.typ, _SIDE_KEYS)
        message = (
            f"the window of the key {key.kid} ({key.typ}) was closed at {end}, as published, and a closed window never opens "
            f"again: verifiers would call what it signs now not valid. {todo} "
            f"密钥 {key.kid} 的签发期限已于 {end} 公布终止，终止后不再恢复，否则验证器会把它现在签发的内容判为无效。{remedy_zh}"
        )
        raise RuntimeError(message)


def _ended(key: TrustedKey, current: Mapping[str, str], now: int, announced: Signer | None) -> TrustedKey:
    """Close the window of a key that another has followed; an end that was published stays as it is.

    An announced key has not begun.
    """
    if key.not_after is not None or key.revoked_at is not None or current.get(key.typ) == key.kid:
        return key
    return key if announced is not None and announced.kid == key.kid else replace(key, not_after=now)


def replace_file(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: beside it first, synced, then renamed; nothing when it says so already."""
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
