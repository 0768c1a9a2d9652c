"""The fact schema: the names an expression may use, their FEEL types, and the source that each comes from.

Read from `facts.yaml`. The loader types every expression against it, so a misspelt fact or a date compared with a
number stops the build; the engine projects applications and evidence into exactly these facts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rules.errors import Problem, RuleBookError
from rules.feel import types
from rules.working_days import NAMES
from rules.yaml_source import Source

_SCALARS: Mapping[str, types.Type] = {
    "string": types.STRING,
    "number": types.NUMBER,
    "boolean": types.BOOLEAN,
    "date": types.DATE,
    "date and time": types.DATE_TIME,
}
MAX_TYPE = 200  # characters
RESERVED = frozenset({"parameters", "tables", "definitions"}) | NAMES  # what the book has beside the facts
ABSENT = "application"
DERIVED = "derived"


@dataclass(frozen=True, slots=True)
class FactSchema:
    """Types by fact name, sources by path, the raw record definitions (for checks of what the engine projects), their types."""

    scope: Mapping[str, types.Type]
    records: Mapping[str, Mapping[str, str]]
    sources: Mapping[str, str] = field(repr=False)
    record_types: Mapping[str, types.Type] = field(default_factory=dict, repr=False)

    def source_of(self, path: tuple[str, ...]) -> str | None:
        """Return the verifier whose answer a fact path reads, or None when it reads the application or what is derived.

        >>> from pathlib import Path; from rules.yaml_source import read
        >>> schema = read_fact_schema(read(Path(__file__).with_name("facts.yaml")))
        >>> schema.source_of(("people", "*", "court", "dishonest")), schema.source_of(("premises", "use"))
        ('court', None)
        """
        record: str | None = None
        for depth, name in enumerate(path):
            if name == "*":
                continue
            source = self.sources.get(name if depth == 0 else f"{record}.{name}")
            if source is not None and source not in (ABSENT, DERIVED):
                return source
            declared = self.records["facts"].get(name) if depth == 0 else self.records.get(record or "", {}).get(name)
            record = _record_name(declared)
        return None


def _record_name(declared: str | None) -> str | None:
    if declared is None:
        return None
    inner = declared.removesuffix("?")
    if inner.startswith("list<"):
        inner = inner[5:-1]
    return inner if inner not in _SCALARS else None


def read_fact_schema(source: Source) -> FactSchema:
    """Build the schema from a parsed `facts.yaml`. Raises `RuleBookError` with everything that is not of its form."""
    problems: list[Problem] = []
    facts, definitions = _facts(source, problems), _records(source, problems)
    if problems:
        raise RuleBookError(problems)
    origins = _evidence_records(facts, definitions, source)
    reading = _Types(source, definitions, problems)

    scope = {name: reading.type_of(entry["type"], ("facts", name)) for name, entry in facts.items()}
    for name in definitions:
        reading.type_of(name, ("records", name))
    if problems:
        raise RuleBookError(problems)
    records = {**definitions, "facts": {name: entry["type"] for name, entry in facts.items()}}
    return FactSchema(scope, records, origins, reading.built)


@dataclass(slots=True)
class _Types:
    """Reads declared types; each record is built once, and none may hold itself."""

    source: Source
    definitions: Mapping[str, Mapping[str, str]]
    problems: list[Problem]
    built: dict[str, types.Type] = field(default_factory=dict)
    under_way: list[str] = field(default_factory=list)

    def type_of(self, declared: str, path: tuple[str | int, ...]) -> types.Type:
        """Return a declared type; what is wrong with it is a problem at `path`, and stands for any type."""
        inner = declared.strip().removesuffix("?")
        if inner in _SCALARS:
            return _SCALARS[inner]
        if len(inner) > MAX_TYPE:
            return self._wrong(path, f"a type of {len(inner)} characters; at most {MAX_TYPE} are read")
        if inner.startswith("list<") and inner.endswith(">"):
            return types.ListType(self.type_of(inner[5:-1], path))
        if inner not in self.definitions:
            return self._wrong(path, f"{declared!r} is neither a scalar type nor a record of this file")
        if inner in self.under_way:
            chain = " → ".join([*self.under_way[self.under_way.index(inner) :], inner])
            return self._wrong(path, f"the record {inner!r} holds itself: {chain}")
        if inner not in self.built:
            self.under_way.append(inner)
            members = {
                key: self.type_of(kind, ("records", inner, key)) for key, kind in self.definitions[inner].items()
            }
            self.built[inner] = types.ContextType(members, inner)
            self.under_way.pop()
        return self.built[inner]

    def _wrong(self, path: tuple[str | int, ...], message: str) -> types.Type:
        self.problems.append(self.source.problem(path, message))
        return types.ANY


def _facts(source: Source, problems: list[Problem]) -> dict[str, dict[str, str]]:
    """Return the facts as `{name: {type, from}}`, or report what stands there instead."""
    found = source.value.get("facts") if isinstance(source.value, dict) else None
    if not isinstance(found, dict) or not found:
        problems.append(source.problem(("facts",), "want `facts:` with `name: {type: …, from: …}` for each"))
        return {}
    for name, entry in found.items():
        if not isinstance(entry, dict) or {type(entry.get("type")), type(entry.get("from"))} != {str}:
            problems.append(source.problem(("facts", name), f"want `{name}: {{type: …, from: …}}`, both text"))
        elif name in RESERVED:
            problems.append(
                source.problem(("facts", name), f"the name {name!r} is taken; expressions use it otherwise")
            )
    return found


def _records(source: Source, problems: list[Problem]) -> dict[str, dict[str, str]]:
    found = source.value.get("records") if isinstance(source.value, dict) else None
    if not isinstance(found, dict):
        problems.append(source.problem(("records",), "want `records:` with the members of each record"))
        return {}
    for name, members in found.items():
        if not isinstance(members, dict) or not all(isinstance(kind, str) for kind in members.values()):
            problems.append(source.problem(("records", name), f"want `{name}:` with `member: type` for each"))
    return found


def _evidence_records(facts: dict[str, Any], definitions: dict[str, dict[str, str]], source: Source) -> dict[str, str]:
    """Name the source of each fact, and of each member of `person` that a verifier fills (its comment in the file)."""
    origins = {name: str(entry["from"]) for name, entry in facts.items()}
    for index, entry in enumerate(source.value.get("evidence") or ()):
        if not (isinstance(entry, list) and len(entry) == 3 and all(isinstance(part, str) for part in entry)):
            raise RuleBookError([source.problem(("evidence", index), "want `[record, member, verifier]`")])
        record, member, verifier = entry
        if member not in definitions.get(record, {}):
            problem = source.problem(
                ("evidence",), f"evidence names {record}.{member}, which no record of this file has"
            )
            raise RuleBookError([problem])
        origins[f"{record}.{member}"] = verifier
    return origins
