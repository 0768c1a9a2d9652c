"""Status of licences and permits: the lists that checkers fetch, their index, and the act that changes an entry."""

import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Request, Response, Security
from fastapi.responses import JSONResponse

from api.auth import Caller, caller
from api.documented import SIGNED_IN, answers, json_body, problems
from api.problems import ProblemError
from api.routes_applications import require_json, spoken
from api.routes_rules import read_object
from casework import statuses
from casework.statuses import MAX_REASON, MIN_REASON, Actor

router = APIRouter(tags=["status 状态"])
Actors = Annotated[Caller, Security(caller, scopes=["officer", "supervisor", "authority"])]
LICENCE = r"^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9A-Z]{18})$"
LicenceId = Annotated[
    str, Path(pattern=LICENCE, description="id of the licence, or the holder's credit code 统一社会信用代码")
]
PermitNumber = Annotated[int, Path(ge=1, le=999, description="number of the permit on its licence, from 1")]
Tag = Annotated[str | None, Header(alias="If-None-Match", max_length=1000)]
ACT: dict[str, Any] = {
    "type": "object",
    "required": ["act", "reason"],
    "properties": {
        "act": {"enum": list(statuses.ACTS)},
        "reason": {"type": "string", "minLength": MIN_REASON, "maxLength": MAX_REASON},
        "after": {
            "type": "integer",
            "minimum": 0,
            "description": "log_index of the newest change of this status that you have read; refused once there is a newer one 所读到的最近一次状态变更",
        },
    },
    "additionalProperties": False,
}
_CHANGED = ("not-found", "status-refused", "not-json", "media-type", "too-large", "store-unavailable", "request-invalid",
            *SIGNED_IN)  # fmt: skip
# For everybody, also from a page of another origin: they are public, the same for all, and no cookie goes with them.
_PUBLIC = {
    "Cache-Control": "public, max-age=300",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Date",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


class StatusListResponse(Response):
    """A Token Status List."""

    media_type = "application/statuslist+jwt"


@router.get(
    "/status", responses={**answers("all status lists 全部状态列表", "StatusIndex"), **problems("request-invalid")}
)
async def index(request: Request, tag: Tag = None) -> Response:
    """List every status list with its size, time and digest; `signed` is the same, signed with the key of the lists."""
    body = request.app.state.service.statuses.index()
    found = f'"{hashlib.sha256(body["signed"].encode()).hexdigest()[:32]}"'
    headers = {**_PUBLIC, "ETag": found}
    return Response(status_code=304, headers=headers) if matches(tag, found) else JSONResponse(body, headers=headers)


@router.get(
    "/status/{number}",
    response_class=StatusListResponse,
    responses={
        **answers("a status list 状态列表", media=StatusListResponse.media_type),
        **problems("not-found", "request-invalid"),
    },
)
async def status(request: Request, number: Annotated[int, Path(ge=0, le=1_000_000)], tag: Tag = None) -> Response:
    """Return a Token Status List: valid, revoked, suspended or replaced by index, for everybody alike; 304 by its ETag."""
    found = request.app.state.service.statuses.get(number)
    if found is None:
        raise ProblemError("not-found")
    headers = {**_PUBLIC, "ETag": found.etag}
    return (
        Response(status_code=304, headers=headers)
        if matches(tag, found.etag)
        else StatusListResponse(found.token, headers=headers)
    )


@router.post(
    "/v1/licences/{licence}/status",
    openapi_extra=json_body(ACT, "what is done and why 处理与理由"),
    responses={**answers("changed 已变更", "StatusChange"), **problems(*_CHANGED)},
)
async def change(request: Request, who: Actors, licence: LicenceId) -> Response:
    """Suspend, restore or revoke a licence, or as its civil-affairs authority a pass; the same paper shows it as soon as its checker fetches the list again."""
    return await _act(request, who, licence, None)


@router.post(
    "/v1/licences/{licence}/permits/{n}/status",
    openapi_extra=json_body(ACT, "what is done and why 处理与理由"),
    responses={**answers("changed 已变更", "StatusChange"), **problems(*_CHANGED)},
)
async def change_permit(request: Request, who: Actors, licence: LicenceId, n: PermitNumber) -> Response:
    """Suspend, restore or revoke one permit, by its own authority; the registry suspends, and lifts its own suspension alone."""
    return await _act(request, who, licence, n)


async def _act(request: Request, who: Caller, licence: str, permit: int | None) -> Response:
    require_json(request)
    wanted = statuses.read_wanted(read_object(await request.body(), "status-refused"), permit)
    service = request.app.state.service
    told = await service.change_status(licence, wanted, actor_of(request, who, wanted.act))
    return spoken(request, told)


def actor_of(request: Request, who: Caller, act: str) -> Actor:
    """Return for whom a caller acts. Raises 403: an officer only suspends, and an authority must be on the pinned list."""
    if "supervisor" in who.scopes or ("officer" in who.scopes and act == "suspend"):
        return Actor(who.subject)
    if "authority" in who.scopes:
        return Actor(who.subject, authority_of(request, who).code)
    raise _forbidden(
        "恢复与撤销须由监督人员（supervisor）办理",
        "an officer may suspend; restoring and revoking need the scope supervisor",
    )


def authority_of(request: Request, who: Caller) -> Any:
    """Return the authority that a caller's client speaks for. Raises 403 when it is none of the pinned list."""
    found = request.app.state.service.flow.parts.authorities.of_client(who.client)
    if found is None:
        raise _forbidden(
            f"客户端 {who.client[:60]} 不属于许可机关名单中的任何机关",
            f"the client {who.client[:60]!r} speaks for no authority of the pinned list; the operator adds it there",
        )
    return found


def _forbidden(zh: str, en: str) -> ProblemError:
    return ProblemError("forbidden", {"zh": zh, "en": en})


def matches(sent: str | None, own: str) -> bool:
    """Compare as RFC 9110 13.1.2 asks: any of the tags, weakly; * stands for whatever there is."""
    tags = [tag.strip().removeprefix("W/") for tag in (sent or "").split(",")]
    return own in tags or tags == ["*"]
