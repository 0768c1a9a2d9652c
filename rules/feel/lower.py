"""A second way to evaluate: many expressions lowered to one straight-line Python function.

The reference evaluator of a rule set needs speed and must not share control logic or operators with the closures of
`compile.py`. This is a different technique: all expressions of a rule set become the text of one Python function,
which Python compiles. What a fast path in that text does not settle goes to the walker's own operators
(`interpret_operators`, `interpret_arithmetic`). An expression that uses more of the language than is lowered here is
walked as it is, and so is everything when a value turns up that was not foreseen: the meaning is that of `interpret`,
which tests hold against it.

Problems are not noted here; who wants to know why something is null interprets it inside `collecting()`.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from rules.feel import tree as t
from rules.feel.builtins import REGISTRY, invoke
from rules.feel.errors import FeelError
from rules.feel.interpret import interpret
from rules.feel.interpret_arithmetic import apply
from rules.feel.interpret_operators import relate
from rules.feel.limits import MAX_STEPS, weight
from rules.feel.lower_code import Block, Code, Value
from rules.feel.members import NO_MEMBER, member
from rules.feel.temporal_text import read_temporal
from rules.feel.values import Function, Range

Scope = Mapping[str, Any]
Env = Mapping[str, Value]
_LONG = 1_000  # characters of a string from which on its steps are counted
MAX_LOOPS = 6  # inside each other
_LISTS = (list, tuple)
_CONTAINERS = (list, tuple, dict, Range)
_SAME_WORD = (str, int, date, Decimal)  # two values of one of these types are compared by Python as FEEL compares them
_TEXTS = {"starts with": "startswith", "ends with": "endswith", "contains": "__contains__"}
_BINDERS = (t.Some, t.Every, t.For)
_LOOPS = (*_BINDERS, t.Filter)
_NOWHERE = t.NullLiteral()  # where problems would be noted


class _Beyond(Exception):  # noqa: N818 never leaves this module: a value that the lowered code leaves to the walker
    pass


def lower(nodes: Sequence[t.Node], constants: Mapping[str, Any]) -> Callable[[dict[str, Any]], list[Any]]:
    """Return a function from a scope to the values of `nodes`; None where one is beyond a limit of the language.

    `constants` are names with the values that they have in every scope (parameters of a rule set).
    """
    lowered = _Lowering(constants)
    walked: list[tuple[int, t.Node]] = []
    returned: list[str] = []
    for index, node in enumerate(nodes):
        native = _is_lowered(node, frozenset(), 0)
        returned.append(lowered.emit(node, {}).text if native else "None")
        if not native:
            walked.append((index, node))
    fast = lowered.function(returned, _longest(nodes))
    shadowed = frozenset(lowered.functions)

    def run(scope: dict[str, Any]) -> list[Any]:
        try:
            values = fast(scope) if shadowed.isdisjoint(scope) else None
        except (_Beyond, FeelError):
            values = None
        if values is None:
            return [_walked(node, scope) for node in nodes]
        for index, node in walked:
            values[index] = _walked(node, scope)
        return values

    return run


def _walked(node: t.Node, scope: Scope) -> Any:
    try:
        return interpret(node, scope)
    except FeelError:
        return None


def _longest(nodes: Sequence[t.Node]) -> int:
    """Return how long lists may be so that no expression can come near its allowance of steps, which is not counted."""
    longest = MAX_STEPS
    for node in nodes:
        loops, depth = sum(isinstance(one, _LOOPS) for one in t.walk(node)), _depth(node)
        if loops:
            longest = min(longest, int((MAX_STEPS / (2 * loops * weight(node))) ** (1 / depth)))
    return longest


def _depth(node: t.Node) -> int:
    return isinstance(node, _LOOPS) + max((_depth(child) for child in t.children(node)), default=0)


def _is_lowered(node: t.Node, bound: frozenset[str], loops: int) -> bool:
    """Tell whether every part of `node` is lowered; `bound` are the names of loops around it."""
    if isinstance(node, _BINDERS):
        binding = node.bindings[0]
        plain = len(node.bindings) == 1 and not isinstance(binding.source, t.RangeNode) and loops < MAX_LOOPS
        plain = plain and not (isinstance(node, t.For) and t.Name("partial") in set(t.walk(node.body)))
        inside = bound | {binding.name}
        return plain and _is_lowered(binding.source, bound, loops) and _is_lowered(node.body, inside, loops + 1)
    if isinstance(node, t.Filter):
        plain = _is_truth(node.condition) and loops < MAX_LOOPS and not any(
            isinstance(part, t.Filter) for part in t.walk(node.condition)
        )  # fmt: skip
        inside = bound | {"item"}
        return plain and _is_lowered(node.source, bound, loops) and _is_lowered(node.condition, inside, loops + 1)
    if isinstance(node, t.Call):
        if isinstance(node.function, t.Path):  # a function of the rule set, such as a decision table
            known = _is_lowered(node.function, bound, loops)
        else:
            known = (
                not node.named and isinstance(node.function, t.Name) and (node.function.name, len(node.args)) in _CALLS
            )
        return known and all(_is_lowered(arg, bound, loops) for arg in (*node.args, *(one.value for one in node.named)))
    if isinstance(node, t.Name):
        return node.name in bound or (node.name not in REGISTRY and node.name != "?")
    return type(node) in _EMITTERS and all(_is_lowered(child, bound, loops) for child in t.children(node))


def _is_truth(node: t.Node) -> bool:
    """Tell whether `node` can only be true, false or null."""
    negation = isinstance(node, t.Call) and node.function == t.Name("not")
    return negation or isinstance(node, t.And | t.Or | t.Compare | t.Some | t.Every)


@cache
def _free(node: t.Node) -> frozenset[str]:
    """Return the names that `node` looks up and does not bind itself."""
    if isinstance(node, t.Name):
        return frozenset({node.name})
    if isinstance(node, _BINDERS):
        return _free(node.bindings[0].source) | (_free(node.body) - {node.bindings[0].name})
    if isinstance(node, t.Filter):
        return _free(node.source) | (_free(node.condition) - {"item"})
    return frozenset().union(*(_free(child) for child in t.children(node)))


@cache
def _has_loop(node: t.Node) -> bool:
    return any(isinstance(part, _LOOPS) for part in t.walk(node))


class _Lowering:
    """Turns nodes into assignments of one function."""

    def __init__(self, constants: Mapping[str, Any]) -> None:
        self.constants = constants
        self.functions: set[str] = set()  # built-in names that a scope could give another meaning
        self.namespace: dict[str, Any] = {
            "Beyond": _Beyond, "date": date, "Decimal": Decimal, "part": _part_of, "relate": _relate, "apply": apply,
            "call": _call, "hidden": _hidden, "answer": _answer, "named": _named, "NOWHERE": _NOWHERE, "FAST": frozenset(_SAME_WORD), "__builtins__": _PYTHON,
        }  # fmt: skip
        self.code = Code(self.namespace)

    def function(self, returned: Sequence[str], longest: int) -> Callable[[dict[str, Any]], list[Any]]:
        """Compile what was emitted."""
        source = self.code.source(f"[{', '.join(returned)}]", longest)
        exec(compile(source, "<lowered rules>", "exec"), self.namespace)  # noqa: S102 source made here, see lower_code
        made: Callable[[dict[str, Any]], list[Any]] = self.namespace["run"]
        return made

    def emit(self, node: t.Node, env: Env) -> Value:
        """Assign the value of `node`."""
        return _EMITTERS[type(node)](self, node, env)

    def literal(self, node: Any, _env: Env) -> Value:
        """Bind a literal; whole numbers as int, which Python compares faster and just as exactly."""
        value = node.value
        whole = isinstance(value, Decimal) and value == value.to_integral_value() and abs(value) < 10**15
        return self.code.fixed(int(value) if whole else value)

    def null(self, _node: t.Node, _env: Env) -> Value:
        """Bind `null`."""
        return self.code.fixed(None)

    def temporal(self, node: t.TemporalLiteral, _env: Env) -> Value:
        """Bind a date, time or duration; null where the text is none."""
        return self.code.fixed(read_temporal(node.text))

    def name(self, node: t.Name, env: Env) -> Value:
        """Read a loop's element, or a fact."""
        if node.name in env:
            return env[node.name]
        return self.code.assign(f"s.get({self.code.bind(node.name)})")

    def path(self, node: t.Path, env: Env) -> Value:
        """Read a member; a parameter is a constant."""
        owner = node.source
        if isinstance(owner, t.Name) and owner.name in self.constants and owner.name not in env:
            known = self.constants[owner.name]
            if isinstance(known, Mapping) and node.name in known:
                return self.code.fixed(known[node.name])
        source, name = self.emit(owner, env), self.code.bind(node.name)
        v = source.text
        return self.code.assign(
            f"{v}.get({name}) if type({v}) is dict else None if {v} is None else part({v}, {name})", source
        )

    def junction(self, node: t.And | t.Or, env: Env) -> Value:
        """Join by `and` or `or`: decided by one operand, else null unless all agree; what is no truth value counts as null."""
        decisive, other = ("False", "True") if isinstance(node, t.And) else ("True", "False")
        operands: list[t.Node] = []
        rest: t.Node = node
        while isinstance(rest, type(node)):
            operands.append(rest.right)
            rest = rest.left
        values = [self.emit(one, env) for one in (rest, *reversed(operands))]
        some = " or ".join(f"{value.text} is {decisive}" for value in values)
        every = " and ".join(f"{value.text} is {other}" for value in values)
        return self.code.assign(f"{decisive} if {some} else {other} if {every} else None", *values, truth=True)

    def compare(self, node: t.Compare, env: Env) -> Value:
        """Compare: by Python where both sides have one of the types that it compares as FEEL does."""
        left, right = self.emit(node.left, env), self.emit(node.right, env)
        op = {"=": "==", "!=": "!="}.get(node.op, node.op)
        if node.op in {"=", "!="} and right.fixed and right.value is None:
            return self.code.assign(f"{left.text} is {'' if node.op == '=' else 'not '}None", left, truth=True)
        slow = f"relate({self.code.bind(node.op)}, {left.text}, {right.text})"
        if right.fixed and type(right.value) in _SAME_WORD:
            if node.op in {"=", "!="}:  # null is equal to null alone
                slow = f"{node.op == '!='} if {left.text} is None else {slow}"
            test = f"type({left.text}) is {type(right.value).__name__}"
        else:
            test = f"type({left.text}) is type({right.text}) and type({left.text}) in FAST"
        if node.op not in {"=", "!="}:
            slow = f"None if {left.text} is None or {right.text} is None else {slow}"  # null has no order
        return self.code.assign(f"{left.text} {op} {right.text} if {test} else {slow}", left, right, truth=True)

    def arithmetic(self, node: t.Arithmetic, env: Env) -> Value:
        """Leave arithmetic to the walker; null with anything is null."""
        left, right = self.emit(node.left, env), self.emit(node.right, env)
        op = self.code.bind(node.op)
        text = (
            f"None if {left.text} is None or {right.text} is None else apply({op}, {left.text}, {right.text}, NOWHERE)"
        )
        return self.code.assign(text, left, right)

    def choice(self, node: t.If, env: Env) -> Value:
        """Choose by `if`: both sides are values already, and one of them is taken."""
        condition, then, otherwise = (self.emit(one, env) for one in (node.condition, node.then, node.otherwise))
        text = f"{then.text} if {condition.text} is True else {otherwise.text}"
        return self.code.assign(text, condition, then, otherwise, truth=then.truth and otherwise.truth)

    def call(self, node: t.Call, env: Env) -> Value:
        """Call `not`, one of the few functions that rules call most, or a function of the rule set."""
        args = [self.emit(arg, env) for arg in node.args]
        if not isinstance(node.function, t.Name):
            function = self.emit(node.function, env)
            if node.named:
                named = [self.emit(argument.value, env) for argument in node.named]
                names = self.code.bind(tuple(argument.name for argument in node.named))
                values = ", ".join(value.text for value in named)
                return self.code.assign(f"named({function.text}, {names}, [{values}])", function, *named)
            return self.code.assign(
                f"answer({function.text}, [{', '.join(arg.text for arg in args)}])", function, *args
            )
        name = node.function.name
        self.functions.add(name)
        text, truth = self._builtin(name, args)
        return self.code.assign(text, *args, truth=truth)

    def _builtin(self, name: str, args: Sequence[Value]) -> tuple[str, bool]:
        """Return the text of a call, and whether it can only be true, false or null."""
        first, last = args[0].text, args[-1].text
        slow = f"call({self.code.bind(name)}, {', '.join(arg.text for arg in args)})"
        if name == "not":
            return f"False if {first} is True else True if {first} is False else None", True
        if name == "count":
            return f"len({first}) if type({first}) is list else {slow}", False
        if name in _TEXTS:
            test = f"type({first}) is str and type({last}) is str and len({first}) < {_LONG}"
            return f"{first}.{_TEXTS[name]}({last}) if {test} else {slow}", True
        if name != "list contains":
            return slow, False
        items = args[0].value
        if isinstance(items, list | tuple) and all(type(one) is str for one in items):
            return f"{last} in {self.code.bind(frozenset(items))} if type({last}) is str else {slow}", True
        return f"{last} in {first} if type({first}) is list and type({last}) is str else {slow}", True

    def mapping(self, node: t.For, env: Env) -> Value:
        """Run through a list by `for`."""
        binding = node.bindings[0]
        loop, block, stage = self._loop(node, binding.source, binding.name, node.body, env)
        body = self.emit(node.body, {**env, binding.name: loop.element})
        return self.code.result(loop, block, stage, "[]", f"{{}}.append({body.text})", body)

    def quantifier(self, node: t.Some | t.Every, env: Env) -> Value:
        """Run through a list by `every` or `some`: what is neither true nor false counts as null; null where the list is null."""
        binding = node.bindings[0]
        start, open_, decisive = ("True", "True", "False") if isinstance(node, t.Every) else ("False", "False", "True")
        loop, block, stage = self._loop(node, binding.source, binding.name, node.body, env)
        body = self.emit(node.body, {**env, binding.name: loop.element})
        close = f"if {body.text} is not {open_}: {{}} = {decisive} if {body.text} is {decisive} or {{}} is {decisive} else None"
        return self.code.result(loop, block, stage, start, close, body)

    def filter(self, node: t.Filter, env: Env) -> Value:
        """Collect the elements for which a condition holds; an element's own entries may not hide names of the condition."""
        loop, block, stage = self._loop(node, node.source, "item", node.condition, env)
        body = self.emit(node.condition, {**env, "item": loop.element})
        names = self.code.bind(_free(node.condition) | {"item"})
        element = loop.element.text
        self.code.assign(f"hidden({element}, {names})", loop.element)
        close = f"if {body.text} is True: {{}}.append({element})"
        return self.code.result(loop, block, stage, "[]", close, body)

    def _loop(self, node: t.Node, source: t.Node, name: str, body: t.Node, env: Env) -> Any:
        """Return the loop for `node`, and the block and stage that it stands in: after all that its body waits for."""
        block = self._block(node, env)
        values = [self.emit(source, env), *self._waited_for(body, frozenset({name}), env)]
        stage = max((value.stage for value in values if value.block is block), default=0)
        return self.code.loop(block, stage, values[0]), block, stage

    def _block(self, node: t.Node, env: Env) -> Block:
        blocks = [env[name].block for name in _free(node) if name in env]
        return max(blocks, key=lambda one: one.depth, default=self.code.top)

    def _waited_for(self, node: t.Node, inner: frozenset[str], env: Env) -> list[Value]:
        """Emit the loops inside `node` that do not depend on the names of loops opened inside it."""
        if not _has_loop(node):
            return []
        if _free(node).isdisjoint(inner):
            return [self.emit(node, env)]
        if isinstance(node, _BINDERS):
            binding = node.bindings[0]
            within = self._waited_for(node.body, inner | {binding.name}, env)
            return self._waited_for(binding.source, inner, env) + within
        if isinstance(node, t.Filter):
            within = self._waited_for(node.condition, inner | {"item"}, env)
            return self._waited_for(node.source, inner, env) + within
        return [value for child in t.children(node) for value in self._waited_for(child, inner, env)]


