"""What stands beside the rules and differs: forms, catalogue, expressions of scope, code lists, facts, cited law.

A decision can depend on these too (the form says what is let in at all). Their meaning is not compared; they are listed
by name, so that nobody takes silence for sameness.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from rules.digest import content_digest
from rules.load import RuleBook

Change = Literal["new", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class Beside:
    """One thing beside the rules that differs; `members` are the parts of it, where it has parts with names."""

    kind: str
    name: str
    change: Change
    members: tuple[str, ...] = ()


def beside(old: RuleBook, new: RuleBook) -> tuple[Beside, ...]:
    """Return everything that differs beside rules, parameters, tables and definitions, in a fixed order."""
    return tuple(_all(old, new))


def _all(old: RuleBook, new: RuleBook) -> Iterator[Beside]:
    yield from _named("form", old.forms, new.forms)
    yield from _named("item", _items(old), _items(new))
    yield from _named("scope expression", old.scope_catalogue, new.scope_catalogue)
    rest = tuple({key: value for key, value in book.scope_source.items() if key != "items"} for book in (old, new))
    yield from _named("scope catalogue", rest[0], rest[1])
    yield from _named("code list", old.code_lists, new.code_lists)
    yield from _named("fact", *(book.facts_source["facts"] for book in (old, new)))
    yield from _named("record", *(book.facts_source["records"] for book in (old, new)))
    yield from _named("facts.yaml", *({"evidence": book.facts_source.get("evidence")} for book in (old, new)))
    yield from _named("cited law", _editions(old), _editions(new))
    yield from _unread(old, new)


def _items(book: RuleBook) -> dict[str, Any]:
    return {f"{item.code} from {item.in_force.from_}": item.model_dump(mode="json") for item in book.items}


def _editions(book: RuleBook) -> dict[str, Any]:
    editions = () if book.register is None else book.register.editions
    return {f"{one.law} {one.version}": one.model_dump(mode="json") for one in editions}


def _unread(old: RuleBook, new: RuleBook) -> Iterator[Beside]:
    """Yield parameters that changed and that no rule of either book reads in a condition."""
    read = {path[1] for book in (old, new) for rule in book.rules for path in rule.paths
            if path[0] == "parameters" and len(path) > 1}  # fmt: skip
    values = tuple(
        {one.id: [value.model_dump(mode="json", include={"in_force", "value"}) for value in one.values]
         for one in book.parameters if one.id not in read}
        for book in (old, new)
    )  # fmt: skip
    yield from _named("parameter read by no condition", *values)


def _named(kind: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Beside]:
    for name in sorted(set(old) | set(new)):
        if name not in old or name not in new:
            yield Beside(kind, name, "new" if name not in old else "removed")
        elif content_digest(old[name]) != content_digest(new[name]):
            yield Beside(kind, name, "changed", tuple(_members(old[name], new[name])))


def _members(old: Any, new: Any) -> Iterable[str]:
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return ()
    return (key for key in sorted({*map(str, old), *map(str, new)}) if old.get(key) != new.get(key))
