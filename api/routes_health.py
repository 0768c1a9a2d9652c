"""For operators and for readers of problem documents: liveness, readiness, counters, explanations."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from api.documented import answers, problems
from api.problems import KINDS, ProblemError
from api.routes_applications import spoken

router = APIRouter(tags=["operation 运行"])


@router.get(
    "/healthz", response_class=PlainTextResponse, responses=answers("alive 存活", media="text/plain; charset=utf-8")
)
async def healthz() -> Response:
    """Say that the process lives."""
    return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})


@router.get(
    "/readyz",
    responses={**answers("ready 就绪", "Readiness"), **answers("not ready 未就绪", "Readiness", status=503)},
)
async def readyz(request: Request) -> Response:
    """Say whether applications can be accepted: the store answers and the claim loop turns. Sources do not count."""
    faults = request.app.state.service.faults()
    headers = {"Cache-Control": "no-store"}
    return JSONResponse({"ready": not faults, "faults": faults}, 503 if faults else 200, headers)


@router.get(
    "/metrics", response_class=PlainTextResponse, responses=answers("Prometheus 指标", media=CONTENT_TYPE_LATEST)
)
async def metrics(request: Request) -> Response:
    """Return the counters in Prometheus text form."""
    text = generate_latest(request.app.state.service.flow.parts.measures.registry)
    return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})


@router.get(
    "/problems/{slug}",
    responses={
        **answers("what it means and what to do 说明", "ProblemKind"),
        **problems("not-found", "request-invalid"),
    },
)
async def problem(request: Request, slug: Annotated[str, Path(pattern=r"^[a-z-]{1,40}$")]) -> Response:
    """Explain a kind of problem and what to do about it."""
    kind = KINDS.get(slug)
    if kind is None:
        raise ProblemError("not-found")
    body = {
        "type": f"/problems/{slug}",
        "status": kind.status,
        "title": {"zh": kind.title_zh, "en": kind.title_en},
        "advice": {"zh": kind.advice_zh, "en": kind.advice_en},
    }
    return spoken(request, body, cache="public, max-age=3600")
