"""What the registry itself says of the licence whose number somebody typed: its credit code, or its own identifier.

Both stand on the paper. The credit code names the licence as it is today; the identifier (GB/T 36904) names one version,
also one that a newer version has replaced, and the answer says so.
"""

from typing import TYPE_CHECKING

from casework import views
from licence_qr.identifiers import ROOT, parse_identifier
from licence_qr.status_list import StatusBook
from licence_qr.uscc import parse_credit_code
from licence_qr.verify import Verification, answers_for, verify

if TYPE_CHECKING:
    from api.service import Service


def spelled(typed: str) -> str:
    """Return a number in the one spelling of the register. Raises `IdentifierError` when its check characters disagree."""
    number = "".join(typed.split()).upper()
    if "." in number:
        return str(parse_identifier(number if number.startswith(ROOT) else f"{ROOT}.{number}"))
    return str(parse_credit_code(number))


def answer_for(service: "Service", number: str) -> Verification | None:
    """Return what is to be said now of the licence of a number, or None when none can be told."""
    token = _token(service, number)
    if token is None:
        return None
    at = int(service.flow.ports.now().timestamp())
    found = verify(token, service.trust, at=at)
    if found.claims is None:
        return found
    uri, book = found.claims["status"]["status_list"]["uri"], StatusBook(service.trust)
    if (held := service.statuses.get(int(uri.rpartition("/")[2]))) is not None:
        book.add(uri, held.token)
    return answers_for(dict(found.claims), at=at, status=book)


def _token(service: "Service", number: str) -> str | None:
    if "." in number:
        return views.token_of_version(service.flow.parts, number)
    case_id = service.licence_id(number)
    return None if case_id is None else service.licence_token(case_id)
