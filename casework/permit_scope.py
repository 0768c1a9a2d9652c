"""Which printed scope items a permit covers: the codes that its authority stated, as positions on the licence.

A licence prints words and no codes, so a permit on it names items by where they stand, counted from 0 over both halves.
"""

import json
from collections.abc import Sequence

from sqlalchemy import Connection

from casework.cases import find
from casework.certificates import stated
from licence_qr.claims import printed_order


def printed_codes(connection: Connection, case_id: str) -> tuple[str, ...]:
    """Return the codes of a licence's scope items as they are printed: of its application, or of a pass's certificate.

    The case must have a licence.
    """
    if (of_pass := stated(connection, case_id)) is not None:
        return tuple(item.code for item in of_pass.certificate.scope)
    case = find(connection, case_id)
    assert case is not None  # its licence exists
    return tuple(str(item["code"]) for item in printed_order(json.loads(case.body)["scope"]["items"]))


def positions(codes: Sequence[str], printed: Sequence[str]) -> tuple[int, ...]:
    """Return where items with these codes stand, rising; a code that is no longer on the licence has no place.

    >>> positions(["B", "A", "gone"], ["A", "C", "B"])
    (0, 2)
    """
    return tuple(place for place, code in enumerate(printed) if code in codes)
