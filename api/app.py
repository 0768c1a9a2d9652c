"""The HTTP application: routes, problem documents, limits. It holds no rule of the law and no state of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from api import (
    routes_applications,
    routes_decisions,
    routes_health,
    routes_items,
    routes_licences,
    routes_log,
    routes_referrals,
)
from api.body_limit import BodyLimit, BodyTooLargeError
from api.problems import ProblemError, answer
from casework import errors as casework
from engine.errors import IntakeError
from rules.errors import ItemNotInForceError, ItemNotPublishedError

if TYPE_CHECKING:
    from api.wire import Service

log = structlog.get_logger()
ROUTERS = (
    routes_applications.router,
    routes_items.router,
    routes_decisions.router,
    routes_licences.router,
    routes_log.router,
    routes_referrals.router,
    routes_health.router,
)
_BY_STATUS = {404: "not-found", 405: "method-not-allowed", 415: "media-type", 400: "not-json", 413: "too-large"}
_SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Strict-Transport-Security": "max-age=31536000",
}


def create_app(service: "Service | None" = None) -> FastAPI:
    """Build the application. Without a service only its description (OpenAPI) can be used."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        if service is not None:
            await service.start()
        yield
        if service is not None:
            await service.stop()

    app = FastAPI(
        title="Miaopi 秒批",
        version="1",
        summary="Business registrations decided at once by published rules 经营主体登记秒批",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
    )
    app.state.service = service
    app.add_middleware(BodyLimit)
    app.middleware("http")(_headers)
    for router in ROUTERS:
        app.include_router(router)
    for kind, handler in _HANDLERS.items():
        app.add_exception_handler(kind, handler)
    return app


async def _headers(request: Request, call_next) -> Response:  # type: ignore[no-untyped-def]  # noqa: ANN001 (Starlette's own alias is private)
    response: Response = await call_next(request)
    for name, value in _SECURITY.items():
        response.headers.setdefault(name, value)
    return response


async def _problem(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ProblemError)
    return answer(request, error)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    kind = _BY_STATUS.get(error.status_code, "internal")
    return answer(request, ProblemError(kind, headers=dict(error.headers or {})))


async def _parameters(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    faults = [
        {"pointer": "/" + "/".join(map(str, fault["loc"])), "value": str(fault.get("input", ""))[:100], "why": fault["msg"]}
        for fault in error.errors()
    ]
    return answer(request, ProblemError("request-invalid", errors=faults))


async def _body(request: Request, _error: Exception) -> JSONResponse:
    return answer(request, ProblemError("too-large", headers={"Connection": "close"}))


async def _intake(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, IntakeError)
    return answer(request, ProblemError("form-invalid", errors=intake_errors(error)))


def intake_errors(error: IntakeError) -> list[dict[str, object]]:
    """Return the problems of a submission as members of a problem document."""
    return [
        {"pointer": found.pointer, "value": found.value, "why": found.why.model_dump(), "mend": found.mend.model_dump()}
        for found in error.problems
    ]


async def _item(request: Request, error: Exception) -> JSONResponse:
    kind = "item-not-in-force" if isinstance(error, ItemNotInForceError) else "item-not-published"
    return answer(request, ProblemError(kind, str(error)))


async def _casework(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, casework.RulingError):
        faults = [{"pointer": where, "why": {"zh": zh, "en": en}} for where, zh, en in error.problems]
        return answer(request, ProblemError("ruling-incomplete", errors=faults))
    kind, headers = _CASEWORK.get(type(error), ("internal", {}))
    return answer(request, ProblemError(kind, headers=headers))


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    # The kind of error and the path, never a value: an error text may quote what an applicant wrote.
    log.error("request.failed", path=request.url.path, error=type(error).__name__)
    return answer(request, ProblemError("internal"))


_CASEWORK: dict[type[Exception], tuple[str, dict[str, str]]] = {
    casework.KeyReusedError: ("key-reused", {}),
    casework.InFlightError: ("in-flight", {"Retry-After": "1"}),
    casework.UnknownCaseError: ("not-found", {}),
    casework.StoreUnavailableError: ("store-unavailable", {"Retry-After": "5"}),
    casework.NotReferredError: ("not-referred", {}),
    casework.PoolEmptyError: ("codes-exhausted", {"Retry-After": "60"}),
}
_HANDLERS = {
    ProblemError: _problem,
    HTTPException: _http,
    RequestValidationError: _parameters,
    BodyTooLargeError: _body,
    IntakeError: _intake,
    ItemNotPublishedError: _item,
    ItemNotInForceError: _item,
    casework.CaseworkError: _casework,
    Exception: _unexpected,
}
