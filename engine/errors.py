"""Errors of the core.

What an applicant sent is answered with all its problems at once. A rule set that asks too much fails when it loads, never
during a decision.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rules.model import Text


@dataclass(frozen=True, slots=True)
class IntakeProblem:
    """One thing wrong with a submission.

    `pointer` is an RFC 6901 pointer into the document; `value` what stands there, masked when it is personal, None when
    nothing does; `why` and `mend` are ready sentences.
    """

    pointer: str
    value: Any
    why: Text
    mend: Text


class IntakeError(ValueError):
    """A submission that is not an application: every problem, in document order; not `readable` means not even JSON."""

    def __init__(self, problems: Sequence[IntakeProblem], *, readable: bool = True) -> None:
        self.problems = tuple(problems)
        self.readable = readable
        super().__init__("\n".join(f"{problem.pointer or '/'}: {problem.why.en}" for problem in self.problems))


class EngineLimitError(ValueError):
    """A rule set that the network cannot hold within the limits that keep it safe; raised when it loads."""
