"""The rule language and its tools: closures, whole rule sets against zen-engine, and how long the tools take.

ZEN (GoRules, in Rust, MIT) is the fastest open rule engine with a trace that we know. It is given the same conditions
as expressions (`zen_decision`), the same facts and parameters, and its trace, which says what each expression gave. We
evaluate twice, by network and reference, compare, and say of each rule that is not satisfied where, what was observed
and what to do. CPU time of the whole process, as ZEN may use threads; runs of both take turns.
"""

import copy
import dataclasses
import importlib.metadata
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from benchmarks import zen_decision
from benchmarks.engine_alone import Ready, prepared, rates
from benchmarks.spread import Spread
from engine.decide import compiled, decide, evaluate, sources_without_answer
from engine.facts import facts
from engine.model import Finding
from rules import feel
from rules.load import PACKAGED, load
from rules.typed import RuleSet

COMMANDS = {
    "test with mutation": ("test", "--mutation"),
    "prove": ("prove",),
}  # `miaopi rules …`, timed when they exist
AT_MOST = 600  # seconds for one command
TURNS = 3  # passes over a rule set before the runs that count


@dataclasses.dataclass(frozen=True, slots=True)
class Work:
    """One thing to do again and again on one application."""

    name: str
    do: Callable[[], object]


def measure(folder: Path, *, quick: bool) -> dict[str, Any]:
    """Measure all. Raises `RuntimeError` when the two engines differ on a condition that both are given."""
    runs, seconds = (7, 0.1) if quick else (15, 0.5)
    ready = prepared(folder)
    found: dict[str, Any] = {
        "closures": closures(next(one for one in ready if one.kind == "llc"), runs, seconds),
        "against_zen": [
            row
            for _, group in groupby(sorted(ready, key=lambda one: one.rule_set.digest), lambda one: one.rule_set.digest)
            for row in against_zen(list(group), runs, seconds)
        ],
        "book": book(3 if quick else 7),
    }
    if not quick:
        found["commands"] = {name: command(arguments) for name, arguments in COMMANDS.items()}
    return found


def closures(ready: Ready, runs: int, seconds: float) -> dict[str, Any]:
    """Return how often a second a rule of three comparisons over a typed application is evaluated."""
    text = 'capital.amount_fen > 0 and employees <= 300 and entity.kind = "llc"'
    node = feel.parse(text)
    feel.infer(node, ready.rule_set.facts.scope)  # typed, as every rule is when a book loads
    closure = feel.compile_node(node)
    scope = facts(ready.application, ready.evidence, ready.rule_set, ready.at)
    if closure(scope) is not True:
        raise RuntimeError(f"{text} is {closure(scope)}")
    return {"expression": text, "per_core_second": rates(lambda: closure(scope), runs, seconds).to_json()}


def against_zen(ready: list[Ready], runs: int, seconds: float) -> list[dict[str, Any]]:
    """Return a row for each application of one rule set."""
    import zen  # noqa: PLC0415 - of the dev extra; the other parts run without it

    rule_set, expressions, left_out = equal_conditions(ready, zen.evaluate_expression)
    engine = zen.ZenEngine().create_decision(zen_decision.decision(expressions))
    idle = zen.ZenEngine().create_decision(zen_decision.decision({}))
    rows = []
    for one in ready:
        given = zen_decision.as_json(facts(one.application, one.evidence, rule_set, one.at))
        works = [
            Work("ours_from_facts", from_facts(one, rule_set)),
            Work("ours_from_application", _deciding(one, rule_set)),
            Work("zen_traced", _evaluating(engine, given, {"trace": True})),
            Work("zen", _evaluating(engine, given, {})),
            Work("zen_input_alone", _evaluating(idle, given, {})),
        ]
        _check(one, rule_set, engine, given)
        spent = interleaved(works, runs, seconds)
        traced = spent["zen_traced"].values
        rows.append(
            {
                "kind": one.kind,
                "outcome": one.outcome,
                "conditions": len(expressions),
                "left_out": left_out,
                "zen_engine": importlib.metadata.version("zen-engine"),
                "us": {name: spread.to_json() for name, spread in spent.items()},
                "spread": max(spread.apart for spread in spent.values()),
                # Each turn compared with the same turn of the other: what slows the machine slows both.
                "times_as_fast": {
                    name: Spread(tuple(theirs / ours for theirs, ours in zip(traced, spent[name].values, strict=True))).to_json()
                    for name in ("ours_from_facts", "ours_from_application")
                },
            }
        )  # fmt: skip
    return rows


