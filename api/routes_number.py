"""The scan page without scripts: whoever types the number printed on a licence is told what stands in the register."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from api.documented import answers, problems
from api.language import negotiate
from api.number_answers import answer_for, spelled
from licence_qr.errors import IdentifierError
from licence_qr.page.by_number import NUMBER_HEADERS, NUMBER_PATH, number_page

router = APIRouter(tags=["licences 证照"])
Code = Annotated[
    str,
    Query(
        max_length=120, description="credit code or identifier printed on the licence 统一社会信用代码或电子证照标识"
    ),
]

Language = Annotated[
    Literal["zh", "en"] | None,
    Query(alias="lang", description="language of the page; Accept-Language if not given 页面语言，缺省按请求头"),
]


@router.get(
    NUMBER_PATH,
    response_class=HTMLResponse,
    responses={
        **answers("the page without scripts 无脚本查验页", media="text/html; charset=utf-8"),
        **problems("request-invalid"),
    },
)
async def by_number(request: Request, code: Code = "", language: Language = None) -> HTMLResponse:
    """Answer with a form, and with what the licence of a credit code or identifier says and whether it stands; no token is needed."""
    tongue = language or negotiate(request.headers.get("accept-language"))
    typed = "".join(code.split()).upper()
    fault, found = None, None
    try:
        if typed:
            found = await answer_for(request.app.state.service, spelled(typed))
    except IdentifierError:
        fault = "number_mistyped"
    page = number_page(typed, found, tongue, fault=fault, chosen=language is not None)
    return HTMLResponse(page, headers=dict(NUMBER_HEADERS))
