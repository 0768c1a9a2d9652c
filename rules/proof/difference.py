"""Answer when a rule differs between two sets: facts near those of a real application, or a proof and how far it reaches."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rules.difference.lists import counted_lists, lengths
from rules.difference.question import Answer, Question
from rules.fact_schema import FactSchema
from rules.feel import paths
from rules.feel.tree import BooleanLiteral, Call, Name, Node, Or, Path, walk
from rules.proof.difference_goal import clear_term, goal_term
from rules.proof.encode import Encoder
from rules.proof.near import NearSearch
from rules.proof.space_rules import SpaceRules
from rules.proof.symbols import Term
from rules.proof.terms import axiom_nodes, base_of, encoded, members_read, of_kinds
from rules.proof.unbounded import list_names, reason_against

if TYPE_CHECKING:
    from rules.typed_functions import TypedDefinition, TypedTable


def ask(question: Question) -> Answer:
    """Answer a question; the work is limited, so an answer may be `undecided`."""
    given = _space_rules(question)

    known = _axioms(question)
    if known and not question.counted and (question.refused or question.pinned):
        return _asked(question, known, given)
    for axioms in ({}, known) if known and not question.counted else ({},):
        # A proof that needs no more than the rule itself is quick, reaches further, and is tried first.
        answer = _asked(question, axioms, given)
        if answer.verdict == "unsat" or axioms is known or not known:
            break
    return answer


def _asked(question: Question, axioms: Mapping[str, Node], given: SpaceRules) -> Answer:
    def make(encoder: Encoder) -> tuple[list[Term], dict[str, Term]]:
        given_terms = [goal_term(question, encoder), of_kinds(encoder, [question.approving.item.entity])]
        given_terms += [encoder.condition(node).true for node in axioms.values()]
        return given_terms, {rule.rule.id: clear_term(encoder, rule) for rule in question.others}

    (goals, named), encoder = encoded(base_of(question.approving, question.day, given), make)
    outside = tuple(dict.fromkeys(f"{_written(node)}: {reason}" for node, reason in encoder.outside.items()))
    search = NearSearch(encoder.space, question.near, [*goals, *encoder.space.constraints], named)
    for refused in question.refused:
        search.refuse(refused)
    search.pin(question.pinned)
    only_proofs = question.counted or (not axioms and bool(_axioms(question)))
    verdict, changes, core = search.run(only_proofs=only_proofs)
    if verdict != "unsat":
        return Answer(verdict, changes, outside=outside)
    why = _reach(question, list(axioms.values()), core, given)
    bounds = {} if why is None else {name: given.entries[name] for name in _bounded(question, given)}
    return Answer(verdict, core=core, bounds=bounds, reach=why or "", outside=outside)


def _axioms(question: Question) -> dict[str, Node]:
    """Return what the shipped space knows of the facts in question, and of the facts that this speaks of in turn."""
    schema, names = question.approving.facts, tuple(question.approving.facts.scope)
    parsed = {f"axiom {name}": node for name, node in axiom_nodes(SpaceRules.shipped(), names).items()}
    reads = {name: _leaves_read(schema, paths(node, names)) for name, node in parsed.items()}
    touched = _leaves_read(schema, question.paths)
    used: dict[str, Node] = {}
    while more := {name for name in parsed if name not in used and reads[name] & touched}:
        for name in sorted(more):
            used[name] = parsed[name]
            touched |= reads[name]
    return used


def _leaves_read(schema: FactSchema, read: Iterable[tuple[str, ...]]) -> frozenset[tuple[str, ...]]:
    """Return the members that paths read, without records and lists of records: sharing only those says little."""
    return frozenset(
        (record, name)
        for record, name in members_read(schema, read)
        if str(schema.records[record][name]).removesuffix("?").removeprefix("list<").removesuffix(">")
        not in schema.records
        or str(schema.records[record][name]).startswith("list<")
    )


def _reach(question: Question, axioms: Sequence[Node], rules: Sequence[str], given: SpaceRules) -> str | None:
    """Say why a proof reaches no further than the lists that were tried; None where it holds for lists of any length."""
    old, new = question.pair.old, question.pair.new
    kept, claimed = (new, old) if question.direction == "laxer" else (old, new)
    lists, sure = list_names(question.approving.facts), BooleanLiteral(value=True)
    if question.direction == "outcome":
        free = all(_free_of_lists(node, lists) for rule in question.editions for node in (rule.applies, rule.holds))
        return None if free else "a change of outcome alone was looked for in short lists"
    used = [(rule.applies, rule.holds) for rule in question.others if rule.rule.id in rules]
    used += [(kept.applies, kept.holds)] if kept is not None else []
    used += [(sure, node) for node in axioms]
    claim: Node = sure if claimed is None else Or(Call(Name("not"), (claimed.applies,)), claimed.holds)
    old_set, new_set = question.old, question.new
    functions: list[TypedTable | TypedDefinition] = [*old_set.tables, *new_set.tables]
    functions += [*old_set.definitions, *new_set.definitions]
    return reason_against(used, claim, question.approving.facts, given, functions)


def _free_of_lists(node: Node, lists: frozenset[str]) -> bool:
    return not any(isinstance(part, Name | Path) and part.name in lists for part in walk(node))


def _space_rules(question: Question) -> SpaceRules:
    """Return the shipped space with room for the application that is near, and for one entry more."""
    given = SpaceRules.shipped()
    entries = dict(given.entries)
    for name, length in lengths(question.near, question.approving):
        entries[name] = max(entries.get(name, entries["default"]), min(length, given.counted - 1) + 1)
    for name in counted_lists(question) if question.counted else ():
        entries[name] = max(entries.get(name, 0), given.counted)
    return replace(given, entries=entries)


def _bounded(question: Question, given: SpaceRules) -> Iterator[str]:
    for name in given.entries:
        steps = tuple(name.split("."))
        if any(path[: len(steps)] == steps or (len(steps) == 2 and steps[1] in path) for path in question.paths):
            yield name


def _written(node: Any) -> str:
    return f"line {node.line}, column {node.column}: {type(node).__name__}"
