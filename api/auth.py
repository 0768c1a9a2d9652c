"""Who is calling: OAuth 2.0 bearer tokens as signed JWTs (RFC 6750, RFC 9068), checked without asking anybody.

The keys of the issuer are pinned in a file. A token counts only when its type is `at+jwt`, its algorithm is the one of
its key, issuer and audience are ours, and it is within its time; scopes say what its bearer may do.
"""

import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import jwt
from fastapi import Request
from fastapi.openapi.models import OAuth2, OAuthFlowClientCredentials, OAuthFlows
from fastapi.security import SecurityScopes
from fastapi.security.base import SecurityBase
from jwt.types import Options

from api.problems import ProblemError

SCOPES: Mapping[str, str] = {
    "portal": "submit applications and read their results 提交申请、查询结果",
    "officer": "rule on referred cases 办理转人工案件",
    "supervisor": "stop and resume an item 停办、恢复事项",
    "authority": "endorse and suspend its own permits 加印、暂停本机关许可",
    "releaser": "publish rule releases 发布规则",
    "auditor": "read records and proofs 查阅决定记录与证明",
}
_LEEWAY = 30  # seconds, for clocks that differ
_ALGORITHMS = ("ES256", "EdDSA", "RS256")
_LONGEST = 8_192  # characters of a token; ours have 500
_KEPT = 1_024  # tokens whose signature need not be checked again
# The times are checked by the service's own clock, in `read`.
_OPTIONS: Options = {
    "require": ["exp", "iat", "sub", "client_id"], "verify_exp": False, "verify_iat": False, "verify_nbf": False,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller: `subject` is who, `client` the program, `scopes` what it may do."""

    subject: str
    client: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Read:
    """A token whose signature held, with the times between which it counts (seconds since 1970)."""

    caller: Caller
    begins: int
    ends: int


class TokenReader:
    """Checks access tokens against pinned issuer keys."""

    def __init__(self, keys: Mapping[str, jwt.PyJWK], issuer: str, audience: str) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        # A portal shows the same token for an hour; the keys are fixed for the life of the process.
        self._read: OrderedDict[str, _Read] = OrderedDict()

    @classmethod
    def from_file(cls, path: Path, issuer: str, audience: str) -> "TokenReader":
        """Read the issuer's JWKS. Only asymmetric keys with an allowed algorithm are taken. Raises `ValueError`."""
        keys: dict[str, jwt.PyJWK] = {}
        try:
            entries = json.loads(path.read_text())["keys"]
            for entry in entries:
                if entry.get("alg") in _ALGORITHMS and isinstance(entry.get("kid"), str):
                    keys[entry["kid"]] = jwt.PyJWK(entry)
        except OSError as error:
            message = f"{path}: the token issuer's keys cannot be read ({error.strerror}); `miaopi token` makes a local issuer"
            raise ValueError(message) from error
        except (ValueError, KeyError, TypeError, AttributeError, jwt.PyJWTError) as error:
            message = f"{path} is not a JWK set (RFC 7517): {type(error).__name__}"
            raise ValueError(message) from error
        if not keys:
            message = f"{path} holds no key with a kid and one of the algorithms {', '.join(_ALGORITHMS)}"
            raise ValueError(message)
        return cls(keys, issuer, audience)

    def read(self, token: str, now: datetime) -> Caller:
        """Return the caller. Raises `ProblemError` (401) and says which part of the token failed."""
        known = self._read.get(token)
        if known is None:
            known = _read(self._claims(token))
            self._read[token] = known
            while len(self._read) > _KEPT:
                self._read.popitem(last=False)
        if not known.begins - _LEEWAY <= now.timestamp() < known.ends + _LEEWAY:
            raise _unauthenticated("令牌不在有效期内。", "the token is not within its time")
        return known.caller

    def _claims(self, token: str) -> Mapping[str, Any]:
        if len(token) > _LONGEST:
            raise _unauthenticated("令牌过长。", f"the token has more than {_LONGEST} characters")
        try:
            header = jwt.get_unverified_header(token)
            key = self._keys.get(str(header.get("kid")))
            if key is None:
                raise _unauthenticated("签名密钥未知。", "the key that signed the token is not one of the issuer's")
            if str(header.get("typ", "")).lower() not in ("at+jwt", "application/at+jwt"):
                raise _unauthenticated("令牌类型须为 at+jwt。", "not an access token: typ must be at+jwt (RFC 9068)")
            claims: Mapping[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                issuer=self._issuer,
                audience=self._audience,
                options=_OPTIONS,
            )
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            # The class alone: the message of a library may quote the token.
            raise _unauthenticated(
                f"令牌无效（{type(error).__name__}）。", f"the token is not valid: {type(error).__name__}"
            ) from error
        return claims


def _read(claims: Mapping[str, Any]) -> _Read:
    expires, issued, begins = claims["exp"], claims["iat"], claims.get("nbf", claims["iat"])
    if not (type(expires) is type(issued) is type(begins) is int):
        raise _unauthenticated("exp、iat、nbf 须为整数。", "exp, iat and nbf must be integers")
    subject, client, scope = claims["sub"], claims["client_id"], claims.get("scope", "")
    if not (isinstance(subject, str) and isinstance(client, str) and isinstance(scope, str) and subject and client):
        raise _unauthenticated("sub、client_id、scope 须为文字。", "sub, client_id and scope must be text")
    return _Read(Caller(subject, client, frozenset(scope.split())), max(issued, begins), expires)


def _unauthenticated(zh: str, en: str) -> ProblemError:
    challenge = 'Bearer realm="miaopi", error="invalid_token"'
    return ProblemError("unauthenticated", headers={"WWW-Authenticate": challenge},
                        errors=[{"parameter": "Authorization", "in": "header", "why": {"zh": zh, "en": en}}])  # fmt: skip


class BearerTokens(SecurityBase):
    """FastAPI dependency: the caller, who must hold at least one of the scopes that the route names."""

    def __init__(self) -> None:
        flow = OAuthFlowClientCredentials(tokenUrl="https://auth.example.org/token", scopes=dict(SCOPES))
        said = "access tokens as signed JWTs (RFC 9068); one of the scopes named at an operation is enough"
        self.model = OAuth2(flows=OAuthFlows(clientCredentials=flow), description=said)
        self.scheme_name = "oauth2"

    async def __call__(self, security_scopes: SecurityScopes, request: Request) -> Caller:
        """Return the caller. Raises `ProblemError`: 401 without a good token, 403 without a scope."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise ProblemError("unauthenticated", headers={"WWW-Authenticate": 'Bearer realm="miaopi"'})
        service = request.app.state.service
        found: Caller = service.tokens.read(token.strip(), service.flow.ports.now())
        if security_scopes.scopes and found.scopes.isdisjoint(security_scopes.scopes):
            wanted = " ".join(security_scopes.scopes)
            challenge = f'Bearer realm="miaopi", error="insufficient_scope", scope="{wanted}"'
            raise ProblemError(
                "forbidden",
                {"zh": f"需要授权范围之一：{wanted}", "en": f"one of these scopes is needed: {wanted}"},
                headers={"WWW-Authenticate": challenge},
            )
        return found


caller = BearerTokens()
