"""Calls as terms: the built-in functions that rules use most, tables and definitions; the others stay outside."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import z3

from rules.feel import Function
from rules.feel import tree as t
from rules.feel.temporal import date_of
from rules.proof.encode_lists import as_list
from rules.proof.encode_operators import same
from rules.proof.symbols import (
    FALSE,
    TRUE,
    Outside,
    SBool,
    SDate,
    SList,
    SNull,
    SNum,
    SRecord,
    SStr,
    Sym,
    Term,
    both,
    chosen,
    either,
    is_false,
    is_true,
    negated,
)

if TYPE_CHECKING:
    from rules.proof.encode import Encoder

Env = Mapping[str, Sym]


def call_term(encoder: "Encoder", node: t.Call, env: Env) -> Sym:
    """Return the term of a call. Raises `Outside`."""
    called = node.function
    if isinstance(called, t.Path) and isinstance(called.source, t.Name):
        return _applied(encoder, node, f"{called.source.name}.{called.name}", env)
    if isinstance(called, t.Name) and called.name in encoder.functions:
        return _applied(encoder, node, called.name, env)
    if node.named or not isinstance(called, t.Name):
        raise Outside("a call with named arguments, or of a computed function, has no term")
    if called.name not in _FUNCTIONS:
        raise Outside(f"{called.name} has no term")
    count, function = _FUNCTIONS[called.name]
    if len(node.args) not in count:
        raise Outside(f"{called.name} with {len(node.args)} arguments has no term")
    return function(encoder, *(encoder.encode(arg, env) for arg in node.args))


def _applied(encoder: "Encoder", node: t.Call, name: str, env: Env) -> Sym:
    function = encoder.functions.get(name)
    if function is None:
        raise Outside(f"{name} is no table or definition of the book")
    if node.named:
        given = {argument.name: argument.value for argument in node.named}
        order = getattr(function, "parameters", tuple(given))
        return function(encoder, [encoder.encode(given[key], env) for key in order], node)
    return function(encoder, [encoder.encode(arg, env) for arg in node.args], node)


def _not(_encoder: "Encoder", value: Sym) -> Sym:
    if not isinstance(value, SBool):
        return SBool(TRUE, FALSE)
    return SBool(value.null, negated(value.value))


def _count(_encoder: "Encoder", value: Sym) -> Sym:
    found = as_list(value)
    return SNum(found.null, _sum(z3.If(there, z3.IntVal(1), z3.IntVal(0)) for there, _ in found.entries))


def _sum(terms: Any) -> Term:
    listed = [z3.simplify(term) if z3.is_int_value(term) else term for term in terms]
    return z3.Sum(listed) if listed else z3.IntVal(0)


def _total(_encoder: "Encoder", value: Sym) -> Sym:
    """Sum numbers: null for an empty list, and with an entry that is null."""
    found = as_list(value)
    numbers = _numbers(found)
    null = either(found.null, negated(either(*(there for there, _ in numbers))), _some_null(found))
    return SNum(null, _sum(chosen(there, item.value, z3.IntVal(0)) for there, item in numbers))


def _numbers(found: SList) -> list[tuple[Term, SNum]]:
    numbers = [(there, item) for there, item in found.entries if isinstance(item, SNum)]
    if len(numbers) < len(found.entries):
        raise Outside("only lists of numbers have a term here")
    return numbers


def _some_null(found: SList) -> Term:
    return either(*(both(there, item.null) for there, item in found.entries))


def _extreme(*, least: bool) -> Callable[..., Sym]:
    def extreme(_encoder: "Encoder", value: Sym) -> Sym:
        found = as_list(value)
        numbers = _numbers(found)
        if not numbers:
            return SNull(TRUE)
        best, any_there = numbers[0][1].value, numbers[0][0]
        for there, item in numbers[1:]:
            better = item.value < best if least else item.value > best
            best = chosen(both(there, either(negated(any_there), better)), item.value, best)
            any_there = either(any_there, there)
        return SNum(either(found.null, negated(any_there), _some_null(found)), best)

    return extreme


def _list_contains(encoder: "Encoder", value: Sym, item: Sym) -> Sym:
    found = as_list(value)
    hits = (both(there, same(encoder, entry, item).true) for there, entry in found.entries)
    return SBool(found.null, either(*hits))


def _distinct(encoder: "Encoder", value: Sym) -> Sym:
    found = as_list(value)
    entries: list[tuple[Term, Sym]] = []
    for index, (there, item) in enumerate(found.entries):
        before = [both(earlier, same(encoder, old, item).true) for earlier, old in found.entries[:index]]
        entries.append((both(there, negated(either(*before))), item))
    return SList(found.null, tuple(entries))


def _joined(_encoder: "Encoder", *values: Sym) -> Sym:
    lists = [as_list(value) for value in values]
    return SList(either(*(one.null for one in lists)), tuple(entry for one in lists for entry in one.entries))


def _appended(_encoder: "Encoder", value: Sym, *items: Sym) -> Sym:
    found = as_list(value)
    return SList(found.null, (*found.entries, *((TRUE, item) for item in items)))


def _reversed(_encoder: "Encoder", value: Sym) -> Sym:
    found = as_list(value)
    return SList(found.null, found.entries[::-1])


def _all_or_any(*, every: bool) -> Callable[..., Sym]:
    def answer(_encoder: "Encoder", value: Sym) -> Sym:
        found = as_list(value)
        conditions = [(there, item if isinstance(item, SBool) else SBool(TRUE, FALSE)) for there, item in found.entries]
        reached = either(*(both(there, one.false if every else one.true) for there, one in conditions))
        open_ = either(*(both(there, one.null) for there, one in conditions))
        null = either(found.null, both(negated(reached), open_))
        return SBool(null, negated(reached) if every else reached)

    return answer


def _text_test(test: Callable[[Term, Term], Term]) -> Callable[..., Sym]:
    def answer(encoder: "Encoder", text: Sym, part: Sym) -> Sym:
        if isinstance(text, SNull) or isinstance(part, SNull):
            return SBool(TRUE, FALSE)
        if not (isinstance(text, SStr) and isinstance(part, SStr)):
            raise Outside("this text has no term")
        whole, piece = encoder.space.as_text(text), encoder.space.as_text(part)
        return SBool(either(text.null, part.null), test(whole, piece))

    return answer


def _length(encoder: "Encoder", text: Sym) -> Sym:
    if not isinstance(text, SStr):
        raise Outside("this text has no term")
    return SNum(text.null, z3.Length(encoder.space.as_text(text)))


def _substring(encoder: "Encoder", text: Sym, start: Sym, length: Sym | None = None) -> Sym:
    if not (isinstance(text, SStr) and isinstance(start, SNum) and z3.is_int_value(start.value)):
        raise Outside("a part of a text from a place that is computed has no term")
    if length is not None and not (isinstance(length, SNum) and z3.is_int_value(length.value)):
        raise Outside("a part of a text of a length that is computed has no term")
    whole, first = encoder.space.as_text(text), start.value.as_long()
    size = z3.Length(whole)
    begin = z3.IntVal(first - 1) if first > 0 else size + first
    taken = size if length is None else length.value
    fits = both(z3.BoolVal(first != 0), size >= abs(first), taken >= 1 if length is not None else TRUE)
    return SStr(either(text.null, negated(fits)), z3.SubString(whole, begin, taken))


_FUNCTIONS: Mapping[str, tuple[tuple[int, ...], Callable[..., Sym]]] = {
    "not": ((1,), _not),
    "count": ((1,), _count),
    "sum": ((1,), _total),
    "min": ((1,), _extreme(least=True)),
    "max": ((1,), _extreme(least=False)),
    "list contains": ((2,), _list_contains),
    "distinct values": ((1,), _distinct),
    "concatenate": (tuple(range(1, 9)), _joined),
    "union": (tuple(range(1, 9)), lambda encoder, *values: _distinct(encoder, _joined(encoder, *values))),
    "append": (tuple(range(2, 9)), _appended),
    "reverse": ((1,), _reversed),
    "all": ((1,), _all_or_any(every=True)),
    "any": ((1,), _all_or_any(every=False)),
    "contains": ((2,), _text_test(z3.Contains)),
    "starts with": ((2,), _text_test(lambda text, part: z3.PrefixOf(part, text))),
    "ends with": ((2,), _text_test(lambda text, part: z3.SuffixOf(part, text))),
    "string length": ((1,), _length),
    "substring": ((2, 3), _substring),
}


def inlined(parameters: tuple[str, ...], body: t.Node) -> Callable[["Encoder", list[Sym], t.Call], Sym]:
    """Return a definition of the book as a function: its body over its arguments."""

    def apply(encoder: "Encoder", args: list[Sym], _node: t.Call) -> Sym:
        if len(args) != len(parameters):
            return SNull(TRUE)
        return encoder.encode(body, dict(zip(parameters, args, strict=True)))

    apply.parameters = parameters  # type: ignore[attr-defined]  # read where a call names its arguments
    return apply


def computed(function: Function) -> Callable[["Encoder", list[Sym], t.Call], Sym]:
    """Return a function of days and numbers that FEEL itself computes where its arguments are known, as `decided_on` is."""

    def apply(encoder: "Encoder", args: list[Sym], _node: t.Call) -> Sym:
        return encoder.constant(function.call([_known_value(arg, function.name) for arg in args]))

    apply.parameters = function.parameters  # type: ignore[attr-defined]  # read where a call names its arguments
    return apply


def _known_value(value: Sym, name: str) -> Any:
    if is_true(value.null):
        return None
    if is_false(value.null) and isinstance(value, SDate) and z3.is_int_value(value.value()):
        return date_of(value.value().as_long())
    if is_false(value.null) and isinstance(value, SNum) and z3.is_int_value(value.value):
        return Decimal(value.value.as_long())
    raise Outside(f"{name} has a term only for days and counts that are known")


__all__ = ["SRecord", "call_term", "computed", "inlined"]
