"""Standard Base64 (RFC 4648 section 4) with exactly one reading: whatever encodes otherwise is refused."""

import base64
import binascii

from audit.errors import MalformedError


def encode(raw: bytes) -> str:
    """Return the padded standard encoding."""
    return base64.b64encode(raw).decode("ascii")


def decode(text: str, what: str) -> bytes:
    """Return the bytes of `text`. Raises MalformedError naming `what` for any other spelling of the same bytes."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedError(f"{what} is not Base64: {error}") from error
    if encode(raw) != text:  # stray bits after the last byte: two texts for one value, which a signature would not see
        raise MalformedError(f"{what} is not the canonical Base64 of its bytes")
    return raw
