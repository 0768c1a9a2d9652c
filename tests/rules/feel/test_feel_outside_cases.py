"""The outside conformance cases for FEEL, through both evaluators; `known_failures.txt` lists those that fail."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from rules.feel import (
    FeelSyntaxError,
    compile_node,
    interpret,
    parse,
    read_date,
    read_date_time,
    read_duration,
    read_time,
)
from rules.feel.conform import FAILED, coerce
from rules.feel.types import ANY, SIMPLE_TYPES, ContextType, ListType, Type
from rules.feel.values import equal, kind

CASES = Path(__file__).resolve().parents[3].parent / "shared" / "vectors" / "feel.json"
KNOWN = Path(__file__).with_name("known_failures.txt")
XML_NAMES = {
    "dateTime": "date and time",
    "dayTimeDuration": "days and time duration",
    "yearMonthDuration": "years and months duration",
}
READERS = {
    "number": Decimal,
    "date": read_date,
    "time": read_time,
    "dateTime": read_date_time,
    "duration": read_duration,
}


def untagged(value: Any) -> Any:
    """Turn a tagged value of the file into a FEEL value."""
    if isinstance(value, list):
        return [untagged(item) for item in value]
    if not isinstance(value, dict):
        return value
    ((tag, inside),) = value.items()
    if tag == "context":
        return {name: untagged(item) for name, item in inside.items()}
    return READERS[tag](inside)


def type_named(name: str | None, definitions: dict[str, Any]) -> Type:
    """Return a type by its name; one that is neither built in nor defined is Any."""
    if name is None:
        return ANY
    simple = SIMPLE_TYPES.get(XML_NAMES.get(name, name))
    if simple is not None:
        return simple
    return type_of(definitions[name], definitions) if name in definitions else ANY


def type_of(definition: dict[str, Any], definitions: dict[str, Any]) -> Type:
    """Return the type that an item definition stands for."""
    if "components" in definition:
        parts = definition["components"].items()
        made: Type = ContextType({name: type_of(part, definitions) for name, part in parts})
    else:
        made = type_named(definition.get("type"), definitions)
    return ListType(made) if definition.get("collection") else made


def conforming(value: Any, declared: Type) -> Any:
    """Return a value as its declared type wants it; null where it does not conform."""
    found = coerce(value, declared)
    return None if found is FAILED else found


def is_expected(found: Any, expected: Any) -> bool:
    """Compare; numbers to 8 decimals, since the cases state rounded ones."""
    if kind(found) == kind(expected) == "number":
        return abs(Decimal(found) - Decimal(expected)) <= Decimal("1e-8")
    if isinstance(found, list) and isinstance(expected, list):
        return len(found) == len(expected) and all(map(is_expected, found, expected))
    return equal(found, expected) is True


def values_of(case: dict[str, Any]) -> list[Any]:
    """Return what both evaluators make of a case; a syntax error counts as the null of an expected error."""
    definitions = case.get("types") or {}
    types = {name: type_of(definition, definitions) for name, definition in definitions.items()}
    scope = {
        name: conforming(untagged(value), type_named(case["input_types"].get(name), definitions))
        for name, value in case["inputs"].items()
    }
    try:
        node = parse(case["expression"], scope, types)
    except FeelSyntaxError as error:
        return [None, None] if case["error"] else [error, error]
    declared = type_named(case["type"], definitions)
    return [conforming(value, declared) for value in (compile_node(node)(scope), interpret(node, scope))]


def test_outside_cases_fail_only_where_we_say_so() -> None:
    if not CASES.exists():
        pytest.skip(f"the outside cases are not here: {CASES}")
    cases = json.loads(CASES.read_text("utf-8"))
    known = {line for line in KNOWN.read_text("utf-8").splitlines() if line and not line.startswith("#")}
    compiled_fails, interpreted_fails = set(), set()
    for case in cases:
        expected = untagged(case["expected"])
        compiled, interpreted = values_of(case)
        if not is_expected(compiled, expected):
            compiled_fails.add(case["id"])
        if not is_expected(interpreted, expected):
            interpreted_fails.add(case["id"])
    assert len(cases) >= 2_000
    assert compiled_fails == known, f"newly passing or failing: {sorted(compiled_fails ^ known)}"
    assert interpreted_fails == known, f"newly passing or failing: {sorted(interpreted_fails ^ known)}"


def test_every_known_failure_stands_under_a_reason() -> None:
    reason = ""
    for line in KNOWN.read_text("utf-8").splitlines()[1:]:
        if not line:
            reason = ""
        elif line.startswith("#"):
            reason = line
        else:
            assert reason, f"{line} has no reason"
