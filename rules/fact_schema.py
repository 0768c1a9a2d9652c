"""The fact schema: the names an expression may use, their FEEL types, and the source that each comes from.

Read from `facts.yaml`. The loader types every expression against it, so a misspelt fact or a date compared with a
number stops the build; the engine projects applications and evidence into exactly these facts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rules.errors import Problem, RuleBookError
from rules.feel import types
from rules.yaml_source import Source

_SCALARS: Mapping[str, types.Type] = {
    "string": types.STRING,
    "number": types.NUMBER,
    "boolean": types.BOOLEAN,
    "date": types.DATE,
    "date and time": types.DATE_TIME,
}
ABSENT = "application"
DERIVED = "derived"


@dataclass(frozen=True, slots=True)
class FactSchema:
    """Types by fact name, sources by path, and the raw record definitions (for checks of what the engine projects)."""

    scope: Mapping[str, types.Type]
    records: Mapping[str, Mapping[str, str]]
    sources: Mapping[str, str] = field(repr=False)

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
    """Build the schema from a parsed `facts.yaml`. Raises `RuleBookError` for unknown types."""
    facts: dict[str, Any] = source.value["facts"]
    definitions: dict[str, dict[str, str]] = source.value["records"]
    problems: list[Problem] = []
    built: dict[str, types.Type] = {}
    origins = _evidence_records(facts, definitions, source)

    def type_of(declared: str, path: tuple[str | int, ...]) -> types.Type:
        inner = declared.strip().removesuffix("?")
        if inner in _SCALARS:
            return _SCALARS[inner]
        if inner.startswith("list<") and inner.endswith(">"):
            return types.ListType(type_of(inner[5:-1], path))
        if inner not in definitions:
            problems.append(source.problem(path, f"{declared!r} is neither a scalar type nor a record of this file"))
            return types.ANY
        if inner not in built:
            members = {key: type_of(str(kind), ("records", inner, key)) for key, kind in definitions[inner].items()}
            built[inner] = types.ContextType(members, inner)
        return built[inner]

    scope = {name: type_of(entry["type"], ("facts", name)) for name, entry in facts.items()}
    if problems:
        raise RuleBookError(problems)
    records = {**definitions, "facts": {name: entry["type"] for name, entry in facts.items()}}
    return FactSchema(scope, records, origins)


def _evidence_records(facts: dict[str, Any], definitions: dict[str, dict[str, str]], source: Source) -> dict[str, str]:
    """Name the source of each fact, and of each member of `person` that a verifier fills (its comment in the file)."""
    origins = {name: str(entry["from"]) for name, entry in facts.items()}
    for record, member, verifier in source.value.get("evidence", ()):
        if member not in definitions.get(record, {}):
            problem = source.problem(
                ("evidence",), f"evidence names {record}.{member}, which no record of this file has"
            )
            raise RuleBookError([problem])
        origins[f"{record}.{member}"] = verifier
    return origins
