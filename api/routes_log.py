"""The log for anyone who mirrors or watches it: checkpoint and tiles in the C2SP layout."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import PlainTextResponse

from api.documented import answers, problems
from api.problems import ProblemError

router = APIRouter(tags=["log 日志"])


class TileResponse(Response):
    """Bytes of the log."""

    media_type = "application/octet-stream"


@router.get(
    "/log/checkpoint",
    response_class=PlainTextResponse,
    responses={**answers("a C2SP checkpoint 检查点", media="text/plain; charset=utf-8"), **problems("not-found")},
)
async def checkpoint(request: Request) -> Response:
    """Return the newest published checkpoint (C2SP signed note)."""
    text = request.app.state.service.public_log.checkpoint()
    if text is None:
        raise ProblemError("not-found")
    return PlainTextResponse(text, headers={"Cache-Control": "no-cache"})


@router.get(
    "/log/{path:path}",
    response_class=TileResponse,
    responses={
        **answers("a tile or entry bundle 日志分片", media=TileResponse.media_type),
        **problems("not-found", "request-invalid"),
    },
)
async def tile(request: Request, path: Annotated[str, Path(max_length=200)]) -> Response:
    """Return a tile or an entry bundle under the published checkpoint, such as `tile/0/x001/067` or `tile/entries/000.p/12`."""
    content = request.app.state.service.public_log.tile(path)
    if content is None:
        raise ProblemError("not-found")
    kept = "no-store" if ".p/" in path else "public, max-age=31536000, immutable"
    return TileResponse(content, headers={"Cache-Control": kept})
