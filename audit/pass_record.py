"""Leaves about the pass of a 民办非企业单位: its civil-affairs authority stated or changed the certificate.

The statement names a person, so the leaf holds its digest alone; nobody can guess back from that, for the statement ends in
a signature. The holder's code and the 登记管理机关 are public as they are.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from audit.canonical import canonical
from audit.plain import moment_text
from audit.record import VERSION, Record


@dataclass(frozen=True, slots=True)
class PassAct:
    """What an authority stated: `act` is add or change, `uscc` the holder's code.

    `licence` is the leaf of the version that a change replaces, None for a new pass; `authority` the code in the pinned list,
    `registry` how it stands on the pass (name, uscc, division), `type_code` of the identifier (GB/T 36904), `statement` its
    compact JWS.
    """

    act: str
    uscc: str
    licence: int | None
    authority: str
    registry: Mapping[str, str]
    type_code: str
    statement: str
    at: datetime


def pass_record(made: PassAct) -> Record:
    """Return the record of a pass that was stated or changed. The licence leaf that follows stands on it."""
    members = {
        "kind": "pass",
        "v": VERSION,
        "act": made.act,
        "uscc": made.uscc,
        "licence": made.licence,
        "authority": made.authority,
        "registry": dict(made.registry),
        "type_code": made.type_code,
        "statement_sha256": hashlib.sha256(made.statement.encode("ascii")).hexdigest(),
        "at": moment_text(made.at),
    }
    return Record(canonical(members))
