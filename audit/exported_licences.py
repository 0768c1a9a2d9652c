"""What the tokens of an export say, read without their signatures: those are step 7's, or the statement's own check."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from audit.canonical import parse_json
from audit.errors import AuditError
from audit.export_reader import Export


def claims_at(export: Export, index: int) -> Mapping[str, Any] | None:
    """Return what the licence at a leaf says; step 7 has checked its signature and said what is missing."""
    try:
        return payload_of(export.licence(index), "the licence")
    except AuditError:
        return None


def payload_of(compact: str, what: str) -> Mapping[str, Any] | None:
    """Return the claims in a compact JWS; None when there is no object of claims."""
    try:
        payload = compact.split(".")[1]
        content = parse_json(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), what)
    except (AuditError, IndexError, binascii.Error, ValueError):
        return None
    return content if isinstance(content, dict) else None


def kid_at(export: Export, index: int) -> str | None:
    """Return which key the licence at a leaf names as its own."""
    try:
        head = export.licence(index).split(".")[0]
        return str(parse_json(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)), "the header")["kid"])
    except (AuditError, binascii.Error, ValueError, KeyError, TypeError):
        return None  # step 7 has said so
