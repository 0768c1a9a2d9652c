"""What the cases beside a rule show of it: its results, its conditions deciding (masking MC/DC), its boundaries.

A condition decides in a case when forcing one evaluation of it, or all of one value in a loop, and nothing else, to the
opposite changes what becomes of the rule; it must be seen to decide as true and as false (Chilenski and Miller 1994, the masking form). An
unknown condition decides when one of its two known values would change the result. An ordered comparison must be seen
with both sides equal, and one step past that.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from engine.cases import CaseResult
from engine.model import Result
from engine.rule_judge import Closure, result_of, safely
from rules import feel
from rules.case_files import CaseFile
from rules.mutation.conditions import Condition, Limit, Questions

MAX_EVALUATIONS = 64  # of one condition in one case that are forced in turn: as many as any form holds people
_NAMES = {True: 0, False: 1, None: 2}


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that no case shows: `kind` is result, condition, unknown, boundary or row; the texts say what to write."""

    id: str
    rule: str
    kind: str
    file: str
    line: int
    column: int
    text: str
    hint_zh: str
    hint_en: str


@dataclass(frozen=True, slots=True)
class RuleCoverage:
    """The counts of one rule or table, and what is missing. `conditions` counts each condition twice, as true and as false."""

    rule: str
    results: tuple[int, int]
    conditions: tuple[int, int]
    unknowns: tuple[int, int]
    boundaries: tuple[int, int]
    missing: tuple[Missing, ...]
    rows: tuple[int, int] = (0, 0)  # of a decision table


class _Probes:
    """The functions that the instrumented rule calls: they note every value, and change one when told to."""

    def __init__(self, questions: Questions) -> None:
        self.forced: tuple[str, int | None, bool] | None = None
        self.values: dict[str, list[Any]] = {}
        self.pairs: dict[str, list[tuple[Any, Any]]] = {}
        self.scope: dict[str, feel.Function] = {}
        for condition in questions.conditions:
            self.scope[condition.probe] = self._function(condition.probe)
        for limit in questions.limits:
            left, right = limit.probes
            self.scope[left], self.scope[right] = self._function(left), self._pair(left, right)

    def clear(self, forced: tuple[str, int | None, bool] | None = None) -> None:
        self.forced = forced
        self.values.clear()
        self.pairs.clear()

    def _function(self, name: str) -> feel.Function:
        def call(given: Any) -> Any:
            seen = self.values.setdefault(name, [])
            seen.append(given[0])
            if self.forced is None or self.forced[0] != name:
                return given[0]
            _, number, other = self.forced
            changed = given[0] is (not other) if number is None else number == len(seen) - 1
            return other if changed else given[0]

        return feel.Function(("value",), (feel.ANY,), call)

    def _pair(self, left: str, name: str) -> feel.Function:
        def call(given: Any) -> Any:
            self.pairs.setdefault(name, []).append((self.values[left][-1], given[0]))
            return given[0]

        return feel.Function(("value",), (feel.ANY,), call)


@dataclass(slots=True)
class _Seen:
    results: set[Result] = field(default_factory=set)
    decided: set[str] = field(default_factory=set)
    boundaries: set[str] = field(default_factory=set)
    sample: Mapping[str, Any] | None = None


def cover(questions: Questions, file: CaseFile | None, cases: Iterable[CaseResult]) -> RuleCoverage:
    """Return what the passed cases of one rule show of one of its editions."""
    probes, seen = _Probes(questions), _Seen()
    applies, holds = feel.compile_node(questions.applies), feel.compile_node(questions.holds)
    for case in cases:
        if case.facts is None or not any(one.rule == questions.rule.rule for one in case.facts.rule_set.rules):
            continue
        scope = {**case.facts.scope, **probes.scope}
        probes.clear()
        result = result_of(applies, holds, scope)
        seen.results.add(result)
        seen.sample = seen.sample or case.facts.scope
        values = {name: list(found[:MAX_EVALUATIONS]) for name, found in probes.values.items()}
        _boundaries(questions, probes, scope, seen)
        for condition in questions.conditions:
            _decisions(condition, values.get(condition.probe, []), result, (applies, holds, scope), probes, seen)
    return _report(questions, file, seen)


def _decisions(
    condition: Condition, values: list[Any], result: Result, run: tuple[Closure, Closure, Mapping[str, Any]],
    probes: _Probes, seen: _Seen,
) -> None:  # fmt: skip
    # Last all evaluations at once: what is false of two elements that contradict each other is false of both.
    for number, value in [*enumerate(values), (None, True), (None, False)]:
        if number is None and value not in values:
            continue
        known = value if value is True or value is False else None
        own = condition.ids[_NAMES[known]]
        if own in seen.decided:
            continue
        for other in (not known,) if known is not None else (True, False):
            probes.clear((condition.probe, number, other))
            if result_of(*run) is not result:
                seen.decided.add(own)


