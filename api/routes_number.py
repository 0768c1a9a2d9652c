"""The scan page without scripts: whoever types the number printed on a licence is told what stands in the register."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from api.documented import answers, problems
from api.language import negotiate
from licence_qr.errors import IdentifierError
from licence_qr.page.by_number import NUMBER_HEADERS, NUMBER_PATH, number_page
from licence_qr.uscc import parse_credit_code

router = APIRouter(tags=["licences 证照"])
Code = Annotated[str, Query(max_length=40, description="credit code printed on the licence 统一社会信用代码")]


@router.get(
    NUMBER_PATH,
    response_class=HTMLResponse,
    responses={
        **answers("the page without scripts 无脚本查验页", media="text/html; charset=utf-8"),
        **problems("request-invalid"),
    },
)
async def by_number(request: Request, code: Code = "") -> HTMLResponse:
    """Answer with a form, and with what the licence of a credit code says and whether it stands; no token is needed."""
    language = negotiate(request.headers.get("accept-language"))
    typed = "".join(code.split()).upper()
    fault, found = None, None
    try:
        if typed:
            found = request.app.state.service.verified(str(parse_credit_code(typed)))
    except IdentifierError:
        fault = "number_mistyped"
    return HTMLResponse(number_page(typed, found, language, fault=fault), headers=dict(NUMBER_HEADERS))
