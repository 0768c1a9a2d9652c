"""From a model of z3 back to facts, and from facts to JSON and FEEL values."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import z3

from rules.feel.temporal import FarDate, date_of
from rules.feel.values import from_python
from rules.proof.space import Space
from rules.proof.symbols import is_false, is_true

Values = Mapping[str, Any]
_ESCAPE = re.compile(r"\\u\{([0-9a-fA-F]+)\}")
_STEP = re.compile(r"[.\[]")
_TEXT_OF_UNKNOWN = "text-{}"


def values_of(model: Any) -> dict[str, Any]:
    """Return the value of every constant of a model, by its name."""
    return {declared.name(): plain_value(model[declared]) for declared in model.decls() if declared.arity() == 0}


def plain_value(value: Any) -> Any:
    """Return the Python value of a z3 value; null for anything that is none."""
    if isinstance(value, z3.IntNumRef):
        return value.as_long()
    if isinstance(value, z3.BoolRef):
        return True if is_true(value) else False if is_false(value) else None
    if isinstance(value, z3.RatNumRef):
        return Decimal(value.numerator_as_long()) / Decimal(value.denominator_as_long())
    if z3.is_string_value(value):
        return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), value.as_string())
    return None


def facts_of(space: Space, model: Any, names: Iterable[str] | None = None) -> dict[str, Any]:
    """Return the facts of a model, all of the schema or those named: what the model leaves open is filled plainly."""
    reader = _Reader(space, values_of(model))
    chosen = space.schema.records["facts"] if names is None else names
    made = {name: reader.fact(name) for name in chosen}
    found: dict[str, Any] = from_python(made)
    return found


class _Reader:
    """Reads a model by the names that `Space` gives its symbols."""

    def __init__(self, space: Space, values: Values) -> None:
        self.space = space
        self.values = values
        self.texts = {code: text for text, code in space.codes.items()}
        self.people: list[Any] | None = None
        self.touched = {name.rstrip("?#@") for name in values}
        self.touched |= {name[: found.start()] for name in values for found in _STEP.finditer(name)}

    def fact(self, name: str) -> Any:
        linked = self.space.given.linked
        if linked and name == linked[1]:
            return self._people(name)
        if name == "decided_on":
            return self.space.day
        return self._value(str(self.space.schema.records["facts"][name]), ("facts", name), name)

    def _people(self, name: str) -> list[Any]:
        if self.people is None:
            declared = str(self.space.schema.records["facts"][name])
            self.people = self._value(declared, ("facts", name), name) or []
        return self.people

    def _value(self, declared: str, leaf: tuple[str, ...], place: str) -> Any:
        inner = declared.removesuffix("?")
        null = self.values.get(f"{place}?")
        if null is None:
            null = declared.endswith("?") and place not in self.touched
        if null:
            return None
        if inner.startswith("list<"):
            length = self.values.get(f"{place}#", 0)
            return [self._value(inner[5:-1], (*leaf, "*"), f"{place}[{index + 1}]") for index in range(length)]
        if inner in self.space.schema.records:
            return self._record(inner, place)
        return self._scalar(inner, leaf, place)

    def _record(self, name: str, place: str) -> Any:
        linked = self.space.given.linked
        if linked and name == linked[0] and not place.startswith(f"{linked[1]}["):
            people = self._people(linked[1])
            selected = self.values.get(f"{place}@", 0)
            if selected < len(people):
                return people[selected]
        definition = self.space.schema.records[name]
        return {
            member: self._value(str(declared), (name, member), f"{place}.{member}")
            for member, declared in definition.items()
        }

    def _scalar(self, kind: str, leaf: tuple[str, ...], place: str) -> Any:
        value = self.values.get(place)
        if kind == "boolean":
            return bool(value)
        if kind == "number":
            return (self.space.given.least or 0) if value is None else value
        if kind == "date":
            return self.space.day if value is None else date_of(value)
        allowed = self.space.given.values.get(".".join(leaf))
        if value is None:
            return allowed[0] if allowed else f"/{place}" if leaf[-1] == "at" else place
        if isinstance(value, int):
            return self.texts.get(value, _TEXT_OF_UNKNOWN.format(value))
        return value


def as_json(value: Any) -> Any:
    """Return facts as JSON values: days as text, whole numbers as numbers, others as text."""
    if isinstance(value, Mapping):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    if isinstance(value, date | FarDate):
        return str(value)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else str(value)
    return value


def only(facts: Mapping[str, Any], paths: Iterable[tuple[str, ...]]) -> dict[str, Any]:
    """Return the part of the facts that some paths read: what a reader must see of a witness."""
    kept: dict[str, Any] = {}
    for path in sorted(paths):
        if path[0] in facts:
            kept[path[0]] = _part(facts[path[0]], path[1:], kept.get(path[0]))
    return kept


def _part(value: Any, rest: tuple[str, ...], before: Any) -> Any:
    if not rest or value is None:
        return value
    if rest[0] == "*" or isinstance(value, list):
        if not isinstance(value, list):
            return value
        below = rest[1:] if rest[0] == "*" else rest
        earlier = before if isinstance(before, list) and len(before) == len(value) else [None] * len(value)
        return [_part(item, below, old) for item, old in zip(value, earlier, strict=True)]
    if not isinstance(value, Mapping):
        return value
    kept = dict(before) if isinstance(before, Mapping) else {}
    if rest[0] in value:
        kept[rest[0]] = _part(value[rest[0]], rest[1:], kept.get(rest[0]))
    return kept
