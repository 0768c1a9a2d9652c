"""The question whether a rule differs between two sets, near the facts of a real application, and its answer.

`rules.proof.difference` answers it; this module is plain data, so that whoever asks need not load z3. The answer is a few
changed symbols (`rules.difference.places`), not a whole new world: everything that need not change stays as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from rules.difference.meaning import Pair
from rules.typed import RuleSet, TypedRule

Direction = Literal["stricter", "laxer", "outcome"]
Verdict = Literal["sat", "unsat", "undecided"]
OUTCOMES: Mapping[str, str] = {"fix": "fix", "refer": "referred", "bar": "referred", "route": "routed"}
"""What each effect that stands against approval makes of an application that nothing else stands against."""


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

    @property
    def editions(self) -> tuple[TypedRule, ...]:
        """The rule as it was and as it is, without one that is not there."""
        return tuple(rule for rule in (self.pair.old, self.pair.new) if rule is not None)

    @property
    def paths(self) -> frozenset[tuple[str, ...]]:
        """Everything that the rule and the others read."""
        return frozenset(path for rule in (*self.editions, *self.others) for path in rule.paths)
