"""How uvicorn is set up: what a request may cost before the application sees it.

The parser keeps an unfinished request line, header or trailer in memory however long it grows, so it is counted here.
"""

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD = 32_768  # bytes of request line, headers and trailers; a token has at most 8 KiB
_REFUSED = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)


class HeadTooLargeError(Exception):
    """Raised inside the parser, which then stops."""


class BoundedHead(HttpToolsProtocol):
    """HTTP/1.1 whose request heads end: 431 and a closed connection beyond `MOST_HEAD`."""

    _head = 0  # bytes of the finished fields of this request
    _pending = 0  # bytes that arrived since the parser last finished something
    _refused = False

    def data_received(self, data: bytes) -> None:
        """Read what arrived, unless the request was refused already."""
        if self._refused:
            return
        self._pending += len(data)
        super().data_received(data)
        if self._pending > MOST_HEAD and not self._refused:
            self._refuse()

    def on_message_begin(self) -> None:
        """Begin to count a new request."""
        self._head = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Count the request line."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header or trailer."""
        self._count(len(name) + len(value) + 4)  # colon, space, line end
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Nothing is pending any more."""
        self._pending = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Nothing is pending any more; bodies have their own limit."""
        self._pending = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Nothing is pending any more."""
        self._pending = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer a request that cannot be parsed; ours was stopped from within and has its own answer."""
        if not self._refused:
            super().send_400_response(msg)

    def _count(self, length: int) -> None:
        self._head += length
        if self._head > MOST_HEAD:
            self._refuse()
            raise HeadTooLargeError

    def _refuse(self) -> None:
        self._refused = True
        if self.cycle is None or self.cycle.response_complete:  # else it would stand amid the answer before it
            self.transport.write(_REFUSED)
        self.transport.close()


OPTIONS: dict[str, Any] = {
    "http": BoundedHead,
    "ws": "none",
    "limit_concurrency": 1000,  # beyond it 503 at once, rather than a queue that nobody waits for
    "access_log": False,
    "server_header": False,
    "proxy_headers": False,
    "date_header": True,
    "timeout_graceful_shutdown": 5,
}
