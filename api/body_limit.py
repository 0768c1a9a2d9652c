"""Stop a body that is too large: at once when its Content-Length says so, else while it arrives."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from audit.note import MAX_NOTE
from engine.strict_json import MAX_BYTES
from rules.bundle import MAX_BUNDLE

MAX_BODY = MAX_BYTES  # one limit: what the reader of applications would refuse never gets as far as the store
MAX_RELEASE = MAX_BUNDLE * 4 // 3 + 2 * MAX_NOTE  # a bundle in Base64 and its note; read only after the caller is known
_LARGER = {"/v1/rule-releases": MAX_RELEASE}


class BodyTooLargeError(Exception):
    """More bytes than `MAX_BODY` arrived or were announced; the rest is not read."""


class BodyLimit:
    """ASGI middleware: raises `BodyTooLargeError` inside the request once the body is over the limit."""

    def __init__(self, app: ASGIApp, limit: int = MAX_BODY) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what is received; everything else passes through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = _LARGER.get(scope["path"], self._limit)
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not announced.isdigit() or int(announced[:20]) > limit:
            raise BodyTooLargeError
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise BodyTooLargeError
            return message

        await self._app(scope, counted, send)
