"""The licence as a sheet for printing (正本, 副本), and how small and how fine its code may be printed."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request, Response

from api.auth import Caller
from api.documented import SIGNED_IN, answers, problems
from api.problems import ProblemError
from api.routes_applications import spoken
from api.routes_licences import Reader, SvgResponse, licence_of
from api.routes_status import LicenceId
from api.sheets import copy_faults
from licence_qr.errors import CodeError, PictureError
from licence_qr.sheet_content import MOST_COPIES, Edition

if TYPE_CHECKING:
    from licence_qr.sheet_release import ReleasedSheet

router = APIRouter(tags=["licences 证照"])
WhichEdition = Annotated[Edition, Query(description="original 正本 (420 × 297 mm) or copy 副本 (297 × 210 mm)")]
Copy = Annotated[int, Query(ge=1, le=MOST_COPIES, description="number of this copy, at most `copies` 副本序号")]
Copies = Annotated[int, Query(ge=1, le=MOST_COPIES, description="how many copies there are 副本数量")]
_ANSWERS = problems(
    "not-found", "not-ready", "request-invalid", "sheet-unavailable", "overloaded", *SIGNED_IN
)  # fmt: skip
_PRIVATE = {"Cache-Control": "private, no-cache"}


class PdfResponse(Response):
    """A document."""

    media_type = "application/pdf"


@router.get(
    "/v1/licences/{licence}/sheet.svg",
    response_class=SvgResponse,
    responses={**answers("a page of the sheet 照面", media=SvgResponse.media_type), **_ANSWERS},
)
async def svg(
    request: Request,
    who: Reader,
    licence: LicenceId,
    edition: WhichEdition = "original",
    copy: Copy = 1,
    copies: Copies = 1,
    page: Annotated[int, Query(ge=1, le=99, description="page of the sheet, from 1; Link names the next one 页码")] = 1,
) -> Response:
    """Return the sheet as SVG, a page at a time; code and words were read back before it left."""
    made = await _sheet(request, who, licence, edition, copy, copies)
    if page > len(made.pages):
        raise ProblemError(
            "not-found", {"zh": f"照面共 {len(made.pages)} 页。", "en": f"the sheet has {len(made.pages)} pages"}
        )
    headers = dict(_PRIVATE)
    if page < len(made.pages):
        headers["Link"] = (
            f'<{request.url.path}?edition={edition}&copy={copy}&copies={copies}&page={page + 1}>; rel="next"'
        )
    return SvgResponse(made.pages[page - 1], headers=headers)


@router.get(
    "/v1/licences/{licence}/sheet.pdf",
    response_class=PdfResponse,
    responses={**answers("the sheet 照面", media=PdfResponse.media_type), **_ANSWERS},
)
async def pdf(
    request: Request,
    who: Reader,
    licence: LicenceId,
    edition: WhichEdition = "original",
    copy: Copy = 1,
    copies: Copies = 1,
) -> Response:
    """Return the sheet as PDF/A with its font embedded; code and words were read back before it left."""
    made = await _sheet(request, who, licence, edition, copy, copies)
    return PdfResponse(made.pdf, headers=_PRIVATE)


@router.get(
    "/v1/licences/{licence}/print-advice",
    responses={
        **answers("how to print the code 印制要求", "PrintAdvice"),
        **problems("not-found", "not-ready", "request-invalid", *SIGNED_IN),
    },
)
async def advice(request: Request, who: Reader, licence: LicenceId) -> Response:
    """Tell how the code of a licence is printed: its version, the least side in mm, and whole dots for usual printers."""
    found = (await request.app.state.service.picture(licence_of(request, who, licence))).advice
    sentence = {"zh": found.sentence("zh"), "en": found.sentence("en")}
    return spoken(request, {**found.to_json(), "sentence": sentence})


async def _sheet(
    request: Request, who: Caller, licence: str, edition: Edition, copy: int, copies: int
) -> "ReleasedSheet":
    token = licence_of(request, who, licence)
    if faults := copy_faults(edition, copy, copies):
        named = [{"parameter": name, "in": "query", "value": value, "why": {"zh": zh, "en": en}}
                 for name, value, zh, en in faults]  # fmt: skip
        raise ProblemError("request-invalid", errors=named)
    made: ReleasedSheet
    try:
        made = await request.app.state.service.sheets.sheet(token, edition, copy, copies)
    except (PictureError, CodeError) as error:
        raise ProblemError(
            "sheet-unavailable", {"zh": f"照面未能生成：{error}", "en": f"no sheet was set: {error}"}
        ) from None
    return made
