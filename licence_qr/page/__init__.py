"""The scan page as files to serve: path, bytes, media type and headers. The page itself lies beside this file.

Everything comes from one origin, nothing is inline, nothing of a third party; the licence is in the fragment of the
address, which a browser never sends.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from licence_qr.transport import DICTIONARIES, dictionary

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-cache",
}

_TYPES = {".html": "text/html; charset=utf-8", ".mjs": "text/javascript; charset=utf-8"}
_TYPES |= {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".bin": "application/octet-stream"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of the page, and the headers it is served with (its type among them)."""

    content: bytes
    headers: Mapping[str, str]


@cache
def assets() -> Mapping[str, Asset]:
    """Return every file by the path it is served at; `/v` is the page."""
    files = (file for file in Path(__file__).parent.iterdir() if file.suffix in _TYPES)
    found = {f"/v/{file.name}": _asset(file.read_bytes(), file.suffix) for file in files}
    found["/v"] = found.pop("/v/index.html")
    for number in DICTIONARIES:
        kept = _asset(dictionary(number), ".bin")
        long_lived = {**kept.headers, "Cache-Control": "public, max-age=31536000, immutable"}
        found[f"/v/dictionary-{number}.bin"] = Asset(kept.content, long_lived)
    return found


def asset(name: str) -> bytes | None:
    """Return the bytes of one file by its name, `index.html` for the page itself; None for a name there is none of."""
    found = assets().get("/v" if name == "index.html" else f"/v/{name}")
    return None if found is None else found.content


def _asset(content: bytes, suffix: str) -> Asset:
    return Asset(content, {**HEADERS, "Content-Type": _TYPES[suffix]})
