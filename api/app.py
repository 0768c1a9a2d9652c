"""The HTTP application: routes, limits, and every error as a problem document. It holds no rule of the law and no state."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.routing import Match

from api import (
    routes_applications,
    routes_decisions,
    routes_download,
    routes_health,
    routes_items,
    routes_keys,
    routes_licences,
    routes_log,
    routes_notes,
    routes_number,
    routes_passes,
    routes_permits,
    routes_referrals,
    routes_rules,
    routes_sheets,
    routes_status,
    routes_types,
)
from api.body_limit import BodyLimit
from api.documented import described
from api.edge import Edge
from api.parameter_faults import parameter_fault
from api.problems import ProblemError, answer
from audit.release_errors import ReleaseError
from casework import errors as casework
from casework.recording import intake_problems
from engine.errors import IntakeError
from licence_qr.errors import KeyDeviceError, KeyWindowError
from rules.errors import ItemNotInForceError, ItemNotPublishedError

if TYPE_CHECKING:
    from api.service import Service

log = structlog.get_logger()
ROUTERS = (
    routes_applications.router,
    routes_items.router,
    routes_decisions.router,
    routes_number.router,  # before the files of the page, whose pattern of paths takes this one for a file
    routes_licences.router,
    routes_keys.router,
    routes_notes.router,
    routes_types.router,
    routes_download.router,
    routes_sheets.router,
    routes_passes.router,
    routes_permits.router,
    routes_status.router,
    routes_log.router,
    routes_referrals.router,
    routes_rules.router,
    routes_health.router,
)
_BY_STATUS = {404: "not-found", 405: "method-not-allowed"}


def create_app(service: "Service | None" = None) -> FastAPI:
    """Build the application. Without a service only its description (OpenAPI) can be used."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        if service is not None:
            await service.start()
        try:
            yield
        finally:
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
        redirect_slashes=False,  # a redirect would be built from the caller's Host header
    )
    app.state.service = service
    app.add_middleware(BodyLimit)
    app.add_middleware(Edge)  # added last, hence outermost: its headers are on the refusals of the limit too
    for router in ROUTERS:
        app.include_router(router)
    for kind, handler in _HANDLERS.items():
        app.add_exception_handler(kind, handler)
    undescribed = app.openapi
    app.openapi = lambda: described(undescribed)  # type: ignore[method-assign]  # FastAPI's documented way to extend it
    return app


async def _problem(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ProblemError)
    return answer(request, error)


async def _http(request: Request, error: Exception) -> JSONResponse:
    """Unknown path, wrong method: what the router itself answers."""
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if "Allow" in headers:  # of all routes at this path: the router names those of the first alone
        there = {
            method
            for router in ROUTERS
            for route in router.routes
            if isinstance(route, APIRoute) and route.matches(request.scope)[0] is not Match.NONE
            for method in route.methods or ()
        }
        allowed = there | ({"HEAD"} if "GET" in there else set())  # `Edge` answers HEAD wherever there is a GET
        headers["Allow"] = ", ".join(sorted(allowed))
    return answer(request, ProblemError(_BY_STATUS.get(error.status_code, "internal"), headers=headers))


