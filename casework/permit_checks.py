"""What must hold before a permit is added or changed; the registry decides nothing else about it."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from audit.statement import Statement
from casework import statuses
from casework.cases import find
from casework.certificates import stated as stated_of
from casework.errors import NotTheirsError, PermitError, UnknownCaseError
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
    problems: list[tuple[str, str, str, str]] = []
    if statement.holder != held.uscc:
        english = "it is about another holder than this licence"
        problems.append(("/statement/sub", statement.holder, "持证主体与该证照不一致", english))
    if standing is Status.INVALID:
        problems.append(("", held.jti, "证照已撤销，不能加印", "the licence is revoked; nothing can be added to it"))
    of_licence = _scope_codes(connection, case_id)
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
    if statement.act == "change":
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


def status_of(connection: Connection, case_id: str, number: int) -> Status:
    """Return the status of a permit; VALID for one that has no place yet, being added in this transaction."""
    found = connection.execute(statuses.permit_entries(case_id, number)).one_or_none()
    return Status.VALID if found is None else Status(found.value)


def _scope_codes(connection: Connection, case_id: str) -> frozenset[str]:
    """Return the codes that permits may name: those of the application, or of the certificate that a pass carries."""
    if (of_pass := stated_of(connection, case_id)) is not None:
        return frozenset(item.code for item in of_pass.certificate.scope)
    case = find(connection, case_id)
    assert case is not None  # its licence exists
    return frozenset(entry["code"] for entry in json.loads(case.body)["scope"]["items"])
