"""The decision: a pure function of an application, its evidence, a rule set and a moment.

Steps: (1) the facts; (2) the sources that are silent or failing; (3) the reference evaluator's findings and outcome;
(4) the network's results and outcome over the atoms; (5) the comparison. Any difference in (5), and any failure of
the network, is a referral with the disagreement on record: never an approval; (6) an approval that something outside the
rules stands against is held back (`engine.holds`). Nothing here reads a clock, a random number, a file or a socket.

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
from engine.holds import holds
from engine.model import Decision, Disagreement, Outcome, Result
from engine.network import Network, NetworkError, network
from engine.program import NetworkAnswer, Program, compile_program
from engine.reference import ReferenceAnswer, ReferenceRules, reference_rules
from engine.remembered import remembering
from rules.callables import compiled_functions, interpreted_functions
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
    sources: frozenset[str]  # every verifier that some rule reads
    compiled_functions: Mapping[str, Any]  # tables, definitions and working days, for the atoms
    interpreted_functions: Mapping[str, Any]  # the same, walked by the reference evaluator


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
            table = atom_table(rules, rule_set.parameters)
            program = compile_program(table, shared)
            functions = rule_set.parameters, rule_set.tables, rule_set.definitions, rule_set.calendar
            _ready[rule_set.digest] = Compiled(
                table,
                program,
                reference_rules(rule_set),
                shared,
                rule_set.sources,
                remembering(compiled_functions(*functions)),
                remembering(interpreted_functions(*functions)),
            )
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

    `case` are facts of the case that no source knows: `own_names`, the same names that the registry itself approved;
    `item_stopped`, why the organ has stopped the automatic decision of the item.

    Raises `ValueError` for a clock reading without a time zone and `EngineLimitError` for a rule set beyond the limits.
    """
    ready = compiled(rule_set)
    scope = {**facts(application, evidence, rule_set, at, case), "parameters": rule_set.parameters}
    silent, failing = _without_answer(ready.sources, evidence)
    reference, disagreements = evaluate(ready, scope, silent, failing)
    outcome, findings = Outcome.REFERRED if disagreements else reference.outcome, reference.findings
    if outcome is Outcome.APPROVED:
        held = holds(rule_set, decision_day(at), case, findings)
        if held:
            outcome, findings = Outcome.REFERRED, tuple(sorted((*findings, *held), key=lambda finding: finding.rule))
    return Decision(
        outcome=outcome,
        item=application.item,
        rule_set_digest=rule_set.digest,
        at=at.astimezone(UTC),
        decided_on=decision_day(at),
        findings=findings,
        disagreements=disagreements,
    )


def sources_without_answer(rule_set: RuleSet, evidence: Sequence[Evidence]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the sources that are silent (unavailable or never asked: ask again), and all without a usable answer."""
    return _without_answer(rule_set.sources, evidence)


def _without_answer(sources: frozenset[str], evidence: Sequence[Evidence]) -> tuple[frozenset[str], frozenset[str]]:
    asked = {one.verifier for one in evidence}
    silent = {one.verifier for one in evidence if one.failure is Failure.UNAVAILABLE} | (sources - asked)
    failing = {one.verifier for one in evidence if one.failure is not None} | silent
    return frozenset(silent), frozenset(failing)


def evaluate(
    ready: Compiled, scope: Mapping[str, Any], silent: frozenset[str], failing: frozenset[str]
) -> tuple[ReferenceAnswer, tuple[Disagreement, ...]]:
    """Evaluate facts and parameters twice, and return the reference's answer with every difference of the network's."""
    reference = ready.reference.answer({**scope, **ready.interpreted_functions}, silent, failing)
    try:
        atoms = ready.table.evaluate({**scope, **ready.compiled_functions})
        answer = ready.program.run(ready.network, atoms, silent)
    except NetworkError as error:
        return reference, (Disagreement(None, f"no answer: {error}", reference.outcome.value),)
    return reference, tuple(_differences(answer, reference))


def _differences(answer: NetworkAnswer, reference: ReferenceAnswer) -> list[Disagreement]:
    differences: list[Disagreement] = []
    for position, finding in enumerate(reference.findings):
        theirs = finding.result
        if position in answer.violated:
            ours = Result.VIOLATED
        elif position in answer.undetermined:
            ours = Result.UNDETERMINED
        elif theirs is _SATISFIED or theirs is _OUT_OF_PLACE:
            continue  # the network does not tell the two apart: both are clear
        else:
            ours = _SATISFIED
        if ours is not theirs:
            differences.append(Disagreement(finding.rule, ours.value, theirs.value))
    if answer.outcome is not reference.outcome:
        differences.append(Disagreement(None, answer.outcome.value, reference.outcome.value))
    return differences


_SATISFIED, _OUT_OF_PLACE = Result.SATISFIED, Result.NOT_APPLICABLE
