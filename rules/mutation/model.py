"""What a mutant is: one planted mistake, with a name that stays when other lines are edited."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rules.model import Parameter, Rule
from rules.typed import TypedRule
from rules.typed_functions import TypedDefinition, TypedTable

Function = TypedTable | TypedDefinition

ID_DIGITS = 8  # of a SHA-256 in hexadecimal: two of a thousand mutants of one rule agree with chance 1 in 8,000


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake. Exactly one of `rule`, `parameter` (each as changed) and `function` (as it stands, and changed) is there.

    `owner` is the id of the rule, parameter, table or definition; `of` is the rule as it stands; `original` and `changed` are the two texts; `unseen` says, in both
    languages, why no case on any day can tell the two apart, where that follows from the book itself.
    """

    id: str
    owner: str
    kind: str
    file: str
    line: int
    column: int
    original: str
    changed: str
    rule: TypedRule | None = field(default=None, repr=False)
    of: TypedRule | None = field(default=None, repr=False)
    parameter: Parameter | None = field(default=None, repr=False)
    function: tuple[Function, Function] | None = field(default=None, repr=False)
    hint: Mapping[str, Any] = field(default_factory=dict, repr=False)
    unseen: tuple[str, str] | None = None


class Ids:
    """Gives out ids: the owner, and a digest of what is changed; equal changes in one owner are numbered apart."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def give(self, owner: str, *parts: str) -> str:
        """Return the id of the mutant of `owner` that `parts` describe.

        >>> ids = Ids(); ids.give("A06", "holds_when", "x = 1", "x = 2"), ids.give("A06", "holds_when", "x = 1", "x = 2")
        ('A06-a1eec387', 'A06-73ae0f46')
        """
        said = "\x1f".join((owner, *parts))
        number = self._seen[said] = self._seen.get(said, 0) + 1
        digest = hashlib.sha256(f"{said}\x1f{number}".encode()).hexdigest()
        return f"{owner}-{digest[:ID_DIGITS]}"


def edition(rule: Rule) -> str:
    """Name an edition of a rule: its first day, since editions of one rule never overlap."""
    return rule.in_force.from_.isoformat()
