"""What the holder's download shows beyond the printed code: every permit in full, and the holder's own private fields.

A printed code may be in short form; the full list is made again from the register as it stood at the leaf of that very
version (rows are only ever added), and is held to what was signed: shortened again it must give the same claims. The
private fields are those of the person whom the licence names, from the application; an entity that was registered
elsewhere (a pass) has no application here, and then there are none.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, bindparam, select

from casework import cases, certificates, statuses
from casework.cases import Case
from casework.errors import UnknownCaseError
from casework.issuing import content_of
from casework.parts import Parts
from casework.permit_order import in_order, suspended_permits
from casework.permit_scope import printed_codes
from casework.permits import permit_of
from casework.ports import moment
from casework.tables import licence, permit_act, status_act
from licence_qr import strict_json
from licence_qr.claims import STATUS_PATH, Issuance, LogPosition, Permit, build
from licence_qr.errors import IssuanceError
from licence_qr.identifiers import parse_identifier
from licence_qr.short_form import fitted
from licence_qr.token import parts_of
from licence_qr.transport import MOST_JSON

_LICENCE = select(licence).where(
    licence.c.application_id == bindparam("case"), licence.c.log_index < bindparam("published")
)
_OF_CODE = select(licence).where(licence.c.uscc == bindparam("code"), licence.c.log_index < bindparam("published"))
_ACTS = (
    select(permit_act)
    .where(permit_act.c.application_id == bindparam("case"), permit_act.c.log_index < bindparam("at"))
    .order_by(permit_act.c.log_index)
)
_REVOKED = select(status_act.c.permit).where(
    status_act.c.application_id == bindparam("case"),
    status_act.c.act == "revoke",
    status_act.c.permit.is_not(None),
    status_act.c.log_index < bindparam("at"),
)
_WHOLE = {"type", "held", "authority", "number", "valid_from", "status_idx"}  # of a permit that is held


@dataclass(frozen=True, slots=True)
class HolderClaims:
    """The signed claims of a licence, the full list of its permits, and the private fields of its holder by name."""

    claims: Mapping[str, Any]
    permits: Sequence[Mapping[str, Any]]
    private: Mapping[str, str]


def holder_claims(parts: Parts, case_id: str, client: str) -> HolderClaims | None:
    """Return what the holder of a licence may download, or None while there is no licence to be told.

    Raises `UnknownCaseError` for a case that `client` did not submit, `IssuanceError` when the register no longer gives the permits that were signed, `NoRulesError` when the rules
    of the decision cannot be had (a short form alone asks for them).
    """
    published = parts.writer.published
    with parts.reader.connect() as connection:
        case = cases.find(connection, case_id)
        if case is None or case.client != client:
            raise UnknownCaseError(case_id)
        held = connection.execute(_LICENCE, {"case": case_id, "published": published}).one_or_none()
        if held is None:
            return None
        claims, permits = _in_full(parts, connection, case, held)
        elsewhere = certificates.stated(connection, case_id) is not None
    return HolderClaims(claims, permits, {} if elsewhere else _private(json.loads(case.body), claims))


def permits_in_full(parts: Parts, code: str) -> tuple[str, Sequence[Mapping[str, Any]]] | None:
    """Return the identifier of the licence of a credit code and every permit of it, as its full claims have them; None without one.

    They are public: whoever asks may see what was permitted (行政许可法 40). Raises as `holder_claims` does.
    """
    published = parts.writer.published
    with parts.reader.connect() as connection:
        held = connection.execute(_OF_CODE, {"code": code, "published": published}).one_or_none()
        case = None if held is None else cases.find(connection, held.application_id)
        return None if held is None or case is None else (held.jti, _in_full(parts, connection, case, held)[1])


def _in_full(
    parts: Parts, connection: Connection, case: Case, held: Any
) -> tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]:
    """Return the claims of a version as they were signed, and its permits in full."""
    token = parts_of(held.token)
    claims: dict[str, Any] = strict_json.read(token.payload, limit=4 * MOST_JSON, reason="claims")
    if _is_whole(claims):
        return claims, claims["permits"]
    full = _full(parts, connection, case, held, claims)
    if fitted(full, token.header) != claims:
        raise IssuanceError(f"the register no longer gives the permits that licence {held.jti} was signed with")
    return claims, full["permits"]


def _is_whole(claims: Mapping[str, Any]) -> bool:
    return "permits_digest" not in claims and all(
        entry.keys() >= _WHOLE for entry in claims["permits"] if entry["held"]
    )


def _full(parts: Parts, connection: Connection, case: Case, held: Any, claims: Mapping[str, Any]) -> dict[str, Any]:
    """Build the claims of a version again, with every permit in full."""
    permits, places = _permits_at(connection, held.application_id, held.log_index)
    established = date.fromisoformat(claims["licence"]["established_on"])
    subject = content_of(parts, connection, case, held.uscc, established)
    named = claims["status"]["status_list"]
    issuance = Issuance(
        iss=claims["iss"],
        identifier=parse_identifier(held.jti),
        issued_at=moment(held.issued_at),
        status_list=int(str(named["uri"]).removeprefix(claims["iss"] + STATUS_PATH)),
        status_index=named["idx"],
        log=LogPosition(parts.log.origin, held.decision_log_index),
        permit_indexes=places,
    )
    return build(replace(subject, permits=permits), issuance)


def _permits_at(connection: Connection, case_id: str, at: int) -> tuple[tuple[Permit, ...], tuple[int, ...]]:
    """Return the permits that were held before the leaf `at`, in the order of `permit_order`, with their places."""
    revoked = set(connection.execute(_REVOKED, {"case": case_id, "at": at}).scalars())
    newest = {row.permit: row for row in connection.execute(_ACTS, {"case": case_id, "at": at})}
    held = in_order(newest.keys() - revoked, suspended_permits(connection, case_id, at))
    places = [connection.execute(statuses.permit_entries(case_id, number)).one().position for number in held]
    printed = printed_codes(connection, case_id) if held else ()
    return tuple(permit_of(newest[number], printed) for number in held), tuple(places)


def _private(document: Mapping[str, Any], claims: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields of the person whom the licence names; nobody else's are ever in a download."""
    holder = document.get("operator") or document.get("investor") or document["legal_representative"]
    person = next(one for one in document["people"] if one["ref"] == holder["person"])
    if person["name"] not in claims["licence"].values():
        raise IssuanceError("the licence names another person than the application; no private field is given out")
    found = {
        "id_number": str(person.get("id_number", "")).upper(),
        "phone": str(person.get("mobile", "")),
        "home_address": str(person.get("home_address", "")),
    }
    return {name: value for name, value in found.items() if value}