def _boundaries(questions: Questions, probes: _Probes, scope: Mapping[str, Any], seen: _Seen) -> None:
    for limit in questions.limits:
        for left, right in probes.pairs.get(limit.probes[1], ()):
            if left is None or right is None:
                continue
            if left == right:
                seen.boundaries.add(limit.ids[0])
            elif _one_step(limit, left, right, scope):
                seen.boundaries.add(limit.ids[1])


def _one_step(limit: Limit, left: Any, right: Any, scope: Mapping[str, Any]) -> bool:
    try:
        gap: Any = left - right if limit.step_up else right - left
    except TypeError:
        return False
    if isinstance(gap, timedelta):
        return timedelta() < gap <= timedelta(days=1)
    if isinstance(gap, int | Decimal):
        factor = safely(feel.compile_node(limit.factor), scope) if limit.factor is not None else None
        return 0 < gap <= (factor if isinstance(factor, int | Decimal) and factor > 1 else 1)
    return bool(gap == feel.read_duration("P1D") or gap == feel.read_duration("P1M"))


def _report(questions: Questions, file: CaseFile | None, seen: _Seen) -> RuleCoverage:
    rule = questions.rule.rule
    missing: list[Missing] = []
    wanted = [Result.SATISFIED]
    wanted += [] if file is not None and file.violated else [Result.VIOLATED]
    wanted += [] if rule.applies_when.strip() == "true" else [Result.NOT_APPLICABLE]
    wanted += [] if file is not None and file.undetermined else [Result.UNDETERMINED]
    missing += [
        Missing(f"{rule.id}-{result.value}", rule.id, "result", f"cases/{rule.id}.yaml", 1, 1, result.value,
                f"没有案例使规则为 {result.value}", f"no case in which the rule is {result.value}")
        for result in wanted if result not in seen.results
    ]  # fmt: skip
    decisions = unknowns = unknown_total = on_boundary = 0
    for condition in questions.conditions:
        for value, own in zip((True, False), condition.ids, strict=False):
            decisions += own in seen.decided
            missing += [] if own in seen.decided else [_undecided(condition, rule.id, value=value)]
        if condition.sources:
            unknown_total += 1
            unknowns += condition.ids[2] in seen.decided
            missing += [] if condition.ids[2] in seen.decided else [_never_unknown(condition, rule.id)]
    for limit in questions.limits:
        on_boundary += sum(own in seen.boundaries for own in limit.ids)
        missing += [
            _off_boundary(limit, rule.id, own, seen, beyond=own == limit.ids[1])
            for own in limit.ids
            if own not in seen.boundaries
        ]
    return RuleCoverage(
        rule.id,
        (sum(result in seen.results for result in wanted), len(wanted)),
        (decisions, 2 * len(questions.conditions)),
        (unknowns, unknown_total),
        (on_boundary, 2 * len(questions.limits)),
        tuple(missing),
    )


def _undecided(condition: Condition, rule: str, *, value: bool) -> Missing:
    word = "true" if value else "false"
    return Missing(
        condition.ids[0 if value else 1], rule, "condition", condition.file, condition.line, condition.column,
        condition.text,
        f"写一个案例：该条件为 {word}，并且只凭它就决定规则的结果",
        f"a case in which it is {word} and alone decides: with {not value} instead, the rule's result would differ",
    )  # fmt: skip


def _never_unknown(condition: Condition, rule: str) -> Missing:
    sources = ", ".join(sorted(condition.sources))
    return Missing(
        condition.ids[2], rule, "unknown", condition.file, condition.line, condition.column, condition.text,
        f"写一个案例：核验源 {sources} 没有答复，规则因此不能确定",
        f"a case in which {sources} does not answer, so that this is unknown and decides",
    )  # fmt: skip


def _off_boundary(limit: Limit, rule: str, own: str, seen: _Seen, *, beyond: bool) -> Missing:
    step = ("plus" if limit.step_up else "minus") + " one step" if beyond else "exactly"
    zh = ("加" if limit.step_up else "减") + "一个单位" if beyond else "恰好相等"
    value = sampled(limit.spot, limit.spot.node, seen.sample)
    now = f" ({limit.right} = {value})" if value else ""
    return Missing(
        own, rule, "boundary", limit.file, limit.line, limit.column, f"{limit.left} {limit.op} {limit.right}",
        f"写一个案例：{limit.left} 为 {limit.right} {zh}{now}",
        f"a case with {limit.left} at {limit.right} {step}{now}",
    )  # fmt: skip


def sampled(spot: Any, node: Any, scope: Mapping[str, Any] | None) -> str:
    """Return the value of the right side of a comparison on a sample of facts, loops at their first element; or ''."""
    right = getattr(node, "right", None)
    if right is None or scope is None:
        return ""
    inner = dict(scope)
    for around in spot.around:
        for binding in getattr(around, "bindings", ()):
            listed = safely(feel.compile_node(binding.source), inner)
            inner[binding.name] = listed[0] if isinstance(listed, list) and listed else None
    value = safely(feel.compile_node(right), inner)
    return "" if value is None else format(value, "f") if isinstance(value, Decimal) else str(value)
