"""The holder's download: the licence with every permit in full, and the holder's own private fields, each to be shown or not."""

from typing import Annotated, Any

import structlog
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import APIRouter, Request, Response, Security

from api.auth import Caller, caller
from api.documented import SIGNED_IN, answers, problems
from api.problems import ProblemError, not_theirs
from api.routes_applications import require_json
from api.routes_rules import read_object
from api.routes_status import LicenceId
from licence_qr.download_file import MEDIA_TYPE
from licence_qr.errors import CodeError, KeyDeviceError, KeyFileError, LicenceError
from licence_qr.sd_jwt_licence import holder_key_of

log = structlog.get_logger()
router = APIRouter(tags=["licences 证照"])
Submitter = Annotated[Caller, Security(caller, scopes=["portal", "authority"])]  # of passes: civil affairs
_COORDINATE = {"type": "string", "pattern": "^[A-Za-z0-9_-]{43}$"}
HOLDER_KEY: dict[str, Any] = {
    "type": "object",
    "properties": {
        "holder_key": {
            "type": "object",
            "description": "public JWK (RFC 7517) of a P-256 key of the holder; only who has that key can show the download",
            "required": ["kty", "crv", "x", "y"],
            "properties": {"kty": {"const": "EC"}, "crv": {"const": "P-256"}, "x": _COORDINATE, "y": _COORDINATE},
            "not": {"required": ["d"]},
        }
    },
    "additionalProperties": False,
}
_STRANGE = "没有这一项；只可填 holder_key", "there is no such member; send `holder_key` or nothing"
_SECRET = "这是私钥：绝不要发送，请更换该密钥", "that is a private key: never send it, and take another one"
_REFUSED = ("not-found", "not-ready", "not-json", "media-type", "too-large", "request-invalid", "download-refused", "key-unavailable", "no-rules",
            *SIGNED_IN)  # fmt: skip


@router.post(
    "/v1/licences/{licence}/download",
    openapi_extra={
        "requestBody": {
            "required": False,
            "description": "nothing, or the key of the holder 持照人密钥（可不填）",
            "content": {"application/json": {"schema": HOLDER_KEY}},
        }
    },
    responses={**answers("the download 电子执照文件", "Download"), **problems(*_REFUSED)},
)
async def download(request: Request, who: Submitter, licence: LicenceId) -> Response:
    """Make the holder's download, an SD-JWT VC (RFC 9901), for whoever submitted the case; nothing of it is kept."""
    key = _holder_key(request, await request.body())
    service = request.app.state.service
    case_id = service.licence_id(licence)
    if case_id is None:
        raise not_theirs()
    try:
        made = await service.downloads.file(case_id, who.client, key)
    except (KeyDeviceError, KeyFileError) as error:
        log.error("download.key_unavailable", error=type(error).__name__)  # noqa: TRY400  (a trace names the module's parts)
        raise ProblemError("key-unavailable", headers={"Retry-After": "60"}) from None
    except LicenceError as error:  # the text names fields and keys, never what stands in a private field
        detail = {"zh": f"该证照现在不能下载：{error}", "en": f"this licence cannot be downloaded now: {error}"}
        raise ProblemError("download-refused", detail) from None
    if made is None:
        raise ProblemError("not-ready")
    headers = {"Cache-Control": "no-store", "Content-Disposition": 'attachment; filename="business-licence.json"'}
    return Response(made, media_type=MEDIA_TYPE, headers=headers)


def _holder_key(request: Request, raw: bytes) -> ec.EllipticCurvePublicKey | None:
    """Return the key in a body, None for an empty one. Raises `ProblemError` with everything that is wrong."""
    if not raw:
        return None
    require_json(request)
    sent = read_object(raw, "request-invalid")
    faults = [_fault(f"/{name}", *(_SECRET if name == "d" else _STRANGE)) for name in sent if name != "holder_key"]
    jwk = sent.get("holder_key")
    if "holder_key" in sent and not isinstance(jwk, dict):
        faults.append(_fault("/holder_key", "须为公钥 JWK 对象", "want a public JWK, an object"))
    if isinstance(jwk, dict):
        if "d" in jwk:
            faults.append(_fault("/holder_key/d", *_SECRET))
        for name, value in (("kty", "EC"), ("crv", "P-256")):
            if jwk.get(name) != value:
                faults.append(_fault(f"/holder_key/{name}", f"须为 {value}", f"must be {value}"))
    if faults:
        raise ProblemError("request-invalid", errors=faults)
    if not isinstance(jwk, dict):
        return None
    try:
        return holder_key_of(jwk)
    except CodeError as error:
        zh, en = "不是 P-256 曲线上的点：x、y 各为 32 字节的 base64url", f"no point of P-256: {error}"
        raise ProblemError("request-invalid", errors=[_fault("/holder_key", zh, en)]) from None


def _fault(pointer: str, zh: str, en: str) -> dict[str, Any]:
    """Return what is wrong at a place, never what stands there: it may be a private key, whatever its name."""
    return {"pointer": pointer, "why": {"zh": zh, "en": en}}
