"""The bureau's lane: see what waits for a person, and rule on it."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response, Security

from api.auth import Caller, caller
from api.documented import SIGNED_IN, json_body, problems
from api.problems import ProblemError
from api.routes_applications import require_json, spoken, visible_case
from casework import referrals
from engine.strict_json import StrictJsonError, read_json

router = APIRouter(tags=["referrals 转人工"])
Officer = Annotated[Caller, Security(caller, scopes=["officer"])]
CaseId = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$")]
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


@router.get("/v1/referrals", responses=problems(*SIGNED_IN))
async def queue(request: Request, _who: Officer) -> Response:
    """List the cases that wait for an officer, oldest first."""
    return spoken(request, {"referrals": referrals.queue(request.app.state.service.flow.parts.reader)})


@router.get("/v1/referrals/{case_id}", responses=problems("not-found", "request-invalid", *SIGNED_IN))
async def referred(request: Request, who: Officer, case_id: CaseId) -> Response:
    """Return a referred case with the application as it was sent and every finding."""
    view = visible_case(request, who, case_id)
    application = request.app.state.service.application_document(case_id)
    return spoken(request, {**view, "application": application})


@router.post(
    "/v1/referrals/{case_id}/ruling",
    status_code=201,
    openapi_extra=json_body(RULING, "the ruling 决定"),
    responses=problems("not-found", "not-referred", "ruling-incomplete", "not-json", "media-type", "too-large",
                       "store-unavailable", "request-invalid", *SIGNED_IN),
)  # fmt: skip
async def rule(request: Request, who: Officer, case_id: CaseId) -> Response:
    """Approve a referred case with reasons, or refuse it with reasons and articles; the remedies are added by us."""
    require_json(request)
    visible_case(request, who, case_id)
    try:
        sent = read_json(await request.body())
    except StrictJsonError as error:
        raise ProblemError("not-json", str(error)) from error
    if not isinstance(sent, dict):
        raise ProblemError(
            "ruling-incomplete", errors=[{"pointer": "", "why": json.dumps("an object is needed 须为对象")}]
        )
    document = await request.app.state.service.rule(case_id, who.subject, referrals.read_ruling(sent))
    return spoken(request, document, 201, {"Location": f"/v1/applications/{case_id}"})
