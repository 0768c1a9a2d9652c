"""Content digests: SHA-256 over the canonical JSON form (RFC 8785), so that equal content has one name everywhere."""

import hashlib
import json
from contextlib import suppress
from datetime import date
from typing import Any

import rfc8785
from pydantic import BaseModel

_LEAVES = frozenset({str, int, bool, type(None)})
MAX_INTEGER = 2**53 - 1  # RFC 8785: what every reader of JSON holds exactly


def canonical(value: Any) -> bytes:
    """Return RFC 8785 bytes of plain values, models and dates. Floats are refused: a record holds none."""
    plain = _plain(value)
    if _is_simple(plain):
        # The same bytes by Python's own writer, which is several times faster; a test holds the two together.
        with suppress(UnicodeEncodeError):
            return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return rfc8785.dumps(plain)


def content_digest(value: Any) -> str:
    """Return the hex SHA-256 of the canonical form."""
    return hashlib.sha256(canonical(value)).hexdigest()


def _is_simple(value: Any) -> bool:
    """Tell whether there are only strings, small integers, booleans and null, under names whose order is the same everywhere."""
    if isinstance(value, int) and not isinstance(value, bool):
        return -MAX_INTEGER <= value <= MAX_INTEGER
    if isinstance(value, list):
        return all(map(_is_simple, value))
    if isinstance(value, dict):
        return all(map(str.isascii, value)) and all(map(_is_simple, value.values()))
    return value is None or isinstance(value, str | bool)


def _plain(value: Any) -> Any:
    if type(value) in _LEAVES:  # nine values of ten
        return value
    if isinstance(value, BaseModel):
        return _plain(value.model_dump(mode="json", by_alias=True))
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        message = f"{value!r} is a floating-point number; records hold integers and decimal text only"
        raise TypeError(message)
    return value
