"""Content digests: SHA-256 over the canonical JSON form (RFC 8785), so that equal content has one name everywhere."""

import hashlib
from datetime import date
from typing import Any

import rfc8785
from pydantic import BaseModel


def canonical(value: Any) -> bytes:
    """Return RFC 8785 bytes of plain values, models and dates. Floats are refused: a record holds none."""
    return rfc8785.dumps(_plain(value))


def content_digest(value: Any) -> str:
    """Return the hex SHA-256 of the canonical form."""
    return hashlib.sha256(canonical(value)).hexdigest()


def _plain(value: Any) -> Any:
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
