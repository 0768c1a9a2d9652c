"""The public keys of the registry, and what it says of the licences of a compromised key; for everybody, cacheable."""

import hashlib
import json
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from api.documented import answers, problems
from api.problems import ProblemError
from api.routes_status import Tag

router = APIRouter(tags=["licences 证照"])
MAX_AGE = 300  # seconds; an announced rotation leaves far more (docs/keys.md)
_PUBLIC = {
    "Cache-Control": f"public, max-age={MAX_AGE}",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Date, Age",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


@router.get("/.well-known/jwks.json", responses={**answers("public keys 公钥", "Keys"), **problems("request-invalid")})
async def jwks(request: Request, tag: Tag = None) -> Response:
    """Publish the keys that licences and status lists are signed with, past and present, each with its window."""
    content = json.dumps(request.app.state.service.jwks(), separators=(",", ":")).encode()
    return public_answer(content, tag)


@router.get(
    "/.well-known/logged/{kid}.json",
    responses={**answers("licences of a key 密钥所签执照", "Logged"), **problems("not-found", "request-invalid")},
)
async def logged(
    request: Request, kid: Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{43}$")], tag: Tag = None
) -> Response:
    """Tell the licences of a compromised key apart: logged before it was stolen, logged later, never logged."""
    key = request.app.state.service.trust.get(kid)
    if key is None or key.logged is None:
        raise ProblemError("not-found")
    return public_answer(key.logged.to_bytes(), tag)


def public_answer(content: bytes, tag: str | None) -> Response:
    """Return public bytes of ours, cacheable by everybody, with their tag; 304 when the caller has them."""
    own = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {**_PUBLIC, "ETag": own}
    if tag is not None and (tag.strip() == "*" or own in [one.strip().removeprefix("W/") for one in tag.split(",")]):
        return Response(status_code=304, headers=headers)  # RFC 9110 13.1.2: weak comparison
    return Response(content, media_type="application/json", headers=headers)
