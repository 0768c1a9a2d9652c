"""The civil-affairs authority's own word on a 民办非企业单位: what its certificate says, as a compact JWS by its key.

The registry carries the certificate as a pass and judges nothing of it (民办非企业单位登记管理暂行条例 5, 12: the 登记管理机关
registers). Beyond what all statements are held to (`audit.signed_statement`), checked here once for service and auditor:

1. the list gives the authority the right to register, and the holder's credit code is one that it may give: 52, its
   division, right check characters (GB 32100-2015);
2. codes of the scope stand once each: statements on permits name them;
3. the organisation was established on or before the day of the statement, and its term has not ended by then.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from audit.authorities import Authorities, Authority, AuthorityKey, Registers
from audit.credit_code import fault_of_code
from audit.signed_statement import (
    CLOSED,
    Jti,
    Problem,
    StatementError,
    common_problems,
    day_in_china,
    opened,
    right_problems,
)

TYP = "certificate-statement+jwt"
FORMS = ("legal_person", "partnership", "individual")  # 民办非企业单位登记暂行办法 2
Seconds = Annotated[int, Field(ge=10**9, lt=10**11)]
Line = Annotated[str, Field(min_length=1, max_length=60)]


class ScopeItem(BaseModel):
    """One item of 业务范围: its wording, and the code by which permits name it."""

    model_config = CLOSED
    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,40}$")]
    text: Annotated[str, Field(min_length=1, max_length=200)]


class Term(BaseModel):
    """How long the certificate runs: without end, or up to and including a day."""

    model_config = CLOSED
    kind: Literal["long", "until"]
    until: date | None = None


class Certificate(BaseModel):
    """What stands on a 民办非企业单位登记证书; money (开办资金) in fen."""

    model_config = CLOSED
    name: Annotated[str, Field(min_length=1, max_length=200)]
    form: Literal["legal_person", "partnership", "individual"]
    representative: Annotated[str, Field(min_length=1, max_length=100)]
    capital_fen: Annotated[int, Field(ge=1, le=10**15)]
    supervising_authority: Line
    premises: Annotated[str, Field(min_length=1, max_length=300)]
    scope: Annotated[list[ScopeItem], Field(min_length=1, max_length=100)]
    established_on: date
    term: Term

    def to_document(self) -> dict[str, Any]:
        """Return it as the statement has it."""
        return self.model_dump(mode="json", exclude_none=True)


class _Payload(BaseModel):
    model_config = CLOSED
    iss: str
    aud: str
    sub: Annotated[str, Field(pattern=r"^[0-9A-Z]{18}$")]
    iat: Seconds
    jti: Jti
    act: Literal["add", "change"]
    after: Jti | None = None
    certificate: Certificate


@dataclass(frozen=True, slots=True)
class CertificateStatement:
    """A statement that holds: whose it is, by which key and right, of whom (credit code), its own id, and what it says.

    `made_at` is in seconds; `act` is add for a new pass, change for the whole certificate as it stands from now on, made
    upon the statement whose id is `after`.
    """

    authority: Authority
    key: AuthorityKey
    right: Registers
    holder: str
    id: str
    made_at: int
    act: str
    after: str | None
    certificate: Certificate

    @property
    def until(self) -> int | None:
        """The last second of the right to register, None while it stands."""
        return self.right.until

    @property
    def registry(self) -> Mapping[str, str]:
        """The authority as 登记机关 of the pass."""
        one = self.authority
        return {"name": one.name.zh, "uscc": one.uscc, "division": self.right.division}


def open_certificate(compact: str, authorities: Authorities, audience: str) -> CertificateStatement:
    """Return what a statement says. Raises `StatementError` with what is wrong; clocks are the caller's matter."""
    authority, key, payload = opened(compact, authorities, TYP, _Payload)
    problems = common_problems(payload, authority, key, audience)
    right = authority.registers
    if right is None:
        english = f"the list gives {authority.code!r} no right to register; the operator enters `registers` there"
        problems.append(("/iss", authority.code, f"{authority.name.zh}不是名单中的登记管理机关", english))
    elif stale := right_problems(right.until, payload.iat, "/iss", authority.code):
        problems += stale
    elif not payload.sub.startswith(right.uscc_prefix + right.division):
        english = f"{authority.code!r} gives codes that begin with {right.uscc_prefix}{right.division}, and no others"
        problems.append(("/sub", payload.sub, f"该机关赋码应以 {right.uscc_prefix}{right.division} 开头", english))
    if (why := fault_of_code(payload.sub)) is not None:
        problems.append(("/sub", payload.sub, "统一社会信用代码校验不符", why))
    problems += _of_content(payload.certificate, day_in_china(payload.iat))
    if problems or right is None:
        raise StatementError(problems)
    return CertificateStatement(
        authority, key, right, payload.sub, payload.jti, payload.iat, payload.act, payload.after, payload.certificate
    )


def lost_codes(old: Certificate, new: Certificate, permits: Mapping[int, Sequence[str]]) -> Iterator[tuple[int, str]]:
    """Yield number and code for every code of the scope that a permit names and that the new certificate lacks or words anew."""
    was, now = ({item.code: item.text for item in one.scope} for one in (old, new))
    for number, codes in sorted(permits.items()):
        yield from ((number, code) for code in codes if now.get(code) != was.get(code))


def _of_content(said: Certificate, day: date) -> list[Problem]:
    """Return what cannot be true of a certificate stated on a day (in China)."""
    problems: list[Problem] = []
    codes = [item.code for item in said.scope]
    for place, code in enumerate(codes):
        if code in codes[:place]:
            english = "the code stands on an earlier item; permits name items by their codes"
            problems.append((f"/certificate/scope/{place}/code", code, "同一代码重复", english))
    if said.established_on > day:
        english = f"it lies after the day of the statement, {day}"
        problems.append(("/certificate/established_on", str(said.established_on), "成立日期晚于声明之日", english))
    if (said.term.kind == "until") != (said.term.until is not None):
        english = "`until` is the last day of a term of kind until, and stands with it only"
        problems.append(("/certificate/term", said.term.kind, "有期限的须写明 until，长期的不得填写", english))
    elif said.term.until is not None and said.term.until < day:
        english = f"the term had ended by the day of the statement, {day}"
        problems.append(("/certificate/term/until", str(said.term.until), "期限在声明之日前已届满", english))
    return problems
