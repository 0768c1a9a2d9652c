"""What must hold before a permit is added or changed; the registry decides nothing else about it."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection

from audit.statement import Statement
from casework import statuses
from casework.errors import NotTheirsError, PermitError, UnknownCaseError
from casework.permit_scope import printed_codes
from casework.ports import moment
from casework.statement_checks import Problem, overtaken
from licence_qr.status_list import Status


def number_of(acts: Sequence[Any], statement: Statement, of: int | None) -> int:
    """Return the number of the permit that a statement is about. Raises for another's permit or a stray number."""
    if (statement.act == "change") != (of is not None):
        english = "POST …/permits takes an `add`, PUT …/permits/{n} takes a `change`"
        raise PermitError([("/statement/act", statement.act, "新增用 POST，变更用 PUT", english)])
    if of is None:
        return 1 + max((row.permit for row in acts), default=0)
    owners = {row.authority for row in acts if row.permit == of}
    if not owners:
        raise UnknownCaseError(f"permits/{of}")
    if statement.authority.code not in owners:
        raise NotTheirsError(statement.authority.code)
    if statement.of != of:
        english = f"the statement changes permit {statement.of}, and the path names {of}"
        raise PermitError([("/statement/of", str(statement.of), "与路径中的许可序号不一致", english)])
    return of


def require_possible(
    connection: Connection,
    case_id: str,
    held: Any,
    acts: Sequence[Any],
    statement: Statement,
    number: int,
    standing: Status,
) -> None:
    """Raise `PermitError` with everything that cannot be true of this statement on this licence."""
    problems: list[Problem] = []
    if statement.holder != held.uscc:
        english = "it is about another holder than this licence"
        problems.append(("/statement/sub", statement.holder, "持证主体与该证照不一致", english))
    if standing is Status.INVALID:
        problems.append(("", held.jti, "证照已撤销，不能加印", "the licence is revoked; nothing can be added to it"))
    of_licence = set(printed_codes(connection, case_id))
    for place, code in enumerate(statement.permit.scope):
        if code not in of_licence:
            english = f"the licence has no such scope item; it has {', '.join(sorted(of_licence))}"[:300]
            problems.append((f"/statement/permit/scope/{place}", code, "该证照经营范围没有这一项", english))
    stated = statement.permit
    newest = {row.permit: json.loads(row.stated) for row in acts}
    twin = [
        n for n, one in newest.items() if (one["type"], one["number"]) == (stated.type, stated.number) and n != number
    ]
    if any(status_of(connection, case_id, n) is not Status.INVALID for n in twin):
        english = f"permit {twin[0]} of this licence has that type and number already; change that one"
        problems.append(("/statement/permit/number", stated.number, "该许可已经加印", english))
    else:
        problems += _later_than_before(connection, case_id, acts, statement)
    if statement.act == "change":
        problems += overtaken(statement, [row for row in acts if row.permit == number][-1].statement_id)
        if status_of(connection, case_id, number) is Status.INVALID:
            problems.append(
                (
                    "/statement/of",
                    str(number),
                    "许可已撤销，不能变更",
                    "the permit is revoked, which is final; add a new one",
                )
            )
        if newest[number]["type"] != stated.type:
            english = f"a permit keeps its type, here {newest[number]['type']!r}; add another one"
            problems.append(("/statement/permit/type", stated.type, "变更不得改变许可种类", english))
    if problems:
        raise PermitError(problems)


def _later_than_before(
    connection: Connection, case_id: str, acts: Sequence[Any], statement: Statement
) -> Iterator[Problem]:
    """Hold an addition of a type and number that was here before against the newest act on that one.

    A word that was held up on the way must not bring back what was changed or revoked since.
    """
    if statement.act != "add":
        return
    wanted = (statement.permit.type, statement.permit.number)
    bore = {row.permit for row in acts if _type_and_number(row) == wanted}
    touched = [row.at for row in acts if row.permit in bore]
    touched += [row.at for row in statuses.acts_of(connection, case_id) if row.permit in bore]
    newest = max(touched, default=None)
    if newest is not None and statement.made_at * 1_000_000 <= newest - newest % 1_000_000:
        english = f"this permit was on the licence before, and the newest act on it is of {moment(newest):%Y-%m-%d %H:%M:%S} UTC; sign anew"
        yield "/statement/iat", str(statement.made_at), "该许可曾在本照上，其后另有处理；请重新签署", english


def _type_and_number(row: Any) -> tuple[str, str]:
    stated = json.loads(row.stated)
    return stated["type"], stated["number"]


def standing_scopes(connection: Connection, case_id: str, newest: Sequence[Any]) -> dict[int, list[str]]:
    """Return, by number, the scope codes of every permit that is not revoked; `newest` is the newest row of each."""
    return {
        row.permit: json.loads(row.stated)["scope"]
        for row in newest
        if status_of(connection, case_id, row.permit) is not Status.INVALID
    }


def status_of(connection: Connection, case_id: str, number: int) -> Status:
    """Return the status of a permit; VALID for one that has no place yet, being added in this transaction."""
    found = connection.execute(statuses.permit_entries(case_id, number)).one_or_none()
    return Status.VALID if found is None else Status(found.value)
