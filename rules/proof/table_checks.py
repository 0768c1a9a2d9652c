"""Questions about one decision table: gaps, overlaps, and rows that never decide, each with inputs that show it."""

from collections.abc import Iterator, Mapping
from typing import Any

import z3

from rules.feel import types
from rules.feel.table import Column, DecisionTable, HitPolicy, compile_table, interpret_table
from rules.feel.temporal import date_of
from rules.feel.values import from_python
from rules.proof.encode import Encoder
from rules.proof.encode_operators import same
from rules.proof.results import Result
from rules.proof.solve import Questions
from rules.proof.space import Space
from rules.proof.symbols import FALSE, SBool, SDate, SNum, SStr, Sym, Term, both, either, negated
from rules.proof.tables import TableTerms, table_terms
from rules.proof.terms import Base, encoded
from rules.proof.witness import as_json, values_of


def check_table(base: Base, table: DecisionTable) -> Iterator[Result]:
    """Answer every question about one table. Null is tried where a column takes it as a value."""
    try:
        terms, encoder = encoded(base, lambda encoder: _terms(encoder, table))
    except NotImplementedError as error:
        yield Result(f"table:{table.name}:gap", "table", table.name, "undecided", ok=False,
                     zh=f"表不在可证明的范围内：{error}", en=f"outside the provable part: {error}")  # fmt: skip
        return
    questions = Questions(encoder, [terms.allowed])
    for detail, goal, zh, en in _questions(encoder, table, terms):
        name = f"table:{table.name}:{detail}"
        answer = questions.model(goal)
        wanted = detail.startswith("decides")
        if answer is None:
            yield Result(name, "table", table.name, "undecided", ok=False, zh=f"未能判定：{zh}", en=f"undecided: {en}")
        elif answer is False:
            opposite = (
                (f"第{detail.split(':')[1]}行从不决定结果", f"row {detail.split(':')[1]} never decides")
                if wanted
                else ("", "")
            )
            yield Result(name, "table", table.name, "proved", ok=not wanted, zh=opposite[0] or f"没有：{zh}", en=opposite[1] or f"none: {en}",
                         scope="for all allowed inputs")  # fmt: skip
        else:
            inputs = _inputs(encoder.space, table, answer)
            confirmed = encoder.outside or _confirmed(base, table, inputs, detail)
            yield Result(name, "table", table.name, "witness" if confirmed else "not_confirmed", ok=wanted and bool(confirmed),
                         zh=zh, en=en, facts=as_json(inputs))  # fmt: skip


def _terms(encoder: Encoder, table: DecisionTable) -> TableTerms:
    return table_terms(encoder, table, [_input(encoder.space, column) for column in table.inputs])


def _input(space: Space, column: Column) -> Sym:
    name, declared = column.name, column.type
    place = f"input {name}"
    null = z3.Bool(f"{place}?") if column.takes_null else FALSE
    space.places[place] = ("inputs", name)
    if declared == types.BOOLEAN:
        return SBool(null, z3.Bool(place))
    if declared == types.NUMBER:
        return SNum(null, z3.Real(place))
    if declared == types.DATE:
        day = z3.Int(place)
        return SDate(null, lambda: day, day)
    if declared == types.STRING:
        if ("inputs", name) in space.texts:
            return SStr(null, z3.String(place))
        code = z3.Int(place)
        space.constraints.append(code >= 0)
        return SStr(null, code, frozenset({("inputs", name)}))
    raise NotImplementedError(f"inputs of type {declared} have no symbol")


def _questions(encoder: Encoder, table: DecisionTable, terms: TableTerms) -> Iterator[tuple[str, Term, str, str]]:
    rows = terms.rows
    policy = table.hit_policy
    if table.default is None and policy is not HitPolicy.COUNT:
        yield (
            "gap",
            negated(either(*(row.match.true for row in rows))),
            "没有任何行覆盖的输入",
            "inputs that no row covers",
        )
    for index, row in enumerate(rows):
        for other in rows[index + 1 :]:
            together = both(row.match.true, other.match.true)
            alike = both(*(same(encoder, a, b).true for a, b in zip(row.outputs, other.outputs, strict=True)))
            if policy is HitPolicy.UNIQUE or policy is HitPolicy.ANY:
                goal = together if policy is HitPolicy.UNIQUE else both(together, negated(alike))
                yield (f"overlap:{row.number}:{other.number}", goal,
                       f"第{row.number}行与第{other.number}行同时适用", f"rows {row.number} and {other.number} both match")  # fmt: skip
    for index, row in enumerate(rows):
        before = rows[:index] if policy is HitPolicy.FIRST else ()
        yield (f"decides:{row.number}", both(row.match.true, *(negated(one.match.true) for one in before)),
               f"第{row.number}行决定结果", f"row {row.number} decides")  # fmt: skip


def _inputs(space: Space, table: DecisionTable, model: Any) -> dict[str, Any]:
    values = values_of(model)
    texts = {code: text for text, code in space.codes.items()}
    found: dict[str, Any] = {}
    for column in table.inputs:
        value = values.get(f"input {column.name}")
        if values.get(f"input {column.name}?"):
            value = None
        elif column.type == types.DATE:
            value = date_of(value or 0)
        elif column.type == types.STRING:
            value = value if isinstance(value, str) else texts.get(value or 0, f"text-{value}")
        elif column.type == types.BOOLEAN:
            value = bool(value)
        else:
            value = 0 if value is None else value
        found[column.name] = value
    return dict(from_python(found))


def _confirmed(base: Base, table: DecisionTable, inputs: Mapping[str, Any], detail: str) -> bool:
    """Ask both evaluators of tables what they say of the inputs."""
    values = list(inputs.values())
    answers = (interpret_table(table, values, base.interpreted), compile_table(table)(values, base.compiled))
    kind, *numbers = detail.split(":")
    wanted = {int(number) for number in numbers}
    if kind == "gap":
        return all(not answer.matched and answer.error is not None for answer in answers)
    return all(wanted <= set(answer.matched) for answer in answers)