def equal_conditions(
    ready: list[Ready], say: Callable[[str, dict[str, Any]], Any]
) -> tuple[RuleSet, dict[str, str], dict[str, str]]:
    """Return our rules that ZEN can say with the same result on every application, their expressions, and what is left out."""
    rule_set = ready[0].rule_set
    expressions: dict[str, str] = {}
    left_out: dict[str, str] = {}
    for rule in rule_set.rules:
        try:
            expressions[rule.rule.id] = zen_decision.expression(rule, rule_set)
        except zen_decision.UnsayableError as error:
            left_out[rule.rule.id] = f"no word for {error}"
    for one in ready:
        given = zen_decision.as_json(facts(one.application, one.evidence, rule_set, one.at))
        for finding in one.decide().findings:
            if finding.rule in expressions and not _agrees(finding, expressions[finding.rule], given, say):
                del expressions[finding.rule]
                left_out[finding.rule] = f"another result on {one.kind}, {one.outcome}"
    kept = tuple(rule for rule in rule_set.rules if rule.rule.id in expressions)
    return dataclasses.replace(rule_set, rules=kept, digest=f"{rule_set.digest} equal"), expressions, left_out


def _agrees(
    finding: Finding, expression: str, given: dict[str, Any], say: Callable[[str, dict[str, Any]], Any]
) -> bool:
    try:
        found = say(expression, given)
    except Exception:  # noqa: BLE001 - the library's own error; the rule is then left out and named
        return False
    return _is_same(found, zen_decision.RESULTS[finding.result.value])


def _is_same(found: Any, wanted: Any) -> bool:
    return type(found) is type(wanted) and bool(found == wanted)


def _check(one: Ready, rule_set: RuleSet, engine: Any, given: dict[str, Any]) -> None:
    """Hold every result of both against each other, of the very objects that are timed, and ZEN's trace for its size."""
    ours = decide(one.application, one.evidence, rule_set, one.at)
    theirs = engine.evaluate(copy.deepcopy(given), {"trace": True})
    results = {finding.rule: zen_decision.RESULTS[finding.result.value] for finding in ours.findings}
    differing = [name for name, wanted in results.items() if not _is_same(theirs["result"].get(name), wanted)]
    if differing or ours.disagreements or len(theirs["trace"]["rules"]["output"]) < sum(
        wanted is not None for wanted in results.values()
    ):  # fmt: skip
        raise RuntimeError(
            f"{one.kind}, {one.outcome}: the engines differ on {differing or 'the trace'}; nothing is timed"
        )


def from_facts(one: Ready, rule_set: RuleSet) -> Callable[[], object]:
    """Return our evaluation from ready facts: both evaluators, their comparison, and all findings."""
    ready = compiled(rule_set)
    scope = {**facts(one.application, one.evidence, rule_set, one.at), "parameters": rule_set.parameters}
    silent, failing = sources_without_answer(rule_set, one.evidence)
    return lambda: evaluate(ready, scope, silent, failing)


def _deciding(one: Ready, rule_set: RuleSet) -> Callable[[], object]:
    return lambda: decide(one.application, one.evidence, rule_set, one.at)


def _evaluating(engine: Any, given: dict[str, Any], options: dict[str, Any]) -> Callable[[], object]:
    return lambda: engine.evaluate(given, options)


def interleaved(works: list[Work], runs: int, seconds: float) -> dict[str, Spread]:
    """Return microseconds of process CPU for each work, over `runs` turns in which every work has its run."""
    counts = {}
    for work in works:
        for _ in range(TURNS):
            work.do()
        began = time.process_time()
        work.do()
        counts[work.name] = max(3, round(seconds / max(time.process_time() - began, 1e-6)))
    spent: dict[str, list[float]] = {work.name: [] for work in works}
    for _ in range(runs):
        for work in works:
            began = time.process_time()
            for _ in range(counts[work.name]):
                work.do()
            spent[work.name].append((time.process_time() - began) / counts[work.name] * 1e6)
    return {name: Spread(tuple(values)) for name, values in spent.items()}


def book(runs: int) -> dict[str, Any]:
    """Return the seconds that loading and checking the shipped book takes, and readying its rule sets for decisions."""
    loading = []
    for _ in range(runs):
        began = time.process_time()
        loaded = load(PACKAGED)
        loading.append(time.process_time() - began)
    return {"rules": len(loaded.rules), "load_s": Spread(tuple(loading)).to_json()}


def command(arguments: tuple[str, ...]) -> Mapping[str, Any]:
    """Return the wall seconds of a `miaopi rules` command over the shipped book; why not, when there is none."""
    script = Path(sys.executable).with_name("miaopi")
    began = time.monotonic()
    try:
        done = subprocess.run(
            [script, "rules", *arguments, "--json"], capture_output=True, text=True, timeout=AT_MOST, check=False,
            env={**os.environ, "COLUMNS": "200"},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"error": f"no end within {AT_MOST} s"}
    took = time.monotonic() - began
    try:
        json.loads(done.stdout)
    except ValueError:
        return {"error": (done.stderr or done.stdout).strip()[-200:]}
    return {"seconds": took, "exit": done.returncode}
