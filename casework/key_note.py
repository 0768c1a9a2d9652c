"""The note to the public after a key was compromised: one document, for programs and in two languages for people."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from casework.key_acts import Renewed
from casework.parts import SHANGHAI
from casework.ports import moment
from licence_qr.keys_logged import Logged

SCHEMA = "miaopi/key-note/1"


def note(
    logged: Logged,
    follows: str,
    unlogged: Iterable[str],
    reissued: Sequence[Renewed],
    left: int,
    host: str,
    now: datetime,
) -> dict[str, Any]:
    """Return the note: the key, since when, what to believe of which code, what was found, what was issued anew.

    `unlogged` are SHA-256 (hex). It tells all that was done about this key, also by runs of the drill that were cut off.
    """
    digests = sorted(unlogged)
    counts = {
        "before": len(logged.before),
        "after": len(logged.after),
        "unlogged": len(digests),
        "reissued": len(reissued),
        "left": left,
    }
    return {
        "schema": SCHEMA,
        "issuer": host,
        "kid": logged.kid,
        "compromised_since": logged.revoked_at,
        "followed_by": follows,
        "published_at": int(now.timestamp()),
        "keys": f"{host}/.well-known/jwks.json",
        "logged": f"{host}/.well-known/logged/{logged.kid}.json",
        "logged_sha256": logged.sha256,
        "counts": counts,
        "unlogged_sha256": digests,
        "reissued": [{"from": one.replaces, "to": one.jti, "log_index": one.log_index} for one in reissued],
        "text": {"zh": _chinese(logged, counts, host), "en": _english(logged, counts, host)},
    }


def _chinese(logged: Logged, counts: dict[str, int], host: str) -> str:
    since = moment(logged.revoked_at * 1_000_000).astimezone(SHANGHAI)
    return (
        f"关于更换执照签名密钥的公告\n\n"
        f"签发电子营业执照二维码的密钥 {logged.kid} 自 {since:%Y年%m月%d日 %H:%M} 起可能被他人掌握，现已停用，不再签发任何执照。\n"
        f"一、已登记的经营主体资格不受影响，无需重新申请。该密钥签发的 {counts['reissued']} 份执照已用新密钥换发新版本，"
        f"请持照人登录平台下载并更换墙上的二维码，不收费。\n"
        f"二、该时刻之前签发的执照仍可验证为真；之后以该密钥签发的，扫码会显示“无法确定”，请以换发的新版本为准。\n"
        f"三、公开日志里没有的执照不是登记机关签发的，扫码会显示“无效”。本次查出 {counts['unlogged']} 份，欢迎举报。\n"
        f"四、尚有 {counts['left']} 份未能自动换发，登记机关将逐一联系。\n"
        f"核验网址只有 {host}/v。"
    )


def _english(logged: Logged, counts: dict[str, int], host: str) -> str:
    since = moment(logged.revoked_at * 1_000_000).astimezone(SHANGHAI)
    return (
        f"Notice: the key that signs business licences was replaced\n\n"
        f"From {since:%Y-%m-%d %H:%M} (China time) on, others may have held the key {logged.kid}. It is out of use and signs "
        f"nothing more.\n"
        f"1. Registrations stand; nobody has to apply again. {counts['reissued']} licences signed by it were issued anew under "
        f"another key. Holders: download the new version and replace the code on the wall, free of charge.\n"
        f"2. Licences signed before that time still verify. Those signed later under this key are answered with “cannot "
        f"say”; the new version counts.\n"
        f"3. A licence that is not in the public log was not issued by the registry and is answered with “not valid”. "
        f"{counts['unlogged']} such were found; please report others.\n"
        f"4. {counts['left']} licences could not be issued anew by themselves; the registry will contact their holders.\n"
        f"The only address for checking is {host}/v."
    )
