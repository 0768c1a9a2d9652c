"""What `vct` names: the type of the credential, at the very address that stands in every licence."""

from fastapi import APIRouter, Request, Response

from api.documented import answers, problems
from api.routes_status import Tag, matches
from licence_qr.claims import VCT_PATH
from licence_qr.type_metadata import document

router = APIRouter(tags=["licences 证照"])
_PUBLIC = {"Access-Control-Expose-Headers": "ETag, Date", "Cross-Origin-Resource-Policy": "cross-origin"}


@router.get(VCT_PATH, responses={**answers("the type 凭证类型", "TypeMetadata"), **problems("request-invalid")})
async def type_metadata(request: Request, tag: Tag = None) -> Response:
    """Tell the type of a licence: the labels of its claims in Chinese and English, and their JSON Schema; for everybody."""
    body, told = document(request.app.state.service.settings.host)
    headers = {**_PUBLIC, **told}
    return Response(status_code=304, headers=headers) if matches(tag, told["ETag"]) else Response(body, headers=headers)
