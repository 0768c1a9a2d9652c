"""Context functions (DMN 1.5, table 81); none changes the context that it is given."""

from collections.abc import Mapping, Sequence
from typing import Any

from rules.feel.builtins.registry import BuiltinError, feel


@feel("get value(m: context, key: string) -> Any")
@feel("get value(context: context, key: string) -> Any")
def get_value(context: Mapping[str, Any], key: str) -> Any:
    """Return the value of a key; null where there is none."""
    return context.get(key)


@feel("get value(m: context, keys: list<string>) -> Any")
@feel("get value(context: context, keys: list<string>) -> Any")
def get_value_at(context: Mapping[str, Any], keys: Sequence[str]) -> Any:
    """Follow keys inwards."""
    value: Any = context if keys else None
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


@feel("get entries(m: context) -> list<Any>")
@feel("get entries(context: context) -> list<Any>")
def get_entries(context: Mapping[str, Any]) -> list[Any]:
    """Return a list of contexts with `key` and `value`."""
    return [{"key": key, "value": value} for key, value in context.items()]


@feel("context(entries: list<context>) -> context")
def context_(entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Make a context of contexts with `key` and `value`."""
    made: dict[str, Any] = {}
    for entry in entries:
        key = entry.get("key") if entry is not None else None
        if not isinstance(key, str) or "value" not in entry:
            raise BuiltinError("an entry needs a key, which is a string, and a value")
        if key in made:
            raise BuiltinError(f'the key "{key}" occurs twice')
        made[key] = entry["value"]
    return made


@feel("context put(context: context, key: string, value: Any?) -> context")
def context_put(context: Mapping[str, Any], key: str, value: Any) -> dict[str, Any]:
    """Return the context with one entry set."""
    return {**context, key: value}


@feel("context put(context: context, keys: list<string>, value: Any?) -> context")
def context_put_at(context: Mapping[str, Any], keys: Sequence[str | None], value: Any) -> dict[str, Any]:
    """Return the context with one entry set, some levels inwards."""
    if not keys:
        raise BuiltinError("keys must not be empty")
    levels: list[Mapping[str, Any]] = [context]
    for key in keys[:-1]:
        inner = levels[-1].get(key) if key is not None else None
        if not isinstance(inner, dict):
            raise BuiltinError(f'there is no context under "{key}"')
        levels.append(inner)
    made = value
    for level, key in zip(reversed(levels), reversed(keys), strict=True):
        if key is None:
            raise BuiltinError("a key must not be null")
        made = {**level, key: made}
    changed: dict[str, Any] = made
    return changed


@feel("context merge(contexts: list<context>) -> context")
def context_merge(contexts: Sequence[Mapping[str, Any] | None]) -> dict[str, Any]:
    """Return all entries; of equal keys the last wins."""
    merged: dict[str, Any] = {}
    for context in contexts:
        if context is None:
            raise BuiltinError("a context is null")
        merged.update(context)
    return merged
