"""Questions about all rules of an item together: approval is possible, no rules contradict, approval means every duty.

Contradicting: two demands on the applicant (`fix`) that can each be met, and whoever meets the one fails the other. An
approved application that meets a demand shows that it contradicts no other.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from rules.feel import parse, paths
from rules.feel.paths import FactPath
from rules.feel.tree import BooleanLiteral, Every, Filter, For, Node, Some, walk
from rules.proof.duties import Duty
from rules.proof.encode import Encoder
from rules.proof.results import Result, Verdict
from rules.proof.rule_checks import counted_lists
from rules.proof.solve import Answer, Questions, constant_is, result_by_both, value_by_both
from rules.proof.symbols import Term, both, negated
from rules.proof.terms import Base, Outcome, encoded, members_read, of_kinds, outcome_of, settle_texts
from rules.proof.unbounded import list_names, reason_against
from rules.proof.witness import as_json, only
from rules.typed import RuleSet


def loops(node: Node) -> bool:
    """Tell whether an expression goes through a list entry by entry: with many entries that takes long."""
    return any(isinstance(part, Every | Some | For | Filter) for part in walk(node))


class SetQuestions:
    """The terms of all rules of an item, in one space.

    Three ways to answer, the cheap ones first: proofs from the few rules that read the same facts; witnesses near an
    approved application, where only the facts in question may change; and everything at once.
    """

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

    def results(self) -> Iterator[Result]:
        """Answer every question, one after the other."""
        approved = self._from_scratch((), self.deciding)
        yield self._approvable(approved)
        yield from self._alone()
        yield from self._contradictions(approved)
        yield from self._duties()

    def _near(self, read: frozenset[FactPath], names: Iterable[str]) -> list[str]:
        """Return the conditions that read one of these facts (or a part of it)."""
        own = {member for member in read if not self._is_whole(member)}
        return [name for name in names if own & self.members[name]]

    def _is_whole(self, member: FactPath) -> bool:
        """Tell whether a member is a record that is always there, or a list of records: sharing only that says little."""
        declared = str(self.base.schema.records[member[0]][member[1]])
        return declared.removeprefix("list<").removesuffix(">") in self.base.schema.records

    def ask(self, goal: tuple[Term, ...], names: tuple[str, ...], read: frozenset[FactPath]) -> Answer:
        """Ask for an application with the goal and all named conditions. `read` are the facts that the goal is about."""
        found = self._nearby(goal, names, read)
        if found.verdict == "sat":
            return found
        everything = (*names, *self.axiom_nodes)
        chosen = self._near(read, everything)
        for _ in range(3):  # those that read the same facts, those that share a fact with these, and once more
            proof = self._from_few(goal, chosen)
            if proof.verdict == "unsat":
                return proof
            wider = self._near(read.union(*(self.members[name] for name in chosen)), everything)
            if wider == chosen:
                break
            chosen = wider
        return self._from_scratch(goal, names)

    def _from_few(self, goal: tuple[Term, ...], names: list[str]) -> Answer:
        questions = Questions(self.encoder, [self.kind], {name: self.named[name] for name in names})
        return questions.ask(*goal, names=names)

    def _from_scratch(self, goal: tuple[Term, ...], names: Iterable[str]) -> Answer:
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
        free = read.union(*(self.members[name] for name in self._near(read, self.axiom_nodes)))
        if not self.fixed:
            space = self.encoder.space
            self.fixed = [(member, constant_is(space, name, value)) for name, value in self.approved.items()
                          if (member := space.member_of(name)) is not None]  # fmt: skip
        fixed = [term for member, term in self.fixed if member not in free]
        # A condition that reads none of the free facts holds as it did in the approved application.
        open_ = [name for name in (*names, *self.axiom_nodes) if free & self.members[name]]
        given = [self.kind, *(self.named[name] for name in open_), *goal, *fixed]
        return Questions(self.encoder, given).once()

    def _approvable(self, answer: Answer) -> Result:
        zh, en = "存在可以批准的申请", "an application that is approved exists"
        problem = self._not_clear(answer.facts, self.deciding) if answer.facts else None
        return self._told(
            f"approvable:{self.item}",
            "approvable",
            self.item,
            answer,
            wants_witness=True,
            zh=zh,
            en=en,
            problem=problem,
        )

    def _alone(self) -> Iterator[Result]:
        """Ask, for each rule, for an application that this rule alone stands against."""
        for id_, rule in self.rules.items():
            others = tuple(other for other in self.deciding if other != id_)
            answer = self.ask((self.outcomes[id_].violated,), others, self.members[id_])
            problem = None
            if answer.facts is not None:
                problem = self._not_clear(answer.facts, others)
                found = result_by_both(self.base, rule.applies, rule.holds, answer.facts)
                problem = problem or (None if found == "violated" else f"{id_} is {found}")
            yield self._told(
                f"alone:{self.item}:{id_}", "alone", id_, answer, wants_witness=True, problem=problem,
                zh="存在只违反本条规则的申请", en="there is an application that violates this rule alone",
                paths_of=rule.paths,
            )  # fmt: skip

    def _contradictions(self, approved: Answer) -> Iterator[Result]:
        """Look for two demands of which meeting the one means failing the other."""
        met = [self._met(approved.facts)] if approved.facts else []
        fixes = [id_ for id_ in self.deciding if self.rules[id_].rule.on_violation == "fix"]
        for one in fixes:
            others = [other for other in fixes if other != one and self._near(self.members[one], [other])]
            if not others or any(one in together for together in met):
                continue  # an approved application meets this demand: nothing else is broken there
            for other in others:
                if any(one in together for together in met[1:]):
                    break
                yield from self._contradicting(one, other)

    def _met(self, facts: Mapping[str, Any]) -> set[str]:
        return {
            id_ for id_, rule in self.rules.items()
            if value_by_both(self.base, rule.applies, facts) is True and value_by_both(self.base, rule.holds, facts) is True
        }  # fmt: skip

    def _contradicting(self, one: str, other: str) -> Iterator[Result]:
        first, second = self.outcomes[one], self.outcomes[other]
        near = self._near(self.members[one] | self.members[other], self.axiom_nodes)
        holds = both(first.applies.true, first.holds.true)
        alone = self._from_few((holds,), near)
        if alone.facts is None:
            return  # the demand cannot be met at all: the check `alone` tells whether it matters
        if self._from_few((holds, second.clear), near).verdict == "sat":
            return
        shown = as_json(only(alone.facts, self.rules[one].paths | self.rules[other].paths))
        confirmed = (
            result_by_both(self.base, self.rules[other].applies, self.rules[other].holds, alone.facts) != "clear"
        )
        yield Result(
            f"contradiction:{self.item}:{one}:{other}", "contradiction", f"{one}, {other}",
            "witness" if confirmed else "not_confirmed", ok=False,
            zh=f"满足{one}就一定违反{other}", en=f"whoever satisfies {one} breaks {other}", facts=shown,
        )  # fmt: skip

    def _duties(self) -> Iterator[Result]:
        for id_, duty in self.duties.items():
            read = members_read(self.base.schema, paths(self.duty_nodes[id_], tuple(self.base.schema.scope)))
            answer = self._counting(id_) or self.ask((negated(self.duty_held[id_]),), self.deciding, read)
            problem = None
            if answer.facts is not None:
                problem = self._not_clear(answer.facts, self.deciding)
                if problem is None and value_by_both(self.base, self.duty_nodes[id_], answer.facts) is True:
                    problem = "the duty is held"
            yield self._told(
                f"duty:{self.item}:{id_}", "duty", id_, answer, wants_witness=False, problem=problem,
                zh=f"批准即满足：{duty.title.zh}", en=f"approval means: {duty.title.en}",
                node=self.duty_nodes[id_], paths_of=paths(self.duty_nodes[id_], tuple(self.base.schema.scope)),
            )  # fmt: skip

    def _not_clear(self, facts: Mapping[str, Any], ids: tuple[str, ...]) -> str | None:
        """Return which rules the real evaluators do not find clear on a witness; null where all are."""
        open_ = [
            id_ for id_ in ids
            if result_by_both(self.base, self.rules[id_].applies, self.rules[id_].holds, facts) != "clear"
        ]  # fmt: skip
        return f"not clear: {', '.join(open_)}" if open_ else None

    def _told(  # noqa: PLR0913 (what a result is made of)
        self, name: str, check: str, subject: str, answer: Answer, *, wants_witness: bool, zh: str, en: str,
        problem: str | None = None, node: Node | None = None, paths_of: frozenset[tuple[str, ...]] | None = None,
    ) -> Result:  # fmt: skip
        if answer.verdict == "undecided":
            return Result(name, check, subject, "undecided", ok=False, zh=f"未能判定：{zh}", en=f"undecided: {en}")
        if answer.facts is None:
            scope = "" if node is None else self._reach(answer.core, node)
            ok = not wants_witness
            zh, en = (zh, en) if ok else (f"不成立：{zh}", f"not so: {en}")
            return Result(name, check, subject, "proved", ok=ok, zh=zh, en=en, scope=scope, uses=answer.core)
        shown = as_json(answer.facts if paths_of is None else only(answer.facts, paths_of))
        verdict: Verdict = "witness"
        if problem is not None:
            verdict = "undecided" if self.encoder.outside else "not_confirmed"
            return Result(
                name,
                check,
                subject,
                verdict,
                ok=False,
                zh=f"见证未经确认：{zh}",
                en=f"not confirmed ({problem}): {en}",
                facts=shown,
            )
        ok = wants_witness
        zh, en = (zh, en) if ok else (f"不成立：{zh}", f"not so: {en}")
        return Result(name, check, subject, verdict, ok=ok, zh=zh, en=en, facts=shown)

    def _reach(self, core: tuple[str, ...], node: Node) -> str:
        used = [self._conditions(name) for name in core]
        why = reason_against(used, node, list_names(self.base.schema), min(self.base.given.entries.values()))
        return "for any number of entries" if why is None else f"{self.encoder.space.reach()}: {why}"

    def _conditions(self, name: str) -> tuple[Node, Node]:
        if name in self.axiom_nodes:
            return BooleanLiteral(value=True), self.axiom_nodes[name]
        return self.rules[name].applies, self.rules[name].holds

    def _counting(self, duty: str) -> Answer | None:
        """Prove a duty that counts with as many entries as its limit needs; null where it does not count that far."""
        node = self.duty_nodes[duty]
        more = counted_lists(self.base, (node,))
        if not more:
            return None
        near = set(self._near(members_read(self.base.schema, paths(node)), self.deciding))
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
        return Questions(encoder, [kind], named).ask(negated(held), names=names)
