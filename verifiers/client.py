"""The one way out: a question to a source by HTTP, with narrow limits on everything that may come back.

No redirects, no cookies, no proxies from the environment, no decompression (a small answer cannot unfold into a large
one), at most 64 KiB read. Only the address given at start is ever called.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

import aiohttp

from verifiers.model import Query
from verifiers.signed_answer import LARGEST_ANSWER

CONNECTIONS = 64  # over all sources; a source that hangs holds its share only until the deadline


class SourceUnavailableError(Exception):
    """No answer now: connection refused or broken, 5xx, 429. Worth asking again."""


class SourceAnswerError(Exception):
    """An answer that is none: 3xx, 4xx, too long. Asking again would bring the same."""


class Ask(Protocol):
    """What the gatherer needs of a client; tests and simulations bring their own."""

    async def post(self, source: str, body: bytes) -> str:
        """Send the body to the source and return the text of its answer."""


def request_body(queries: Sequence[Query]) -> bytes:
    """Return the body of one request for all questions to one source; the same question is asked once."""
    asked = {query.digest: query.body for query in queries}
    listed = [{"request_digest": digest, "body": dict(body)} for digest, body in asked.items()]
    return json.dumps({"requests": listed}, ensure_ascii=False).encode("utf-8")


def as_text(raw: bytes) -> str:
    """Return what arrived as text that any database keeps, unchanged where it is the ASCII that it should be."""
    text = raw.decode("ascii", "backslashreplace")
    return text.replace("\x00", "\\x00")


@dataclass(slots=True)
class SourceClient:
    """An HTTP client for sources that live under one address, e.g. `http://127.0.0.1:8471`.

    Use it as an asynchronous context, once for the life of the service: connections are kept.
    """

    base_url: str
    _session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open the pool of connections."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=CONNECTIONS, limit_per_host=0, ttl_dns_cache=300),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),  # the gatherer's deadline bounds every call
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            headers={"Accept": "application/jose", "Accept-Encoding": "identity", "Content-Type": "application/json"},
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def post(self, source: str, body: bytes) -> str:
        """Send the body to the source and return the text of its answer.

        Raises `SourceUnavailableError` or `SourceAnswerError`; their messages hold nothing that the source sent.
        """
        if self._session is None:
            raise RuntimeError("the client is not open; use it in an `async with` block")
        url = f"{self.base_url}/v1/{source}"
        try:
            async with self._session.post(url, data=body, allow_redirects=False) as reply:
                if reply.status >= 500 or reply.status == 429:
                    raise SourceUnavailableError(f"answered with status {reply.status}")
                if reply.status != 200:
                    raise SourceAnswerError(f"answered with status {reply.status}")
                return as_text(await _read_within(reply))
        except (aiohttp.ClientError, OSError) as error:
            raise SourceUnavailableError(f"no connection ({type(error).__name__})") from None


async def _read_within(reply: aiohttp.ClientResponse) -> bytes:
    """Read the body, and stop at the limit rather than trust a length that the other side wrote."""
    read = bytearray()
    async for piece in reply.content.iter_any():
        read += piece
        if len(read) > LARGEST_ANSWER:
            reply.close()
            raise SourceAnswerError(f"answered with more than {LARGEST_ANSWER} bytes")
    return bytes(read)
