"""From which state which side may change a status, and what it is then; the auditor's own copy is `audit.verify_acts`.

A side is the code of an authority, or None for the registry. Each lifts its own suspension alone, and what is suspended by
none is valid; a revocation is final.
"""

from collections.abc import Collection, Iterable
from typing import Any

from licence_qr.status_list import Status

_WORDS = {
    Status.VALID: ("有效", "valid"),
    Status.SUSPENDED: ("已暂停", "suspended"),
    Status.INVALID: ("已撤销", "revoked"),
}


def suspended_by(acts: Iterable[Any]) -> set[str | None]:
    """Return the sides that suspend what these acts (rows, oldest first) are of."""
    sides: set[str | None] = set()
    for row in acts:
        value_after(row.act, row.authority, sides)
    return sides


def value_after(act: str, side: str | None, sides: set[str | None]) -> Status:
    """Let a side act, and return what the status is then; `sides` are those that suspend it, and change."""
    if act == "suspend":
        sides.add(side)
    elif act == "restore":
        sides.discard(side)
    return Status.INVALID if act == "revoke" else Status.SUSPENDED if sides else Status.VALID


def problem(
    act: str, side: str | None, after: int | None, newest: int | None, sides: Collection[str | None], now: Status
) -> tuple[str, str, str, str] | None:
    """Return what speaks against an act, None if nothing does.

    `after` is the newest change that the actor has read (None: not told), `newest` the leaf of the newest there is.
    """
    if after is not None and after != newest:
        english = f"its status was changed meanwhile; the newest change is leaf {newest}: read it and act anew"
        return "/after", str(after), f"其间状态已有变更（最近一次为第 {newest} 号记录），请读取后重新办理", english
    if now not in (Status.VALID, Status.SUSPENDED):
        return _impossible(act, now)
    if act == "restore" and side not in sides and sides:
        chinese = "、".join(sorted(one or "登记机关" for one in sides))
        english = ", ".join(sorted(one or "the registry" for one in sides))
        return (
            "/act",
            act,
            f"系由 {chinese} 暂停，须由其自行恢复",
            f"it is suspended by {english}, who alone lifts that",
        )
    if act != "revoke" and (act == "suspend") == (side in sides):
        return _impossible(act, now)
    return None


def _impossible(act: str, now: Status) -> tuple[str, str, str, str]:
    chinese, english = _WORDS.get(now, ("已换发", "replaced"))
    final = now is Status.INVALID
    tail_zh = "，撤销不可恢复" if final else "；暂停的才能恢复，未暂停的才能暂停"
    tail_en = ", which is final" if final else "; what is suspended can be restored, what is not can be suspended"
    return "/act", act, f"当前状态为{chinese}{tail_zh}", f"it is {english} now{tail_en}"
