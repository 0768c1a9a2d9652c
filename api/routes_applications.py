"""Submit an application, read its state, check one beforehand."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Request, Response, Security
from fastapi.responses import JSONResponse

from api.auth import Caller, caller
from api.documented import SIGNED_IN, answers, json_body, problems
from api.language import localise, negotiate
from api.problems import ProblemError, not_theirs
from api.shape_parts import ref
from casework import views
from casework.flow import Submission

router = APIRouter(tags=["applications 申请"])
Portal = Annotated[Caller, Security(caller, scopes=["portal"])]
Reader = Annotated[Caller, Security(caller, scopes=["portal", "officer", "auditor"])]
CASE_ID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
CaseId = Annotated[str, Path(pattern=CASE_ID)]
Key = Annotated[
    str | None,
    Header(alias="Idempotency-Key", pattern=r"^[\x21-\x7e]{1,255}$", description="one unique key an application"),
]
# States in which the answer is still to come: a decision (open), or the licence of an approved case.
_UNFINISHED = ("open", "approved")
_READING = ("form-invalid", "not-json", "too-large", "item-not-published", "item-not-in-force", "media-type")
_NOT_TOLD = frozenset({"client", "retry_after"})


@router.post(
    "/v1/applications",
    status_code=201,
    openapi_extra=json_body(ref("Application"), "the application 申请表"),
    responses={
        **answers("decided 已作出决定", "Case", status=201, headers=("Location",)),
        **answers(
            "accepted, waiting for a source 已受理，等待核验源", "Case", status=202, headers=("Location", "Retry-After")
        ),
        **problems(
            *_READING,
            "key-missing",
            "key-reused",
            "in-flight",
            "duplicate",
            "overloaded",
            "no-rules",
            "store-unavailable",
            "request-invalid",
            *SIGNED_IN,
        ),
    },
)
async def submit(request: Request, who: Portal, key: Key = None) -> Response:
    """Receive an application and answer with its decision; 202 when a source did not answer in time."""
    if key is None:
        raise ProblemError("key-missing")
    require_json(request)
    service = request.app.state.service
    body = await request.body()
    with service.flow.parts.measures.answered.time():
        case_id = await service.flow.submit(Submission(who.client, key, body))
    view = views.case_view(service.flow.parts, case_id)
    if view["state"] == "unreadable":
        raise intake_problem(view)
    return case_answer(request, view, status=202 if view["state"] in _UNFINISHED else 201)


@router.get(
    "/v1/applications/{case_id}",
    responses={
        **answers("the case as it stands 申请的当前状态", "Case", headers=("Location", "Retry-After")),
        **problems("not-found", "request-invalid", *SIGNED_IN),
    },
)
async def read(request: Request, who: Reader, case_id: CaseId) -> Response:
    """Return a case as it stands: its outcome, the notice, the licence, or what it waits for."""
    return case_answer(request, visible_case(request, who, case_id), status=200)


@router.post(
    "/v1/prechecks",
    openapi_extra=json_body(ref("Application"), "the application 申请表"),
    responses={**answers("what would be decided 预判结果", "Precheck"), **problems(*_READING, "no-rules", *SIGNED_IN)},
)
async def precheck(request: Request, who: Portal) -> Response:  # noqa: ARG001 (asking is for portals; nothing is kept of who asked)
    """Say what would be decided now, without submitting: nothing is stored, nothing is logged."""
    require_json(request)
    view = await request.app.state.service.precheck(await request.body())
    return spoken(request, {**view, "submitted": False})


def require_json(request: Request) -> None:
    """Raise unless the body is declared as JSON, and as it is: a packed body is not unpacked."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    packed = request.headers.get("content-encoding", "identity").strip().lower()
    if kind != "application/json" or packed != "identity":
        raise ProblemError("media-type", headers={"Accept-Post": "application/json", "Accept-Encoding": "identity"})


def visible_case(request: Request, who: Caller, case_id: str) -> dict[str, Any]:
    """Return a case that this caller may see, else 404: a portal its own, an officer what was referred, an auditor all."""
    view = views.find_case_view(request.app.state.service.flow.parts, case_id)
    if view is None or not (sees_whole(who, view) or ("portal" in who.scopes and view["client"] == who.client)):
        raise not_theirs()
    return view


def sees_whole(who: Caller, view: dict[str, Any]) -> bool:
    """Tell whether this caller sees a case by office, with the facts about people who have not confirmed."""
    return "auditor" in who.scopes or ("officer" in who.scopes and "referral" in view)


def intake_problem(view: dict[str, Any]) -> ProblemError:
    """Return the problem document of a submission that could not be read as an application."""
    return ProblemError(view["problem"], errors=view["errors"], application=f"/v1/applications/{view['id']}")


def case_answer(request: Request, view: dict[str, Any], *, status: int) -> Response:
    """Answer with a case. Unfinished cases say where to ask and when."""
    headers = {"Location": f"/v1/applications/{view['id']}"}
    if view["state"] in _UNFINISHED:
        headers["Retry-After"] = str(view.get("retry_after", 1))
    return spoken(request, {name: value for name, value in view.items() if name not in _NOT_TOLD}, status, headers)


def spoken(
    request: Request, body: Any, status: int = 200, headers: dict[str, str] | None = None, *, cache: str = "no-store"
) -> JSONResponse:
    """Answer with a JSON value in the caller's language."""
    language = negotiate(request.headers.get("accept-language"))
    every = {"Content-Language": language, "Vary": "Accept-Language", "Cache-Control": cache, **(headers or {})}
    return JSONResponse(localise(body, language), status, every)
