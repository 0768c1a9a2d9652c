"""A form's JSON Schema as a ready validator: Draft 2020-12 by the `jsonschema` library, every error at once.

The forms of this service keep to local references. They are written out once when the validator is built, so that no
reference is resolved during a submission; the keywords that descend (`properties`, `items`, `allOf`) do it without making
a new validator for each member; and a keyword that plainly holds is not asked. All three are only about time (a factor
of six), and a property test compares the errors with those of the library's own validator.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.protocols import Validator
from jsonschema.validators import extend

from rules.digest import content_digest

_FORMATS = FormatChecker(("date", "date-time", "email"))
_KEYWORDS = dict(Draft202012Validator.VALIDATORS)


_PYTHON_TYPES = {"string": str, "object": dict, "array": list, "integer": int, "boolean": bool}


Quick = Callable[[Any], bool]  # true only where the library's keyword has no error; else the library decides


def _quick_type(wanted: Any) -> Quick | None:
    exact = _PYTHON_TYPES.get(wanted) if isinstance(wanted, str) else None
    return None if exact is None else lambda instance: type(instance) is exact


def _quick_pattern(pattern: str) -> Quick:
    search = re.compile(pattern).search
    return lambda instance: type(instance) is str and search(instance) is not None


def _quick_enum(values: list[Any]) -> Quick | None:
    if not all(isinstance(value, str) for value in values):
        return None
    allowed = frozenset(values)
    return lambda instance: type(instance) is str and instance in allowed


_QUICK: Mapping[str, Callable[[Any], Quick | None]] = {
    "type": _quick_type,
    "pattern": _quick_pattern,
    "enum": _quick_enum,
    "maxLength": lambda limit: lambda instance: type(instance) is str and len(instance) <= limit,
    "minLength": lambda limit: lambda instance: type(instance) is str and len(instance) >= limit,
    "maximum": lambda limit: lambda instance: type(instance) is int and instance <= limit,
    "minimum": lambda limit: lambda instance: type(instance) is int and instance >= limit,
}


class _Written(dict[str, Any]):
    """A schema of a written-out form, its keywords looked up once: annotations cost nothing during a submission."""

    __slots__ = ("steps",)
    steps: tuple[tuple[Quick | None, Any, str, Any], ...]

    def __init__(self, members: Mapping[str, Any]) -> None:
        super().__init__(members)
        self.steps = tuple(
            (_QUICK[keyword](value) if keyword in _QUICK else None, _LEAN[keyword], keyword, value)
            for keyword, value in members.items()
            if keyword in _LEAN
        )


def _descend(
    validator: Any, instance: Any, schema: Any, path: str | int | None, step: str | int | None
) -> Iterator[Any]:
    """Do what the library's `descend` does, with the same validator: without references there is nothing to re-base."""
    if isinstance(schema, bool):
        yield from validator.descend(instance, schema, path=path, schema_path=step)
        return
    for quick, function, keyword, value in schema.steps:
        if quick is not None and quick(instance):
            continue
        for error in function(validator, value, instance, schema) or ():
            error._set(  # noqa: SLF001 - the library offers no other way to complete an error
                validator=keyword,
                validator_value=value,
                instance=instance,
                schema=schema,
                type_checker=validator.TYPE_CHECKER,
            )
            if keyword != "if":
                error.schema_path.appendleft(keyword)
            if path is not None:
                error.path.appendleft(path)
            if step is not None:
                error.schema_path.appendleft(step)
            yield error


def _properties(validator: Any, properties: Mapping[str, Any], instance: Any, _schema: Any) -> Iterator[Any]:
    if type(instance) is dict:
        for name, value in instance.items():
            schema = properties.get(name)
            if schema is not None:
                yield from _descend(validator, value, schema, name, name)


def _items(validator: Any, items: Any, instance: Any, schema: Mapping[str, Any]) -> Iterator[Any]:
    if type(instance) is not list:
        return
    if "prefixItems" in schema or isinstance(items, bool):
        yield from _KEYWORDS["items"](validator, items, instance, schema)
        return
    for index, value in enumerate(instance):
        yield from _descend(validator, value, items, index, None)


def _all_of(validator: Any, schemas: list[Any], instance: Any, _schema: Any) -> Iterator[Any]:
    for index, schema in enumerate(schemas):
        yield from _descend(validator, instance, schema, None, index)


_LEAN: dict[str, Any] = {**_KEYWORDS, "properties": _properties, "items": _items, "allOf": _all_of}
_LeanValidator: Any = extend(  # type: ignore[no-untyped-call]  # the library leaves it untyped
    Draft202012Validator, {"properties": _properties, "items": _items, "allOf": _all_of}
)

# By identity first, because hashing a form on every submission would cost more than validating it; the form is kept
# here, so its identity cannot be taken by another.
_by_identity: dict[int, tuple[Mapping[str, Any], Validator]] = {}
_by_digest: dict[str, Validator] = {}


def validator_of(form: Mapping[str, Any]) -> Validator:
    """Return the validator of a form, built once for equal forms.

    Raises `jsonschema.SchemaError` for a form that is not a Draft 2020-12 schema and `ValueError` for one that refers
    to anything outside itself or to itself in a circle.
    """
    known = _by_identity.get(id(form))
    if known is not None and known[0] is form:
        return known[1]
    digest = content_digest(form)
    validator = _by_digest.get(digest)
    if validator is None:
        Draft202012Validator.check_schema(form)
        written_out = _written_out(form, form)
        validator = _by_digest[digest] = _LeanValidator(written_out, format_checker=_FORMATS)
    _by_identity[id(form)] = (form, validator)
    return validator


def _written_out(node: Any, form: Mapping[str, Any], seen: tuple[str, ...] = ()) -> Any:
    """Return a schema without references, in which every schema is a `_Written`."""
    if isinstance(node, bool):
        return node
    forbidden = _FORBIDDEN & node.keys()
    if forbidden:
        raise ValueError(f"the form uses {', '.join(sorted(forbidden))}, which forms of this service do without")
    members = {
        keyword: _below(keyword, value, form, seen)
        for keyword, value in node.items()
        if keyword not in {"$ref", "$defs"}
    }
    reference = node.get("$ref")
    if reference is None:
        return _Written(members)
    if reference in seen or not reference.startswith("#/"):
        raise ValueError(
            f"the form refers to {reference!r}; only references into the form, without circles, are allowed"
        )
    target: Any = form
    for step in reference[2:].split("/"):
        target = target[step.replace("~1", "/").replace("~0", "~")]
    resolved = _written_out(target, form, (*seen, reference))
    if not any(keyword in _LEAN for keyword in members):
        return _Written({**resolved, **members})  # only annotations stand beside the reference
    return _Written({**members, "allOf": [resolved, *members.get("allOf", ())]})


def _below(keyword: str, value: Any, form: Mapping[str, Any], seen: tuple[str, ...]) -> Any:
    """Write out the schemas that the value of a keyword holds, if it holds any."""
    if keyword in _MAPS:
        return {name: _written_out(schema, form, seen) for name, schema in value.items()}
    if keyword in _LISTS:
        return [_written_out(schema, form, seen) for schema in value]
    return _written_out(value, form, seen) if keyword in _SINGLE else value


_FORBIDDEN = frozenset({"$dynamicRef", "$anchor", "$dynamicAnchor", "unevaluatedProperties", "unevaluatedItems"})
_MAPS = frozenset({"properties", "patternProperties", "dependentSchemas"})
_LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_SINGLE = frozenset({"items", "additionalProperties", "propertyNames", "contains", "not", "if", "then", "else"})
