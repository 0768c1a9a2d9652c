"""Decisions: what was decided, why, on which record, and the proof that it stands in the log."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response, Security
from fastapi.responses import PlainTextResponse

from api.auth import Caller, caller
from api.documented import SIGNED_IN, answers, problems
from api.problems import ProblemError, not_theirs
from api.routes_applications import CASE_ID, sees_whole, spoken, visible_case
from casework import views

router = APIRouter(tags=["decisions 决定"])
Reader = Annotated[Caller, Security(caller, scopes=["portal", "officer", "auditor"])]
Auditor = Annotated[Caller, Security(caller, scopes=["auditor"])]
DecisionId = Annotated[str, Path(pattern=CASE_ID)]
_ANSWERS = problems("not-found", "request-invalid", *SIGNED_IN)
_LOGGED = problems("not-found", "not-published", "request-invalid", *SIGNED_IN)


def not_published() -> ProblemError:
    """Return the problem of a leaf that the published checkpoint does not cover yet."""
    return ProblemError("not-published", headers={"Retry-After": "1"})


def _visible(request: Request, who: Caller, decision_id: str) -> dict[str, Any]:
    view = views.decision_view(request.app.state.service.flow.parts, decision_id)
    if view is None:
        raise not_theirs()
    visible_case(request, who, view["application_id"])  # whoever may see the case may see its decisions
    return {name: value for name, value in view.items() if name != "client"}


@router.get("/v1/decisions/{decision_id}", responses={**answers("the decision 决定", "Decision"), **_ANSWERS})
async def decision(request: Request, who: Reader, decision_id: DecisionId) -> Response:
    """Return a decision with its findings and its place in the log."""
    return spoken(request, _visible(request, who, decision_id))


@router.get(
    "/v1/decisions/{decision_id}/explanation", responses={**answers("rule by rule 逐条说明", "Explanation"), **_ANSWERS}
)
async def explanation(request: Request, who: Reader, decision_id: DecisionId) -> Response:
    """Explain a decision rule by rule: the basis, what was seen, from which source (个人信息保护法 24)."""
    view = _visible(request, who, decision_id)
    service = request.app.state.service
    case = visible_case(request, who, view["application_id"])
    return spoken(request, service.explain(decision_id, view, whole=sees_whole(who, case)))


@router.get(
    "/v1/decisions/{decision_id}/record",
    responses={**answers("the leaf of the log, byte for byte 日志原文", "DecisionRecord"), **_LOGGED},
)
async def record(request: Request, who: Auditor, decision_id: DecisionId) -> Response:
    """Return the canonical record, byte for byte as it stands in the log. It holds no personal value."""
    view = _visible(request, who, decision_id)
    leaf = request.app.state.service.public_log.leaf(view["log_index"])
    if leaf is None:
        raise not_published()
    return Response(
        leaf, media_type="application/json", headers={"Cache-Control": "private, max-age=31536000, immutable"}
    )


@router.get(
    "/v1/decisions/{decision_id}/proof",
    response_class=PlainTextResponse,
    responses={**answers("a C2SP tlog-proof 日志证明", media="text/plain; charset=utf-8"), **_LOGGED},
)
async def proof(request: Request, who: Reader, decision_id: DecisionId) -> Response:
    """Return a C2SP tlog-proof: leaf index, inclusion proof and signed checkpoint, to be checked offline."""
    view = _visible(request, who, decision_id)
    text = request.app.state.service.public_log.proof(view["log_index"])
    if text is None:
        raise not_published()
    return PlainTextResponse(text, headers={"Cache-Control": "no-store"})


@router.get("/v1/register", responses={**answers("newest first 最新在前", "Register"), **problems("request-invalid")})
async def register(request: Request, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> Response:
    """List what was registered, newest first, as the public may see it (行政许可法 40): no personal value."""
    service = request.app.state.service
    return spoken(request, {"registered": views.register(service.flow.parts, limit)})
