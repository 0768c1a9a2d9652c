"""Passes of 民办非企业单位: stated and changed by the civil-affairs authority that registers them; read by those who endorse."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response, Security

from api.auth import Caller, caller
from api.documented import SIGNED_IN, answers, json_body, problems
from api.problems import ProblemError
from api.routes_applications import require_json, spoken
from api.routes_permits import read_statement_body
from api.routes_status import LicenceId, authority_of
from audit.statement import LONGEST
from casework import passes
from casework.errors import PassError

router = APIRouter(tags=["passes 民办非企业单位通行证"])
Registrar = Annotated[Caller, Security(caller, scopes=["authority"])]
Reader = Annotated[Caller, Security(caller, scopes=["officer", "supervisor", "authority", "auditor"])]
STATEMENT: dict[str, Any] = {
    "type": "object",
    "required": ["statement"],
    "properties": {
        "statement": {
            "type": "string",
            "maxLength": LONGEST,
            "description": "compact JWS (ES256, typ certificate-statement+jwt) by the civil-affairs authority's own key: iss (its "
            "code), aud (this registry), sub (credit code that it gave, 52…), iat, jti, act (add or change), after (with a change: the jti of the newest statement, `statement` in GET), certificate {name, form, "
            "representative, capital_fen, supervising_authority, premises, scope: [{code, text}], established_on, term}",
        }
    },
    "additionalProperties": False,
}
_STATED = ("not-found", "pass-refused", "not-json", "media-type", "too-large", "store-unavailable", "request-invalid",
           *SIGNED_IN)  # fmt: skip


@router.post(
    "/v1/passes",
    status_code=201,
    openapi_extra=json_body(STATEMENT, "the authority's statement 登记管理机关的声明"),
    responses={
        **answers("the pass 通行证", "Pass", status=201, headers=("Location",)),
        **problems(*(one for one in _STATED if one != "not-found")),
    },
)
async def add(request: Request, who: Registrar) -> Response:
    """Carry a 民办非企业单位 that the caller's authority registered: its certificate becomes a pass, on which others endorse."""
    compact, authority = await _sent(request), authority_of(request, who)
    service = request.app.state.service
    parts = service.flow.parts
    statement = passes.read_statement(parts, authority, compact)
    told = await service.carry(passes.register(parts, statement, compact, who.client))
    return spoken(request, told, 201, {"Location": f"/v1/passes/{told['pass']['id']}"})


@router.put(
    "/v1/passes/{licence}",
    openapi_extra=json_body(STATEMENT, "the authority's statement 登记管理机关的声明"),
    responses={**answers("changed 已变更", "Pass"), **problems(*_STATED)},
)
async def change(request: Request, who: Registrar, licence: LicenceId) -> Response:
    """Change the certificate of a pass, by the authority that stated it: the whole certificate, as the next version."""
    compact, authority = await _sent(request), authority_of(request, who)
    service = request.app.state.service
    parts = service.flow.parts
    statement = passes.read_statement(parts, authority, compact)
    told = await service.carry(passes.change(parts, _known(request, licence), statement, compact))
    return spoken(request, told)


@router.get(
    "/v1/passes/{licence}",
    responses={**answers("the pass 通行证", "Pass"), **problems("not-found", "request-invalid", *SIGNED_IN)},
)
async def read(request: Request, who: Reader, licence: LicenceId) -> Response:  # noqa: ARG001 (whoever may endorse may read)
    """Return a pass: the certificate as stated, with the codes of its scope by which statements on permits name them."""
    found = passes.told(request.app.state.service.flow.parts, _known(request, licence))
    if found is None:
        raise ProblemError("not-found")
    return spoken(request, found)


async def _sent(request: Request) -> str:
    require_json(request)
    return read_statement_body(await request.body(), "pass-refused", PassError)


def _known(request: Request, licence: str) -> str:
    case_id: str | None = request.app.state.service.licence_id(licence)
    if case_id is None:
        raise ProblemError("not-found")
    return case_id
