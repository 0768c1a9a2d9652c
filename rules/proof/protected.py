"""Protected attributes have no part in a decision: a proof by what is read, not by what is decided.

A condition is a function of the facts that it reads. Where no rule, table or definition reads a path that is, holds or
lies below a protected attribute, two applications that differ in it alone have the same facts for every rule, and so
the same findings. Reading a whole record that holds the attribute (comparing it, or taking its entries) counts as reading.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml
from pydantic import Field

from rules.fact_schema import FactSchema
from rules.feel import paths
from rules.feel.paths import FactPath
from rules.feel.tree import Call, Compare, ListNode, Name, Node, NullLiteral
from rules.feel.tree import Path as FeelPath
from rules.feel.types import ContextType
from rules.model import Frozen, Text
from rules.proof.results import Result
from rules.typed import RuleSet, TypedRule
from rules.typed_functions import rebuilt
from rules.working_days import NAMES

FILE = "protected.yaml"
_PRESENCE = "?"  # a member that no record has: that something is there, not what it is


class Protected(Frozen):
    """One attribute: where forms hold it (JSON pointers, `*` for an index), and names that a fact of it would have."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: Text
    application: tuple[str, ...]
    facts: tuple[str, ...]


def read_protected(folder: Path) -> tuple[Protected, ...]:
    """Read `protected.yaml` of a book; a book without it names nothing."""
    path = folder / FILE
    if not path.is_file():
        return ()
    return tuple(Protected.model_validate(entry) for entry in yaml.safe_load(path.read_text("utf-8")))


def check_protected(rule_set: RuleSet, attributes: Iterable[Protected]) -> Iterator[Result]:
    """Answer, for each attribute, whether anything of the set can read it."""
    reads: dict[str, frozenset[FactPath]] = {rule.rule.id: _parts(rule_set.facts, rule) | _wholes(rule.applies) | _wholes(rule.holds)
                                             for rule in rule_set.rules}  # fmt: skip
    for table in rule_set.tables:
        cells = [node for row in table.core.rows for node in (*row.when, *row.then)]
        reads[f"tables.{table.table.id}"] = frozenset().union(*(paths(cell) for cell in cells))
    for one in rule_set.definitions:
        wholes = _wholes(one.body)
        records = dict(zip(one.type.names, one.type.parameters, strict=True))
        takes_all = {
            ("people", "*")
            for name, declared in records.items()
            if (name,) in wholes and isinstance(declared, ContextType)
        }  # an argument used whole could be any record: the fullest one stands for it
        reads[f"definitions.{one.definition.id}"] = wholes | takes_all
    for attribute in attributes:
        readers = sorted(
            name for name, read in reads.items()
            if any(_reaches(rule_set.facts, path, frozenset(attribute.facts)) for path in read)
        )  # fmt: skip
        name = f"protected:{rule_set.item.code}:{attribute.id}"
        zh, en = attribute.title.zh, attribute.title.en
        if readers:
            yield Result(name, "protected", attribute.id, "witness", ok=False, zh=f"“{zh}”被读取：{', '.join(readers)}",
                         en=f"{en} is read by {', '.join(readers)}", uses=tuple(readers))  # fmt: skip
        else:
            yield Result(name, "protected", attribute.id, "proved", ok=True, zh=f"“{zh}”没有任何规则读取，不影响决定",
                         en=f"{en} is read by nothing and has no influence", scope="for every application")  # fmt: skip


def _parts(schema: FactSchema, rule: TypedRule) -> frozenset[FactPath]:
    """Return what a rule reads, through tables and definitions too; what is only tested for null ends above its parts."""
    return frozenset(path for path in rule.paths if len(path) > 1 and path[-1] != "*" and not _is_record(schema, path))


def _is_record(schema: FactSchema, path: FactPath) -> bool:
    """Tell whether a path ends at a record or a list of records."""
    return _record_at(schema, path) in schema.records


def _record_at(schema: FactSchema, path: FactPath) -> str:
    """Return the record, or the scalar type, at the end of a path."""
    record = "facts"
    for name in path:
        if name != "*":
            record = _inner(str(schema.records.get(record, {}).get(name, "")))
    return record


def _inner(declared: str) -> str:
    return declared.removesuffix("?").removeprefix("list<").removesuffix(">")


def _wholes(node: Node) -> frozenset[FactPath]:
    """Return what an expression reads, leaving out where it only asks whether something is there, or how many."""

    def change(found: Node) -> Node:
        match found:
            case Compare("=" | "!=", NullLiteral(), tested) | Compare("=" | "!=", tested, NullLiteral()):
                return FeelPath(tested, _PRESENCE)
            case Call(Name("count"), (Name() | FeelPath() as counted,), ()):
                return FeelPath(counted, _PRESENCE)
            case Call(FeelPath(Name("tables" | "definitions"), _), args, named):
                return ListNode((*args, *named))  # a record among them counts as read whole
            case Call(Name(name), args, named) if name in NAMES:
                return ListNode((*args, *named))
        return found

    return paths(rebuilt(node, change))


def _reaches(schema: FactSchema, path: FactPath, names: frozenset[str]) -> bool:
    """Tell whether a path names a protected attribute, or ends at a record that holds one somewhere below.

    Whoever reads a whole record reads all in it.
    """
    if names & set(path):
        return True
    return path[0] in schema.scope and _holds(schema, _record_at(schema, path), names, frozenset())


def _holds(schema: FactSchema, record: str, names: frozenset[str], seen: frozenset[str]) -> bool:
    if record not in schema.records or record in seen:
        return False
    members = schema.records[record]
    return bool(names & set(members)) or any(
        _holds(schema, _inner(str(kind)), names, seen | {record}) for kind in members.values()
    )
