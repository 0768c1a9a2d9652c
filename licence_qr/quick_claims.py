"""The common licence, accepted in a tenth of the time: what the strict reader and the closed shape would both accept.

`quick_claims` may only ever say yes or "take the long way": it returns the claims when the payload is, beyond doubt, in
its one spelling and in the shape of `shape.py`, and None in every other case, also for many good payloads (a name with a
rare character). The long way then decides and names the fault, so verdicts and reasons come from one place. A test holds
that whatever is accepted here is accepted there with equal values, over all vectors, attacks and mutations.

How: msgspec reads into closed records (types, lengths, ranges) and writes them again; the same bytes mean no member
twice or unknown, no space, no escape, no second spelling of a number (as in `strict_json`).
"""

import re
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, Any, NotRequired, TypedDict

import msgspec

from licence_qr.shape import EARLIEST, LATEST

# What may be shown and needs no further look: printable ASCII, CJK unified ideographs, the usual marks of Chinese text.
# All of them are in normal form C, and none is in `text.FORBIDDEN`; a test holds it.
_PLAIN = re.compile("[ -~\u4e00-\u9fff\u3001\u3002\u3007-\u3011\u3014\u3015\u2014\u2026\uff01-\uff5e]*")
_CODE = re.compile(r"[0-9A-Z]{18}")
_IDENTIFIER = re.compile(r"[0-9A-Z.]{1,120}")
_DIVISION = re.compile(r"[0-9]{6}")
_DAY = re.compile(r"(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}")
_DIGEST = re.compile(r"[A-Za-z0-9_-]{43}")
_ORIGIN = re.compile(r"https?://[a-z0-9.\-]{1,200}(?::[0-9]{1,5})?")
_PATH = re.compile(r"/[A-Za-z0-9/.\-]{1,100}")


_T20 = Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
_T40 = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
_T60 = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
_T100 = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
_T120 = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
_T200 = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
_T300 = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
_Time = Annotated[int, msgspec.Meta(ge=EARLIEST, le=LATEST)]
_Index = Annotated[int, msgspec.Meta(ge=0, le=2**24 - 1)]
_Count = Annotated[int, msgspec.Meta(ge=0, le=40)]
_Fen = Annotated[int, msgspec.Meta(ge=1, le=10**15)]
_Positions = Annotated[list[Annotated[int, msgspec.Meta(ge=0, le=199)]], msgspec.Meta(min_length=1, max_length=100)]
_LogIndex = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]


class _StatusList(TypedDict):
    idx: _Index
    uri: str


class _Status(TypedDict):
    status_list: _StatusList


class _Half(TypedDict):
    kind: str
    items: Annotated[list[_T200], msgspec.Meta(min_length=1, max_length=100)]
    note: _T200


class _Registry(TypedDict):
    name: _T60
    uscc: str
    division: str


class _Term(TypedDict):
    kind: str
    until: NotRequired[str]


class _Licence(TypedDict):
    type: _T40
    premises: _T300
    scope: Annotated[list[_Half], msgspec.Meta(min_length=1, max_length=2)]
    established_on: str
    registry: _Registry
    name: NotRequired[_T200]
    composition: NotRequired[_T20]
    representative: NotRequired[_T100]
    operator: NotRequired[_T100]
    investor: NotRequired[_T100]
    capital_fen: NotRequired[_Fen]
    supervising_authority: NotRequired[_T60]
    term: NotRequired[_Term]


class _Permit(TypedDict):
    type: _T60
    held: bool
    authority: NotRequired[_T60]
    number: NotRequired[_T60]
    valid_from: NotRequired[str]
    valid_to: NotRequired[str]
    id: NotRequired[str]
    scope: NotRequired[_Positions]
    status_idx: NotRequired[_Index]


class _Log(TypedDict):
    origin: _T120
    index: _LogIndex


class _Claims(TypedDict):
    iss: str
    iat: _Time
    nbf: _Time
    exp: _Time
    jti: str
    sub: str
    vct: str
    status: _Status
    licence: _Licence
    permits: Annotated[list[_Permit], msgspec.Meta(max_length=40)]
    permits_total: _Count
    permits_digest: NotRequired[str]
    log: _Log


_READ = msgspec.json.Decoder(_Claims)
_WRITE = msgspec.json.Encoder()
_NOT_HELD = {"type", "held", "authority"}


def quick_claims(payload: bytes) -> dict[str, Any] | None:
    """Return the claims of a payload that is good beyond doubt, None when the long way must decide."""
    try:
        claims: Any = _READ.decode(payload)
        shown = payload.decode()
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if _WRITE.encode(claims) != payload or not _PLAIN.fullmatch(shown):
        return None
    if (
        b"\\" in payload or b' "' in payload or b'" ' in payload
    ):  # an escape, or a text that begins or ends with a space
        return None
    return claims if _forms(claims) else None


def _forms(claims: dict[str, Any]) -> bool:
    """Tell whether everything holds that a type cannot say."""
    status = claims["status"]["status_list"]
    if not (
        _IDENTIFIER.fullmatch(claims["jti"])
        and _CODE.fullmatch(claims["sub"])
        and _address(claims["iss"], claims["vct"])
        and _address(claims["iss"], status["uri"])
        and ("permits_digest" not in claims or _DIGEST.fullmatch(claims["permits_digest"]))
    ):
        return False
    return _licence(claims["licence"]) and all(_permit(permit) for permit in claims["permits"])


def _licence(licence: dict[str, Any]) -> bool:
    registry, term = licence["registry"], licence.get("term")
    persons = ("representative" in licence) + ("operator" in licence) + ("investor" in licence)
    return bool(
        persons == 1
        and ("name" in licence or "operator" in licence)
        and all(half["kind"] in {"general", "licensed"} for half in licence["scope"])
        and (term is None or term == {"kind": "long"} or (term["kind"] == "until" and _day(term.get("until", ""))))
        and _day(licence["established_on"])
        and _registry(registry["uscc"], registry["division"])
    )


def _permit(permit: dict[str, Any]) -> bool:
    if not permit["held"]:
        return _NOT_HELD.issuperset(permit)
    return (
        "number" in permit
        and "status_idx" in permit
        and ("valid_from" not in permit or _day(permit["valid_from"]))
        and ("valid_to" not in permit or _day(permit["valid_to"]))
        and ("id" not in permit or _IDENTIFIER.fullmatch(permit["id"]) is not None)
        and ("scope" not in permit or _rising(permit["scope"]))
    )


def _rising(positions: list[int]) -> bool:
    return all(before < after for before, after in pairwise(positions))


@lru_cache(maxsize=1024)
def _registry(uscc: str, division: str) -> bool:
    return _CODE.fullmatch(uscc) is not None and _DIVISION.fullmatch(division) is not None


@lru_cache(maxsize=4096)
def _day(text: str) -> bool:
    if not _DAY.fullmatch(text) or not text.isascii():
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=1024)
def _address(iss: str, address: str) -> bool:
    """Tell whether `address` is a path under the origin `iss`, and both have their form."""
    if not iss.isascii() or not address.isascii() or not _ORIGIN.fullmatch(iss) or not address.startswith(iss):
        return False
    return _PATH.fullmatch(address[len(iss) :]) is not None
