"""Licences and what a scanner needs: the token, its pictures, the scan page, keys and status lists."""

from pathlib import Path as File
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response, Security
from fastapi.responses import JSONResponse

from api.auth import Caller, caller
from api.documented import SIGNED_IN, problems
from api.problems import ProblemError
from api.routes_applications import visible_case
from licence_qr import page

router = APIRouter(tags=["licences 证照"])
Reader = Annotated[Caller, Security(caller, scopes=["portal", "officer", "auditor"])]
CaseId = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$")]
_ANSWERS = problems("not-found", "not-ready", "request-invalid", *SIGNED_IN)
_PRIVATE = {"Cache-Control": "private, no-cache"}
_PAGE_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_TYPES = {".html": "text/html; charset=utf-8", ".mjs": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
          ".svg": "image/svg+xml", ".json": "application/json", ".bin": "application/octet-stream"}  # fmt: skip


def _licence(request: Request, who: Caller, case_id: str) -> str:
    visible_case(request, who, case_id)
    token: str | None = request.app.state.service.licence_token(case_id)
    if token is None:
        raise ProblemError("not-ready")
    return token


@router.get("/v1/licences/{case_id}.svg", responses=_ANSWERS)
async def svg(request: Request, who: Reader, case_id: CaseId) -> Response:
    """Return the QR code as SVG in millimetres, read back and verified before it left."""
    picture = await request.app.state.service.picture(_licence(request, who, case_id))
    return Response(picture.svg, media_type="image/svg+xml", headers=_PRIVATE)


@router.get("/v1/licences/{case_id}.png", responses=_ANSWERS)
async def png(request: Request, who: Reader, case_id: CaseId) -> Response:
    """Return the QR code as PNG at whole modules, read back and verified before it left."""
    picture = await request.app.state.service.picture(_licence(request, who, case_id))
    return Response(picture.png, media_type="image/png", headers=_PRIVATE)


@router.get("/v1/licences/{case_id}", responses=_ANSWERS)
async def licence(request: Request, who: Reader, case_id: CaseId) -> Response:
    """Return the signed licence: a compact JWS that any JOSE library verifies."""
    return Response(_licence(request, who, case_id), media_type="application/jose", headers=_PRIVATE)


@router.get("/.well-known/jwks.json")
async def jwks(request: Request) -> Response:
    """Publish the keys that licences are signed with."""
    return JSONResponse(request.app.state.service.jwks(), headers={"Cache-Control": "public, max-age=300",
                        "Access-Control-Allow-Origin": "*"})  # fmt: skip


@router.get("/status/{number}", responses=problems("not-found", "request-invalid"))
async def status(request: Request, number: Annotated[int, Path(ge=0, le=1_000_000)]) -> Response:
    """Return a Token Status List (statuslist+jwt): valid, revoked, suspended by index, for everybody alike."""
    token = request.app.state.service.status_list(number)
    if token is None:
        raise ProblemError("not-found")
    return Response(token, media_type="application/statuslist+jwt", headers={"Cache-Control": "public, max-age=300",
                    "Access-Control-Allow-Origin": "*"})  # fmt: skip


@router.get("/v")
async def scan_page() -> Response:
    """Serve the page that a scanned code opens; it verifies on the phone, and the code never reaches us."""
    return _asset("index.html")


@router.get("/v/{name}", responses=problems("not-found", "request-invalid"))
async def scan_asset(name: Annotated[str, Path(pattern=r"^[a-z0-9_-]{1,40}\.(mjs|css|svg|json|bin)$")]) -> Response:
    """Serve a part of the scan page."""
    return _asset(name)


def _asset(name: str) -> Response:
    content = page.asset(name)
    if content is None:
        raise ProblemError("not-found")
    headers = {"Content-Security-Policy": _PAGE_CSP, "Cache-Control": "public, max-age=300"}
    return Response(content, media_type=_TYPES[File(name).suffix], headers=headers)
