"""Who is calling: OAuth 2.0 bearer tokens as signed JWTs (RFC 6750, RFC 9068), checked without asking anybody.

The keys of the issuer are pinned in a file. A token counts only when its type is `at+jwt`, its algorithm is the one of
its key, issuer and audience are ours, and it is within its time; scopes say what its bearer may do.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import jwt
from fastapi import Request
from fastapi.security import SecurityScopes

from api.problems import ProblemError

SCOPES: Mapping[str, str] = {
    "portal": "submit applications and read their results 提交申请、查询结果",
    "officer": "rule on referred cases 办理转人工案件",
    "auditor": "read records and proofs 查阅决定记录与证明",
}
_LEEWAY = 30
_ALGORITHMS = ("ES256", "EdDSA", "RS256")


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller: `subject` is who, `client` the program, `scopes` what it may do."""

    subject: str
    client: str
    scopes: frozenset[str]


class TokenReader:
    """Checks access tokens against pinned issuer keys."""

    def __init__(self, keys: Mapping[str, jwt.PyJWK], issuer: str, audience: str) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience

    @classmethod
    def from_file(cls, path: Path, issuer: str, audience: str) -> "TokenReader":
        """Read the issuer's JWKS. Only asymmetric keys with an allowed algorithm are taken."""
        keys: dict[str, jwt.PyJWK] = {}
        for entry in json.loads(path.read_text())["keys"]:
            if entry.get("alg") in _ALGORITHMS and entry.get("kid"):
                keys[entry["kid"]] = jwt.PyJWK(entry)
        if not keys:
            message = f"{path} holds no key with a kid and one of the algorithms {', '.join(_ALGORITHMS)}"
            raise ValueError(message)
        return cls(keys, issuer, audience)

    def read(self, token: str, now: datetime) -> Caller:
        """Return the caller. Raises `ProblemError` (401) and says which part of the token failed."""
        try:
            header = jwt.get_unverified_header(token)
            key = self._keys.get(str(header.get("kid")))
            if key is None:
                raise _unauthenticated("unknown key 未知的签名密钥")
            if str(header.get("typ", "")).lower() not in ("at+jwt", "application/at+jwt"):
                raise _unauthenticated("not an access token: typ must be at+jwt 令牌类型须为 at+jwt")
            claims = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                issuer=self._issuer,
                audience=self._audience,
                leeway=_LEEWAY,
                options={"require": ["exp", "iat", "sub", "client_id"], "verify_exp": False, "verify_iat": False},
            )
        except jwt.PyJWTError as error:
            raise _unauthenticated(f"{type(error).__name__}") from error
        return _caller(claims, now)


def _caller(claims: Mapping[str, Any], now: datetime) -> Caller:
    expires, issued = claims["exp"], claims["iat"]
    if not (isinstance(expires, int) and isinstance(issued, int)):
        raise _unauthenticated("exp and iat must be integers 时间须为整数")
    if not issued - _LEEWAY <= now.timestamp() < expires + _LEEWAY:
        raise _unauthenticated("the token is not within its time 令牌不在有效期内")
    subject, client, scope = claims["sub"], claims["client_id"], claims.get("scope", "")
    if not (isinstance(subject, str) and isinstance(client, str) and isinstance(scope, str) and subject and client):
        raise _unauthenticated("sub, client_id and scope must be text 令牌内容有误")
    return Caller(subject, client, frozenset(scope.split()))


def _unauthenticated(reason: str) -> ProblemError:
    challenge = 'Bearer realm="miaopi", error="invalid_token"'
    return ProblemError("unauthenticated", errors=[{"pointer": "Authorization", "why": reason}],
                        headers={"WWW-Authenticate": challenge})  # fmt: skip


async def caller(security_scopes: SecurityScopes, request: Request) -> Caller:
    """FastAPI dependency: the caller, who must hold at least one of the scopes that the route names."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise ProblemError("unauthenticated", headers={"WWW-Authenticate": 'Bearer realm="miaopi"'})
    service = request.app.state.service
    found: Caller = service.tokens.read(token.strip(), service.flow.ports.now())
    if security_scopes.scopes and not found.scopes.intersection(security_scopes.scopes):
        wanted = " ".join(security_scopes.scopes)
        challenge = f'Bearer realm="miaopi", error="insufficient_scope", scope="{wanted}"'
        raise ProblemError(
            "forbidden",
            {"zh": f"需要授权范围之一：{wanted}", "en": f"one of these scopes is needed: {wanted}"},
            headers={"WWW-Authenticate": challenge},
        )
    return found
