"""What the OpenAPI description says of answers: every status that a route may give, each as a problem document."""

from typing import Any

from api.problems import KINDS

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string", "description": "path of the explanation, e.g. /problems/form-invalid"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "why"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer (RFC 6901) of the field"},
                    "value": {"description": "what was sent, masked when personal"},
                    "why": {"type": "string"},
                    "mend": {"type": "string"},
                },
            },
        },
    },
}


def problems(*slugs: str) -> dict[int | str, dict[str, Any]]:
    """Describe the problem answers of a route by their slugs, grouped by status."""
    by_status: dict[int | str, list[str]] = {}
    for slug in slugs:
        by_status.setdefault(KINDS[slug].status, []).append(slug)
    return {
        status: {
            "description": "; ".join(f"{KINDS[slug].title_zh} {KINDS[slug].title_en}" for slug in found),
            "content": {"application/problem+json": {"schema": PROBLEM_SCHEMA}},
        }
        for status, found in by_status.items()
    }


def json_body(schema: dict[str, Any], description: str) -> dict[str, Any]:
    """Describe a JSON request body that the route reads itself (strictly, byte by byte)."""
    return {"requestBody": {"required": True, "description": description,
                            "content": {"application/json": {"schema": schema}}}}  # fmt: skip


SIGNED_IN = ("unauthenticated", "forbidden")
