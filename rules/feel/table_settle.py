"""Compiled hit policies (DMN 1.5, 8.2.8): from the rows that match, and those that nobody can decide, to the value."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rules.feel.compile import compile_node
from rules.feel.table_answers import Failure
from rules.feel.table_model import DecisionTable
from rules.feel.table_policy import HitPolicy
from rules.feel.tree import UnaryTests
from rules.feel.values import NUMBERS, equal, kind

Scope = Mapping[str, Any]
Outputs = Callable[[Scope], list[Any]]


def wrapper(table: DecisionTable) -> Callable[[list[Any]], Any]:
    """Return a function that makes one value of a row of results: itself, or a context of several."""
    if len(table.outputs) == 1:
        return lambda outputs: outputs[0]
    names = [column.name for column in table.outputs]
    return lambda outputs: dict(zip(names, outputs, strict=True))


Settler = Callable[[Sequence[int], Sequence[int], Scope], Any]


def _unique(table: DecisionTable, results: Sequence[Outputs]) -> Settler:
    wrap = wrapper(table)

    def settle(matched: Sequence[int], undecided: Sequence[int], scope: Scope) -> Any:
        if len(matched) > 1:
            raise Failure.violated(table, matched, "U allows one matching row")
        if undecided:
            raise Failure.undecided(table, undecided)
        return wrap(results[matched[0]](scope))

    return settle


def _any(table: DecisionTable, results: Sequence[Outputs]) -> Settler:
    wrap = wrapper(table)

    def settle(matched: Sequence[int], undecided: Sequence[int], scope: Scope) -> Any:
        if not matched:
            raise Failure.undecided(table, undecided)
        first = results[matched[0]](scope)
        for place in matched[1:]:
            if not equal(results[place](scope), first):
                raise Failure.violated(table, (matched[0], place), "A allows several rows of one result only")
        for place in undecided:
            if not equal(results[place](scope), first):
                raise Failure.undecided(table, (place,))
        return wrap(first)

    return settle


def _first(table: DecisionTable, results: Sequence[Outputs]) -> Settler:
    wrap = wrapper(table)

    def settle(matched: Sequence[int], undecided: Sequence[int], scope: Scope) -> Any:
        if undecided:
            raise Failure.undecided(table, undecided)
        return wrap(results[matched[0]](scope))

    return settle


def _ranker(table: DecisionTable) -> Callable[[Sequence[Any], Scope], tuple[int, ...]]:
    """Return a function that ranks a row of results: the place of each among the values of its column."""
    ladders = [
        [compile_node(UnaryTests((test,), negated=False)) for test in column.values.tests] if column.values else []
        for column in table.outputs
    ]

    def rank(outputs: Sequence[Any], scope: Scope) -> tuple[int, ...]:
        ranks = []
        for value, ladder in zip(outputs, ladders, strict=True):
            inner = {**scope, "?": value}
            ranks.append(next((place for place, test in enumerate(ladder) if test(inner) is True), len(ladder)))
        return tuple(ranks)

    return rank


def _priority(table: DecisionTable, results: Sequence[Outputs]) -> Settler:
    wrap, rank = wrapper(table), _ranker(table)

    def settle(matched: Sequence[int], undecided: Sequence[int], scope: Scope) -> Any:
        if not matched:
            raise Failure.undecided(table, undecided)
        made = [(place, results[place](scope)) for place in matched]
        ranked = sorted(((rank(outputs, scope), place, outputs) for place, outputs in made), key=lambda row: row[:2])
        best, winner, chosen = ranked[0]
        for other, place, outputs in ranked[1:]:
            if other == best and not equal(outputs, chosen):
                raise Failure.violated(table, (winner, place), "these have the same priority and different results")
        for place in undecided:
            outputs = results[place](scope)
            other = rank(outputs, scope)
            if other < best or (other == best and not equal(outputs, chosen)):
                raise Failure.undecided(table, (place,))
        return wrap(chosen)

    return settle


def _listed(table: DecisionTable, results: Sequence[Outputs]) -> Settler:
    wrap = wrapper(table)
    rank = _ranker(table) if table.hit_policy is HitPolicy.OUTPUT_ORDER else None

    def settle(matched: Sequence[int], undecided: Sequence[int], scope: Scope) -> Any:
        if undecided:
            raise Failure.undecided(table, undecided)
        made = [results[place](scope) for place in matched]
        if rank is not None:
            made.sort(key=lambda outputs: rank(outputs, scope))
        return [wrap(outputs) for outputs in made]

    return settle


def _aggregated(table: DecisionTable, results: Sequence[Outputs]) -> Settler:
    policy = table.hit_policy

    def settle(matched: Sequence[int], undecided: Sequence[int], scope: Scope) -> Any:
        if undecided:
            raise Failure.undecided(table, undecided)
        if policy is HitPolicy.COUNT:
            return len(matched)
        numbers = [results[place](scope)[0] for place in matched]
        for place, number in zip(matched, numbers, strict=True):
            if kind(number) != "number":
                raise Failure.not_a_number(table, place + 1, number)
        if policy is HitPolicy.MIN:
            return min(numbers)
        if policy is HitPolicy.MAX:
            return max(numbers)
        total = numbers[0]
        for number in numbers[1:]:
            total = NUMBERS.add(total, number)
        return total

    return settle


SETTLERS: Mapping[HitPolicy, Callable[[DecisionTable, Sequence[Outputs]], Settler]] = {
    HitPolicy.UNIQUE: _unique,
    HitPolicy.ANY: _any,
    HitPolicy.PRIORITY: _priority,
    HitPolicy.FIRST: _first,
    HitPolicy.RULE_ORDER: _listed,
    HitPolicy.OUTPUT_ORDER: _listed,
    HitPolicy.COLLECT: _listed,
    HitPolicy.SUM: _aggregated,
    HitPolicy.MIN: _aggregated,
    HitPolicy.MAX: _aggregated,
    HitPolicy.COUNT: _aggregated,
}
