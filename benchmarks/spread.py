"""Numbers over several runs: the middle one, how far they lie apart, and a slope that outliers do not move."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median


@dataclass(frozen=True, slots=True)
class Spread:
    """Several measurements of one thing."""

    values: tuple[float, ...]

    @property
    def middle(self) -> float:
        """The median."""
        return median(self.values)

    @property
    def apart(self) -> float:
        """(greatest - least) / median: what a reader should allow for noise."""
        return (max(self.values) - min(self.values)) / self.middle if self.middle else 0.0

    def to_json(self) -> dict[str, float]:
        """Return median, least and greatest."""
        return {"median": self.middle, "least": min(self.values), "greatest": max(self.values)}


def theil_sen(points: Sequence[tuple[float, float]]) -> float:
    """Return the median of the slopes of all pairs of points; a few jumps of the allocator do not move it."""
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in combinations(points, 2) if b[0] != a[0]]
    return median(slopes) if slopes else 0.0
