"""An authority's own word on a permit: a compact JWS by its key, kept as evidence beside the log.

The pass is signed by the registry, which carries the permit and does not grant it; that the authority granted it is what
this statement proves, to anybody who pins the list of authorities. Beyond what all statements are held to
(`audit.signed_statement`), the type of permit is one that the authority may endorse.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from audit.authorities import Authorities, Authority, AuthorityKey, Word
from audit.signed_statement import (
    CLOSED,
    LONGEST,
    Jti,
    StatementError,
    common_problems,
    day_in_china,
    opened,
    right_problems,
)

__all__ = ["LONGEST", "TYP", "StatedPermit", "Statement", "StatementError", "open_statement"]

TYP = "permit-statement+jwt"


class StatedPermit(BaseModel):
    """The permit as its authority words it: days are both included, `scope` are codes of the scope catalogue."""

    model_config = CLOSED
    type: Word
    number: Word
    valid_from: date
    valid_to: date | None = None
    scope: Annotated[list[Annotated[str, Field(min_length=1, max_length=40)]], Field(min_length=1, max_length=100)]
    identifier: Annotated[str, Field(pattern=r"^[0-9A-Z.]{1,120}$")] | None = None


class _Payload(BaseModel):
    model_config = CLOSED
    iss: str
    aud: str
    sub: Annotated[str, Field(pattern=r"^[0-9A-Z]{18}$")]
    iat: Annotated[int, Field(ge=10**9, lt=10**11)]
    jti: Jti
    act: Literal["add", "change"]
    of: Annotated[int, Field(ge=1, le=999)] | None = None
    after: Jti | None = None
    permit: StatedPermit


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that holds: whose it is and by which key, of which holder (credit code), its own id, and what it says.

    `of` is the number of the permit that it changes and `after` the id of the statement that it changes, both None when it
    adds one; `made_at` is in seconds, and so is `until`, the end of the right that it was made by (None: it stands).
    """

    authority: Authority
    key: AuthorityKey
    until: int | None
    holder: str
    id: str
    made_at: int
    act: str
    of: int | None
    after: str | None
    permit: StatedPermit


def open_statement(compact: str, authorities: Authorities, audience: str) -> Statement:
    """Return what a statement says. Raises `StatementError` with what is wrong; clocks are the caller's matter."""
    authority, key, payload = opened(compact, authorities, TYP, _Payload)
    problems = common_problems(payload, authority, key, audience)
    if (payload.act == "change") != (payload.of is not None):
        english = "`of` names the permit that is changed: with act change, and only then"
        problems.append(("/of", str(payload.of), "变更时须写明 of，新增时不得填写", english))
    stated = payload.permit
    if stated.type not in authority.permit_types:
        english = f"{authority.code!r} may endorse {', '.join(authority.permit_types)}, and nothing else"
        problems.append(("/permit/type", stated.type, f"{authority.name.zh}无权加印该类许可", english))
    until = authority.endorses_until(stated.type)
    problems += right_problems(until, payload.iat, "/permit/type", stated.type)
    if stated.valid_to is not None and stated.valid_to < stated.valid_from:
        problems.append(("/permit/valid_to", str(stated.valid_to), "止期早于起期", "it ends before it begins"))
    elif payload.act == "add" and stated.valid_to is not None and stated.valid_to < (day := day_in_china(payload.iat)):
        english = f"it had ended by the day of the statement, {day}; what is over is not endorsed"
        problems.append(("/permit/valid_to", str(stated.valid_to), "许可在声明之日前已届满，不能加印", english))
    if len(set(stated.scope)) != len(stated.scope):
        problems.append(("/permit/scope", ",".join(stated.scope)[:60], "同一代码重复", "a code stands twice"))
    if problems:
        raise StatementError(problems)
    return Statement(
        authority, key, until, payload.sub, payload.jti, payload.iat, payload.act, payload.of, payload.after, stated
    )
