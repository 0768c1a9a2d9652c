"""What a comparison of two rule books answers: changed rules, and for each direction a witness or a proof."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from rules.difference.beside import Beside
from rules.difference.meaning import Kind, Words

Direction = Literal["stricter", "laxer", "outcome"]
DIRECTIONS: tuple[Direction, ...] = ("stricter", "laxer", "outcome")
"""OLD approves and NEW does not; NEW approves and OLD does not; neither approves, with different outcomes."""

Verdict = Literal["witness", "facts", "covered", "proved", "undecided"]
"""A whole application; facts of the rule alone; none, since other rules forbid it; none at all; nobody can say."""


@dataclass(frozen=True, slots=True)
class PatchLine:
    """One value of a witness that is not as in the application it is made from; `at` is a pointer or a source's answer."""

    at: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Side:
    """What one set says of a whole application: the outcome, and `rule effect` for all that stands against approval."""

    outcome: str
    causes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Witness:
    """A whole application with its evidence, decided by both sets; `patch` is what differs from `made_from`.

    `application` and `evidence` are the whole of it, so that anybody can run it again.
    """

    item: str
    on: date
    made_from: str
    patch: tuple[PatchLine, ...]
    old: Side
    new: Side
    case: str | None = None  # the name of the case that it is, if it was not made for this answer
    application: Mapping[str, Any] = field(repr=False, default_factory=dict)
    evidence: tuple[Mapping[str, Any], ...] = field(repr=False, default=())


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one direction.

    `facts` are the facts by name that make the rule differ, where no whole application was found. `rules` are those
    that forbid it anyway (`covered`), or that also stood against the facts. `scope` says how far a proof reaches, `why`
    what kept the answer from being more.
    """

    direction: Direction
    verdict: Verdict
    witness: Witness | None = None
    facts: Mapping[str, Any] | None = None
    rules: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()
    why: str = ""

    @property
    def none_exists(self) -> bool:
        """Tell whether it is proved that no application goes this way."""
        return self.verdict in {"proved", "covered"}


@dataclass(frozen=True, slots=True)
class Change:
    """One change of meaning of one rule, where it applies, and what it does.

    `affected` names the applications at hand on which this rule has another effect, whatever the decision.
    """

    rule: str
    kind: Kind
    aspects: tuple[str, ...]
    values: Mapping[str, tuple[Any, Any]]
    where: tuple[tuple[str, date], ...]
    answers: tuple[Answer, ...]
    affected: tuple[str, ...] = ()

    @property
    def equal(self) -> bool:
        """Tell whether the two are proved to say the same of every application, and show defects at the same place."""
        only_forms = set(self.aspects) <= {"applies", "condition"} or any(" " in one for one in self.aspects)
        tame = self.kind == "changed" and only_forms and not {"effect", "place"} & set(self.aspects)
        return tame and all(answer.verdict == "proved" for answer in self.answers)

    def answer(self, direction: Direction) -> Answer:
        """Return the answer to one direction."""
        return next(one for one in self.answers if one.direction == direction)


@dataclass(frozen=True, slots=True)
class Flip:
    """An application at hand on which the two books decide differently."""

    name: str
    item: str
    on: date
    old: Side
    new: Side
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The whole answer. `looked_at` counts the applications at hand; `flips` are those decided differently."""

    old: str
    new: str
    days: tuple[date, ...]
    items: tuple[str, ...]
    changes: tuple[Change, ...]
    words: tuple[Words, ...]
    beside: tuple[Beside, ...]
    items_apart: tuple[str, ...] = ()
    looked_at: int = 0
    flips: tuple[Flip, ...] = ()

    @property
    def different(self) -> bool:
        """Tell whether anything of meaning differs: a rule that is not proved equal, an item, or a decision at hand."""
        return bool(self.flips or self.items_apart or any(not change.equal for change in self.changes))
