"""The canonical JSON (RFC 8785) of what we ask, cheaply: for text, whole numbers, booleans, null, lists and objects.

The standard library writes these exactly as RFC 8785 wants them as long as member names are ASCII and numbers are whole
and below 2**53; all our questions are of that kind, and a test holds the result against the `rfc8785` package.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

_WRITER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def canonical(value: Mapping[str, Any]) -> bytes:
    """Return the canonical bytes of `value`.

    Raises `ValueError` when a text holds a lone surrogate, which no UTF-8 document can carry.
    """
    return _WRITER.encode(value).encode("utf-8")


def digest(value: Mapping[str, Any]) -> str:
    """Return the hex SHA-256 of the canonical bytes."""
    return hashlib.sha256(canonical(value)).hexdigest()
