"""How much one authority may do to one licence, so that none can freeze it for the others.

A licence has 999 versions, 40 permits and a share of its status list; every permit and every change of one takes a
version. What is revoked no longer counts as held. Suspending and revoking take neither version nor place, and are never refused here.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from casework.errors import StatusError
from casework.permit_checks import status_of
from casework.ports import micros
from casework.tables import pass_act, permit_act
from licence_qr.status_list import Status

MOST_A_DAY = 20  # additions and changes of one authority on one licence in 24 hours
MOST_HELD = 20  # permits of one authority on one licence, half of what a licence carries
DAY = timedelta(days=1)
Problem = tuple[str, str, str, str]


def require(
    connection: Connection,
    case_id: str,
    authority: str,
    now: datetime,
    refused: type[StatusError],
    *,
    adds: bool = False,
) -> None:
    """Raise `refused` (`PermitError`, `PassError`) when this act of an authority on this licence is one too many."""
    problems = exceeded(connection, case_id, authority, now, adds=adds)
    if problems:
        raise refused(problems)


def exceeded(connection: Connection, case_id: str, authority: str, now: datetime, *, adds: bool) -> list[Problem]:
    """Return (pointer, value, zh, en) of each quota that a further act of this authority would exceed; `adds`: a permit."""
    problems = []
    since, done = micros(now - DAY), 0
    for table in (permit_act, pass_act):
        asked = select(func.count()).where(
            table.c.application_id == case_id, table.c.authority == authority, table.c.at > since
        )
        done += connection.execute(asked).scalar_one()
    if done >= MOST_A_DAY:
        english = f"one authority changes one licence at most {MOST_A_DAY} times in 24 hours; send it again tomorrow"
        problems.append(
            ("", str(done), f"同一机关对同一证照 24 小时内至多加印或变更 {MOST_A_DAY} 次，请次日再办", english)
        )
    if adds:
        asked = (
            select(permit_act.c.permit)
            .where(permit_act.c.application_id == case_id, permit_act.c.authority == authority)
            .distinct()
        )
        held = [
            n for n in connection.execute(asked).scalars() if status_of(connection, case_id, n) is not Status.INVALID
        ]
        if len(held) >= MOST_HELD:
            english = (
                f"one authority keeps at most {MOST_HELD} permits on one licence; revoke what is no longer held first"
            )
            chinese = f"同一机关在同一证照上至多 {MOST_HELD} 项许可，请先撤销不再有效的"
            problems.append(("/statement/permit", str(len(held)), chinese, english))
    return problems
