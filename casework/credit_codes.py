"""The pool of unified social credit codes: loaded from an allotment, drawn once each, never given back.

The national code centre allots 主体标识码; a county cannot mint them. Loading an allotment twice adds nothing.
"""

from collections.abc import Iterable

from sqlalchemy import Connection, func, insert, select

from casework.tables import credit_code
from licence_qr.uscc import parse_credit_code


def load(connection: Connection, codes: Iterable[str]) -> int:
    """Add the codes that are new; return how many. Raises `IdentifierError` for one with a wrong check character."""
    known = set(connection.execute(select(credit_code.c.code)).scalars())
    fresh = [code for code in dict.fromkeys(codes) if code not in known]
    rows = [{"code": code, "pool": str(parse_credit_code(code))[:2], "application_id": None} for code in fresh]
    if rows:
        connection.execute(insert(credit_code), rows)
    return len(rows)


def left(connection: Connection) -> dict[str, int]:
    """Return how many codes are free, by pool (91 enterprises, 92 个体工商户)."""
    statement = (
        select(credit_code.c.pool, func.count())
        .where(credit_code.c.application_id.is_(None))
        .group_by(credit_code.c.pool)
    )
    return {pool: count for pool, count in connection.execute(statement)}  # noqa: C416 (rows, not pairs, for mypy)
