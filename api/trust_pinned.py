"""What a checking point pinned of a registry, and what a list that is fetched later may change of it.

A list of keys is signed by nobody: whoever answers in the registry's place can write one. So a pinned list narrows by itself
and widens by a person's word alone. A window may close and a theft may be reported; nothing that was said is taken back, no
window opens again, no key speaks for another issuer or signs another kind of token. A key that is new is named and waits
until somebody has compared it with what the registry published by another way.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from api.scan_trust import DOCUMENTS, KEYS, LISTS
from licence_qr.errors import KeyFileError, LicenceError
from licence_qr.keys_logged import Logged
from licence_qr.trust import TrustedKey, TrustList

_FIXED = ("iss", "typ", "nbf", "x", "y")
_ASK = "ask the registry by another way, and only then begin with an empty folder; nothing was written"
_ASK_ZH = "请通过其他途径向登记机关核实，核实后方可改用空目录重新取得；未写入任何内容"


class NewKeysError(LicenceError):
    """A list of keys has some that nobody compared yet; the text names them and what to do. Nothing was written."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """What a folder holds: the keys with the documents on stolen ones, and each status list by the name of its file."""

    trust: TrustList
    lists: Mapping[str, str] = field(repr=False)


def pinned_in(folder: Path) -> Pinned | None:
    """Return what the folder pins, None for one without a list of keys. Raises `KeyFileError`, `OSError`."""
    path = folder / KEYS
    if not path.exists():
        return None
    documents = [one.read_bytes() for one in sorted((folder / DOCUMENTS).glob("*.json"))]
    lists = {one.name: one.read_bytes().decode("ascii", "replace") for one in sorted((folder / LISTS).glob("*.jwt"))}
    return Pinned(TrustList.from_jwks(path.read_bytes(), documents), lists)


def require_successor(pinned: TrustList | None, trust: TrustList, accepted: Collection[str] = ()) -> list[TrustedKey]:
    """Return the keys that `trust` has beyond `pinned`, all of which are `accepted`; with nothing pinned yet, all keys.

    Raises `KeyFileError` for a list that forgets or widens what is pinned, `NewKeysError` for keys that nobody accepted, and
    for a kid to accept that the list does not have.
    """
    strange = sorted(set(accepted) - {key.kid for key in trust})
    if strange:
        raise NewKeysError(
            f"--accept {printable(strange[0])}: the list of keys has no such key; compare the kid again, and fetch nothing from "
            f"there until both agree 公钥名单中没有 --accept 指定的这把密钥，请重新核对，一致之前不要从该地址取得"
        )
    if pinned is None:
        return list(trust)
    for key in pinned:
        _require_kept(key, trust.get(key.kid))
    added = [key for key in trust if pinned.get(key.kid) is None]
    waiting = [key for key in added if key.kid not in accepted]
    if waiting:
        named = "; ".join(map(described, waiting))
        options = " ".join(f"--accept {key.kid}" for key in waiting)
        raise NewKeysError(
            f"the list of keys has {len(waiting)} that this folder does not pin: {named}. Compare each kid with what the registry "
            f"published by another way (its notice, a letter, a call), then fetch again with {options}; nothing was written "
            f"公钥名单中有 {len(waiting)} 把本目录未固定的密钥（见上）。请将密钥编号与登记机关经其他途径（公告、函件、电话）公布的逐一核对，"
            f"一致后加 {options} 重新取得；未写入任何内容"
        )
    return added


def require_document_kept(pinned: TrustedKey | None, now: TrustedKey) -> None:
    """Refuse a document on a stolen key that vouches for more than the pinned one, or forgets what that one names."""
    if pinned is None or pinned.revoked_at is None or now.logged is None or now.logged_sha256 == pinned.logged_sha256:
        return
    if pinned.logged is None:
        _refuse(
            now.kid,
            "it has a document on licences from before the theft that is not the one that was pinned with the report",
            "关于被盗前所签执照的名单并非随被盗报告固定的那一份",
        )
        return
    _require_no_growth(pinned.logged, now.logged)


def _require_no_growth(before: Logged, now: Logged) -> None:
    if not now.before <= before.before:
        _refuse(
            now.kid, "its document vouches for further licences from before the theft", "名单新增了“被盗前所签”的执照"
        )
    if not before.before | before.after <= now.before | now.after:
        _refuse(now.kid, "its document forgets licences that were logged", "名单遗漏了原已登记的执照")


def _require_kept(key: TrustedKey, now: TrustedKey | None) -> None:
    """Refuse a list that forgets a key, gives it another job, or widens when it is believed."""
    kid = key.kid
    if now is None:
        _refuse(
            kid, "the list lacks it; a registry takes no key out", "名单中缺少这把已固定的密钥，登记机关不会撤下公钥"
        )
        return
    old, new = key.to_jwk(), now.to_jwk()
    for name in _FIXED:
        if old[name] != new[name]:
            _refuse(
                kid,
                f"its `{name}` changed from {printable(old[name])} to {printable(new[name])}",
                f"其 {name} 与已固定的不同",
            )
    if _later(key.not_after, now.not_after):
        _refuse(kid, "its window (`exp`) was opened again or made longer", "其已公布的签发期限（exp）被取消或延后")
    if _later(key.revoked_at, now.revoked_at):
        _refuse(
            kid,
            "the report that it was stolen (`revoked_at`) is taken back or later",
            "其被盗报告（revoked_at）被撤回或推迟",
        )
    if key.logged_sha256 is not None and now.logged_sha256 is None:
        _refuse(kid, "its `logged_sha256` was taken out", "其 logged_sha256 被去掉")


def _later(before: int | None, now: int | None) -> bool:
    return before is not None and (now is None or now > before)


def _refuse(kid: str, why: str, why_zh: str) -> None:
    raise KeyFileError(
        f"the new list of keys is not believed, {kid}: {why}; {_ASK} 新公钥名单不可信，密钥 {kid}：{why_zh}；{_ASK_ZH}"
    )


def described(key: TrustedKey) -> str:
    """Return a key in one line: kid, issuer, kind of token, window in UTC. Whatever a list says, it prints as ASCII."""
    end = "open" if key.not_after is None else _moment(key.not_after)
    stolen = "" if key.revoked_at is None else f", stolen {_moment(key.revoked_at)}"
    return f"{key.kid} ({printable(key.iss)}, {printable(key.typ)}, {_moment(key.not_before)} to {end}{stolen})"


def printable(value: Any) -> str:
    """Return what a stranger wrote as one short line of ASCII: no control character reaches a terminal."""
    return ascii(str(value)[:100])[1:-1]


def _moment(seconds: int) -> str:
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError, OSError):  # a time that no calendar has
        return f"second {seconds}"
