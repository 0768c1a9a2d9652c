"""Questions about all rules of an item together: approval is possible, no rules contradict, approval means every duty.

Contradicting: two demands on the applicant (`fix`) that can each be met, and whoever meets the one fails the other. An
approved application that meets a demand shows that it contradicts no other.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rules.feel import paths
from rules.feel.tree import BooleanLiteral, Node
from rules.proof.duties import Duty
from rules.proof.results import Result, Verdict
from rules.proof.set_terms import SetTerms
from rules.proof.solve import Answer, result_by_both, value_by_both
from rules.proof.symbols import both, negated
from rules.proof.terms import Base, members_read
from rules.proof.unbounded import reason_against
from rules.proof.witness import as_json, only
from rules.typed import RuleSet

if TYPE_CHECKING:
    from rules.typed_functions import TypedDefinition, TypedTable


def check_set(base: Base, rule_set: RuleSet, duties: tuple[Duty, ...] = ()) -> Iterator[Result]:
    """Answer every question about the rules of an item, one after the other."""
    yield from _SetChecks(SetTerms(base, rule_set, duties)).results()


class _SetChecks:
    """Asks, confirms every witness by the real evaluators, and tells what was found."""

    def __init__(self, terms: SetTerms) -> None:
        self.terms, self.base, self.item = terms, terms.base, terms.item
        self.rules, self.deciding = terms.rules, terms.deciding

    def results(self) -> Iterator[Result]:
        """Answer every question, one after the other."""
        approved = self.terms.from_scratch((), self.deciding)
        yield self._approvable(approved)
        yield from self._alone()
        yield from self._contradictions(approved)
        yield from self._duties()

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
            answer = self.terms.ask((self.terms.outcomes[id_].violated,), others, self.terms.members[id_])
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
            others = [other for other in fixes if other != one and self.terms.near(self.terms.members[one], [other])]
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
        first, second = self.terms.outcomes[one], self.terms.outcomes[other]
        near = self.terms.near(self.terms.members[one] | self.terms.members[other], self.terms.axiom_nodes)
        holds = both(first.applies.true, first.holds.true)
        alone = self.terms.from_few((holds,), near)
        if alone.facts is None:
            return  # the demand cannot be met at all: the check `alone` tells whether it matters
        if self.terms.from_few((holds, second.clear), near).verdict == "sat":
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
        for id_, duty in self.terms.duties.items():
            read = members_read(self.base.schema, paths(self.terms.duty_nodes[id_], tuple(self.base.schema.scope)))
            answer = self.terms.counting(id_) or self.terms.ask(
                (negated(self.terms.duty_held[id_]),), self.deciding, read
            )
            problem = None
            if answer.facts is not None:
                problem = self._not_clear(answer.facts, self.deciding)
                if problem is None and value_by_both(self.base, self.terms.duty_nodes[id_], answer.facts) is True:
                    problem = "the duty is held"
            yield self._told(
                f"duty:{self.item}:{id_}", "duty", id_, answer, wants_witness=False, problem=problem,
                zh=f"批准即满足：{duty.title.zh}", en=f"approval means: {duty.title.en}",
                node=self.terms.duty_nodes[id_], paths_of=paths(self.terms.duty_nodes[id_], tuple(self.base.schema.scope)),
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
            verdict = "undecided" if self.terms.encoder.outside else "not_confirmed"
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
        functions: list[TypedTable | TypedDefinition] = [*self.base.tables, *self.base.definitions]
        why = reason_against(used, node, self.base.schema, self.base.given, functions)
        return "for any number of entries" if why is None else f"{self.terms.encoder.space.reach()}: {why}"

    def _conditions(self, name: str) -> tuple[Node, Node]:
        if name in self.terms.axiom_nodes:
            return BooleanLiteral(value=True), self.terms.axiom_nodes[name]
        return self.rules[name].applies, self.rules[name].holds
