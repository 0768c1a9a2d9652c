"""Stop a body that is too large: at once when its Content-Length says so, else while it arrives."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.strict_json import MAX_BYTES

MAX_BODY = MAX_BYTES  # one limit: what the reader of applications would refuse never gets as far as the store


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
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not announced.isdigit() or int(announced[:20]) > self._limit:
            raise BodyTooLargeError
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._limit:
                raise BodyTooLargeError
            return message

        await self._app(scope, counted, send)
