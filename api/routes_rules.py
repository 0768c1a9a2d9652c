"""Rule releases, open to everybody; publishing one; stopping and resuming an item."""

import asyncio
import base64
import binascii
import json
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response, Security

from api.auth import Caller, caller
from api.documented import SIGNED_IN, answers, json_body, problems
from api.problems import ProblemError
from api.routes_applications import require_json, spoken
from api.routes_items import Code
from casework import item_switches, releasing
from casework.sent_values import shown
from engine.strict_json import StrictJsonError, read_json
from engine.text_hygiene import hidden_characters

router = APIRouter(tags=["rules 规则发布"])
Releaser = Annotated[Caller, Security(caller, scopes=["releaser"])]
Stopper = Annotated[Caller, Security(caller, scopes=["officer", "supervisor"])]
Resumer = Annotated[Caller, Security(caller, scopes=["supervisor"])]
Sequence = Annotated[int, Path(ge=1, le=2**53 - 1)]
RELEASE: dict[str, Any] = {
    "type": "object",
    "required": ["note", "bundle"],
    "properties": {
        "note": {"type": "string", "description": "the signed manifest (C2SP signed note) 已签名的发布清单"},
        "bundle": {"type": "string", "contentEncoding": "base64", "description": "the rule bundle 规则包"},
    },
    "additionalProperties": False,
}
REASON: dict[str, Any] = {
    "type": "object",
    "required": ["reason"],
    "properties": {
        "reason": {"type": "string", "minLength": item_switches.MIN_REASON, "maxLength": item_switches.MAX_REASON}
    },
    "additionalProperties": False,
}
_SWITCHED = ("item-not-published", "switch-invalid", "not-json", "media-type", "too-large", "store-unavailable",
             "request-invalid", *SIGNED_IN)  # fmt: skip


class ArchiveResponse(Response):
    """A ustar archive."""

    media_type = "application/x-tar"


@router.get(
    "/v1/rule-releases",
    responses={**answers("newest first 新的在前", "Releases"), **problems("request-invalid")},
)
async def releases(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    before: Annotated[int | None, Query(ge=1, le=2**53 - 1)] = None,
) -> Response:
    """List rule releases; the newest is live. Everybody may see which rules decide and who signed them."""
    parts = request.app.state.service.flow.parts
    listed = releasing.listed(parts.reader, parts.writer.published, limit=limit, before=before)
    last = listed[-1]["sequence"] if listed else 1
    body = {
        "registry": parts.books.registry,
        "releases": listed,
        "next": f"/v1/rule-releases?limit={limit}&before={last}" if last > 1 and len(listed) == limit else None,
        "stopped_items": item_switches.stopped_items(parts.reader),
        "signers": parts.books.signers.to_document()["signers"],
    }
    return spoken(request, body, cache="no-cache")


@router.get(
    "/v1/rule-releases/{sequence}",
    responses={**answers("manifest and signatures 清单与签名", "Release"), **problems("not-found", "request-invalid")},
)
async def release(request: Request, sequence: Sequence) -> Response:
    """Return one release: its manifest, the signed note and who signed it."""
    parts = request.app.state.service.flow.parts
    try:
        found = releasing.told(parts.reader, sequence, parts.writer.published)
    except LookupError as error:
        raise ProblemError("not-found") from error
    return spoken(request, found, cache="no-cache")


@router.get(
    "/v1/rule-releases/{sequence}/bundle",
    response_class=ArchiveResponse,
    responses={
        **answers("the rules as they were signed 规则包", media=ArchiveResponse.media_type),
        **problems("not-found", "request-invalid"),
    },
)
async def bundle(request: Request, sequence: Sequence) -> Response:
    """Return the bundle: every file of the rule book, byte for byte; any `tar` opens it."""
    parts = request.app.state.service.flow.parts
    try:
        content = await asyncio.to_thread(releasing.bundle_of, parts.reader, sequence, parts.writer.published)
    except LookupError as error:
        raise ProblemError("not-found") from error
    return ArchiveResponse(content, headers={"Cache-Control": "public, max-age=31536000, immutable"})


@router.post(
    "/v1/rule-releases",
    status_code=201,
    openapi_extra=json_body(RELEASE, "the signed release 已签名的发布"),
    responses={
        **answers("live 已生效", "Release", status=201, headers=("Location",)),
        **problems("release-refused", "not-json", "media-type", "too-large", "store-unavailable", *SIGNED_IN),
    },
)
async def publish(request: Request, who: Releaser) -> Response:
    """Verify a release again, whole, and make it live; every reason to refuse it has a code of its own."""
    require_json(request)
    note, content = await asyncio.to_thread(_read_release, await request.body())  # up to 22 MB
    told = await request.app.state.service.publish_rules(note, content, who.subject)
    return spoken(request, told, 201, {"Location": f"/v1/rule-releases/{told['sequence']}"})


