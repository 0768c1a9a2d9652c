"""Which rows of the decision tables the cases match: a row that none does has never been tried."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.cases import CaseResult, of_the_book
from engine.coverage import Missing, RuleCoverage
from engine.rule_judge import judge_of
from rules.feel.table import Answer, Answering, compile_table, table_function
from rules.load import RuleBook
from rules.mutation.places import Places
from rules.mutation.visible import seen_during
from rules.typed import RuleSet, TypedRule
from rules.typed_functions import TypedTable

_Seen = set[tuple[int, int]]  # the table (by identity) and the number of the row; 0 is the default


def cover_tables(book: RuleBook, results: Iterable[CaseResult], places: Places) -> list[RuleCoverage]:
    """Return the coverage of every edition of a table that some rule calls, by its rows and its default."""
    seen: _Seen = set()
    named: dict[str, Mapping[str, Any]] = {}
    calling = [rule for rule in book.rules if any(kind == "tables" for kind, _ in rule.functions)]
    judges = {id(rule.rule): judge_of(rule) for rule in calling}
    for result in results:
        if result.facts is None:
            continue
        rule = _rule(result, calling)
        if rule is None:
            continue
        rule_set = result.facts.rule_set
        if rule_set.digest not in named:
            named[rule_set.digest] = _recording(rule_set, seen)
        judges[id(rule.rule)].result({**result.facts.scope, **named[rule_set.digest]})
    called = {name for rule in calling for kind, name in rule.functions if kind == "tables"}
    return [
        _of_table(table, seen, places)
        for table in book.functions.tables
        if table.table.id in called and seen_during(book, table.table.in_force)
    ]


def _rule(result: CaseResult, calling: Sequence[TypedRule]) -> TypedRule | None:
    """Return the edition of the case's rule that its rule set holds, if it calls a table."""
    return next(
        (rule for rule in calling if rule.rule.id == result.case.rule and rule.rule.in_force.holds_on(result.case.on)),
        None,
    )


def _recording(rule_set: RuleSet, seen: _Seen) -> Mapping[str, Any]:
    named = of_the_book(rule_set, rule_set.parameters)
    for table in rule_set.tables:
        named["tables"][table.table.id] = table_function(table.core, named, answering=_noting(table, seen))
    return named


def _noting(table: TypedTable, seen: _Seen) -> Answering:
    answering = compile_table(table.core)

    def answer(values: Sequence[Any], scope: Mapping[str, Any]) -> Answer:
        found = answering(values, scope)
        seen.update((id(table.table), number) for number in found.matched)
        if found.defaulted:
            seen.add((id(table.table), 0))
        return found

    return answer


def _of_table(table: TypedTable, seen: _Seen, places: Places) -> RuleCoverage:
    own = table.table
    wanted = [*(row.number for row in table.core.rows), *([0] if table.core.default is not None else [])]
    missing = [number for number in wanted if (id(own), number) not in seen]
    return RuleCoverage(
        own.id, (0, 0), (0, 0), (0, 0), (0, 0), tuple(_never(table, number, places) for number in missing),
        (len(wanted) - len(missing), len(wanted)),
    )  # fmt: skip


def _never(table: TypedTable, number: int, places: Places) -> Missing:
    own = table.table
    place = places.at(own, ("rows", number - 1) if number else ("default",))
    day = own.in_force.from_.isoformat()
    what_zh, what_en = (f"第{number}行", f"row {number}") if number else ("缺省结果", "the default")
    note = own.rows[number - 1].note if number else None
    return Missing(
        f"{own.id}-{day}-row{number}", own.id, "row", place.file, place.line, place.column,
        note.zh if note else what_zh, f"写一个案例，符合决策表 {own.id} 的{what_zh}",
        f"a case of a rule that calls {own.id}, and that matches {what_en}",
    )  # fmt: skip
