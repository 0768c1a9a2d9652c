"""The bureau's lane: see what waits for a person, and rule on it."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response, Security

from api.auth import Caller, caller
from api.documented import SIGNED_IN, answers, json_body, problems
from api.problems import ProblemError
from api.routes_applications import CASE_ID, require_json, spoken, visible_case
from casework import referrals
from engine.strict_json import StrictJsonError, read_json
from engine.text_hygiene import hidden_characters

router = APIRouter(tags=["referrals 转人工"])
Officer = Annotated[Caller, Security(caller, scopes=["officer"])]
CaseId = Annotated[str, Path(pattern=CASE_ID)]
RULING: dict[str, Any] = {
    "type": "object",
    "required": ["verdict", "reasons"],
    "properties": {
        "verdict": {"enum": ["approve", "refuse"]},
        "reasons": {
            "type": "object",
            "required": ["zh", "en"],
            "properties": {"zh": {"type": "string", "minLength": 10}, "en": {"type": "string", "minLength": 10}},
        },
        "articles": {
            "type": "array",
            "maxItems": 20,
            "items": {
                "type": "object",
                "required": ["law", "article"],
                "properties": {
                    "law": {"type": "string"},
                    "version": {"type": "string"},
                    "article": {"type": "string"},
                    "paragraph": {"type": "integer"},
                    "item": {"type": "integer"},
                },
            },
        },
    },
}


@router.get("/v1/referrals", responses={**answers("oldest first 先到在前", "Queue"), **problems(*SIGNED_IN)})
async def queue(request: Request, _who: Officer) -> Response:
    """List the cases that wait for an officer, oldest first."""
    return spoken(request, {"referrals": referrals.queue(request.app.state.service.flow.parts.reader)})


@router.get(
    "/v1/referrals/{case_id}",
    responses={
        **answers("the case and the application 案件与申请表", "ReferredCase"),
        **problems("not-found", "request-invalid", *SIGNED_IN),
    },
)
async def referred(request: Request, who: Officer, case_id: CaseId) -> Response:
    """Return a referred case with the application as it was sent, and in `explanation` every finding with its evidence."""
    view = visible_case(request, who, case_id)
    if "referral" not in view:  # an officer reads what was referred, not what the engine settled
        raise ProblemError("not-found")
    service = request.app.state.service
    told = {name: value for name, value in view.items() if name not in ("client", "retry_after")}
    told["application"] = service.application_document(case_id)
    decided = {**told["decision"], "application_id": case_id}
    told["explanation"] = service.explain(decided["id"], decided, whole=True)  # the applicant's view may keep some back
    return spoken(request, told)


@router.post(
    "/v1/referrals/{case_id}/ruling",
    status_code=201,
    openapi_extra=json_body(RULING, "the ruling 决定"),
    responses={
        **answers("the ruling as the applicant receives it 决定书", "Ruling", status=201, headers=("Location",)),
        **problems("not-found", "not-referred", "ruling-incomplete", "not-json", "media-type", "too-large",
                   "store-unavailable", "request-invalid", *SIGNED_IN),
    },
)  # fmt: skip
async def rule(request: Request, who: Officer, case_id: CaseId) -> Response:
    """Approve a referred case with reasons, or refuse it with reasons and articles; the remedies are added by us."""
    require_json(request)
    visible_case(request, who, case_id)
    sent = _read_ruling(await request.body())
    document = await request.app.state.service.rule(case_id, who.subject, referrals.read_ruling(sent))
    return spoken(request, document, 201, {"Location": f"/v1/applications/{case_id}"})


def _read_ruling(raw: bytes) -> dict[str, Any]:
    """Read a ruling as strictly as an application: it becomes a notice that a court may read."""
    try:
        sent = read_json(raw)
    except StrictJsonError as error:
        found = {"pointer": error.spot.pointer, "why": error.why.model_dump(), "mend": error.mend.model_dump()}
        raise ProblemError("not-json", errors=[found]) from error
    if not isinstance(sent, dict):
        why = {
            "zh": "须为对象（verdict、reasons、articles）。",
            "en": "must be an object with verdict, reasons and articles",
        }
        raise ProblemError("ruling-incomplete", errors=[{"pointer": "", "why": why}])
    hidden = [{"pointer": place, "why": why.model_dump()} for place, _, why in hidden_characters(sent)]
    if hidden:
        raise ProblemError("ruling-incomplete", errors=hidden)
    return sent
