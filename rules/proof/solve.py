"""Questions to z3 under a fixed budget of work, and the confirmation of every witness by the real evaluators."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import z3

from rules.feel import FeelError, compile_node, interpret
from rules.feel.tree import BooleanLiteral, Node
from rules.proof.encode import Encoder
from rules.proof.space import Space
from rules.proof.symbols import Term
from rules.proof.terms import Base
from rules.proof.witness import facts_of, values_of

WORK = 40_000_000
"""z3's own measure of work for one question: the same on every machine, unlike seconds."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`sat` with the facts of a witness, `unsat` with the names of what the proof needed, or `undecided`."""

    verdict: Literal["sat", "unsat", "undecided"]
    facts: dict[str, Any] | None = None
    core: tuple[str, ...] = ()
    values: dict[str, Any] | None = None
    """Every constant of the witness by its name, for questions near it."""


class Questions:
    """One solver over one space; `named` are conditions that questions may ask for and that proofs report.

    With `least` a proof reports no condition that it could do without; among many conditions that takes long.
    """

    def __init__(
        self, encoder: Encoder, given: Sequence[Term], named: Mapping[str, Term] | None = None, *, least: bool = False
    ) -> None:
        self.encoder = encoder
        self.solver = z3.Solver()
        self.solver.set("rlimit", WORK)
        if least:
            self.solver.set("smt.core.minimize", True)  # noqa: FBT003 (z3 names no keyword)
        self.solver.add(*given)
        self.known = len(encoder.space.constraints)
        self.solver.add(*encoder.space.constraints)
        self.literals: dict[str, Term] = {}
        for name, term in (named or {}).items():
            self.name(name, term)

    def name(self, name: str, term: Term) -> None:
        """Add a condition that questions can ask for by name."""
        self.literals[name] = z3.Bool(f"! {name}")
        self.solver.add(z3.Implies(self.literals[name], term))

    def once(self) -> Answer:
        """Ask for facts with all that was given: without the room for more questions z3 is often faster."""
        verdict = self.solver.check()
        if verdict == z3.sat:
            model = self.solver.model()
            return Answer("sat", facts_of(self.encoder.space, model), values=values_of(model))
        return Answer("unsat" if verdict == z3.unsat else "undecided")

    def model(self, goal: Term) -> Any:
        """Return a model with the goal, false where there is none, and null where nobody can say."""
        self.solver.push()
        self.solver.add(goal)
        verdict = self.solver.check()
        found = self.solver.model() if verdict == z3.sat else False if verdict == z3.unsat else None
        self.solver.pop()
        return found

    def ask(self, *goals: Term, names: Sequence[str] = (), prefer: Sequence[Term] = ()) -> Answer:
        """Ask for facts with which every goal and every named condition holds. `prefer` is tried first, and given up."""
        more = self.encoder.space.constraints[self.known :]
        self.solver.add(*more)
        self.known += len(more)
        literals = [self.literals[name] for name in names]
        self.solver.push()
        try:
            self.solver.add(*goals)
            if prefer and self.solver.check(*literals, *prefer) == z3.sat:
                return Answer("sat", facts_of(self.encoder.space, self.solver.model()))
            verdict = self.solver.check(*literals)
            if verdict == z3.sat:
                return Answer("sat", facts_of(self.encoder.space, self.solver.model()))
            if verdict == z3.unsat:
                core = {str(literal) for literal in self.solver.unsat_core()} if names else set()
                return Answer(
                    "unsat", core=tuple(name for name in names if f"! {name}" in core or f"|! {name}|" in core)
                )
            return Answer("undecided")
        finally:
            self.solver.pop()


def constant_is(space: Space, name: str, value: Any) -> Term:
    """Say that a constant of the facts has the value it had in a witness."""
    if isinstance(value, bool):
        return z3.Bool(name) == value
    if isinstance(value, str):
        return z3.String(name) == z3.StringVal(value)
    if isinstance(value, int):
        return (
            z3.Int(name) == value if space.given.least is not None or name[-1:] in "#@" else _whole(space, name, value)
        )
    return z3.Real(name) == z3.RealVal(str(value))


def _whole(space: Space, name: str, value: int) -> Term:
    member = space.member_of(name)
    kind = str(space.schema.records[member[0]][member[1]]) if member else ""
    return z3.Real(name) == value if "number" in kind else z3.Int(name) == value


_closures: dict[int, tuple[Node, Any]] = {}


def _run_compiled(node: Node, scope: Mapping[str, Any]) -> Any:
    if id(node) not in _closures:
        _closures[id(node)] = (node, compile_node(node))  # the node is kept, so that its identity stays its own
    return _closures[id(node)][1](scope)


def value_by_both(base: Base, node: Node, facts: Mapping[str, Any]) -> Any:
    """Return what both evaluators of FEEL say of a witness. Raises `ValueError` where they differ."""
    answers = []
    ways = ((interpret, base.interpreted), (_run_compiled, base.compiled))
    for evaluate, names in ways:
        try:
            answers.append(evaluate(node, {**facts, **names}))
        except FeelError:
            answers.append(None)
    if answers[0] != answers[1]:
        raise ValueError(f"the evaluators differ: {answers[0]!r} and {answers[1]!r}")
    return answers[0]


def result_by_both(base: Base, applies: Node, holds: Node, facts: Mapping[str, Any]) -> str:
    """Return "clear", "violated" or "undetermined" for a rule, by the real evaluators."""
    applicable = value_by_both(base, applies, facts)
    if applicable is False:
        return "clear"
    if applicable is not True:
        return "undetermined"
    held = value_by_both(base, holds, facts)
    return "clear" if held is True else "violated" if held is False else "undetermined"


def replaced(node: Node, target: int, value: bool) -> Node:  # noqa: FBT001 (the value of a condition is what is meant)
    """Return the tree with one node, told by its identity, replaced by true or false."""
    if id(node) == target:
        return BooleanLiteral(value=value)
    changes: dict[str, Any] = {}
    for spec in fields(node):
        part = getattr(node, spec.name)
        if isinstance(part, Node):
            changed: Any = replaced(part, target, value)
        elif isinstance(part, tuple) and any(isinstance(item, Node) for item in part):
            changed = tuple(replaced(item, target, value) if isinstance(item, Node) else item for item in part)
            changed = part if all(old is new for old, new in zip(part, changed, strict=True)) else changed
        else:
            continue
        if changed is not part:
            changes[spec.name] = changed
    return replace(node, **changes) if changes else node