@router.post(
    "/v1/items/{code}/stop",
    openapi_extra=json_body(REASON, "why 停办理由"),
    responses={**answers("stopped 已停办", "Switch"), **problems(*_SWITCHED)},
)
async def stop(request: Request, who: Stopper, code: Code) -> Response:
    """Stop approving an item at once: what the rules would approve goes to a person until it is resumed."""
    return await _switch(request, who, code, stopped=True)


@router.post(
    "/v1/items/{code}/resume",
    openapi_extra=json_body(REASON, "why 恢复理由"),
    responses={**answers("resumed 已恢复", "Switch"), **problems(*_SWITCHED)},
)
async def resume(request: Request, who: Resumer, code: Code) -> Response:
    """Let the rules approve an item again."""
    return await _switch(request, who, code, stopped=False)


async def _switch(request: Request, who: Caller, code: str, *, stopped: bool) -> Response:
    require_json(request)
    service = request.app.state.service
    if code not in service.flow.parts.books.items():  # also while the newest rules are refused and nothing is decided
        raise ProblemError("item-not-published")
    reason = item_switches.read_reason(read_object(await request.body(), "switch-invalid"))
    return spoken(request, await service.switch_item(code, who.subject, reason, stopped=stopped))


def read_object(raw: bytes, kind: str) -> dict[str, Any]:
    """Read a small JSON object strictly. Raises `ProblemError` of this kind, or `not-json`, naming the place."""
    try:
        sent = read_json(raw)
    except StrictJsonError as error:
        found = {"pointer": error.spot.pointer, "why": error.why.model_dump(), "mend": error.mend.model_dump()}
        raise ProblemError("not-json", errors=[found]) from error
    if not isinstance(sent, dict):
        why = {"zh": "须为对象。", "en": "must be an object"}
        raise ProblemError(kind, errors=[{"pointer": "", "value": shown(sent), "why": why}])
    hidden = [{"pointer": place, "why": why.model_dump()} for place, _, why in hidden_characters(sent)]
    if hidden:
        raise ProblemError(kind, errors=hidden)
    return sent


def _read_release(raw: bytes) -> tuple[bytes, bytes]:
    """Read `{note, bundle}`; not with the reader of applications, whose limits are a form's."""
    try:
        sent = json.loads(raw.decode("utf-8"), object_pairs_hook=_members)
    except (ValueError, RecursionError) as error:
        why = {"zh": f"不是 JSON：{error}", "en": f"not JSON as releases are sent: {error}"}
        raise ProblemError("not-json", errors=[{"pointer": "", "why": why}]) from error
    faults: list[dict[str, Any]] = []
    if not isinstance(sent, dict) or sent.keys() != {"note", "bundle"}:
        why = {"zh": "须为仅含 note 与 bundle 的对象。", "en": "must be an object of `note` and `bundle` and no more"}
        raise ProblemError("release-refused", errors=[{"pointer": "", "why": why}], reason="request-malformed")
    for name in ("note", "bundle"):
        if not isinstance(sent[name], str):
            why = {"zh": "须为文字。", "en": "must be text"}
            faults.append({"pointer": f"/{name}", "value": shown(sent[name]), "why": why})
    if faults:
        raise ProblemError("release-refused", errors=faults, reason="request-malformed")
    try:
        note = sent["note"].encode("utf-8")
    except UnicodeEncodeError as error:
        why = {"zh": f"不是 Unicode 文字：{error.reason}", "en": f"not text of Unicode characters: {error.reason}"}
        faults.append({"pointer": "/note", "value": ascii(sent["note"])[:60], "why": why})
    try:
        content = base64.b64decode(sent["bundle"], validate=True)
    except (binascii.Error, ValueError) as error:
        why = {"zh": f"不是 Base64：{error}", "en": f"not Base64 (RFC 4648 section 4): {error}"}
        faults.append({"pointer": "/bundle", "value": ascii(sent["bundle"][:20]), "why": why})
    if not faults:
        return note, content
    raise ProblemError("release-refused", errors=faults, reason="request-malformed")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        message = "a member stands twice"
        raise ValueError(message)
    return found
