"""Search for facts with a goal, as near as can be to the facts of a real application: few changes, and small ones."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import z3

from rules.difference.places import UNKNOWN, split, symbol_value
from rules.difference.question import Verdict
from rules.proof.changes import as_number, changed_symbols, constants_in, equals
from rules.proof.space import Space
from rules.proof.symbols import Term

WORK = 6_000_000
"""z3's own measure of work for one question: the same on every machine, unlike seconds."""
LESS_WORK = 2_000_000
"""The work for making a witness nicer, which may be given up."""
_KEPT_FIRST = ("@", "#", "?", "")  # what a change costs most is tried first to be kept
_MAX_NEARED = 4


class NearSearch:
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
        self.symbols = {str(one): one for one in constants_in([*given, *others.values()])}
        self.assumed: dict[str, Term] = {}
        for name, term in self.symbols.items():
            value = symbol_value(near, name)
            if value is not UNKNOWN and value is not None:
                known = equals(self.space, term, value)
                if known is not None:
                    self.assumed[name] = known

    def refuse(self, changes: Mapping[str, Any]) -> None:
        """Rule out one combination of changed values."""
        same = [
            equals(self.space, self.symbols[name], value) for name, value in changes.items() if name in self.symbols
        ]
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
        return "sat", changed_symbols(self.space, self.symbols, self.assumed, self.near, model), ()

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
        return _KEPT_FIRST.index(split(name)[1]), name

    def _nearer(self, kept: list[Term], model: Any) -> Any:
        """Bring changed numbers and days as near to the application's as can be: the boundary itself is the witness."""
        moved = [name for name in sorted(self.assumed, key=self._cost) if self._moved(name, model)]
        for name in moved[:_MAX_NEARED]:
            start = as_number(symbol_value(self.near, name))
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
        if as_number(value) is None or not z3.is_int(self.symbols[name]) or split(name)[1] == "@":
            return False
        return bool(model.eval(self.symbols[name], model_completion=True).as_long() != as_number(value))
