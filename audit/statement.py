"""An authority's own word on a permit: a compact JWS by its key, kept as evidence beside the log.

The pass is signed by the registry, which carries the permit and does not grant it; that the authority granted it is what
this statement proves, to anybody who pins the list of authorities. Checked here, once for the service and the auditor:

1. header exactly alg ES256, kid, typ `permit-statement+jwt`; the key is one of a pinned authority, within its window;
2. the signature;
3. the payload in its closed form, by the authority whose key it is, for this registry;
4. the type of permit is one that the authority may endorse.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, NoReturn

import jwt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from audit.authorities import Authorities, Authority, AuthorityKey, Word
from audit.canonical import parse_json
from audit.errors import AuditError, MalformedError

TYP = "permit-statement+jwt"
LONGEST = 20_000  # characters of a compact statement
_JWS = jwt.PyJWS(algorithms=["ES256"])
_CLOSED = ConfigDict(frozen=True, extra="forbid", strict=True)


class StatementError(AuditError):
    """A statement that is not believed or not allowed; `problems` lists (pointer, value, zh, en)."""

    def __init__(self, problems: list[tuple[str, str, str, str]]) -> None:
        """Keep every problem apart, so that a caller may build a problem document."""
        self.problems = problems
        super().__init__("; ".join(f"{pointer}: {english}" for pointer, _, _, english in problems))


class StatedPermit(BaseModel):
    """The permit as its authority words it: days are both included, `scope` are codes of the scope catalogue."""

    model_config = _CLOSED
    type: Word
    number: Word
    valid_from: date
    valid_to: date | None = None
    scope: Annotated[list[Annotated[str, Field(min_length=1, max_length=40)]], Field(min_length=1, max_length=100)]
    identifier: Annotated[str, Field(pattern=r"^[0-9A-Z.]{1,120}$")] | None = None


class _Payload(BaseModel):
    model_config = _CLOSED
    iss: str
    aud: str
    sub: Annotated[str, Field(pattern=r"^[0-9A-Z]{18}$")]
    iat: int
    jti: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
    act: Literal["add", "change"]
    of: Annotated[int, Field(ge=1, le=999)] | None = None
    permit: StatedPermit


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that holds: whose it is, of which holder (credit code), its own id, and what it says.

    `of` is the number of the permit that it changes, None when it adds one; `made_at` is in seconds.
    """

    authority: Authority
    holder: str
    id: str
    made_at: int
    act: str
    of: int | None
    permit: StatedPermit


def open_statement(compact: str, authorities: Authorities, audience: str) -> Statement:
    """Return what a statement says. Raises `StatementError` with what is wrong; clocks are the caller's matter."""
    if len(compact) > LONGEST:
        _refuse("", compact[:40], f"超过 {LONGEST} 个字符", f"more than {LONGEST} characters")
    authority, key, raw = _authentic(compact, authorities)
    payload = _read(raw)
    problems: list[tuple[str, str, str, str]] = []
    if payload.iss != authority.code:
        english = f"the key that signed it is {authority.code!r}'s; an authority speaks for itself alone"
        problems.append(("/iss", payload.iss[:60], f"签名密钥属于 {authority.code}", english))
    if payload.aud != audience:
        english = f"it is addressed to another registry; this one is {audience!r}"
        problems.append(("/aud", payload.aud[:60], f"收件登记机关应为 {audience}", english))
    if not key.covers(payload.iat):
        english = "its key signed nothing at that time; look at nbf and exp of the key in the list of authorities"
        problems.append(("/iat", str(payload.iat), "不在签名密钥的有效期内", english))
    if (payload.act == "change") != (payload.of is not None):
        english = "`of` names the permit that is changed: with act change, and only then"
        problems.append(("/of", str(payload.of), "变更时须写明 of，新增时不得填写", english))
    stated = payload.permit
    if stated.type not in authority.permit_types:
        english = f"{authority.code!r} may endorse {', '.join(authority.permit_types)}, and nothing else"
        problems.append(("/permit/type", stated.type, f"{authority.name.zh}无权加印该类许可", english))
    if stated.valid_to is not None and stated.valid_to < stated.valid_from:
        problems.append(("/permit/valid_to", str(stated.valid_to), "止期早于起期", "it ends before it begins"))
    if len(set(stated.scope)) != len(stated.scope):
        problems.append(("/permit/scope", ",".join(stated.scope)[:60], "同一代码重复", "a code stands twice"))
    if problems:
        raise StatementError(problems)
    return Statement(authority, payload.sub, payload.jti, payload.iat, payload.act, payload.of, stated)


def _authentic(compact: str, authorities: Authorities) -> tuple[Authority, AuthorityKey, bytes]:
    """Return whose key signed it and what was signed; algorithm and type are ours, never the token's choice."""
    try:
        header = jwt.get_unverified_header(compact)
        kid = header.get("kid")
        if header != {"alg": "ES256", "kid": kid, "typ": TYP}:
            _refuse(
                "", str(header)[:60], f"签名头须恰为 ES256、kid、{TYP}", f"the header is exactly ES256, kid, typ {TYP}"
            )
        found = next(((one, key) for one in authorities.by_code.values() for key in one.keys if key.kid == kid), None)
        if found is None:
            _refuse("", str(kid)[:60], "签名密钥不在许可机关名单中", "signed by a key that no listed authority has")
        raw: bytes = _JWS.decode_complete(compact, key=found[1].to_pyjwk(), algorithms=["ES256"])["payload"]
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
        kind = type(error).__name__
        _refuse("", compact[:40], f"签名不成立（{kind}）", f"not a compact JWS whose signature holds: {kind}")
    return *found, raw


def _read(raw: bytes) -> _Payload:
    try:
        parse_json(raw, "the statement")  # members that stand twice, floats
        return _Payload.model_validate_json(raw)
    except MalformedError as error:
        _refuse("", raw[:40].decode(errors="replace"), "内容不是规范的 JSON", str(error)[:300])
    except ValidationError as error:
        raise StatementError([_fault(one) for one in error.errors()]) from None


def _fault(one: Any) -> tuple[str, str, str, str]:
    pointer = "".join(f"/{part}" for part in one["loc"])
    return pointer, str(one["input"])[:60], "缺少、多余或不合格式的一项", str(one["msg"])[:200]


def _refuse(pointer: str, value: str, zh: str, en: str) -> NoReturn:
    raise StatementError([(pointer, value, zh, en)])
