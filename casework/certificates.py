"""What the civil-affairs authority stated of a pass, as the rows keep it, and what a licence shows of it."""

import json
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select

from audit.certificate import Certificate
from casework.tables import pass_act
from licence_qr.claims import LicenceSubject, Registry, ScopeItem

_NEWEST = (
    select(pass_act)
    .where(pass_act.c.application_id == bindparam("case"))
    .order_by(pass_act.c.log_index.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Stated:
    """The newest statement of a pass: its jti, by which authority (its code), made when (seconds), at which leaf, in which words.

    `registry` is the authority as 登记管理机关, by the name that it had then; `type_code` is that of the identifier.
    """

    statement: str
    authority: str
    made_at: int
    log_index: int
    registry: Registry
    type_code: str
    certificate: Certificate


def stated(connection: Connection, case_id: str) -> Stated | None:
    """Return the newest statement of a pass; None for a licence that the registry itself decided on, or for no licence."""
    row = connection.execute(_NEWEST, {"case": case_id}).one_or_none()
    if row is None:
        return None
    registry = Registry(**json.loads(row.registry))
    read = Certificate.model_validate_json(row.certificate)
    return Stated(row.statement_id, row.authority, row.made_at, row.log_index, registry, row.type_code, read)


def subject_of(one: Stated, code: str) -> LicenceSubject:
    """Return the items of the certificate (暂行条例 12) as the pass of credit code `code` shows them."""
    said = one.certificate
    return LicenceSubject(
        kind="ngo",
        form=said.form,
        uscc=code,
        name=said.name,
        person=said.representative,
        capital_fen=said.capital_fen,
        supervising_authority=said.supervising_authority,
        premises=said.premises,
        scope=tuple(ScopeItem(item.text, "general") for item in said.scope),
        established_on=said.established_on,
        registry=one.registry,
        term_until=said.term.until,
    )
