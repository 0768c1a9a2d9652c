"""What all statements of authorities have in common: a compact JWS by a pinned key, opened once for service and auditor.

1. header exactly alg ES256, kid and the `typ` that was asked for; the key is one of a pinned authority;
2. the signature;
3. the payload in its closed form, by the authority whose key it is, for this registry, within the window of the key;
4. a change names the statement that it was made upon (`after`): whoever signed without having read the newest is told so.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Annotated, Any, NoReturn, Protocol, TypeVar

import jwt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from audit.authorities import Authorities, Authority, AuthorityKey
from audit.canonical import parse_json
from audit.errors import AuditError, MalformedError

LONGEST = 20_000  # characters of a compact statement
OLDEST, AHEAD = 24 * 3600, 120  # seconds: how old a statement may be when it arrives, and how far ahead its clock
CLOSED = ConfigDict(frozen=True, extra="forbid", strict=True)
Problem = tuple[str, str, str, str]
Jti = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
_KINDS = {
    "string_type": "须为文本", "int_type": "须为整数", "list_type": "须为列表", "model_type": "须为对象",
    "string_pattern_mismatch": "须符合格式", "string_too_short": "过短", "string_too_long": "过长", "too_short": "项数过少",
    "too_long": "项数过多", "literal_error": "不是规定的取值", "greater_than_equal": "过小", "less_than_equal": "过大",
    "less_than": "过大", "date_parsing": "须为日期，如 2026-11-22", "date_from_datetime_parsing": "须为日期，如 2026-11-22",
    "date_type": "须为日期，如 2026-11-22",
}  # fmt: skip
_CHINA = timezone(timedelta(hours=8))
_JWS = jwt.PyJWS(algorithms=["ES256"])
Payload = TypeVar("Payload", bound=BaseModel)


class StatementError(AuditError):
    """A statement that is not believed or not allowed; `problems` lists (pointer, value, zh, en)."""

    def __init__(self, problems: list[Problem]) -> None:
        """Keep every problem apart, so that a caller may build a problem document."""
        self.problems = problems
        super().__init__("; ".join(f"{pointer}: {english}" for pointer, _, _, english in problems))


class Common(Protocol):
    """The members that every payload has."""

    @property
    def iss(self) -> str:
        """Code of the authority."""

    @property
    def aud(self) -> str:
        """Address of the registry that it is for."""

    @property
    def iat(self) -> int:
        """When it was made, in seconds."""

    @property
    def act(self) -> str:
        """Add or change."""

    @property
    def after(self) -> str | None:
        """The `jti` of the statement that a change was made upon."""


def opened(
    compact: str, authorities: Authorities, typ: str, model: type[Payload]
) -> tuple[Authority, AuthorityKey, Payload]:
    """Return whose key signed a statement of this type, that key, and its payload. Raises `StatementError`."""
    if len(compact) > LONGEST:
        _refuse("", compact[:40], f"超过 {LONGEST} 个字符", f"more than {LONGEST} characters")
    authority, key, raw = _authentic(compact, authorities, typ)
    return authority, key, _read(raw, model)


def common_problems(payload: Common, authority: Authority, key: AuthorityKey, audience: str) -> list[Problem]:
    """Return what speaks against issuer, audience, window and chain; whether it is of today is `timely`."""
    problems: list[Problem] = []
    if payload.iss != authority.code:
        english = f"the key that signed it is {authority.code!r}'s; an authority speaks for itself alone"
        problems.append(("/iss", payload.iss[:60], f"签名密钥属于 {authority.code}", english))
    if payload.aud != audience:
        english = f"it is addressed to another registry; this one is {audience!r}"
        problems.append(("/aud", payload.aud[:60], f"收件登记机关应为 {audience}", english))
    if not key.covers(payload.iat):
        english = "its key signed nothing at that time; look at nbf and exp of the key in the list of authorities"
        problems.append(("/iat", str(payload.iat), "不在签名密钥的有效期内", english))
    if (payload.act == "change") != (payload.after is not None):
        english = (
            "`after` is the jti of the newest statement, upon which a change is made: with act change, and only then"
        )
        problems.append(
            ("/after", payload.after or "", "变更时须写明 after（最新一份声明的 jti），新增时不得填写", english)
        )
    return problems


def right_problems(until: int | None, made_at: int, pointer: str, value: str) -> list[Problem]:
    """Return what speaks against a statement made at a second by a right that ended at another (None: it stands)."""
    if until is None or made_at <= until:
        return []
    english = f"the right of the authority to state this ended at second {until}"
    return [(pointer, value, "该机关的此项权限在声明签署之前已终止", english)]


def timely(made_at: int, now: int) -> bool:
    """Tell whether a statement made at a second may be taken up at another: else a key that is retired could sign for ever."""
    return now - OLDEST <= made_at <= now + AHEAD


def day_in_china(second: int) -> date:
    """Return the day in China of a time in seconds."""
    return datetime.fromtimestamp(second, UTC).astimezone(_CHINA).date()


@dataclass(slots=True)
class Logged:
    """What an auditor remembers of the statements in a log: each is taken up once, and when it was made."""

    seen: set[tuple[str, str]] = field(default_factory=set)

    def faults(self, authority: str, statement_id: str, made_at: int, logged_at: str) -> Iterator[str]:
        """Yield what speaks against taking up a statement (by its jti) in a leaf of that time (RFC 3339)."""
        if (authority, statement_id) in self.seen:
            yield f"takes up the statement {statement_id!r} of {authority!r} a second time"
        self.seen.add((authority, statement_id))
        if not timely(made_at, int(datetime.fromisoformat(logged_at).timestamp())):
            yield f"takes up at {logged_at} a statement made at second {made_at}, which is not within a day of it"


def _authentic(compact: str, authorities: Authorities, typ: str) -> tuple[Authority, AuthorityKey, bytes]:
    """Return whose key signed it and what was signed; algorithm and type are ours, never the token's choice."""
    try:
        header = jwt.get_unverified_header(compact)
        kid = header.get("kid")
        if header != {"alg": "ES256", "kid": kid, "typ": typ}:
            _refuse(
                "", str(header)[:60], f"签名头须恰为 ES256、kid、{typ}", f"the header is exactly ES256, kid, typ {typ}"
            )
        found = next(((one, key) for one in authorities.by_code.values() for key in one.keys if key.kid == kid), None)
        if found is None:
            _refuse("", str(kid)[:60], "签名密钥不在许可机关名单中", "signed by a key that no listed authority has")
        raw: bytes = _JWS.decode_complete(compact, key=found[1].to_pyjwk(), algorithms=["ES256"])["payload"]
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
        kind = type(error).__name__
        _refuse("", compact[:40], f"签名不成立（{kind}）", f"not a compact JWS whose signature holds: {kind}")
    return *found, raw


