"""A signed licence as a link: `https://HOST/v#` and base-10 digits, and back byte for byte.

The digits spell these bytes, in groups of 22 bytes = 53 digits (a numeric QR segment holds 3.33 bits a digit, and
digits survive every link parser); the last group of n bytes has the fewest digits that hold 256^n - 1:

    version (1 byte, 1) | dictionary id (1 byte) | DEFLATE(header JSON, line feed, payload JSON) | signature (64 bytes)

DEFLATE is raw (RFC 1951) with a preset dictionary of our own phrases; a dictionary is never changed, only followed by
one with the next id, so that paper printed today is read in ten years. Nothing is sent to the host: what follows `#`
stays in the browser. All limits hold before anything is allocated.
"""

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

import pybase64

from licence_qr.errors import CodeError
from licence_qr.keys import SIGNATURE_BYTES, base64url

VERSION = 1
# Dictionaries that codes in the world were printed with: id and SHA-256. Never remove one, never change one.
DICTIONARIES = {1: "54d8f0f78e36f6700ff87262ab1fd0d58fc0a141967541a30841bff96ae06485"}
CURRENT_DICTIONARY = 1

GROUP_BYTES, GROUP_DIGITS = 22, 53
MOST_DIGITS = 7089  # a QR code of version 40-L holds no more
MOST_TEXT = 8000
MOST_JSON = 8192  # header and payload together, after inflation
# What apps are known to append to a shared link; anything else behind the digits is a damaged link.
_SUFFIXES = r"(?:&(?:appinstall=[01]|isappinstalled=[01]|from=(?:singlemessage|groupmessage|timeline)))*"
_PAGE = r'https?://[!-"$-~]{1,200}'  # printable ASCII but #
_LINK = re.compile(rf"(?:(?P<page>{_PAGE})#|#)?(?P<digits>[0-9]+){_SUFFIXES}", re.ASCII)
_DIGITS_OF = [len(str(256**count - 1)) for count in range(GROUP_BYTES + 1)]  # digits of a group of n bytes
# By digits of a group: its bytes, and the first number that is too large for them. No digit spells no byte.
_BYTES_OF = {digits: (count, 256**count) for count, digits in enumerate(_DIGITS_OF) if count}


@dataclass(frozen=True, slots=True)
class Parts:
    """The three parts of a JWS as bytes; `compact` is the text that any JWT library reads."""

    header: bytes
    payload: bytes
    signature: bytes

    @property
    def signing_input(self) -> bytes:
        """The bytes under the signature (RFC 7515 5.1)."""
        return b"%b.%b" % (base64url_bytes(self.header), base64url_bytes(self.payload))

    @property
    def compact(self) -> str:
        """The compact JWS."""
        return f"{self.signing_input.decode()}.{base64url(self.signature)}"


def base64url_bytes(source: bytes) -> bytes:
    """Return base64url without padding, as ASCII bytes."""
    return pybase64.urlsafe_b64encode(source).rstrip(b"=")


def encode(parts: Parts, dictionary_id: int = CURRENT_DICTIONARY) -> str:
    """Return the digits of a licence; raises CodeError when it is larger than any reader takes."""
    plain = parts.header + b"\n" + parts.payload
    if len(plain) > MOST_JSON:
        raise CodeError("too_large", f"header and payload have {len(plain)} bytes, a code holds at most {MOST_JSON}")
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_DEFAULT_STRATEGY, dictionary(dictionary_id))
    packed = squeeze.compress(plain) + squeeze.flush()
    digits = to_digits(bytes((VERSION, dictionary_id)) + packed + parts.signature)
    if len(digits) > MOST_DIGITS:
        raise CodeError("too_large", f"the code has {len(digits)} digits, a QR code holds at most {MOST_DIGITS}")
    return digits


