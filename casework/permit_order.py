"""In which order a version of a licence shows its permits: suspended ones first, otherwise as they were added.

A code that has no room leaves permits out from the last on, and of those a reader without a network knows nothing. So
what is suspended when a version is issued stands on its code. The order follows from rows that are only ever added: it can
be had again for the leaf of any version (`holder_claims`), and an auditor gets it from the log (`audit.verify_versions`).
"""

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, bindparam, select

from casework.tables import status_act

_ACTS = (
    select(status_act.c.permit, status_act.c.authority, status_act.c.act)
    .where(
        status_act.c.application_id == bindparam("case"),
        status_act.c.permit.is_not(None),
        status_act.c.log_index < bindparam("before"),
    )
    .order_by(status_act.c.log_index)
)
_NOW = 2**62  # beyond every leaf


def suspended_permits(connection: Connection, case_id: str, before: int = _NOW) -> frozenset[int]:
    """Return the numbers of the permits that a side suspends before a leaf, or now: each side lifts its own suspension."""
    acts = connection.execute(_ACTS, {"case": case_id, "before": before})
    newest = {(row.permit, row.authority): row.act for row in acts}
    return frozenset(number for (number, _side), act in newest.items() if act == "suspend")


def in_order(numbers: Iterable[int], suspended: Collection[int]) -> list[int]:
    """Return permits in the order in which a licence shows them.

    >>> in_order([3, 1, 2], {2})
    [2, 1, 3]
    """
    return sorted(numbers, key=lambda number: (number not in suspended, number))
