"""JSON with one accepted spelling, for everything that is signed.

Two readers that differ on a duplicate member or on `1e3` can be shown two different licences by one signature. So a
signed text is accepted only if writing its value again gives the same bytes: that refuses duplicate members, white
space, needless escapes, NaN, floats, `-0`, byte order marks and lone surrogates at once (RFC 7493, RFC 8725 2.3). Depth has a
limit of its own, for without one every reader falls over at another depth and gives another reason.
"""

import json
from typing import Any, NoReturn

from licence_qr.errors import CodeError

LARGEST_INTEGER = 2**53 - 1  # what a browser can hold exactly (RFC 7493 2.2)
DEEPEST = 16  # objects and lists inside each other; a licence has five


def write(value: Any) -> bytes:
    """Return the one spelling of `value`: members in their own order, no spaces, UTF-8 unescaped."""
    return _WRITER.encode(value).encode()


def read(source: bytes, *, limit: int, reason: str) -> Any:
    """Return the value of a signed text, or raise CodeError(reason) unless it is in its one spelling.

    `limit` is the greatest length in bytes.
    """
    value = loads(source, limit=limit, reason=reason)
    try:
        again = write(value)
    except (ValueError, RecursionError) as error:  # a lone surrogate cannot be written as UTF-8
        raise CodeError(reason, f"not JSON as it is signed: {error}") from None
    if again != source:
        why = "JSON in another spelling than the one that is signed (a duplicate member, a space, an escape)"
        raise CodeError(reason, why)
    return value


def loads(source: bytes, *, limit: int, reason: str = "format") -> Any:
    """Return the value of a text that people may format (a key list): whole numbers only, no member twice."""
    if len(source) > limit:
        raise CodeError(reason, f"{len(source)} bytes of JSON, at most {limit} are read")
    try:
        value = _READER.decode(source.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise CodeError(reason, f"not JSON as it is signed: {error}") from None
    if source.count(b"[") + source.count(b"{") > DEEPEST and _is_deep(value):
        raise CodeError(reason, f"objects and lists stand more than {DEEPEST} deep in each other")
    return value


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST + 1):
        containers = [one for one in level if isinstance(one, (dict, list))]
        level = [inner for one in containers for inner in (one.values() if isinstance(one, dict) else one)]
    return bool(containers)


def _refuse(literal: str) -> NoReturn:
    raise ValueError(f"the number {literal[:20]} is not a whole number")


def _integer(literal: str) -> int:
    longest = len(str(LARGEST_INTEGER)) + 1  # with a sign; keeps int() from long digit strings
    if len(literal) > longest or abs(int(literal)) > LARGEST_INTEGER:
        raise ValueError(f"the number {literal[:20]} is too large to be exact in every reader")
    return int(literal)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands twice in one object")
    if any(name.isdecimal() and name.isascii() for name in members):
        raise ValueError("a member has a number for a name: browsers would move it to the front")
    return members


# Made once: json.dumps and json.loads build a new one a call when given options.
_WRITER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_READER = json.JSONDecoder(parse_float=_refuse, parse_constant=_refuse, parse_int=_integer, object_pairs_hook=_members)
