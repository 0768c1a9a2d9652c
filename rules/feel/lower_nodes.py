"""Lowering, node by node: each expression becomes assignments of one Python function (see lowering.py)."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from rules.feel import tree as t
from rules.feel.lower_calls import LONG, NAMESPACE, SAME_WORD
from rules.feel.lower_code import Block, Code, Value
from rules.feel.temporal_text import read_temporal

Env = Mapping[str, Value]
BINDERS = (t.Some, t.Every, t.For)
LOOPS = (*BINDERS, t.Filter)
_TEXTS = {"starts with": "startswith", "ends with": "endswith", "contains": "__contains__"}


@lru_cache(maxsize=8_192)
def free(node: t.Node) -> frozenset[str]:
    """Return the names that `node` looks up and does not bind itself."""
    if isinstance(node, t.Name):
        return frozenset({node.name})
    if isinstance(node, BINDERS):
        return free(node.bindings[0].source) | (free(node.body) - {node.bindings[0].name})
    if isinstance(node, t.Filter):
        return free(node.source) | (free(node.condition) - {"item"})
    return frozenset().union(*(free(child) for child in t.children(node)))


@lru_cache(maxsize=8_192)
def has_loop(node: t.Node) -> bool:
    """Tell whether a loop or a filter is in `node`."""
    return any(isinstance(part, LOOPS) for part in t.walk(node))


class Lowering:
    """Turns nodes into assignments of one function."""

    def __init__(self, constants: Mapping[str, Any]) -> None:
        self.constants = constants
        self.functions: set[str] = set()  # built-in names that a scope could give another meaning
        self.namespace = dict(NAMESPACE)
        self.code = Code(self.namespace)

    def function(self, returned: Sequence[str], longest: int) -> Callable[[dict[str, Any]], list[Any]]:
        """Compile what was emitted."""
        source = self.code.source(f"[{', '.join(returned)}]", longest)
        exec(compile(source, "<lowered rules>", "exec"), self.namespace)  # noqa: S102 source made here, see lower_code
        made: Callable[[dict[str, Any]], list[Any]] = self.namespace["run"]
        return made

    def emit(self, node: t.Node, env: Env) -> Value:
        """Assign the value of `node`."""
        return EMITTERS[type(node)](self, node, env)

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
        if right.fixed and type(right.value) in SAME_WORD:
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
            test = f"type({first}) is str and type({last}) is str and len({first}) < {LONG}"
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
        names = self.code.bind(free(node.condition) | {"item"})
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
        blocks = [env[name].block for name in free(node) if name in env]
        return max(blocks, key=lambda one: one.depth, default=self.code.top)

    def _waited_for(self, node: t.Node, inner: frozenset[str], env: Env) -> list[Value]:
        """Emit the loops inside `node` that do not depend on the names of loops opened inside it."""
        if not has_loop(node):
            return []
        if free(node).isdisjoint(inner):
            return [self.emit(node, env)]
        if isinstance(node, BINDERS):
            binding = node.bindings[0]
            within = self._waited_for(node.body, inner | {binding.name}, env)
            return self._waited_for(binding.source, inner, env) + within
        if isinstance(node, t.Filter):
            within = self._waited_for(node.condition, inner | {"item"}, env)
            return self._waited_for(node.source, inner, env) + within
        return [value for child in t.children(node) for value in self._waited_for(child, inner, env)]


CALLS = frozenset(
    {("not", 1), ("count", 1), ("list contains", 2), ("starts with", 2), ("ends with", 2), ("contains", 2),
     ("substring", 2), ("substring", 3), ("string length", 1),
     ("distinct values", 1)}
)  # fmt: skip
EMITTERS: Mapping[type[t.Node], Callable[[Lowering, Any, Env], Value]] = {
    t.NullLiteral: Lowering.null,
    t.BooleanLiteral: Lowering.literal,
    t.NumberLiteral: Lowering.literal,
    t.StringLiteral: Lowering.literal,
    t.TemporalLiteral: Lowering.temporal,
    t.Name: Lowering.name,
    t.Path: Lowering.path,
    t.And: Lowering.junction,
    t.Or: Lowering.junction,
    t.Compare: Lowering.compare,
    t.Arithmetic: Lowering.arithmetic,
    t.If: Lowering.choice,
    t.Call: Lowering.call,
    t.Some: Lowering.quantifier,
    t.Every: Lowering.quantifier,
    t.For: Lowering.mapping,
    t.Filter: Lowering.filter,
}