_PYTHON = {"type": type, "len": len, "list": list, "tuple": tuple, "dict": dict, "str": str, "int": int}
_CALLS = frozenset(
    {("not", 1), ("count", 1), ("list contains", 2), ("starts with", 2), ("ends with", 2), ("contains", 2),
     ("substring", 2), ("substring", 3), ("string length", 1),
     ("distinct values", 1)}
)  # fmt: skip
_EMITTERS: Mapping[type[t.Node], Callable[[_Lowering, Any, Env], Value]] = {
    t.NullLiteral: _Lowering.null,
    t.BooleanLiteral: _Lowering.literal,
    t.NumberLiteral: _Lowering.literal,
    t.StringLiteral: _Lowering.literal,
    t.TemporalLiteral: _Lowering.temporal,
    t.Name: _Lowering.name,
    t.Path: _Lowering.path,
    t.And: _Lowering.junction,
    t.Or: _Lowering.junction,
    t.Compare: _Lowering.compare,
    t.Arithmetic: _Lowering.arithmetic,
    t.If: _Lowering.choice,
    t.Call: _Lowering.call,
    t.Some: _Lowering.quantifier,
    t.Every: _Lowering.quantifier,
    t.For: _Lowering.mapping,
    t.Filter: _Lowering.filter,
}


