"""Our rules as one decision of zen-engine (JDM): each rule one expression, for a comparison on equal conditions.

A translation is only used where it gave the same result as ours on every application that is measured; the benchmark
checks that before it times anything. What cannot be said in ZEN is left out on both sides and named. Parameters are
written into the expressions; dates are text in the input and read by `d()`, as ZEN's documentation tells.
"""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from rules import feel
from rules.feel import tree as t
from rules.feel.temporal import NANOS
from rules.typed import RuleSet, TypedRule

OUT_OF_PLACE = "-"
RESULTS = {"satisfied": True, "violated": False, "undetermined": None, "not_applicable": OUT_OF_PLACE}
_DAY = 86_400 * NANOS
_DATES = ("_on", "_to", "_from", "until", "since")  # how names of dates end in rules/facts.yaml
_CALLS = {"count": "len", "ends with": "endsWith", "starts with": "startsWith", "contains": "contains"}
_ANY = t.UnaryTests((), negated=False)
Env = Mapping[str, str]


class UnsayableError(Exception):
    """Nothing in ZEN's expressions says this."""


def expression(rule: TypedRule, rule_set: RuleSet) -> str:
    """Return the rule as an expression: true, false, or `-` where it does not apply. Raises `UnsayableError`."""
    words = _Words(rule_set)
    applies, holds = words.of(rule.applies, {}), words.of(rule.holds, {})
    return holds if applies == "true" else f'{applies} ? {holds} : "{OUT_OF_PLACE}"'


def decision(expressions: Mapping[str, str]) -> str:
    """Return a decision of one expression node, which gives one result for each rule."""
    rules = [{"id": name, "key": name, "value": text} for name, text in expressions.items()]
    place = {"x": 0, "y": 0}
    nodes = [
        {"id": "in", "type": "inputNode", "name": "facts", "position": place},
        {"id": "rules", "type": "expressionNode", "name": "rules", "position": place,
         "content": {"expressions": rules, "passThrough": False, "inputField": None, "outputPath": None,
                     "executionMode": "single"}},
        {"id": "out", "type": "outputNode", "name": "results", "position": place},
    ]  # fmt: skip
    edges = [
        {"id": "1", "sourceId": "in", "targetId": "rules", "type": "edge"},
        {"id": "2", "sourceId": "rules", "targetId": "out", "type": "edge"},
    ]
    return json.dumps({"contentType": "application/vnd.gorules.decision", "nodes": nodes, "edges": edges})


