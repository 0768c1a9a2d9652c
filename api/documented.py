"""What the OpenAPI description says beyond what FastAPI finds by itself: answers, problems, and who may call."""

import re
from collections.abc import Callable
from typing import Any

from api.problems import KINDS
from api.shape_parts import ref
from api.shapes import SCHEMAS

Answers = dict[int | str, dict[str, Any]]
SIGNED_IN = ("unauthenticated", "forbidden")
_HEADERS: dict[str, Any] = {
    "Location": {"schema": {"type": "string"}, "description": "where the case can be read"},
    "Retry-After": {"schema": {"type": "integer"}, "description": "seconds until it is worth asking"},
}


def problems(*slugs: str) -> Answers:
    """Describe the problem answers of a route by their slugs, grouped by status."""
    by_status: dict[int | str, list[str]] = {}
    for slug in slugs:
        by_status.setdefault(KINDS[slug].status, []).append(slug)
    return {
        status: {
            "description": "; ".join(f"{KINDS[slug].title_zh} {KINDS[slug].title_en}" for slug in found),
            "content": {"application/problem+json": {"schema": ref("Problem")}},
        }
        for status, found in by_status.items()
    }


def answers(description: str, schema: str | None = None, media: str = "application/json", *, status: int = 200,
            headers: tuple[str, ...] = ()) -> Answers:  # fmt: skip
    """Describe the good answer of a route: a named schema of `api.shapes`, or another media type."""
    body = ref(schema) if schema else {"type": "string"}
    said: dict[str, Any] = {"description": description, "content": {media: {"schema": body}}}
    if headers:
        said["headers"] = {name: _HEADERS[name] for name in headers}
    return {status: said}


def json_body(schema: dict[str, Any], description: str) -> dict[str, Any]:
    """Describe a JSON request body that the route reads itself (strictly, byte by byte)."""
    return {"requestBody": {"required": True, "description": description,
                            "content": {"application/json": {"schema": schema}}}}  # fmt: skip


def summary_of(description: str) -> str:
    """Return the first clause of an operation's description: what it does, in words.

    >>> summary_of("Return a list of codes; 304 by its ETag. It is public.")
    'Return a list of codes'
    """
    return re.split(r"[;:.](?:\s|$)", description.strip(), maxsplit=1)[0].replace("\n", " ")


def described(undescribed: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Complete FastAPI's description: named schemas, the token, every answer's own media type, and what any route may answer."""
    document = undescribed()
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    if "Problem" in schemas:
        return document  # FastAPI keeps and returns one and the same object
    schemas.update(SCHEMAS)
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["summary"] = summary_of(operation["description"])
            operation["responses"].update({str(status): said for status, said in problems("internal").items()})
            if (
                "security" in operation
            ):  # one scope is enough: alternatives, where FastAPI writes a list that reads as "all"
                operation["security"] = [
                    {scheme: [scope]}
                    for entry in operation["security"]
                    for scheme, scopes in entry.items()
                    for scope in scopes
                ]
    return document
