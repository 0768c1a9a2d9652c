"""A report as JSON members: plain values, days as text, applications and evidence whole, so that anybody can run them."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from engine.difference.model import Report
from engine.observed import json_value
from rules.feel import interpret, parse
from rules.feel.temporal import DaysTime, YearsMonths

_AS_TEXT = parse("string(value)", ["value"])


def report_json(report: Report) -> dict[str, Any]:
    """Return the whole report."""
    counts = dict.fromkeys(("witness", "facts", "covered", "proved", "undecided"), 0)
    for change in report.changes:
        for answer in change.answers:
            counts[answer.verdict] += 1
    plain: dict[str, Any] = plain_json(report)
    for found, change in zip(plain["changes"], report.changes, strict=True):
        found["equal"] = change.equal
    return {"different": report.different, "verdicts": counts, **plain}


def plain_json(value: Any) -> Any:
    """Return dataclasses as mappings, and every value as JSON has it; what is None or empty is left out of no record."""
    if isinstance(value, YearsMonths | DaysTime):
        return interpret(_AS_TEXT, {"value": value})
    if is_dataclass(value) and not isinstance(value, type):
        return {
            spec.name: plain_json(getattr(value, spec.name)) for spec in fields(value) if not spec.name.startswith("_")
        }
    if isinstance(value, Mapping):
        return {str(key): plain_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_json(item) for item in value]
    if isinstance(value, date | Decimal):
        return json_value(value)
    return value if value is None or isinstance(value, bool | int | str) else str(value)
