"""The published catalogue, open to everybody before any log-in: items, forms, rules in plain words, guides."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from api.documented import answers, problems
from api.guide import guide_text
from api.language import negotiate
from api.routes_applications import spoken
from rules.typed import RuleSet

router = APIRouter(tags=["catalogue 事项目录"])
Code = Annotated[str, Path(pattern=r"^[0-9A-Z-]{4,40}$")]
_ANSWERS = problems("item-not-published", "item-not-in-force", "no-rules", "request-invalid")
_FRESH = "public, max-age=300"


class SchemaResponse(JSONResponse):
    """A JSON Schema."""

    media_type = "application/schema+json"


class MarkdownResponse(PlainTextResponse):
    """A text in Markdown (RFC 7763)."""

    media_type = "text/markdown; charset=utf-8"


def _rule_set(request: Request, code: str) -> RuleSet:
    parts = request.app.state.service.flow.parts
    chosen: RuleSet = parts.book.rule_set(code, parts.today(parts.ports.now()))
    return chosen


@router.get("/v1/items", responses={**answers("the catalogue 事项目录", "Items"), **problems("no-rules")})
async def items(request: Request) -> Response:
    """List every item of the catalogue with its period in force."""
    parts = request.app.state.service.flow.parts
    today = parts.today(parts.ports.now())
    listed = [
        {
            "code": item.code,
            "name": item.name.model_dump(),
            "in_force": item.in_force.model_dump(mode="json", by_alias=True),
            "in_force_today": item.in_force.holds_on(today),
            "item_class": item.item_class,
            "links": {part: f"/v1/items/{item.code}/{part}" for part in ("schema", "rules", "guide")},
        }
        for item in parts.book.items
    ]
    return spoken(request, {"items": listed}, cache=_FRESH)


@router.get("/v1/items/{code}", responses={**answers("the item 事项", "Item"), **_ANSWERS})
async def item(request: Request, code: Code) -> Response:
    """Return all published elements of an item in force today (优化营商环境条例 40)."""
    chosen = _rule_set(request, code)
    body = chosen.item.model_dump(mode="json", by_alias=True, exclude_none=True)
    return spoken(request, {**body, "rule_set": chosen.digest}, cache=_FRESH)


@router.get(
    "/v1/items/{code}/schema",
    response_class=SchemaResponse,
    responses={**answers("the form 表单", "Form", SchemaResponse.media_type), **_ANSWERS},
)
async def schema(request: Request, code: Code) -> Response:
    """Return the form: a JSON Schema 2020-12 with titles in Chinese and English."""
    chosen = _rule_set(request, code)
    return SchemaResponse(chosen.form, headers={"Cache-Control": _FRESH})


@router.get("/v1/items/{code}/rules", responses={**answers("the rules 审查规则", "Rules"), **_ANSWERS})
async def rules(request: Request, code: Code) -> Response:
    """List every rule that will be applied, with its legal basis: the criteria, told in advance (准入清单)."""
    chosen = _rule_set(request, code)
    return spoken(
        request, {"rule_set": chosen.digest, "rules": [_public(rule.rule) for rule in chosen.rules]}, cache=_FRESH
    )


@router.get(
    "/v1/items/{code}/guide",
    response_class=MarkdownResponse,
    responses={**answers("the guide 服务指南", media=MarkdownResponse.media_type), **_ANSWERS},
)
async def guide(request: Request, code: Code) -> Response:
    """Return the service guide, made from the catalogue and the rules, so that it cannot disagree with the engine."""
    chosen = _rule_set(request, code)
    language = negotiate(request.headers.get("accept-language"))
    headers = {"Content-Language": language, "Vary": "Accept-Language", "Cache-Control": _FRESH}
    return MarkdownResponse(guide_text(chosen, language), headers=headers)


def _public(rule: Any) -> dict[str, Any]:
    return {
        "id": rule.id,
        "title": rule.title.model_dump(),
        "effect": rule.on_violation,
        "basis": [basis.model_dump(exclude_none=True) for basis in rule.basis],
        "in_force": rule.in_force.model_dump(mode="json", by_alias=True),
        "last_checked_on": rule.last_checked_on.isoformat(),
        "applies_when": rule.applies_when,
        "holds_when": rule.holds_when,
        "remedy": rule.remedy.model_dump(),
    }
