"""The note to the public about a compromised key, for everybody, cacheable: what happened, what to believe, what to do."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from api import key_notes
from api.documented import answers, problems
from api.problems import ProblemError
from api.routes_keys import public_answer
from api.routes_status import Tag

router = APIRouter(tags=["licences 证照"])


@router.get(
    "/.well-known/notes/{kid}.json",
    responses={**answers("note to the public 公告", "KeyNote"), **problems("not-found", "request-invalid")},
)
async def key_note(
    request: Request, kid: Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{43}$")], tag: Tag = None
) -> Response:
    """Tell the newest note about a compromised key; its SHA-256 is in the log, in a leaf of kind `key`."""
    found = key_notes.newest(request.app.state.service.settings, kid)
    if found is None:
        raise ProblemError("not-found")
    return public_answer(found, tag)
