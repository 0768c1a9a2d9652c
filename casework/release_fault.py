"""Why the newest rule release is not live: for good, or until what kept it from being taken up has passed."""

from dataclasses import dataclass

from audit.release_errors import ReleaseError

PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds until the next try; doubles


@dataclass(frozen=True, slots=True)
class Fault:
    """`again` is the reading of the clock for the next try, None for a release that does not verify: that stays so."""

    sequence: int
    why: str
    pause: float = PAUSE
    again: float | None = None

    def __str__(self) -> str:
        if self.again is None:
            return f"rule release {self.sequence} does not verify: {self.why}"
        return f"rule release {self.sequence} cannot be taken up now: {self.why}; it is tried again by itself"


def fault_of(sequence: int, error: Exception, before: Fault | None, now: float) -> Fault:
    """Return the fault that an error is; `before` is the one that stood until now, `now` the reading of the clock.

    Only a `ReleaseError` condemns a release. A full disk or a busy store says nothing about it.
    """
    if isinstance(error, ReleaseError):
        return Fault(sequence, f"{error.reason}: {error}")
    pause = PAUSE
    if before is not None and before.sequence == sequence and before.again is not None:
        pause = min(2 * before.pause, LONGEST_PAUSE)
    why = f"{type(error).__name__}: {error}" if isinstance(error, OSError) else type(error).__name__
    return Fault(sequence, why, pause, now + pause)
