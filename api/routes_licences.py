"""Licences and what a scanner needs: the token, its pictures, the scan page."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response, Security
from fastapi.responses import HTMLResponse

from api.auth import Caller, caller
from api.documented import SIGNED_IN, answers, problems
from api.problems import ProblemError, not_theirs
from api.routes_applications import sees_whole
from api.routes_status import LicenceId
from casework import views
from licence_qr.page import assets

router = APIRouter(tags=["licences 证照"])
Reader = Annotated[Caller, Security(caller, scopes=["portal", "authority", "officer", "auditor"])]
_OWN = frozenset({"portal", "authority"})  # who submits: applications, or the passes that civil affairs registers
_ANSWERS = problems("not-found", "not-ready", "request-invalid", *SIGNED_IN)
_PRIVATE = {"Cache-Control": "private, no-cache"}
_PART_TYPES = sorted({part.headers["Content-Type"] for path, part in assets().items() if path != "/v"})


class SvgResponse(Response):
    """A drawing."""

    media_type = "image/svg+xml"


class PngResponse(Response):
    """A picture."""

    media_type = "image/png"


class JoseResponse(Response):
    """A compact JWS."""

    media_type = "application/jose"


class PageResponse(Response):
    """A file of the scan page, which brings its own type and policy."""


def licence_of(request: Request, who: Caller, licence: str) -> str:
    """Return the signed licence of an id or a credit code that this caller may see. Raises `ProblemError`: not found, not ready.

    Who submitted the case sees it, an officer what was referred, an auditor all.
    """
    service = request.app.state.service
    case_id: str | None = service.licence_id(licence)
    view = None if case_id is None else views.find_case_view(service.flow.parts, case_id)
    if view is None or not (sees_whole(who, view) or (who.scopes & _OWN and view["client"] == who.client)):
        raise not_theirs()
    token: str | None = service.licence_token(case_id)
    if token is None:
        raise ProblemError("not-ready")
    return token


@router.get(
    "/v1/licences/{licence}.svg",
    response_class=SvgResponse,
    responses={**answers("the code 二维码", media=SvgResponse.media_type), **_ANSWERS},
)
async def svg(request: Request, who: Reader, licence: LicenceId) -> Response:
    """Return the QR code as SVG in millimetres, read back and verified before it left."""
    picture = await request.app.state.service.picture(licence_of(request, who, licence))
    return SvgResponse(picture.svg, headers=_PRIVATE)


@router.get(
    "/v1/licences/{licence}.png",
    response_class=PngResponse,
    responses={**answers("the code 二维码", media=PngResponse.media_type), **_ANSWERS},
)
async def png(request: Request, who: Reader, licence: LicenceId) -> Response:
    """Return the QR code as PNG at whole modules, read back and verified before it left."""
    picture = await request.app.state.service.picture(licence_of(request, who, licence))
    return PngResponse(picture.png, headers=_PRIVATE)


@router.get(
    "/v1/licences/{licence}",
    response_class=JoseResponse,
    responses={**answers("the licence 电子营业执照", media=JoseResponse.media_type), **_ANSWERS},
)
async def signed(request: Request, who: Reader, licence: LicenceId) -> Response:
    """Return the signed licence: a compact JWS that any JOSE library verifies."""
    return JoseResponse(licence_of(request, who, licence), headers=_PRIVATE)


@router.get(
    "/v", response_class=HTMLResponse, responses=answers("the scan page 扫码页", media="text/html; charset=utf-8")
)
async def scan_page() -> Response:
    """Serve the page that a scanned code opens; it verifies on the phone, and the code never reaches us."""
    return _asset("/v")


@router.get(
    "/v/{name}",
    response_class=PageResponse,
    responses={
        200: {"description": "a part of the page 页面文件", "content": {media: {} for media in _PART_TYPES}},
        **problems("not-found", "request-invalid"),
    },
)
async def scan_asset(name: Annotated[str, Path(pattern=r"^[a-z0-9_-]{1,40}\.[a-z]{2,5}$")]) -> Response:
    """Serve a part of the scan page."""
    return _asset(f"/v/{name}")


def _asset(path: str) -> Response:
    found = assets().get(path)
    if found is None:
        raise ProblemError("not-found")
    return PageResponse(found.content, headers=dict(found.headers))
