"""Write a tree as FEEL text again: how reports show a mutant, and what its id is computed from.

One tree has one text, whatever blanks and brackets its author used, so ids survive a new layout of a file.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from rules.feel import tree as t

# How tightly each construct binds, loosest first; what binds looser than its place asks for is bracketed.
_LOOSE, _OR, _AND, _COMPARE, _ADD, _MULTIPLY, _POWER, _NEGATE, _TIGHT = range(9)
_ARITHMETIC = {"+": _ADD, "-": _ADD, "*": _MULTIPLY, "/": _MULTIPLY, "**": _POWER}


def written_node(node: t.Node) -> str:
    r"""Return `node` as FEEL text on one line.

    >>> from rules.feel import parse
    >>> written_node(parse("every x in  xs satisfies (x.a<1 or\n not(x.b)) and 2*(3-1)=4"))
    'every x in xs satisfies (x.a < 1 or not(x.b)) and 2 * (3 - 1) = 4'
    """
    return _write(node, _LOOSE)


def _write(node: t.Node, place: int) -> str:
    text, binds = _WRITERS[type(node)](node)
    return f"({text})" if binds < place else text


def _joined(nodes: "tuple[t.Node, ...]") -> str:
    return ", ".join(_write(node, _LOOSE) for node in nodes)


def _junction(node: t.And | t.Or) -> tuple[str, int]:
    binds, word = (_AND, "and") if isinstance(node, t.And) else (_OR, "or")
    return f"{_write(node.left, binds)} {word} {_write(node.right, binds + 1)}", binds


def _arithmetic(node: t.Arithmetic) -> tuple[str, int]:
    binds = _ARITHMETIC[node.op]
    return f"{_write(node.left, binds)} {node.op} {_write(node.right, binds + 1)}", binds


def _compare(node: t.Compare) -> tuple[str, int]:
    return f"{_write(node.left, _ADD)} {node.op} {_write(node.right, _ADD)}", _COMPARE


def _loop(node: t.Every | t.Some | t.For) -> tuple[str, int]:
    first, then = {t.Every: ("every", "satisfies"), t.Some: ("some", "satisfies"), t.For: ("for", "return")}[type(node)]
    return f"{first} {_joined(node.bindings)} {then} {_write(node.body, _LOOSE)}", _LOOSE


def _range(node: t.RangeNode) -> tuple[str, int]:
    ends = f"{_write(node.low, _ADD)}..{_write(node.high, _ADD)}"
    return f"{'[' if node.low_closed else '('}{ends}{']' if node.high_closed else ')'}", _TIGHT


def _if(node: t.If) -> tuple[str, int]:
    parts = [_write(part, _LOOSE) for part in (node.condition, node.then, node.otherwise)]
    return "if {} then {} else {}".format(*parts), _LOOSE


def _in(node: t.In) -> tuple[str, int]:
    tests = _joined(node.tests)
    return f"{_write(node.value, _ADD)} in {tests if len(node.tests) == 1 else f'({tests})'}", _COMPARE


def _between(node: t.Between) -> tuple[str, int]:
    value, low, high = (_write(part, _ADD) for part in (node.value, node.low, node.high))
    return f"{value} between {low} and {high}", _COMPARE


def _tests(node: t.UnaryTests) -> tuple[str, int]:
    tests = _joined(node.tests) or "-"
    return f"not({tests})" if node.negated else tests, _LOOSE


def _call(node: t.Call) -> tuple[str, int]:
    return f"{_write(node.function, _TIGHT)}({_joined((*node.args, *node.named))})", _TIGHT


def _parameter(node: t.Parameter) -> tuple[str, int]:
    return node.name if node.type is None else f"{node.name}: {node.type}", _TIGHT


_WRITERS: Mapping[type[t.Node], Callable[[Any], tuple[str, int]]] = {
    t.NullLiteral: lambda _node: ("null", _TIGHT),
    t.BooleanLiteral: lambda node: ("true" if node.value else "false", _TIGHT),
    t.NumberLiteral: lambda node: (format(node.value, "f"), _TIGHT),
    t.StringLiteral: lambda node: (json.dumps(node.value, ensure_ascii=False), _TIGHT),
    t.TemporalLiteral: lambda node: (f'@"{node.text}"', _TIGHT),
    t.Name: lambda node: (node.name, _TIGHT),
    t.Path: lambda node: (f"{_write(node.source, _TIGHT)}.{node.name}", _TIGHT),
    t.Filter: lambda node: (f"{_write(node.source, _TIGHT)}[{_write(node.condition, _LOOSE)}]", _TIGHT),
    t.And: _junction,
    t.Or: _junction,
    t.Compare: _compare,
    t.Between: _between,
    t.In: _in,
    t.UnaryTest: lambda node: (f"{node.op} {_write(node.operand, _ADD)}", _TIGHT),
    t.UnaryTests: _tests,
    t.InstanceOf: lambda node: (f"{_write(node.value, _ADD)} instance of {node.type}", _COMPARE),
    t.Arithmetic: _arithmetic,
    t.Negate: lambda node: (f"-{_write(node.operand, _TIGHT)}", _NEGATE),
    t.If: _if,
    t.Binding: lambda node: (f"{node.name} in {_write(node.source, _OR)}", _LOOSE),
    t.Every: _loop,
    t.Some: _loop,
    t.For: _loop,
    t.ListNode: lambda node: (f"[{_joined(node.items)}]", _TIGHT),
    t.ContextEntry: lambda node: (f"{node.key}: {_write(node.value, _LOOSE)}", _LOOSE),
    t.ContextNode: lambda node: (f"{{{_joined(node.entries)}}}", _TIGHT),
    t.RangeNode: _range,
    t.NamedArgument: lambda node: (f"{node.name}: {_write(node.value, _LOOSE)}", _LOOSE),
    t.Call: _call,
    t.Parameter: _parameter,
    t.FunctionNode: lambda node: (f"function({_joined(node.parameters)}) {_write(node.body, _LOOSE)}", _LOOSE),
}
