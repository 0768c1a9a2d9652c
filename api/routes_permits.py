"""Permits on a licence: read them, and 加印 by the authorities that grant them."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response, Security

from api.auth import Caller, caller
from api.documented import SIGNED_IN, answers, json_body, problems
from api.problems import ProblemError
from api.routes_applications import require_json, spoken, visible_case
from api.routes_rules import read_object
from api.routes_status import LicenceId, PermitNumber, authority_of
from audit.statement import LONGEST
from casework import permits
from casework.errors import PermitError, StatusError
from casework.sent_values import shown

router = APIRouter(tags=["permits 许可"])
Endorser = Annotated[Caller, Security(caller, scopes=["authority"])]
Reader = Annotated[Caller, Security(caller, scopes=["portal", "officer", "supervisor", "authority", "auditor"])]
_TOLD_WHY = frozenset({"officer", "supervisor", "auditor"})
_BY_OFFICE = frozenset({"officer", "supervisor", "authority", "auditor"})
STATEMENT: dict[str, Any] = {
    "type": "object",
    "required": ["statement"],
    "properties": {
        "statement": {
            "type": "string",
            "maxLength": LONGEST,
            "description": "compact JWS (ES256, typ permit-statement+jwt) by the authority's own key: iss (its code), aud (this "
            "registry), sub (credit code of the holder), iat, jti, act (add or change), of (number of the permit that changes), "
            "after (with a change: the jti of the newest statement on it, `statement` in GET), permit {type, number, valid_from, valid_to?, scope: [codes], identifier?}",
        }
    },
    "additionalProperties": False,
}
_ENDORSED = ("not-found", "permit-refused", "not-json", "media-type", "too-large", "store-unavailable", "request-invalid",
             *SIGNED_IN)  # fmt: skip


@router.get(
    "/v1/licences/{licence}/permits",
    responses={
        **answers("permits and status 许可与状态", "Permits"),
        **problems("not-found", "request-invalid", *SIGNED_IN),
    },
)
async def listed(request: Request, who: Reader, licence: LicenceId) -> Response:
    """List the permits of a licence with their numbers, their status, and every change of status so far.

    A change of status tells its reason, which may name persons, to officers and auditors, and to the authority that acted.
    """
    service = request.app.state.service
    speaks = "authority" in who.scopes and not who.scopes & _TOLD_WHY
    own = authority_of(request, who).code if speaks else None
    case_id = service.licence_id(licence)
    if case_id is not None and not who.scopes & _BY_OFFICE:
        visible_case(request, who, case_id)  # a portal sees its own
    found = None if case_id is None else permits.told(service.flow.parts, case_id)
    if found is None:
        raise ProblemError("not-found")
    if not who.scopes & _TOLD_WHY:
        changes = [one if one["by"] == own else _without_reason(one) for one in found["changes_of_status"]]
        found = {**found, "changes_of_status": changes}
    return spoken(request, found)


@router.post(
    "/v1/licences/{licence}/permits",
    status_code=201,
    openapi_extra=json_body(STATEMENT, "the authority's statement 许可机关的声明"),
    responses={**answers("added 已加印", "Endorsed", status=201, headers=("Location",)), **problems(*_ENDORSED)},
)
async def add(request: Request, who: Endorser, licence: LicenceId) -> Response:
    """Add a permit to a licence: a new version of the licence is issued with it, and old papers say so."""
    return await _endorse(request, who, licence, None)


@router.put(
    "/v1/licences/{licence}/permits/{n}",
    openapi_extra=json_body(STATEMENT, "the authority's statement 许可机关的声明"),
    responses={**answers("changed 已变更", "Endorsed"), **problems(*_ENDORSED)},
)
async def change(request: Request, who: Endorser, licence: LicenceId, n: PermitNumber) -> Response:
    """Change a permit of one's own (number, days, scope): a new version of the licence is issued with it."""
    return await _endorse(request, who, licence, n)


def read_statement_body(raw: bytes, problem: str, refused: type[StatusError]) -> str:
    """Return the statement in a body `{"statement": compact JWS}`. Raises `refused` for anything else that is an object."""
    sent = read_object(raw, problem)
    zh, en = "没有这一项；只填 statement", "there is no such member; send `statement` alone"
    stray = [(f"/{name}", shown(sent[name]), zh, en) for name in sent if name != "statement"]
    compact = sent.get("statement")
    if not isinstance(compact, str) or not compact.isascii():
        zh, en = "须为机关签名的声明（紧凑 JWS）", "want the compact JWS that the authority signed"
        stray.append(("/statement", shown(compact), zh, en))
    if stray:
        raise refused(stray)
    return str(compact)


def _without_reason(change: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in change.items() if name != "reason"}


async def _endorse(request: Request, who: Caller, licence: str, of: int | None) -> Response:
    require_json(request)
    compact = read_statement_body(await request.body(), "permit-refused", PermitError)
    service = request.app.state.service
    told = await service.endorse(licence, authority_of(request, who), compact, of)
    place = f"/v1/licences/{licence}/permits/{told['permit']['n']}"
    return spoken(request, told, 200 if of else 201, {"Location": place} if of is None else None)
