"""What holds for every answer, whatever the route: security headers, HEAD, and a problem document for the unexpected.

Plain ASGI, outermost of our own layers: nothing is buffered, and an error that nobody foresaw ends here. It is answered as a
problem and logged by its kind and the route's template, never with its text or a trace, which may quote an applicant.
"""

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.body_limit import BodyTooLargeError
from api.problems import ProblemError, answer

log = structlog.get_logger()
# Where a route sets one of these itself (the scan page has its own policy), the route's stands.
_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"strict-transport-security", b"max-age=31536000"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)


class Edge:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request through and complete its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answered = _Answer(send, bodiless=scope["method"] == "HEAD")
        if answered.bodiless:
            scope = {**scope, "method": "GET"}  # RFC 9110 9.3.2: as GET, but nothing is sent after the headers
        try:
            await self._app(scope, receive, answered)
        except ClientDisconnect:
            return  # the caller went away before its body was complete: nothing was accepted, nobody is there to be told
        except BodyTooLargeError:
            problem = ProblemError("too-large", headers={"Connection": "close"})
        except Exception as error:  # noqa: BLE001 (this is where everything ends)
            kind = type(error).__name__
            log.error("request.failed", route=_template(scope), method=scope["method"], error=kind)  # noqa: TRY400 (a trace quotes what an applicant wrote)
            problem = ProblemError("internal")
        else:
            return
        if not answered.started:
            await answer(Request(scope), problem)(scope, receive, answered)


class _Answer:
    """Where the application sends its answer: adds the headers, and drops the body of an answer to HEAD."""

    def __init__(self, send: Send, *, bodiless: bool) -> None:
        self.bodiless = bodiless
        self.started = False
        self._send = send

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            there = {name.lower() for name, _ in message["headers"]}
            added = [header for header in _HEADERS if header[0] not in there]
            message = {**message, "headers": [*message["headers"], *added]}
        elif self.bodiless:
            message = {**message, "body": b""}
        await self._send(message)


def _template(scope: Scope) -> str:
    """Return the route's template; a path as sent may hold what a caller made up, line feeds among it."""
    return str(getattr(scope.get("route"), "path", "none"))