def _read(raw: bytes, model: type[Payload]) -> Payload:
    try:
        parse_json(raw, "the statement")  # members that stand twice, floats
        return model.model_validate_json(raw)
    except MalformedError as error:
        _refuse("", raw[:40].decode(errors="replace"), "内容不是规范的 JSON", str(error)[:300])
    except ValidationError as error:
        raise StatementError([_fault(one) for one in error.errors()]) from None


def _fault(one: Any) -> Problem:
    pointer = "".join(f"/{part}" for part in one["loc"])
    if one["type"] == "missing":
        return pointer, str(one["input"])[:60], "缺少这一项", "this member is missing"
    if one["type"] == "extra_forbidden":
        return pointer, str(one["input"])[:60], "没有这一项，请删去", "there is no such member; leave it out"
    asked = {name: value for name, value in one.get("ctx", {}).items() if name != "error"}
    wanted = "；".join(f"{name}：{value}" for name, value in asked.items())[:120]
    chinese = f"格式或取值不符（{_KINDS.get(one['type'], one['type'])}{'，' + wanted if wanted else ''}）"
    return pointer, str(one["input"])[:60], chinese, str(one["msg"])[:200]


def _refuse(pointer: str, value: str, zh: str, en: str) -> NoReturn:
    raise StatementError([(pointer, value, zh, en)])
