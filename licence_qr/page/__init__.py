"""The scan page as files to serve: path, bytes, media type and headers. The page itself lies beside this file.

Everything comes from one origin, nothing is inline, nothing of a third party; the licence is in the fragment of the
address, which a browser never sends. The worker is filled in with the list of the files and the digest of them all, so that
a changed file is a new version, which phones take over whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from licence_qr.transport import DICTIONARIES, dictionary

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types scan-worker"
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
_TYPES |= {".js": _TYPES[".mjs"], ".json": "application/manifest+json"}
_TYPES |= {
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".bin": "application/octet-stream",
}


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
    found["/v/worker.js"] = _worker(found)
    return found


def asset(name: str) -> bytes | None:
    """Return the bytes of one file by its name, `index.html` for the page itself; None for a name there is none of."""
    found = assets().get("/v" if name == "index.html" else f"/v/{name}")
    return None if found is None else found.content


def _worker(found: Mapping[str, Asset]) -> Asset:
    """Fill the worker in. It lies in /v/ and also answers for /v itself, which browsers want to be told."""
    source = found["/v/worker.js"]
    files = sorted(set(found) - {"/v/worker.js"})
    everything = sha256(source.content)
    for path in files:
        everything.update(path.encode() + sha256(found[path].content).digest())
    content = source.content.replace(b'"@FILES@"', ", ".join(f'"{path}"' for path in files).encode())
    content = content.replace(b"@VERSION@", everything.hexdigest()[:16].encode())
    return Asset(content, {**source.headers, "Service-Worker-Allowed": "/v"})


def _asset(content: bytes, suffix: str) -> Asset:
    return Asset(content, {**HEADERS, "Content-Type": _TYPES[suffix]})