def _part_of(owner: Any, name: str) -> Any:
    """Return a member of any value, as the walker does: of a list, the member of each element."""
    return [_one_part(item, name) for item in owner] if isinstance(owner, _LISTS) else _one_part(owner, name)


def _one_part(owner: Any, name: str) -> Any:
    if owner is None or isinstance(owner, dict):
        return None if owner is None else owner.get(name)
    found = member(owner, name)
    return None if found is NO_MEMBER else found


def _relate(op: str, left: Any, right: Any) -> bool | None:
    """Compare two values as the walker does; what it would count the steps of is left to it."""
    if isinstance(left, _CONTAINERS) or isinstance(right, _CONTAINERS):
        raise _Beyond
    return relate(op, left, right, _NOWHERE)


def _call(name: str, *arguments: Any) -> Any:
    """Call a built-in function as the walker does; what takes steps is left to it, but for one list alone."""
    for argument in arguments:
        listed = isinstance(argument, _LISTS) and argument is arguments[0]
        if (isinstance(argument, _CONTAINERS) and not listed) or (isinstance(argument, str) and len(argument) >= _LONG):
            raise _Beyond
    return invoke(name, list(arguments), _NOWHERE)


def _answer(function: Any, arguments: list[Any]) -> Any:
    """Call a function that is a value; null where there is none."""
    return function.call(arguments) if isinstance(function, Function) else None


def _named(function: Any, names: tuple[str, ...], values: list[Any]) -> Any:
    """Call a function that is a value with named arguments; null where it has other parameters."""
    if not isinstance(function, Function) or sorted(names) != sorted(function.parameters):
        return None
    given = dict(zip(names, values, strict=True))
    return function.call([given[name] for name in function.parameters])


def _hidden(element: Any, names: frozenset[str]) -> None:
    if isinstance(element, dict) and not names.isdisjoint(element):
        raise _Beyond
