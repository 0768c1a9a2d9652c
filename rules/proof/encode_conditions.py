"""Terms of what is true, false or null: `and`, `or`, `if`, comparisons, `between` and `in`, in FEEL's three values."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rules.feel import tree as t
from rules.proof.encode_operators import compared, contained
from rules.proof.symbols import SBool, Sym, both, either, known, merged, negated

if TYPE_CHECKING:
    from rules.proof.encode import Encoder

Env = Mapping[str, Sym]


def conjunction(encoder: "Encoder", node: t.And, env: Env) -> Sym:
    """Return the term of `and`: false where one part is, whatever the other."""
    left, right = encoder.condition(node.left, env), encoder.condition(node.right, env)
    false = either(left.false, right.false)
    true = both(left.true, right.true)
    return SBool(negated(either(true, false)), true)


def disjunction(encoder: "Encoder", node: t.Or, env: Env) -> Sym:
    """Return the term of `or`: true where one part is, whatever the other."""
    left, right = encoder.condition(node.left, env), encoder.condition(node.right, env)
    true = either(left.true, right.true)
    false = both(left.false, right.false)
    return SBool(negated(either(true, false)), true)


def conditional(encoder: "Encoder", node: t.If, env: Env) -> Sym:
    """Return the term of `if`; a condition that is no boolean takes the second branch."""
    condition = encoder.condition(node.condition, env)
    then, otherwise = encoder.encode(node.then, env), encoder.encode(node.otherwise, env)
    return merged(condition.true, then, otherwise, encoder.space.one_sort)


def comparison(encoder: "Encoder", node: t.Compare, env: Env) -> Sym:
    """Return the term of a comparison."""
    return compared(encoder, node.op, encoder.encode(node.left, env), encoder.encode(node.right, env))


def between(encoder: "Encoder", node: t.Between, env: Env) -> Sym:
    """Return the term of `value between low and high`."""
    value = encoder.encode(node.value, env)
    low = compared(encoder, "<=", encoder.encode(node.low, env), value)
    high = compared(encoder, "<=", value, encoder.encode(node.high, env))
    false, true = either(low.false, high.false), both(low.true, high.true)
    return SBool(negated(either(true, false)), true)


def _one_holds(encoder: "Encoder", value: Sym, tests: tuple[t.Node, ...], env: Env) -> SBool:
    answers = []
    for test in tests:
        mentions = any(isinstance(part, t.Name) and part.name == "?" for part in t.walk(test))
        tested = encoder.encode(test, {**env, "?": value} if mentions else env)
        answers.append(tested if mentions and isinstance(tested, SBool) else contained(encoder, value, tested))
    true = either(*(answer.true for answer in answers))
    null = both(negated(true), either(*(answer.null for answer in answers)))
    return SBool(null, true)


def membership(encoder: "Encoder", node: t.In, env: Env) -> Sym:
    """Return the term of `value in (tests)`."""
    return _one_holds(encoder, encoder.encode(node.value, env), node.tests, env)


def unary_tests(encoder: "Encoder", node: t.UnaryTests, env: Env) -> Sym:
    """Return the term of a cell of a table: one of its tests holds of `?`, or none where it is negated."""
    if not node.tests:
        return known(value=True)
    found = _one_holds(encoder, env["?"], node.tests, env)
    return SBool(found.null, negated(found.value)) if node.negated else found
