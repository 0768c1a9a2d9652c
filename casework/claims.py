"""What an approval takes for itself: its content (no second licence for the same signed content) and its name.

The name registry learns of a registration in its own time; until then our own approvals must count, or two applicants
could take one name within a second (名 17). A claimed name goes into the decision as a fact of the case, so that a
replay sees it. Claims are read before deciding and held again inside the transaction that records the approval.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, delete, insert, select

from casework.errors import ContentTakenError, NameTakenError
from casework.ports import moment
from casework.tables import content_claim, name_claim
from engine.application import Application
from verifiers.name_comparison import NormalForm, normal_form, same_name

_CONTENT = select(content_claim.c.application_id).where(content_claim.c.content_digest == bindparam("digest"))
_NAMES = select(name_claim).where(name_claim.c.trade_name == bindparam("trade"))


def holder_of_content(reader: Engine, application: Application, case_id: str) -> str | None:
    """Return the other case that is open, referred or approved on the same content, or None (S21)."""
    with reader.connect() as connection:
        holder = connection.execute(_CONTENT, {"digest": application.content_digest}).scalar()
    return None if holder is None or holder == case_id else str(holder)


def own_names(reader: Engine, application: Application, case_id: str) -> dict[str, Any]:
    """Return the case facts of an application: the names of our own approvals that are the same as its own."""
    full = application.document["entity"].get("name")
    if full is None:
        return {}
    with reader.connect() as connection:
        found = _same(connection, normal_form(full), case_id)
    return {"own_names": found} if found else {}


def claim(connection: Connection, application: Application, case_id: str, now: int, known: Mapping[str, Any]) -> None:
    """Hold content and name for an approval, or the content alone for a case that is pending.

    Raises `ContentTakenError` or `NameTakenError` when another case took them since they were looked up (`known`).
    """
    claim_content(connection, application, case_id)
    full = application.document["entity"].get("name")
    if full is None:
        return
    form = normal_form(full)
    if len(_same(connection, form, case_id)) > len(known.get("own_names", ())):
        message = f"another approval took the name of case {case_id} while it was decided"
        raise NameTakenError(message)
    connection.execute(
        insert(name_claim).values(application_id=case_id, trade_name=form.trade_name, full=full, claimed_at=now)
    )


def claim_content(connection: Connection, application: Application, case_id: str) -> None:
    """Hold the content for a pending or approved case. Raises `ContentTakenError`."""
    holder = connection.execute(_CONTENT, {"digest": application.content_digest}).scalar()
    if holder is None:
        row = {"content_digest": application.content_digest, "application_id": case_id}
        connection.execute(insert(content_claim), row)
    elif holder != case_id:
        raise ContentTakenError(str(holder))


def give_back(connection: Connection, case_id: str) -> None:
    """Free the content of a case that came to nothing, so that it can be submitted again."""
    connection.execute(delete(content_claim).where(content_claim.c.application_id == case_id))


def _same(connection: Connection, form: NormalForm, case_id: str) -> list[dict[str, Any]]:
    rows = connection.execute(_NAMES, {"trade": form.trade_name}).all()
    return [
        {
            "full": row.full,
            "uscc": None,
            "status": "registered",
            "since": moment(row.claimed_at).date().isoformat(),
            "invested_by_applicant": False,
            "transferred_to_applicant": False,
        }
        for row in rows
        if row.application_id != case_id and same_name(form, normal_form(row.full))
    ]