async def _parameters(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    faults = [parameter_fault(fault) for fault in error.errors()]
    return answer(request, ProblemError("request-invalid", errors=faults))


async def _intake(request: Request, error: Exception) -> JSONResponse:
    """Answer for a body that is no application where nothing was stored (prechecks), or for a code in a path."""
    assert isinstance(error, IntakeError | ItemNotPublishedError | ItemNotInForceError)
    if request.method == "GET":  # the code stands in the path
        kind = "item-not-in-force" if isinstance(error, ItemNotInForceError) else "item-not-published"
        return answer(request, ProblemError(kind))
    told = intake_problems(error)
    return answer(request, ProblemError(told["kind"], errors=told["errors"]))


async def _casework(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, casework.RulingError):
        faults: list[dict[str, Any]] = [
            {"pointer": where, "why": {"zh": zh, "en": en}} for where, zh, en in error.problems
        ]
        return answer(request, ProblemError("ruling-incomplete", errors=faults))
    if isinstance(error, casework.SwitchError | casework.StatusError):
        faults = [
            {"pointer": where, "value": value, "why": {"zh": zh, "en": en}} for where, value, zh, en in error.problems
        ]
        return answer(request, ProblemError(_REFUSED[type(error)], errors=faults))
    if isinstance(error, casework.NotTheirsError | casework.NotOursError):
        return answer(request, ProblemError("forbidden", _whose(error)))
    found = _CASEWORK.get(type(error))
    if found is None:
        raise error  # unexpected: `Edge` logs it
    kind, headers = found
    return answer(request, ProblemError(kind, headers=headers))


def _whose(error: casework.NotTheirsError | casework.NotOursError) -> dict[str, str]:
    """Say whose it is that somebody reached for."""
    if isinstance(error, casework.NotTheirsError):
        return {
            "zh": f"机关 {error} 只能处理自己加印的许可、自己登记的通行证。",
            "en": f"the authority {error} may touch the permits alone that it endorsed itself, and the passes that it stated",
        }
    if error.permit:
        return {
            "zh": f"许可由 {error} 作出，只能由其撤销；登记机关可以暂停该许可，并恢复自己的暂停。",
            "en": f"the permit is {error}'s, who alone revokes it; the registry may suspend it, and lift its own suspension",
        }
    return {
        "zh": f"民办非企业单位由 {error} 登记管理，登记机关只承载其通行证，不得暂停、恢复或撤销。",
        "en": f"the registry carries this pass and does not judge it: {error} alone suspends, restores or revokes it",
    }


async def _key(request: Request, error: Exception) -> JSONResponse:
    """Say that no key signs at the moment, and tell the operator, not the caller, which and why."""
    log.critical("keys.unavailable", path=request.url.path, reason=str(error))
    return answer(request, ProblemError("key-unavailable", headers={"Retry-After": "60"}))


async def _release(request: Request, error: Exception) -> JSONResponse:
    """Say why a rule release is refused: the code of the reason, what it means, and the value that is at fault."""
    assert isinstance(error, ReleaseError)
    why = {"zh": f"{error.advice['zh']}（{error.reason}）：{error}"[:600], "en": f"{error.advice['en']}: {error}"[:600]}
    fault = {"pointer": "/note", "value": error.reason, "why": why}
    return answer(request, ProblemError("release-refused", errors=[fault], reason=error.reason))


_REFUSED = {
    casework.SwitchError: "switch-invalid",
    casework.StatusError: "status-refused",
    casework.PermitError: "permit-refused",
    casework.PassError: "pass-refused",
}
_CASEWORK: dict[type[Exception], tuple[str, dict[str, str]]] = {
    casework.KeyReusedError: ("key-reused", {}),
    casework.InFlightError: ("in-flight", {"Retry-After": "1"}),
    casework.OverloadedError: ("overloaded", {"Retry-After": "2"}),
    casework.UnknownCaseError: ("not-found", {}),
    casework.StoreUnavailableError: ("store-unavailable", {"Retry-After": "5"}),
    casework.NotReferredError: ("not-referred", {}),
    casework.NoRulesError: ("no-rules", {"Retry-After": "60"}),
    casework.PoolEmptyError: ("codes-exhausted", {"Retry-After": "60"}),
}
_HANDLERS = {
    ProblemError: _problem,
    HTTPException: _http,
    RequestValidationError: _parameters,
    IntakeError: _intake,
    ItemNotPublishedError: _intake,
    ItemNotInForceError: _intake,
    casework.CaseworkError: _casework,
    ReleaseError: _release,
    KeyWindowError: _key,
    KeyDeviceError: _key,
}
