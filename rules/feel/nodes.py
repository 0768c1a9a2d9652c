# ruff: noqa: D102  (each method is named after the rule of grammar.lark that it answers)
"""From lark's parse tree to the nodes of tree.py, bottom up and without recursion."""

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from lark import Token, Tree

from rules.feel import tree as t
from rules.feel.types import ANY, SIMPLE_TYPES, ContextType, FunctionType, ListType, NamedType, RangeType, Type
from rules.feel.values import NUMBERS

Parts = list[Any]  # nodes, tokens, types and tuples of them: what the rules below a rule became


def _kept(parts: Parts) -> Parts:
    return [part for part in parts if not isinstance(part, Token)]


class TreeBuilder:  # its methods have the names, and the meaning, of the grammar's rules
    """Holds one method for each rule or alias of grammar.lark; each takes what the parts of the rule became."""

    def __init__(self, types: Mapping[str, Type], source: str) -> None:
        self.types = types
        self.lines = [0, *(found.end() for found in re.finditer("\n", source))]

    def build(self, root: "Tree[Any]") -> t.Node:
        """Return the node of the whole tree."""
        done: dict[int, Any] = {}
        for subtree in root.iter_subtrees():
            parts = [done.pop(id(part)) if isinstance(part, Tree) else part for part in subtree.children]
            done[id(subtree)] = self._method(str(subtree.data))(parts)
        built: t.Node = done[id(root)]
        return built

    def _place(self, parts: Parts) -> dict[str, int]:
        """Return where the text of `parts` begins and ends."""
        first, last = parts[0], parts[-1]
        start: int = getattr(first, "start_pos" if isinstance(first, Token) else "start")
        end: int = getattr(last, "end_pos" if isinstance(last, Token) else "end")
        line = bisect_right(self.lines, start)
        return {"line": line, "column": start - self.lines[line - 1] + 1, "start": start, "end": end}

    def _method(self, rule: str) -> Callable[[Parts], Any]:
        name = f"{rule}_" if rule in {"true", "false", "null", "list"} else rule
        method: Callable[[Parts], Any] = getattr(self, name)
        return method

    def start(self, parts: Parts) -> t.Node:
        node: t.Node = parts[0]
        return node

    def cell_any(self, parts: Parts) -> t.Node:
        return t.UnaryTests((), negated=False, **self._place(parts))

    def cell_not(self, parts: Parts) -> t.Node:
        return t.UnaryTests(tuple(parts[2]), negated=True, **self._place([parts[0], parts[-1]]))

    def cell_tests(self, parts: Parts) -> t.Node:
        return t.UnaryTests(tuple(parts[0]), negated=False, **self._place(parts[0]))

    def tests(self, parts: Parts) -> Parts:
        return _kept(parts)

    list_items = positional = named = bindings = tests

    def unary_test(self, parts: Parts) -> t.Node:
        return t.UnaryTest(str(parts[0]), parts[1], **self._place(parts))  # type: ignore[arg-type]  # the grammar's operators

    def disjunction(self, parts: Parts) -> t.Node:
        return t.Or(parts[0], parts[2], **self._place(parts))

    def conjunction(self, parts: Parts) -> t.Node:
        return t.And(parts[0], parts[2], **self._place(parts))

    def compare(self, parts: Parts) -> t.Node:
        return t.Compare(str(parts[1]), parts[0], parts[2], **self._place(parts))  # type: ignore[arg-type]  # as above

    def between(self, parts: Parts) -> t.Node:
        return t.Between(parts[0], parts[2], parts[4], **self._place(parts))

    def one_test(self, parts: Parts) -> Parts:
        return parts

    def many_tests(self, parts: Parts) -> Parts:
        return [parts[1], *parts[3]]

    def membership(self, parts: Parts) -> t.Node:
        return t.In(parts[0], tuple(parts[2]), **self._place([parts[0], parts[2][-1]]))

    def instance_of(self, parts: Parts) -> t.Node:
        place = self._place(parts[:2])
        return t.InstanceOf(parts[0], parts[2][0], **(place | {"end": parts[2][1]}))

    def arithmetic(self, parts: Parts) -> t.Node:
        return t.Arithmetic(str(parts[1]), parts[0], parts[2], **self._place(parts))  # type: ignore[arg-type]  # as above

    def negate(self, parts: Parts) -> t.Node:
        return t.Negate(parts[1], **self._place(parts))

    def path(self, parts: Parts) -> t.Node:
        member = {"line": parts[2].line, "column": parts[2].column}  # what a misspelt member is reported at
        return t.Path(parts[0], str(parts[2]), **(self._place(parts) | member))

    def filter(self, parts: Parts) -> t.Node:
        return t.Filter(parts[0], parts[2], **self._place(parts))

    def call(self, parts: Parts) -> t.Node:
        given = parts[2] if len(parts) == 4 else []
        named = tuple(part for part in given if isinstance(part, t.NamedArgument))
        return t.Call(parts[0], () if named else tuple(given), named, **self._place(parts))

    def named_argument(self, parts: Parts) -> t.Node:
        return t.NamedArgument(str(parts[0]), parts[2], **self._place(parts))

    def number(self, parts: Parts) -> t.Node:
        return t.NumberLiteral(NUMBERS.create_decimal(str(parts[0])), **self._place(parts))

    def string(self, parts: Parts) -> t.Node:
        return t.StringLiteral(str(parts[0]), **self._place(parts))

    def temporal(self, parts: Parts) -> t.Node:
        return t.TemporalLiteral(str(parts[0]), **self._place(parts))

    def true_(self, parts: Parts) -> t.Node:
        return t.BooleanLiteral(value=True, **self._place(parts))

    def false_(self, parts: Parts) -> t.Node:
        return t.BooleanLiteral(value=False, **self._place(parts))

    def null_(self, parts: Parts) -> t.Node:
        return t.NullLiteral(**self._place(parts))

    def name(self, parts: Parts) -> t.Node:
        return t.Name(str(parts[0]), **self._place(parts))

    def brackets(self, parts: Parts) -> t.Node:
        node: t.Node = replace(parts[1], start=parts[0].start_pos, end=parts[2].end_pos)
        return node

    def list_(self, parts: Parts) -> t.Node:
        return t.ListNode(tuple(parts[1]) if len(parts) == 3 else (), **self._place(parts))

    def range(self, parts: Parts) -> t.Node:
        return t.RangeNode(parts[1], parts[3], parts[0] == "[", parts[4] == "]", **self._place(parts))

    def context(self, parts: Parts) -> t.Node:
        return t.ContextNode(tuple(_kept(parts)), **self._place(parts))

    def entry(self, parts: Parts) -> t.Node:
        return t.ContextEntry(str(parts[0]), parts[2], **self._place(parts))

    def conditional(self, parts: Parts) -> t.Node:
        return t.If(parts[1], parts[3], parts[5], **self._place(parts))

    def iteration(self, parts: Parts) -> t.Node:
        return t.For(tuple(parts[1]), parts[3], **self._place([parts[0], parts[3]]))

    def some(self, parts: Parts) -> t.Node:
        return t.Some(tuple(parts[1]), parts[3], **self._place([parts[0], parts[3]]))

    def every(self, parts: Parts) -> t.Node:
        return t.Every(tuple(parts[1]), parts[3], **self._place([parts[0], parts[3]]))

    def binding(self, parts: Parts) -> t.Node:
        source = parts[2]
        if len(parts) == 5:
            source = t.RangeNode(parts[2], parts[4], True, True, **self._place(parts[2:]))  # noqa: FBT003 both ends count
        return t.Binding(str(parts[0]), source, **self._place(parts))

    def parameter(self, parts: Parts) -> t.Node:
        declared = parts[2][0] if len(parts) == 3 else None
        return t.Parameter(str(parts[0]), declared, **self._place(parts[:1]))

    def function(self, parts: Parts) -> t.Node:
        parameters = tuple(part for part in parts[:-1] if isinstance(part, t.Parameter))
        external = isinstance(parts[-2], Token) and parts[-2].type == "EXTERNAL"
        return t.FunctionNode(parameters, parts[-1], external, **self._place([parts[0], parts[-1]]))

    def named_type(self, parts: Parts) -> tuple[Type, int]:
        name = "Null" if parts[0].type == "NULL" else str(parts[0])
        found = SIMPLE_TYPES.get(name) or self.types.get(name)
        if found is None and name in {"list", "range", "context"}:
            found = {"list": ListType(ANY), "range": RangeType(ANY), "context": ContextType({})}[name]
        return found or NamedType(name), parts[0].end_pos

    def generic_type(self, parts: Parts) -> tuple[Type, int]:
        made = {"list": ListType, "range": RangeType}.get(str(parts[0]))
        return made(parts[2][0]) if made else NamedType(f"{parts[0]}<{parts[2][0]}>"), parts[3].end_pos

    def context_type(self, parts: Parts) -> tuple[Type, int]:
        fields = dict(part for part in _kept(parts))
        return ContextType(fields), parts[-1].end_pos

    def type_field(self, parts: Parts) -> tuple[str, Type]:
        return str(parts[0]), parts[2][0]

    def function_type(self, parts: Parts) -> tuple[Type, int]:
        *parameters, result = _kept(parts)
        return FunctionType(tuple(parameter[0] for parameter in parameters), result[0]), result[1]
