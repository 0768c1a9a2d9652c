"""Submit an application, read its state, check one beforehand."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Request, Response, Security
from fastapi.responses import JSONResponse

from api.auth import Caller, caller
from api.documented import SIGNED_IN, json_body, problems
from api.language import localise, negotiate
from api.problems import ProblemError
from casework import views
from casework.flow import Submission

router = APIRouter(tags=["applications 申请"])
Portal = Annotated[Caller, Security(caller, scopes=["portal"])]
Reader = Annotated[Caller, Security(caller, scopes=["portal", "officer", "auditor"])]
CaseId = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$")]
Key = Annotated[
    str | None, Header(alias="Idempotency-Key", pattern=r"^[\x21-\x7e]{1,255}$", description="one unique key an application")
]
FORM = {
    "type": "object",
    "required": ["item"],
    "properties": {"item": {"type": "string"}},
    "description": "an application on the form of its item: GET /v1/items/{code}/schema",
}
_STATUS = {"waiting": 202, "open": 202, "approved": 201, "fix": 201, "referred": 201, "routed": 201, "refused": 201}


@router.post(
    "/v1/applications",
    status_code=201,
    openapi_extra=json_body(FORM, "the application 申请表"),
    responses={
        202: {"description": "accepted, waiting for a source 已受理，等待核验源", "content": {"application/json": {}}},
        **problems("form-invalid", "not-json", "too-large", "item-not-published", "item-not-in-force", "key-missing",
                   "key-reused", "in-flight", "media-type", "store-unavailable", "request-invalid", *SIGNED_IN),
    },
)  # fmt: skip
async def submit(request: Request, who: Portal, key: Key = None) -> Response:
    """Receive an application and answer with its decision; 202 when a source did not answer in time."""
    if key is None:
        raise ProblemError("key-missing")
    require_json(request)
    service = request.app.state.service
    body = await request.body()
    with service.flow.parts.measures.answered.time():
        case_id = await service.flow.submit(Submission(who.client, key, body))
    view = views.case_view(service.flow.parts.reader, case_id)
    if view["state"] == "unreadable":
        raise intake_problem(view)
    return case_answer(request, view, status=_STATUS[view["outcome"] or "open"])


@router.get(
    "/v1/applications/{case_id}", responses=problems("not-found", "request-invalid", *SIGNED_IN)
)
async def read(request: Request, who: Reader, case_id: CaseId) -> Response:
    """Return a case as it stands: its outcome, the notice, the licence, or what it waits for."""
    view = visible_case(request, who, case_id)
    return case_answer(request, view, status=200)


@router.post(
    "/v1/prechecks",
    openapi_extra=json_body(FORM, "the application 申请表"),
    responses=problems("form-invalid", "not-json", "too-large", "item-not-published", "item-not-in-force", "media-type",
                       *SIGNED_IN),
)  # fmt: skip
async def precheck(request: Request, who: Portal) -> Response:
    """Say what would be decided now, without submitting: nothing is stored, nothing is logged."""
    require_json(request)
    view = await request.app.state.service.precheck(await request.body())
    return spoken(request, {**view, "submitted": False, "caller": who.client})


def require_json(request: Request) -> None:
    """Raise unless the body is declared as JSON."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ProblemError("media-type", headers={"Accept-Post": "application/json"})


def visible_case(request: Request, who: Caller, case_id: str) -> dict[str, Any]:
    """Return the view of a case that this caller may see; a portal sees its own only, and 404 for others'."""
    view = views.find_case_view(request.app.state.service.flow.parts.reader, case_id)
    if view is None or (view["client"] != who.client and not who.scopes & {"officer", "auditor"}):
        raise ProblemError("not-found")
    return view


def intake_problem(view: dict[str, Any]) -> ProblemError:
    """Return the problem document of a submission that could not be read as an application."""
    kind = view["problem"]
    return ProblemError(kind, view.get("detail"), errors=view["errors"], application=f"/v1/applications/{view['id']}")


def case_answer(request: Request, view: dict[str, Any], *, status: int) -> Response:
    """Answer with a case. Waiting cases say where to ask and when."""
    headers = {"Location": f"/v1/applications/{view['id']}"}
    if view["outcome"] in ("waiting", None) and view["state"] == "open":
        headers["Retry-After"] = str(view.get("retry_after", 1))
    shown = {name: value for name, value in view.items() if name not in ("client", "retry_after")}
    return spoken(request, shown, status, headers)


def spoken(
    request: Request, body: Any, status: int = 200, headers: dict[str, str] | None = None, *, cache: str = "no-store"
) -> JSONResponse:
    """Answer with a JSON value in the caller's language."""
    language = negotiate(request.headers.get("accept-language"))
    every = {"Content-Language": language, "Vary": "Accept-Language", "Cache-Control": cache, **(headers or {})}
    return JSONResponse(localise(body, language), status, every)
