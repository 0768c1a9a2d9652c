"""Stop a body that is too large while it arrives, whatever its Content-Length says."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 512 * 1024   # an application with fifty shareholders and all fields at their limits is below 200 kB


class BodyTooLargeError(Exception):
    """More bytes than `MAX_BODY` arrived; the rest is not read."""


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
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._limit:
                raise BodyTooLargeError
            return message

        await self._app(scope, counted, send)
