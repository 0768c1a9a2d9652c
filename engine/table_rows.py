"""Which rows of a decision table spoke where a rule is broken: what an explanation names beside the facts."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from rules import feel
from rules.feel.table import Answer, Answering, DecisionTable, table_function
from rules.feel.tree import Node
from rules.typed import TypedRule

DEFAULT = "default"
UNKNOWN = "unknown"


def rows_seen(
    rule: TypedRule, node: Node, scope: Mapping[str, Any], answering: Mapping[str, Answering] = MappingProxyType({})
) -> dict[str, list[int | str]]:
    """Return by `tables.<id>` the numbers of the rows that matched while `node` was walked again, each once.

    `answering` are ways to ask tables that are ready already, by table id.

    `default` stands for an answer that no row gave, `unknown` for a table that could not say. Rules without tables, which
    are most, cost nothing here.
    """
    if not rule.tables:
        return {}
    found: dict[str, list[int | str]] = {}

    def seen(table: DecisionTable, _inputs: Sequence[Any], answer: Answer) -> None:
        rows: tuple[int | str, ...] = answer.matched
        if answer.defaulted:
            rows = (DEFAULT,)
        elif answer.error is not None:
            rows = (UNKNOWN,)
        kept = found.setdefault(f"tables.{table.name}", [])
        kept.extend(row for row in rows if row not in kept)

    inner = {name: scope[name] for name in ("parameters", "tables", "definitions") if name in scope}
    traced = {
        one.table.id: table_function(one.core, inner, answering=answering.get(one.table.id), seen=seen)
        for one in rule.tables
    }
    try:
        feel.interpret(node, {**scope, "tables": {**inner.get("tables", {}), **traced}})
    except feel.FeelError:
        return found  # beyond a limit of the language: what was seen until then
    return found
