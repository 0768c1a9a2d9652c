"""The short form of a pass whose code would be larger than 40 mm: further permits tell less, the signed count tells all.

One code, never two: readers that join several codes do not exist on phones. Three steps, each only as far as needed,
always from the last permit on, so that the first ones stay whole:

(1) a permit that is held keeps type, number, its place in the status list and its last day;
    a first day that lies after the day of issue is kept too, for nobody may take the permit as begun
(2) a permit that is due and not held keeps its type
(3) a permit is not listed; `permits_total` still counts it, and `permits_digest` is the SHA-256 of the full list, which
    the holder's download shows, so that nothing can be added to it or taken from it later

The licence itself is never shortened. What no step makes small enough is for the lint to refuse.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from licence_qr import strict_json
from licence_qr.claims import issue_day
from licence_qr.code_size import qr_version
from licence_qr.errors import CodeError, PictureError
from licence_qr.keys import base64url

Claims = dict[str, Any]
_KEPT = ("type", "held", "number", "valid_to", "status_idx")


def fitted(claims: Claims, header: bytes) -> Claims:
    """Return `claims`, or the least shortened claims whose code fits; unshortened when even the last does not."""
    if _fits(claims, header):
        return claims
    steps = list(_steps(claims))
    low, high = 0, len(steps)
    while low < high:  # each step is smaller than the one before: the first that fits is found by halving
        middle = (low + high) // 2
        low, high = (low, middle) if _fits(steps[middle], header) else (middle + 1, high)
    return steps[low] if low < len(steps) else claims


def permits_digest(permits: list[dict[str, Any]]) -> str:
    """Return the digest of a full list of permits: base64url SHA-256 of its JSON in the one spelling."""
    return base64url(sha256(strict_json.write(permits)).digest())


def _steps(claims: Claims) -> Iterator[Claims]:
    full: list[dict[str, Any]] = claims["permits"]
    issued = issue_day(claims["iat"]).isoformat()
    permits = list(full)
    for held in (True, False):
        for place in reversed(range(len(permits))):
            if permits[place]["held"] is held and (short := _short(permits[place], issued)) != permits[place]:
                permits[place] = short
                yield {**claims, "permits": list(permits)}
    while permits:
        permits.pop()
        yield _with_digest({**claims, "permits": list(permits)}, permits_digest(full))


def _short(permit: dict[str, Any], issued: str) -> dict[str, Any]:
    begins_later = permit.get("valid_from", issued) > issued
    return {name: value for name, value in permit.items() if name in _KEPT or (name == "valid_from" and begins_later)}


def _with_digest(claims: Claims, digest: str) -> Claims:
    """Put the digest directly behind the count it belongs to."""
    made: Claims = {}
    for name, value in claims.items():
        made[name] = value
        if name == "permits_total":
            made["permits_digest"] = digest
    return made


def _fits(claims: Claims, header: bytes) -> bool:
    try:
        qr_version(header, strict_json.write(claims), claims["iss"])
    except (CodeError, PictureError):
        return False
    return True
