"""The decision: a pure function of an application, its evidence, a rule set and a moment.

Steps: (1) the facts; (2) the sources that are silent or failing; (3) the reference evaluator's findings and outcome;
(4) the network's results and outcome over the atoms; (5) the comparison. Any difference in (5), and any failure of
the network, is a referral with the disagreement on record: never an approval. Nothing here reads a clock, a random
number, a file or a socket.

>>> decide(application, evidence, rule_set, at).outcome  # doctest: +SKIP
<Outcome.APPROVED: 'approved'>
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from engine.application import Application
from engine.atoms import AtomTable, atom_table
from engine.facts import NO_CASE_FACTS, decision_day, facts
from engine.model import Decision, Disagreement, Outcome, Result
from engine.network import Network, NetworkError, network
from engine.program import NetworkAnswer, Program, compile_program
from engine.reference import ReferenceAnswer, ReferenceRules, reference_rules
from rules.typed import RuleSet
from verifiers.model import Evidence, Failure

MAX_COMPILED = 64  # rule sets kept ready; a backtest over many editions must not grow without end


@dataclass(frozen=True, slots=True)
class Compiled:
    """A rule set ready for both evaluators."""

    table: AtomTable
    program: Program
    reference: ReferenceRules
    network: Network


_ready: OrderedDict[str, Compiled] = OrderedDict()
_compiling = Lock()


def compiled(rule_set: RuleSet) -> Compiled:
    """Return the compiled form of a rule set, made once for each digest.

    Raises `EngineLimitError` for a rule set that the network cannot hold: call it when a rule set loads.
    """
    known = _ready.get(rule_set.digest)
    if known is not None:
        return known
    with _compiling:
        if rule_set.digest not in _ready:
            shared = network()
            rules = tuple(sorted(rule_set.rules, key=lambda rule: rule.rule.id))
            table = atom_table(rules)
            program = compile_program(table, shared)
            _ready[rule_set.digest] = Compiled(table, program, reference_rules(rule_set), shared)
            while len(_ready) > MAX_COMPILED:
                _, oldest = _ready.popitem(last=False)
                for ruleset in oldest.program.rulesets:
                    shared.forget(ruleset)
        return _ready[rule_set.digest]


def decide(
    application: Application,
    evidence: Sequence[Evidence],
    rule_set: RuleSet,
    at: datetime,
    case: Mapping[str, Any] = NO_CASE_FACTS,
) -> Decision:
    """Decide one application. `at` is a clock reading with a zone; its day in Asia/Shanghai is the day of decision.

    `case` are facts of the case that no source knows yet: `own_names`, the same names that the registry itself approved.

    Raises `ValueError` for a clock reading without a time zone and `EngineLimitError` for a rule set beyond the limits.
    """
    ready = compiled(rule_set)
    scope = {**facts(application, evidence, rule_set, at, case), "parameters": rule_set.parameters}
    silent, failing = sources_without_answer(rule_set, evidence)
    reference = ready.reference.answer(scope, silent, failing)
    disagreements = _compared(ready, scope, silent, reference)
    return Decision(
        outcome=Outcome.REFERRED if disagreements else reference.outcome,
        item=application.item,
        rule_set_digest=rule_set.digest,
        at=at.astimezone(UTC),
        decided_on=decision_day(at),
        findings=reference.findings,
        disagreements=disagreements,
    )


def sources_without_answer(rule_set: RuleSet, evidence: Sequence[Evidence]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the sources that are silent (unavailable or never asked: ask again), and all without a usable answer."""
    asked = {one.verifier for one in evidence}
    silent = {one.verifier for one in evidence if one.failure is Failure.UNAVAILABLE} | (rule_set.sources - asked)
    failing = {one.verifier for one in evidence if one.failure is not None} | silent
    return frozenset(silent), frozenset(failing)


def _compared(
    ready: Compiled, scope: Mapping[str, Any], silent: frozenset[str], reference: ReferenceAnswer
) -> tuple[Disagreement, ...]:
    try:
        answer = ready.program.run(ready.network, ready.table.evaluate(scope), silent)
    except NetworkError as error:
        return (Disagreement(None, f"no answer: {error}", reference.outcome.value),)
    return tuple(_differences(answer, reference))


def _differences(answer: NetworkAnswer, reference: ReferenceAnswer) -> list[Disagreement]:
    differences: list[Disagreement] = []
    for position, finding in enumerate(reference.findings):
        if position in answer.violated:
            ours = Result.VIOLATED
        elif position in answer.undetermined:
            ours = Result.UNDETERMINED
        else:
            # The network does not tell a satisfied rule from one that does not apply: both are clear.
            ours = finding.result if finding.result in {Result.SATISFIED, Result.NOT_APPLICABLE} else Result.SATISFIED
        if ours is not finding.result:
            differences.append(Disagreement(finding.rule, ours.value, finding.result.value))
    if answer.outcome is not reference.outcome:
        differences.append(Disagreement(None, answer.outcome.value, reference.outcome.value))
    return differences