def as_json(value: Any) -> Any:
    """Return facts as JSON values: dates as text."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: as_json(member) for name, member in value.items()}
    return [as_json(item) for item in value] if isinstance(value, list | tuple) else value


class _Words:
    """Writes FEEL trees in ZEN's words."""

    def __init__(self, rule_set: RuleSet) -> None:
        self.parameters = rule_set.parameters
        self.tables = {table.table.id: table.core for table in rule_set.tables}
        self.definitions = {typed.definition.id: typed for typed in rule_set.definitions}

    def of(self, node: t.Node, env: Env) -> str:  # noqa: C901, PLR0911, PLR0912 - one case for each construct
        """Return the words for any expression."""
        match node:
            case t.NullLiteral() | t.BooleanLiteral() | t.NumberLiteral() | t.StringLiteral():
                return _literal(getattr(node, "value", None))
            case t.Path(t.Name("parameters"), name):
                return _literal(self.parameters[name])
            case t.Name(name):
                return env.get(name, name)
            case t.Path(t.Call(t.Path(t.Name("tables"), table)) as call, output):
                return self._table(table, call, env, output)
            case t.Path(source, name):
                return f"{self.of(source, env)}.{name}"
            case t.And(left, right):
                return f"({self.of(left, env)} and {self.of(right, env)})"
            case t.Or(left, right):
                return f"({self.of(left, env)} or {self.of(right, env)})"
            case t.If(condition, then, otherwise):
                return f"({self.of(condition, env)} ? {self.of(then, env)} : {self.of(otherwise, env)})"
            case t.Every((t.Binding(name, source),), body):
                return f"all({self.of(source, env)} as {name}, {self.of(body, {**env, name: name})})"
            case t.Some((t.Binding(name, source),), body):
                return f"some({self.of(source, env)} as {name}, {self.of(body, {**env, name: name})})"
            case t.Filter(source, condition):
                item = f"item{len(env)}"
                return f"filter({self.of(source, env)} as {item}, {self.of(condition, {**env, 'item': item})})"
            case t.Compare() | t.Arithmetic():
                return self._operator(node, env)
            case t.Call():
                return self._call(node, env)
        raise UnsayableError(type(node).__name__)

    def _operator(self, node: t.Compare | t.Arithmetic, env: Env) -> str:
        dates = _is_date(node.left) or _is_date(node.right)
        nulls = isinstance(node.left, t.NullLiteral) or isinstance(node.right, t.NullLiteral)
        if isinstance(node, t.Arithmetic) and dates:
            span = self.parameters.get(getattr(node.right, "name", "")) if node.op == "+" else None
            return f"{self._moment(node.left, env)}.add({_span(span)})"
        say = self._moment if dates and not nulls else self.of
        return f"({say(node.left, env)} {'==' if node.op == '=' else node.op} {say(node.right, env)})"

    def _moment(self, node: t.Node, env: Env) -> str:
        text = self.of(node, env)
        return text if isinstance(node, t.Arithmetic) else f"d({text})"

    def _call(self, node: t.Call, env: Env) -> str:
        match node:
            case t.Call(t.Path(t.Name("tables"), name)):
                return self._table(name, node, env)
            case t.Call(t.Path(t.Name("definitions"), name), args, ()):
                return self._definition(name, args, env)
            case t.Call(t.Name("not"), (operand,), ()):
                return f"(not {self.of(operand, env)})"
            case t.Call(t.Name("list contains"), (items, element), ()):
                return f"({self.of(element, env)} in {self.of(items, env)})"
            case t.Call(t.Name(name), args, ()) if name in _CALLS:
                return f"{_CALLS[name]}({', '.join(self.of(arg, env) for arg in args)})"
        raise UnsayableError(str(getattr(node.function, "name", "a call")))

    def _definition(self, name: str, args: Sequence[t.Node], env: Env) -> str:
        """Write a definition's expression with its arguments in place."""
        typed = self.definitions[name]
        given = dict(zip(typed.type.names, args, strict=True))
        return self.of(_replaced(typed.body, given), env)

    def _table(self, name: str, node: t.Call, env: Env, output: str | None = None) -> str:
        """Write a table as a chain of choices; the first matching row answers, which for U and A is the only answer."""
        table = self.tables[name]
        outputs = [column.name for column in table.outputs]
        if table.hit_policy.value not in {"U", "A", "F"} or (output is None and len(outputs) > 1):
            raise UnsayableError(f"table {name}")
        place = 0 if output is None else outputs.index(output)
        names = [column.name for column in table.inputs]
        named = {argument.name: argument.value for argument in node.named} or dict(zip(names, node.args, strict=True))
        inner = {**env, **{column: self.of(argument, env) for column, argument in named.items()}}
        text = "null" if table.default is None else self.of(table.default[place], inner)
        for row in reversed(table.rows):
            cells = [
                self._cell(cell, inner[column], inner)
                for column, cell in zip(names, row.when, strict=True)
                if cell != _ANY
            ]
            text = f"({' and '.join(cells) or 'true'} ? {self.of(row.then[place], inner)} : {text})"
        return text

    def _cell(self, cell: t.UnaryTests, value: str, env: Env) -> str:
        if cell.negated:
            raise UnsayableError("not() in a cell")
        said = []
        for test in cell.tests:
            if isinstance(test, t.UnaryTest):
                said.append(f"{value} {'==' if test.op == '=' else test.op} {self.of(test.operand, env)}")
            elif any(part == t.Name("?") for part in t.walk(test)):
                said.append(self.of(test, {**env, "?": value}))
            else:
                said.append(f"{value} == {self.of(test, env)}")
        return f"({' or '.join(said)})"


def _replaced(node: t.Node, given: Mapping[str, t.Node]) -> t.Node:
    """Put expressions in the place of names; a definition that binds names of its own is not said in ZEN."""
    if isinstance(node, t.Name):
        return given.get(node.name, node)
    if isinstance(node, t.Binding | t.ContextEntry | t.Parameter | t.Filter):
        raise UnsayableError("a definition with names of its own")
    changed: dict[str, Any] = {}
    for spec in dataclasses.fields(node):
        value = getattr(node, spec.name)
        if isinstance(value, t.Node):
            changed[spec.name] = _replaced(value, given)
        elif isinstance(value, tuple) and any(isinstance(part, t.Node) for part in value):
            changed[spec.name] = tuple(_replaced(part, given) for part in value)
    return dataclasses.replace(node, **changed) if changed else node


def _literal(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return f"[{', '.join(map(_literal, value))}]" if isinstance(value, list | tuple) else str(value)


def _span(value: Any) -> str:
    if isinstance(value, feel.YearsMonths):
        return f'"{value.months}M"'
    if isinstance(value, feel.DaysTime) and value.nanos % _DAY == 0:
        return f'"{value.nanos // _DAY}d"'
    raise UnsayableError("a duration")


def _is_date(node: t.Node) -> bool:
    if isinstance(node, t.Arithmetic):
        return _is_date(node.left)
    return isinstance(node, t.Name | t.Path) and node.name.endswith(_DATES)
