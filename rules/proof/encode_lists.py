"""Loops, filters and paths over lists as terms: every entry is unrolled, guarded by the condition that it is there."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import z3

from rules.feel import tree as t
from rules.proof.symbols import (
    FALSE,
    TRUE,
    Outside,
    SBool,
    SList,
    SNull,
    SNum,
    SRecord,
    Sym,
    Term,
    both,
    either,
    is_false,
    merged,
    negated,
    with_null,
)

if TYPE_CHECKING:
    from rules.proof.encode import Encoder

Env = Mapping[str, Sym]


def mapped_path(owner: SList, name: str) -> SList:
    """Return the member of every entry."""
    entries = []
    for there, item in owner.entries:
        if not isinstance(item, SRecord):
            raise Outside(f"the member {name} of this list has no term")
        entries.append((there, item.member(name)))
    return SList(owner.null, tuple(entries))


def as_list(value: Sym) -> SList:
    """Return a list as it is, and any other value as a list of itself; null stays null."""
    if isinstance(value, SList):
        return value
    return SList(value.null, () if isinstance(value, SNull) else ((TRUE, value),))


def _rounds(
    encoder: "Encoder", bindings: tuple[t.Binding, ...], env: Env, there: Term
) -> Iterator[tuple[Term, Term, Env]]:
    """Yield for every combination: it comes up, its domain is null, and the names it binds."""
    first, rest = bindings[0], bindings[1:]
    if isinstance(first.source, t.RangeNode):
        raise Outside("counting through a range has no term")
    domain = as_list(encoder.encode(first.source, env))
    if not is_false(domain.null):
        yield FALSE, both(there, domain.null), env
    for present, item in domain.entries:
        inner = {**env, first.name: item}
        comes_up = both(there, negated(domain.null), present)
        if rest:
            yield from _rounds(encoder, rest, inner, comes_up)
        else:
            yield comes_up, FALSE, inner


def quantified(encoder: "Encoder", node: t.Some | t.Every, env: Env) -> Sym:
    """Answer `some` and `every`: three-valued or, and three-valued and, over all entries."""
    until = isinstance(node, t.Some)
    decided, unknown = [], []
    for comes_up, null_domain, inner in _rounds(encoder, node.bindings, env, TRUE):
        unknown.append(null_domain)
        if is_false(comes_up):
            continue
        body = encoder.condition(node.body, inner)
        decided.append(both(comes_up, body.true if until else body.false))
        unknown.append(both(comes_up, body.null))
    reached = either(*decided)
    return SBool(both(negated(reached), either(*unknown)), reached if until else negated(reached))


def looped(encoder: "Encoder", node: t.For, env: Env) -> Sym:
    """Answer `for … return …`: one entry for each round; null where a domain is null."""
    if any(isinstance(part, t.Name) and part.name == "partial" for part in t.walk(node.body)):
        raise Outside("a loop that looks at its own results has no term")
    entries, null = [], []
    for comes_up, null_domain, inner in _rounds(encoder, node.bindings, env, TRUE):
        null.append(null_domain)
        if not is_false(comes_up):
            entries.append((comes_up, encoder.encode(node.body, inner)))
    return SList(either(*null), tuple(entries))


def filtered(encoder: "Encoder", node: t.Filter, env: Env) -> Sym:
    """Answer a filter, or an index that is written as a number."""
    source = as_list(encoder.encode(node.source, env))
    match node.condition:
        case t.NumberLiteral(value):
            return _indexed(encoder, source, int(value))
        case t.Negate(t.NumberLiteral(value)):
            return _indexed(encoder, source, -int(value))
    entries = []
    for there, item in source.entries:
        inner = {**env, "item": item}
        if isinstance(item, SRecord):
            if not is_false(item.null):
                raise Outside("a filter over entries that may be null has no term")
            inner |= {name: item.get(name) for name in _named(node.condition, item)}
        condition = encoder.encode(node.condition, inner)
        if isinstance(condition, SNum):
            raise Outside("an index that is computed has no term")
        if not isinstance(condition, SBool | SNull):
            raise Outside("this filter has no term")
        kept = condition.true if isinstance(condition, SBool) else FALSE
        entries.append((both(there, kept), item))
    return SList(source.null, tuple(entries))


def _named(condition: t.Node, item: SRecord) -> set[str]:
    return {part.name for part in t.walk(condition) if isinstance(part, t.Name)} & set(item.names)


def _indexed(encoder: "Encoder", source: SList, position: int) -> Sym:
    """Return the entry at a position: the one that has as many before it (1 is the first, -1 the last)."""
    entries = source.entries if position > 0 else source.entries[::-1]
    found: Sym = SNull(TRUE)
    for index, (there, item) in reversed(list(enumerate(entries))):
        before = [z3.If(earlier, 1, 0) for earlier, _ in entries[:index]]
        stands = both(there, z3.Sum(before) == abs(position) - 1 if before else z3.BoolVal(abs(position) == 1))
        found = merged(stands, item, found, encoder.space.one_sort)
    return with_null(found, source.null)
