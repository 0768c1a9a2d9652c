"""A circuit breaker for each source: one that has just failed several times is left alone for a while."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(slots=True)
class _State:
    failures: int = 0
    closed_until: datetime | None = None


@dataclass(slots=True)
class Breakers:
    """The state of all breakers; the caller owns it and gives it to every gathering.

    After `threshold` failures in a row a source is not asked for `rest`; then one gathering may try, and the others
    wait for what it finds. A source that is down so costs its deadline once each `rest`, not once each application.
    """

    threshold: int = 3
    rest: timedelta = timedelta(seconds=5)
    _states: dict[str, _State] = field(default_factory=dict)

    def may_ask(self, source: str, now: datetime) -> bool:
        """Tell whether the source may be asked now; taking the one trial after a rest counts as taken."""
        state = self._states.get(source)
        if state is None or state.closed_until is None:
            return True
        if now < state.closed_until:
            return False
        state.closed_until = now + self.rest
        return True

    def answered(self, source: str) -> None:
        """Note that the source answered, with whatever: it is up."""
        self._states.pop(source, None)

    def failed(self, source: str, now: datetime) -> None:
        """Note that the source did not answer."""
        state = self._states.setdefault(source, _State())
        state.failures += 1
        if state.failures >= self.threshold:
            state.closed_until = now + self.rest

    def resting(self, now: datetime) -> tuple[str, ...]:
        """Return the sources that are left alone at the moment, in alphabetical order."""
        states = self._states.items()
        return tuple(sorted(s for s, state in states if state.closed_until is not None and now < state.closed_until))
