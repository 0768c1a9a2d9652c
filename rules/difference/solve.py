"""Ask z3 for facts under which a rule differs between two sets, as near as can be to the facts of a real application.

The answer is a few changed symbols (`rules.difference.places`), not a whole new world: everything that need not change
stays as it is in the application that was given. This module imports z3; nothing on the path of a decision imports it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal

import z3

from rules.difference.meaning import Pair
from rules.difference.places import UNKNOWN, split, steps_of, symbol_value
from rules.fact_schema import FactSchema
from rules.feel import parse, paths
from rules.feel.temporal import date_of, day_number
from rules.feel.tree import BooleanLiteral, Call, Name, Node, Or, Path, walk
from rules.proof.encode import Encoder
from rules.proof.space import Space, SpaceRules
from rules.proof.symbols import FALSE, Term, both, either, negated
from rules.proof.terms import Outcome, base_of, encoded, members_read, of_kinds, outcome_of
from rules.proof.unbounded import list_names, reason_against
from rules.typed import RuleSet, TypedRule

Direction = Literal["stricter", "laxer", "outcome"]
Verdict = Literal["sat", "unsat", "undecided"]
WORK = 6_000_000  # z3's own measure of work for one question: the same on every machine, unlike seconds
LESS_WORK = 2_000_000  # for making a witness nicer, which may be given up
FAR = 10**15
KEPT_FIRST = ("@", "#", "?", "")  # what a change costs most is tried first to be kept
MAX_NEARED = 4


@dataclass(frozen=True, slots=True)
class Answer:
    """`sat` with the symbols to change, `unsat` with the rules that the proof needed, or `undecided`.

    A proof holds for lists of any length, or for lists of up to `bounds` entries, for the reason in `reach`. `outside` are
    expressions that the proof knows nothing of.
    """

    verdict: Verdict
    changes: Mapping[str, Any] = field(default_factory=dict)
    core: tuple[str, ...] = ()
    bounds: Mapping[str, int] = field(default_factory=dict)
    reach: str = ""
    outside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """Ask when `pair` differs in `direction`, for applications of one kind, near the facts of one application.

    `others` are rules of the set that approves, which must not stand against approval; `refused` are answers that were
    of no use, `pinned` symbols that must stay as they are.
    """

    old: RuleSet
    new: RuleSet
    pair: Pair
    day: date
    direction: Direction
    near: Mapping[str, Any]
    others: tuple[TypedRule, ...] = ()
    refused: tuple[Mapping[str, Any], ...] = ()
    pinned: frozenset[str] = frozenset()
    counted: bool = False

    @property
    def approving(self) -> RuleSet:
        """The set that approves; for a mere change of outcome the old one."""
        return self.new if self.direction == "laxer" else self.old


def counts(question: Question) -> bool:
    """Tell whether a rule counts entries, so that a proof over a few of them says little."""
    return bool(_counted_lists(question))


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
        given_terms = [_goal(question, encoder), of_kinds(encoder, [question.approving.item.entity])]
        given_terms += [encoder.condition(node).true for node in axioms.values()]
        return given_terms, {rule.rule.id: _clear(encoder, rule) for rule in question.others}

    (goals, named), encoder = encoded(base_of(question.approving, question.day, given), make)
    outside = tuple(dict.fromkeys(f"{_written(node)}: {reason}" for node, reason in encoder.outside.items()))
    search = _Search(encoder.space, question.near, [*goals, *encoder.space.constraints], named)
    for refused in question.refused:
        search.refuse(refused)
    search.pin(question.pinned)
    only_proofs = question.counted or (not axioms and bool(_axioms(question)))
    verdict, changes, core = search.run(only_proofs=only_proofs)
    if verdict != "unsat":
        return Answer(verdict, changes, outside=outside)
    why = _reach(question, list(axioms.values()), core, min(given.entries.values()))
    bounds = {} if why is None else {name: given.entries[name] for name in _bounded(question, given)}
    return Answer(verdict, core=core, bounds=bounds, reach=why or "", outside=outside)


def _axioms(question: Question) -> dict[str, Node]:
    """Return what the shipped space knows of the facts in question, and of the facts that this speaks of in turn."""
    schema, names = question.approving.facts, tuple(question.approving.facts.scope)
    parsed = {f"axiom {name}": parse(source, names) for name, source in SpaceRules.shipped().axioms.items()}
    reads = {name: _leaves_read(schema, paths(node, names)) for name, node in parsed.items()}
    touched = _leaves_read(schema, _paths(question))
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


def _paths(question: Question) -> set[tuple[str, ...]]:
    return {path for rule in (question.pair.old, question.pair.new, *question.others) if rule for path in rule.paths}


def _reach(question: Question, axioms: Sequence[Node], rules: Sequence[str], bound: int) -> str | None:
    """Say why a proof reaches no further than the lists that were tried; None where it holds for lists of any length."""
    old, new = question.pair.old, question.pair.new
    kept, claimed = (new, old) if question.direction == "laxer" else (old, new)
    lists, sure = list_names(question.approving.facts), BooleanLiteral(value=True)
    if question.direction == "outcome":
        editions = [rule for rule in (old, new) if rule is not None]
        free = all(_free_of_lists(node, lists) for rule in editions for node in (rule.applies, rule.holds))
        return None if free else "a change of outcome alone was looked for in short lists"
    used = [(rule.applies, rule.holds) for rule in question.others if rule.rule.id in rules]
    used += [(kept.applies, kept.holds)] if kept is not None else []
    used += [(sure, node) for node in axioms]
    claim: Node = sure if claimed is None else Or(Call(Name("not"), (claimed.applies,)), claimed.holds)
    return reason_against(used, claim, lists, bound)


def _free_of_lists(node: Node, lists: frozenset[str]) -> bool:
    return not any(isinstance(part, Name | Path) and part.name in lists for part in walk(node))


def _goal(question: Question, encoder: Encoder) -> Term:
    """Return the condition under which the two editions of the rule differ as wanted, over one space of facts."""
    approving, other = question.approving, question.old if question.direction == "laxer" else question.new
    second = Encoder(
        encoder.space, other.parameters, base_of(other, question.day, encoder.space.given).functions,
        outside=encoder.outside, inexact=encoder.inexact,
    )  # fmt: skip
    of_old, of_new = (second, encoder) if approving is question.new else (encoder, second)
    old = None if question.pair.old is None else outcome_of(of_old, question.pair.old)
    new = None if question.pair.new is None else outcome_of(of_new, question.pair.new)
    stands_old, stands_new = _stands(question.pair.old, old), _stands(question.pair.new, new)
    if question.direction == "stricter":
        return both(negated(stands_old), stands_new)
    if question.direction == "laxer":
        return both(stands_old, negated(stands_new))
    return both(stands_old, stands_new, _other_effect(question.pair, old, new))


def _stands(rule: TypedRule | None, outcome: Outcome | None) -> Term:
    """Return when a rule stands against approval: it is broken or open, and does more than inform."""
    if rule is None or outcome is None or rule.rule.on_violation == "inform":
        return FALSE
    return negated(outcome.clear)


def _clear(encoder: Encoder, rule: TypedRule) -> Term:
    return negated(_stands(rule, outcome_of(encoder, rule)))


def _other_effect(pair: Pair, old: Outcome | None, new: Outcome | None) -> Term:
    if old is None or new is None or pair.old is None or pair.new is None:
        return FALSE
    of_old, of_new = (_OUTCOMES[rule.rule.on_violation] for rule in (pair.old, pair.new))
    # Where every source has answered, what stays open goes to an officer.
    ways = [(old.violated, of_old, new.violated, of_new), (old.violated, of_old, new.undetermined, REFERRED),
            (old.undetermined, REFERRED, new.violated, of_new)]  # fmt: skip
    return either(*(both(first, second) for first, one, second, other in ways if one != other))


REFERRED = "referred"
_OUTCOMES: Mapping[str, str] = {"fix": "fix", "refer": "referred", "bar": "referred", "route": "routed"}


def _space_rules(question: Question) -> SpaceRules:
    """Return the shipped space with room for the application that is near, and for one entry more."""
    given = SpaceRules.shipped()
    entries = dict(given.entries)
    for name, length in _lengths(question.near, question.approving):
        entries[name] = max(entries.get(name, entries["default"]), min(length, given.counted - 1) + 1)
    for name in _counted_lists(question) if question.counted else ():
        entries[name] = max(entries.get(name, 0), given.counted)
    return replace(given, entries=entries)


def _lengths(facts: Mapping[str, Any], rule_set: RuleSet) -> Iterator[tuple[str, int]]:
    """Yield the name and length of every list of the facts, as `space.yaml` names lists."""
    records = rule_set.facts.records
    pending: list[tuple[str, Any, str]] = [("facts", facts, "")]
    while pending:
        record, value, _ = pending.pop()
        for member, declared in records[record].items():
            inner = declared.removesuffix("?")
            item = value.get(member) if isinstance(value, Mapping) else None
            if inner.startswith("list<") and isinstance(item, list):
                inner = inner[5:-1]
                yield member if record == "facts" else f"{record}.{member}", len(item)
                pending += [(inner, entry, "") for entry in item if inner in records]
            elif inner in records and isinstance(item, Mapping):
                pending.append((inner, item, ""))


def _counted_lists(question: Question) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for rule in (question.pair.old, question.pair.new):
        for node in () if rule is None else (*walk(rule.applies), *walk(rule.holds)):
            if isinstance(node, Call) and node.function == Name("count"):
                for path in paths(node):
                    if path[0] in {"shareholders", "officers", "people", "family_members"}:
                        found[path[0]] = None
                        if any("person" in other for other in rule.paths if other[0] == path[0]):  # type: ignore[union-attr]  # no nodes without a rule
                            found["people"] = None
                    elif path[:2] == ("scope", "items"):
                        found["scope.items"] = None
    return tuple(found)


def _bounded(question: Question, given: SpaceRules) -> Iterator[str]:
    read = _paths(question)
    for name in given.entries:
        steps = tuple(name.split("."))
        if any(path[: len(steps)] == steps or (len(steps) == 2 and steps[1] in path) for path in read):
            yield name


def _written(node: Any) -> str:
    return f"line {node.line}, column {node.column}: {type(node).__name__}"


class _Search:
    """One solver, and what the near application says of every symbol in it."""

    def __init__(
        self, space: Space, near: Mapping[str, Any], given: Sequence[Term], others: Mapping[str, Term]
    ) -> None:
        self.space = space
        self.near = near
        self.solver = z3.Solver()
        self.solver.set("rlimit", WORK)
        self.solver.add(*given)
        self.others = {name: z3.Bool(f"! {name}") for name in others}
        for name, term in others.items():
            self.solver.add(z3.Implies(self.others[name], term))
        self.symbols = {str(one): one for one in _constants([*given, *others.values()])}
        self.assumed: dict[str, Term] = {}
        for name, term in self.symbols.items():
            value = symbol_value(near, name)
            if value is not UNKNOWN and value is not None:
                known = self._known(term, value)
                if known is not None:
                    self.assumed[name] = known

    def refuse(self, changes: Mapping[str, Any]) -> None:
        """Rule out one combination of changed values."""
        same = [self._known(self.symbols[name], value) for name, value in changes.items() if name in self.symbols]
        parts = [term for term in same if term is not None]
        if parts:
            self.solver.add(z3.Not(z3.And(parts)))

    def pin(self, names: Iterable[str]) -> None:
        """Keep some symbols as the near application has them; those it does not reach stay out of it."""
        for name in names:
            if name in self.assumed:
                self.solver.add(self.assumed[name])

    def run(self, *, only_proofs: bool) -> tuple[Verdict, dict[str, Any], tuple[str, ...]]:
        """Return the verdict, the changed symbols, and the other rules that a proof needed.

        With `only_proofs` the facts are not looked for: what is asked knows too little of them.
        """
        needed = list(self.others.values())
        verdict = self.solver.check(*needed)
        if verdict == z3.unsat:
            core = {str(one) for one in self.solver.unsat_core()}
            return "unsat", {}, tuple(name for name, literal in self.others.items() if str(literal) in core)
        if verdict != z3.sat or only_proofs:
            return "undecided", {}, ()
        model = self.solver.model()
        self.solver.add(*needed)
        self.solver.set("rlimit", LESS_WORK)
        kept, model = self._nearest(model)
        model = self._nearer(kept, model)
        return "sat", self._changes(model), ()

    def _nearest(self, model: Any) -> tuple[list[Term], Any]:
        """Keep as much of the application as can be: drop what stands in the way, then take back what need not go."""
        literals = {name: z3.Bool(f"keep {name}") for name in self.assumed}
        for name, literal in literals.items():
            self.solver.add(z3.Implies(literal, self.assumed[name]))
        kept = dict(literals)
        while True:
            verdict = self.solver.check(*kept.values())
            if verdict == z3.sat:
                model = self.solver.model()
                break
            core = {str(one) for one in self.solver.unsat_core()} if verdict == z3.unsat else set()
            if not core:
                return [], model
            kept = {
                name: literal
                for name, literal in kept.items()
                if str(literal).strip("|") not in {c.strip("|") for c in core}
            }
        dropped = sorted(set(literals) - set(kept), key=self._cost)
        for name in dropped:
            if self.solver.check(*kept.values(), literals[name]) == z3.sat:
                kept[name] = literals[name]
                model = self.solver.model()
        return list(kept.values()), model

    def _cost(self, name: str) -> tuple[int, str]:
        return KEPT_FIRST.index(split(name)[1]), name

    def _nearer(self, kept: list[Term], model: Any) -> Any:
        """Bring changed numbers and days as near to the application's as can be: the boundary itself is the witness."""
        moved = [name for name in sorted(self.assumed, key=self._cost) if self._moved(name, model)]
        for name in moved[:MAX_NEARED]:
            start = self._as_int(symbol_value(self.near, name))
            term = self.symbols[name]
            high = abs(model.eval(term, model_completion=True).as_long() - start)
            low = 1
            while low < high:
                middle = (low + high) // 2
                verdict = self.solver.check(*kept, term >= start - middle, term <= start + middle)
                if verdict == z3.sat:
                    model = self.solver.model()
                    high = abs(model.eval(term, model_completion=True).as_long() - start)
                else:
                    low = middle + 1
            kept = [*kept, term >= start - high, term <= start + high]
        return model

    def _moved(self, name: str, model: Any) -> bool:
        value = symbol_value(self.near, name)
        if self._as_int(value) is None or not z3.is_int(self.symbols[name]) or split(name)[1] == "@":
            return False
        return bool(model.eval(self.symbols[name], model_completion=True).as_long() != self._as_int(value))

    @staticmethod
    def _as_int(value: Any) -> Any:
        if isinstance(value, bool):
            return None
        if isinstance(value, date):
            return day_number(value)
        return int(value) if isinstance(value, int | Decimal) else None

    def _known(self, term: Term, value: Any) -> Term | None:
        """Return `term = value`, or None where the value does not fit the symbol."""
        if z3.is_bool(term):
            return term == z3.BoolVal(value) if isinstance(value, bool) else None
        if z3.is_string(term):
            return term == z3.StringVal(value) if isinstance(value, str) else None
        if isinstance(value, str):
            return term == self.space.code(value)
        number = self._as_int(value)
        return None if number is None else term == number

    def _changes(self, model: Any) -> dict[str, Any]:
        texts = {code: text for text, code in self.space.codes.items()}
        found: dict[str, Any] = {}
        for name, term in sorted(self.symbols.items()):
            if name.startswith(("!", "keep ", "outside ")) or (model[term] is None and name in self.assumed):
                continue
            place, mark = split(name)
            value = _plain(model.eval(term, model_completion=True))
            before = symbol_value(self.near, name)
            if not mark and not isinstance(value, bool):
                value = self._of_kind(place, value, texts)
            if before is UNKNOWN or value != before:
                found[name] = value
        return {name: value for name, value in found.items() if self._matters(name, model)}

    def _of_kind(self, place: str, value: Any, texts: Mapping[int, str]) -> Any:
        declared = declared_at(self.space, place)
        if declared == "date":
            return date_of(value)
        if declared == "string" and isinstance(value, int):
            return texts.get(value, f"text-{value}")
        return Decimal(value) if declared == "number" else value

    def _matters(self, name: str, model: Any) -> bool:
        """Leave out what lies beyond the end of a list, or inside something that is null."""
        place = split(name)[0]
        for cut in range(1, len(place) + 1):
            if cut < len(place) and place[cut] not in ".[":
                continue
            owner = place[:cut]
            null = self.symbols.get(f"{owner}?")
            if null is not None and name != f"{owner}?" and z3.is_true(model.eval(null, model_completion=True)):
                return False
            if owner.endswith("]"):
                listed, _, position = owner.rpartition("[")
                length = self.symbols.get(f"{listed}#")
                if length is not None and model.eval(length, model_completion=True).as_long() < int(position[:-1]):
                    return False
        return True


def declared_at(space: Space, place: str) -> str | None:
    """Return the declared type of a place, without its question mark."""
    record: str | None = "facts"
    declared: str | None = None
    for step in steps_of(place):
        if isinstance(step, int):
            declared = (declared or "").removesuffix("?").removeprefix("list<").removesuffix(">")
        else:
            declared = space.schema.records.get(record or "", {}).get(step)
        if declared is None:
            return None
        record = declared.removesuffix("?")
    return record


def _plain(value: Any) -> Any:
    if z3.is_true(value) or z3.is_false(value):
        return z3.is_true(value)
    if z3.is_int_value(value):
        return value.as_long()
    if z3.is_string_value(value):
        return value.as_string()
    if z3.is_rational_value(value):
        return Decimal(value.numerator_as_long()) / Decimal(value.denominator_as_long())
    return None


def _constants(terms: Iterable[Term]) -> Iterator[Term]:
    seen: set[int] = set()
    pending = list(terms)
    while pending:
        term = pending.pop()
        if term.get_id() in seen:
            continue
        seen.add(term.get_id())
        if z3.is_const(term) and term.decl().kind() == z3.Z3_OP_UNINTERPRETED:
            yield term
        pending += term.children()
