"""What the registry itself says of the licence whose number somebody typed: its credit code, or its own identifier.

Both stand on the paper. The credit code names the licence as it is today; the identifier (GB/T 36904) names one version,
also one that a newer version has replaced, and the answer says so. A code may have room for some of the permits only; the
register has them all, so that all are told here, each with its status.
"""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import structlog

from casework import views
from casework.errors import NoRulesError
from casework.holder_claims import permits_in_full
from licence_qr.errors import IssuanceError
from licence_qr.identifiers import ROOT, parse_identifier
from licence_qr.status_list import StatusBook
from licence_qr.uscc import parse_credit_code
from licence_qr.verify import Verification, answers_for, verify

if TYPE_CHECKING:
    from api.service import Service

log = structlog.get_logger()


def spelled(typed: str) -> str:
    """Return a number in the one spelling of the register. Raises `IdentifierError` when its check characters disagree."""
    number = "".join(typed.split()).upper()
    if "." in number:
        return str(parse_identifier(number if number.startswith(ROOT) else f"{ROOT}.{number}"))
    return str(parse_credit_code(number))


async def answer_for(service: "Service", number: str) -> Verification | None:
    """Return what is to be said now of the licence of a number, or None when none can be told."""
    token = _token(service, number)
    if token is None:
        return None
    at = int(service.flow.ports.now().timestamp())
    found = verify(token, service.trust, at=at)
    if found.claims is None:
        return found
    claims = await asyncio.to_thread(_with_all_permits, service, found.claims)  # it reads the store, and rules perhaps
    uri, book = found.claims["status"]["status_list"]["uri"], StatusBook(service.trust)
    if (held := service.statuses.get(int(uri.rpartition("/")[2]))) is not None:
        book.add(uri, held.token)
    return answers_for(claims, at=at, status=book)


def _with_all_permits(service: "Service", claims: Mapping[str, Any]) -> dict[str, Any]:
    """Return the claims with every permit in full, where the register gives them; else as they are signed.

    It gives those of the newest version alone: an older one is answered with "replaced" whatever it permitted.
    """
    try:
        found = permits_in_full(service.flow.parts, str(claims["sub"]))
    except (IssuanceError, NoRulesError) as error:
        log.warning("number.permits_not_told", identifier=claims["jti"], reason=str(error))
        found = None
    if found is None or found[0] != claims["jti"]:
        return dict(claims)
    return {**claims, "permits": list(found[1])}


def _token(service: "Service", number: str) -> str | None:
    if "." in number:
        return views.token_of_version(service.flow.parts, number)
    case_id = service.licence_id(number)
    return None if case_id is None else service.licence_token(case_id)
