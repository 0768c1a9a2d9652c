"""The hit policies of decision tables (DMN 1.5, 8.2.8): what a table answers when several rows match."""

from enum import Enum


class HitPolicy(Enum):
    """One letter, for `collect` with the sign of its aggregation."""

    UNIQUE = "U"
    ANY = "A"
    PRIORITY = "P"
    FIRST = "F"
    RULE_ORDER = "R"
    OUTPUT_ORDER = "O"
    COLLECT = "C"
    SUM = "C+"
    MIN = "C<"
    MAX = "C>"
    COUNT = "C#"

    @property
    def is_list(self) -> bool:
        """Tell whether the answer is a list with one element for each matching row."""
        return self in {HitPolicy.RULE_ORDER, HitPolicy.OUTPUT_ORDER, HitPolicy.COLLECT}

    @property
    def is_aggregation(self) -> bool:
        """Tell whether the answer is one number made of all matching rows."""
        return self in {HitPolicy.SUM, HitPolicy.MIN, HitPolicy.MAX, HitPolicy.COUNT}

    @property
    def has_priorities(self) -> bool:
        """Tell whether the order of the allowed output values decides."""
        return self in {HitPolicy.PRIORITY, HitPolicy.OUTPUT_ORDER}
