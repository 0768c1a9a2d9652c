"""The terms of all rules of an item in one space, and three ways to answer a question about them.

The cheap ones first: witnesses near an approved application, where only the facts in question may change; proofs from the
few rules that read the same facts; and everything at once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from rules.feel import parse, paths
from rules.feel.paths import FactPath
from rules.feel.tree import Every, Filter, For, Node, Some, walk
from rules.proof.duties import Duty
from rules.proof.encode import Encoder
from rules.proof.rule_checks import counted_lists
from rules.proof.solve import Answer, Questions, constant_is
from rules.proof.symbols import Term, both, negated
from rules.proof.terms import Base, Outcome, encoded, members_read, of_kinds, outcome_of, settle_texts
from rules.typed import RuleSet


def loops(node: Node) -> bool:
    """Tell whether an expression goes through a list entry by entry: with many entries that takes long."""
    return any(isinstance(part, Every | Some | For | Filter) for part in walk(node))


class SetTerms:
    """The terms of all rules of an item, its duties and the axioms, by name."""

    def __init__(self, base: Base, rule_set: RuleSet, duties: tuple[Duty, ...] = ()) -> None:
        self.base, self.rule_set = base, rule_set
        self.item = rule_set.item.code
        self.rules = {rule.rule.id: rule for rule in rule_set.rules}
        self.deciding = tuple(id_ for id_, rule in self.rules.items() if rule.rule.on_violation != "inform")
        self.duties = {duty.id: duty for duty in duties if rule_set.item.entity in duty.entities}
        facts = tuple(base.schema.scope)
        self.duty_nodes = {id_: parse(duty.holds_when, names=facts) for id_, duty in self.duties.items()}
        self.axiom_nodes = {f"axiom {name}": node for name, node in base.axioms.items()}
        nodes = [node for rule in self.rules.values() for node in (rule.applies, rule.holds)]
        settle_texts(base, [*nodes, *self.duty_nodes.values(), *self.axiom_nodes.values()])
        self.outcomes: dict[str, Outcome] = {}
        self.duty_held: dict[str, Term] = {}
        self.named: dict[str, Term] = {}
        self.kind, self.encoder = encoded(base, self._terms)
        reads = {id_: rule.paths for id_, rule in self.rules.items()}
        reads |= {name: paths(node, facts) for name, node in self.axiom_nodes.items()}
        self.members = {name: members_read(base.schema, read) for name, read in reads.items()}
        self.approved: dict[str, Any] = {}
        self.fixed: list[tuple[FactPath, Term]] = []

    def _terms(self, encoder: Encoder) -> Term:
        self.outcomes = {id_: outcome_of(encoder, rule) for id_, rule in self.rules.items()}
        self.duty_held = {id_: encoder.condition(node).true for id_, node in self.duty_nodes.items()}
        self.named = {id_: self.outcomes[id_].clear for id_ in self.deciding}
        self.named |= {name: encoder.condition(node).true for name, node in self.axiom_nodes.items()}
        return of_kinds(encoder, [self.rule_set.item.entity])

    def ask(self, goal: tuple[Term, ...], names: tuple[str, ...], read: frozenset[FactPath]) -> Answer:
        """Ask for an application with the goal and all named conditions. `read` are the facts that the goal is about."""
        found = self._nearby(goal, names, read)
        if found.verdict == "sat":
            return found
        everything = (*names, *self.axiom_nodes)
        chosen = self.near(read, everything)
        for _ in range(3):  # those that read the same facts, those that share a fact with these, and once more
            proof = self.from_few(goal, chosen)
            if proof.verdict == "unsat":
                return proof
            wider = self.near(read.union(*(self.members[name] for name in chosen)), everything)
            if wider == chosen:
                break
            chosen = wider
        return self.from_scratch(goal, names)

    def near(self, read: frozenset[FactPath], names: Iterable[str]) -> list[str]:
        """Return the conditions that read one of these facts (or a part of it)."""
        own = {member for member in read if not self._is_whole(member)}
        return [name for name in names if own & self.members[name]]

    def _is_whole(self, member: FactPath) -> bool:
        """Tell whether a member is a record that is always there, or a list of records: sharing only that says little."""
        declared = str(self.base.schema.records[member[0]][member[1]])
        return declared.removeprefix("list<").removesuffix(">") in self.base.schema.records

    def from_few(self, goal: tuple[Term, ...], names: list[str]) -> Answer:
        """Ask with a few named conditions alone; a proof names those that it needed."""
        answer = self._asked_of(goal, names)
        if answer.verdict != "unsat" or not answer.core:
            return answer
        # What a proof could do without is found among the few that the first one used, not among all.
        again = self._asked_of(goal, answer.core, least=True)
        return again if again.verdict == "unsat" else answer

    def _asked_of(self, goal: tuple[Term, ...], names: Sequence[str], *, least: bool = False) -> Answer:
        questions = Questions(self.encoder, [self.kind], {name: self.named[name] for name in names}, least=least)
        return questions.ask(*goal, names=names)

    def from_scratch(self, goal: tuple[Term, ...], names: Iterable[str]) -> Answer:
        """Ask with everything at once. Without a goal the witness is an approved application, kept for questions near it."""
        questions = Questions(
            self.encoder, [self.kind, *(self.named[name] for name in (*names, *self.axiom_nodes)), *goal]
        )
        answer = questions.once()
        if answer.values and not goal:
            self.approved, self.fixed = answer.values, []
        # Which conditions the proof needed is not known here: all of them, as far as anyone can tell.
        return replace(answer, core=(*names, *self.axiom_nodes)) if answer.verdict == "unsat" else answer

    def _nearby(self, goal: tuple[Term, ...], names: Iterable[str], read: frozenset[FactPath]) -> Answer:
        if not self.approved:
            return Answer("undecided")
        free = read.union(*(self.members[name] for name in self.near(read, self.axiom_nodes)))
        if not self.fixed:
            space = self.encoder.space
            self.fixed = [(member, constant_is(space, name, value)) for name, value in self.approved.items()
                          if (member := space.member_of(name)) is not None]  # fmt: skip
        fixed = [term for member, term in self.fixed if member not in free]
        # A condition that reads none of the free facts holds as it did in the approved application.
        open_ = [name for name in (*names, *self.axiom_nodes) if free & self.members[name]]
        given = [self.kind, *(self.named[name] for name in open_), *goal, *fixed]
        return Questions(self.encoder, given).once()

    def counting(self, duty: str) -> Answer | None:
        """Prove a duty that counts with as many entries as its limit needs; null where it does not count that far."""
        node = self.duty_nodes[duty]
        more = counted_lists(self.base, (node,))
        if not more:
            return None
        near = set(self.near(members_read(self.base.schema, paths(node)), self.deciding))
        near |= {
            id_ for id_ in self.deciding
            if more.keys() & counted_lists(self.base, (self.rules[id_].applies, self.rules[id_].holds)).keys()
        }  # fmt: skip
        names = tuple(sorted(near))

        def terms(encoder: Encoder) -> tuple[Term, dict[str, Term], Term]:
            named = {name: outcome_of(encoder, self.rules[name]).clear for name in names}
            plain = [encoder.condition(axiom).true for axiom in self.axiom_nodes.values() if not loops(axiom)]
            return encoder.condition(node).true, named, both(of_kinds(encoder, [self.rule_set.item.entity]), *plain)

        (held, named, kind), encoder = encoded(self.base, terms, entries=more)
        return Questions(encoder, [kind], named, least=True).ask(negated(held), names=names)
