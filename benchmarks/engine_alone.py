"""The engine alone: `decide()` with full findings and both evaluators, and where its time goes.

Figures are decisions in one second of CPU time of one core, so that other work on the machine moves them little.
"""

import asyncio
import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import engine.decide
from benchmarks.applications import KINDS, MEASURED, examples
from benchmarks.sources import LocalSources, now
from benchmarks.spread import Spread
from benchmarks.stopwatch import Stopwatch
from casework.gatherer import HttpGatherer
from casework.ports import Ports
from engine.application import Application
from engine.atoms import AtomTable
from engine.decide import compiled, decide
from engine.facts import decision_day, facts
from engine.intake import read_application
from engine.model import Decision
from engine.program import Program
from engine.reference import ReferenceRules
from rules import feel
from rules.load import load_rule_book
from rules.typed import RuleSet
from verifiers.model import Evidence

PARTS: dict[str, list[tuple[Any, str]]] = {
    "facts": [(engine.decide, "facts")],
    "atoms": [(AtomTable, "evaluate")],
    "network": [(Program, "run")],
    "reference": [(ReferenceRules, "answer")],
    "comparison": [(engine.decide, "_differences")],
}
REST = "rest"


@dataclass(frozen=True, slots=True)
class Ready:
    """An application with its evidence and rule set: everything that `decide` takes."""

    kind: str
    outcome: str
    application: Application
    evidence: tuple[Evidence, ...]
    rule_set: RuleSet
    at: datetime

    def decide(self) -> Decision:
        """Decide it."""
        return decide(self.application, self.evidence, self.rule_set, self.at)


def prepared(folder: Path) -> list[Ready]:
    """Return the measured applications with real signed evidence. Raises `RuntimeError` when one comes out otherwise."""
    book, sources, known = load_rule_book(), LocalSources(folder), examples()
    gatherer = HttpGatherer(sources, sources.keys, Ports(), timedelta(seconds=10))
    found: list[Ready] = []
    for outcome, files in MEASURED.items():
        for kind in KINDS:
            example = known[files[kind]]
            sources.confirm(example)
            rule_set = book.rule_set(example.item, decision_day(now()))
            application = read_application(example.body, rule_set.form)
            evidence = asyncio.run(gatherer.gather(application, rule_set.sources))
            ready = Ready(kind, outcome, application, evidence, rule_set, now())
            made = ready.decide()
            if made.outcome.value != outcome:
                raise RuntimeError(f"{example.file} is {made.outcome}, not {outcome}: mend the examples, then measure")
            found.append(ready)
    sources.close()
    gc.collect()
    gc.freeze()  # as the service does before it serves: the book is not searched for garbage again and again
    return found


def measure(folder: Path, *, quick: bool) -> dict[str, Any]:
    """Measure every application, the parts, and the floors."""
    runs, seconds = (5, 0.1) if quick else (7, 1.0)
    table, floors = [], []
    for ready in prepared(folder):
        rate = rates(ready.decide, runs, seconds)
        found = ready.decide().findings
        table.append(
            {
                "kind": ready.kind,
                "outcome": ready.outcome,
                "rules": len(found),
                "stating": sum(bool(finding.places) for finding in found),
                "decisions_per_core_second": rate.to_json(),
                "spread": rate.apart,
                "ms": 1000 / rate.middle,
                "parts_ms": parts_of(ready, seconds),
            }
        )
        if ready.outcome == "approved":
            floor = rates(plain_closures(ready), runs, seconds)
            floors.append(
                {
                    "kind": ready.kind,
                    "plain_closures_per_core_second": floor.to_json(),
                    "ratio": floor.middle / rate.middle,
                }
            )
    return {"decide": table, "floors": floors, "expression": expression_floor(runs, seconds)}


def rates(work: Callable[[], object], runs: int, seconds: float) -> Spread:
    """Return how often `work` is done in a second of CPU time, over several runs of about `seconds` each."""
    work()
    began = time.thread_time()
    work()
    count = max(3, round(seconds / max(time.thread_time() - began, 1e-6)))
    found = []
    for _ in range(runs):
        began = time.thread_time()
        for _ in range(count):
            work()
        found.append(count / (time.thread_time() - began))
    return Spread(tuple(found))


def parts_of(ready: Ready, seconds: float) -> dict[str, float]:
    """Return the milliseconds of each part of one decision."""
    watch = Stopwatch()
    count = 0
    with watch.on(PARTS):
        began = time.thread_time()
        while time.thread_time() - began < seconds:
            ready.decide()
            count += 1
        whole = (time.thread_time() - began) * 1000 / count
    parts = {part: watch.spent[part] / count / 1e6 for part in PARTS}
    return {**parts, REST: whole - sum(parts.values())}


def plain_closures(ready: Ready) -> Callable[[], object]:
    """Return the floor: the same conditions as compiled closures over ready facts, once, without a word about them."""
    scope = {
        **facts(ready.application, ready.evidence, ready.rule_set, ready.at),
        "parameters": ready.rule_set.parameters,
        **compiled(ready.rule_set).compiled_functions,
    }
    pairs = [
        (feel.compile_node(rule.applies), feel.compile_node(rule.holds))
        for rule in sorted(ready.rule_set.rules, key=lambda rule: rule.rule.id)
    ]

    def check() -> bool:
        return all(applies(scope) is False or holds(scope) is True for applies, holds in pairs)

    return check


def expression_floor(runs: int, seconds: float) -> dict[str, Any]:
    """Return evaluations a second of three comparisons: compiled, walked, and written in Python by hand."""
    node = feel.parse('amount > 100 and place = "370784" and people <= 50')
    scope = {"amount": 101, "place": "370784", "people": 5}
    closure = feel.compile_node(node)
    ways: Sequence[tuple[str, Callable[[], object]]] = (
        ("compiled", lambda: closure(scope)),
        ("walked", lambda: feel.interpret(node, scope)),
        ("python", lambda: scope["amount"] > 100 and scope["place"] == "370784" and scope["people"] <= 50),  # type: ignore[operator]  # a floor is plain on purpose
    )
    return {f"{name}_per_core_second": rates(way, runs, seconds / 2).to_json() for name, way in ways}