def decode(text: str, dictionaries: Mapping[int, bytes] | None = None) -> Parts:
    """Return the parts of a link, or of its digits alone; raises CodeError.

    `dictionaries` are copies that a caller keeps; one that is not the published one is never used (`dictionary`).
    Reason `format`: this is no link of ours, or of a later version. Reason `damaged`: it began as one and is broken.
    """
    raw = from_digits(digits_of(text))
    if len(raw) < 2 + 1 + SIGNATURE_BYTES:
        raise CodeError("damaged", f"{len(raw)} bytes are too few for a licence; the link was cut short")
    if raw[0] != VERSION:
        raise CodeError("format", f"transport version {raw[0]} is not known here, only {VERSION}")
    if raw[1] not in DICTIONARIES:
        raise CodeError("format", f"dictionary {raw[1]} is not known here; a newer reader may know it")
    own = (dictionaries or {}).get(raw[1])
    plain = _inflate(raw[2:-SIGNATURE_BYTES], dictionary(raw[1]) if own is None else _pinned(raw[1], own))
    header, feed, payload = plain.partition(b"\n")
    if not feed:
        raise CodeError("damaged", "header and payload are not told apart")
    return Parts(header, payload, raw[-SIGNATURE_BYTES:])


def digits_of(text: str) -> str:
    """Return the digits of a link, without what apps are known to append; raises CodeError(format)."""
    if len(text) > MOST_TEXT:
        raise CodeError("format", f"{len(text)} characters, a licence code has at most {MOST_TEXT}")
    found = _LINK.fullmatch(text)
    if found is None:
        digits = sum(character in "0123456789" for character in text)
        reason = "damaged" if digits > len(text) // 2 else "format"
        raise CodeError(reason, "this is not https://HOST/v# followed by digits alone")
    if len(found["digits"]) > MOST_DIGITS:
        raise CodeError("format", f"{len(found['digits'])} digits, a licence code has at most {MOST_DIGITS}")
    return found["digits"]


def page_of(text: str) -> str | None:
    """Return the address before `#`, None when the text has none: people are lured by a page that says yes to all."""
    found = _LINK.fullmatch(text)
    return found["page"] if found else None


def to_digits(raw: bytes) -> str:
    """Return the digits of `raw`, each group padded with zeros to its own fixed width."""
    groups = (raw[start : start + GROUP_BYTES] for start in range(0, len(raw), GROUP_BYTES))
    return "".join(str(int.from_bytes(group, "big")).zfill(_DIGITS_OF[len(group)]) for group in groups)


def from_digits(digits: str) -> bytes:
    """Return the bytes of `digits`; raises CodeError(damaged) unless `to_digits` gives the same digits again."""
    raw = bytearray()
    for start in range(0, len(digits), GROUP_DIGITS):
        group = digits[start : start + GROUP_DIGITS]
        count, limit = _BYTES_OF.get(len(group), (0, 0))
        if (value := int(group)) >= limit:
            raise CodeError("damaged", f"the digits from {start + 1} on spell no bytes; one is wrong or missing")
        raw += value.to_bytes(count, "big")
    return bytes(raw)


@cache
def dictionary(dictionary_id: int) -> bytes:
    """Return the bytes of a preset dictionary; raises CodeError when the file is not the one that was published."""
    return _pinned(dictionary_id, (Path(__file__).parent / "dictionary" / f"{dictionary_id}.bin").read_bytes())


def _pinned(dictionary_id: int, source: bytes) -> bytes:
    if sha256(source).hexdigest() != DICTIONARIES[dictionary_id]:
        raise CodeError("dictionary", f"dictionary {dictionary_id} was changed after it was published; restore it")
    return source


def _inflate(packed: bytes, preset: bytes) -> bytes:
    expand = zlib.decompressobj(-15, zdict=preset)
    try:
        plain = expand.decompress(packed, MOST_JSON + 1)
    except zlib.error as error:
        raise CodeError("damaged", f"the compressed part is broken ({error})") from None
    if len(plain) > MOST_JSON:
        raise CodeError("damaged", f"it inflates beyond {MOST_JSON} bytes")
    if not expand.eof:
        raise CodeError("damaged", "the compressed part stops too early")
    if expand.unused_data:
        raise CodeError("damaged", f"{len(expand.unused_data)} bytes stand between the licence and its signature")
    return plain
