"""Who may endorse permits (加印) and register 民办非企业单位: the pinned list of authorities, each with its rights and keys.

The operator pins the list as it pins the signers of rule releases; an auditor brings a copy of their own. Names, codes,
clients and keys stand there once each, so that a statement has one author. Nothing is ever taken out: a key that is followed by
another, and a right that ended, stay with their last second, or statements of their time could no longer be verified.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import jwt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from audit.canonical import canonical
from audit.credit_code import fault_of_code
from audit.errors import MalformedError

SCHEMA = "miaopi/authorities/1"
_STRICT = ConfigDict(frozen=True, extra="forbid", strict=True)
Word = Annotated[str, Field(min_length=1, max_length=60)]


class AuthorityKey(BaseModel):
    """A public key on P-256 as a JWK (RFC 7517) with its window: `nbf` and `exp` in seconds, both included."""

    model_config = _STRICT
    kty: Literal["EC"]
    crv: Literal["P-256"]
    alg: Literal["ES256"]
    use: Literal["sig"] = "sig"
    kid: str
    x: str
    y: str
    nbf: int
    exp: int | None = None

    @property
    def thumbprint(self) -> str:
        """The RFC 7638 thumbprint, which is what `kid` must be."""
        digest = hashlib.sha256(canonical({"crv": self.crv, "kty": self.kty, "x": self.x, "y": self.y})).digest()
        return jwt.utils.base64url_encode(digest).decode()

    def covers(self, moment: int) -> bool:
        """Tell whether the key signed at that time (seconds)."""
        return self.nbf <= moment and (self.exp is None or moment <= self.exp)

    def require_right(self) -> None:
        """Raise `MalformedError` unless kid is the thumbprint, `jwt.PyJWTError` unless x and y are a point of the curve."""
        if self.kid != self.thumbprint:
            raise MalformedError(f"the kid {self.kid[:60]!r} is not the RFC 7638 thumbprint {self.thumbprint!r}")
        self.to_pyjwk()

    def to_pyjwk(self) -> jwt.PyJWK:
        """Return the key for PyJWT. Raises `jwt.PyJWTError` when x and y are no point of the curve."""
        return jwt.PyJWK(self.model_dump(include={"kty", "crv", "x", "y"}), algorithm="ES256")


class Name(BaseModel):
    """The name of an authority, in both languages; the Chinese one stands on the licence."""

    model_config = _STRICT
    zh: Word
    en: Annotated[str, Field(min_length=1, max_length=120)]


class Registers(BaseModel):
    """The right to register 民办非企业单位 (暂行条例 5: the civil affairs of the county and above): where, and as what document.

    `type_code` is the 证照类型代码 of the certificate (GB/T 36904), as the organ that defined the type published it;
    `division` (GB/T 2260) and `uscc_prefix` are what the credit codes of those whom it registers begin with; `until` is the last
    second of a right that ended.
    """

    model_config = _STRICT
    type_code: Annotated[str, Field(pattern=r"^[0-9A-Z]{18}[0-9]{3}$")]
    division: Annotated[str, Field(pattern=r"^[0-9]{6}$")]
    uscc_prefix: Literal["52"] = (
        "52"  # GB 32100: 5 civil affairs, 2 民办非企业单位; 51 and 53 have certificates of their own
    )
    until: int | None = None


class Authority(BaseModel):
    """One authority. `clients` are the OAuth clients that speak for it; it endorses permits, registers NGOs, or both.

    `ended` holds, for types of permit that it may endorse no longer, the last second in which it might.
    """

    model_config = _STRICT
    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,39}$")]
    name: Name
    uscc: Annotated[str, Field(pattern=r"^[0-9A-Z]{18}$")]
    permit_types: list[Word]
    clients: Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(min_length=1)]
    keys: Annotated[list[AuthorityKey], Field(min_length=1)]
    registers: Registers | None = None
    ended: dict[Word, int] | None = None

    def endorses_until(self, kind: str) -> int | None:
        """Return the last second in which it might endorse a type of permit, None while it may."""
        return None if self.ended is None else self.ended.get(kind)


@dataclass(frozen=True, slots=True)
class Authorities:
    """The pinned list, by code, by client and by key."""

    by_code: Mapping[str, Authority]

    @classmethod
    def from_document(cls, document: object, where: str = "the authorities file") -> "Authorities":
        """Read `{schema, authorities: [...]}`. Raises `ValueError` naming entry, value and what is wanted."""
        if not isinstance(document, dict) or document.get("schema") != SCHEMA:
            message = f"{where}: want an object with schema {SCHEMA!r}"
            raise ValueError(message)
        listed = document.get("authorities")
        by_code: dict[str, Authority] = {}
        taken: dict[tuple[str, str], str] = {}
        for place, entry in enumerate(listed if isinstance(listed, list) else ()):
            at = f"{where}, authorities/{place}"
            read = _entry(entry, at)
            once = [
                ("code", read.code),
                *(("client", one) for one in read.clients),
                *(("key", k.kid) for k in read.keys),
                *((("register", f"{one.uscc_prefix}{one.division}"),) if (one := read.registers) else ()),
            ]
            for what, value in once:
                if (what, value) in taken:
                    message = (
                        f"{at}: the {what} {value!r} is {taken[what, value]!r}'s already; each stands once in the list"
                    )
                    raise ValueError(message)
                taken[what, value] = read.code
            by_code[read.code] = read
        return cls(by_code)

    @classmethod
    def from_file(cls, path: Path) -> "Authorities":
        """Read the list from a file; no file is a list of nobody. Raises `ValueError`."""
        if not path.exists():
            return cls({})
        try:
            return cls.from_document(json.loads(path.read_bytes()), str(path))
        except OSError as error:
            message = (
                f"{path}: the list of authorities cannot be read ({error.strerror}); see docs/operations.md (Permits)"
            )
            raise ValueError(message) from error
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            message = f"{path}: not JSON: {error}"
            raise ValueError(message) from error

    def to_document(self) -> dict[str, Any]:
        """Return the list as its file has it."""
        return {"schema": SCHEMA, "authorities": [one.model_dump(exclude_none=True) for one in self.by_code.values()]}

    def of_client(self, client: str) -> Authority | None:
        """Return the authority that a client speaks for."""
        return next((one for one in self.by_code.values() if client in one.clients), None)


def _entry(entry: object, at: str) -> Authority:
    try:
        read = Authority.model_validate(entry)
        for key in read.keys:
            key.require_right()
    except ValidationError as error:
        first = error.errors()[0]
        place = "/".join(str(part) for part in first["loc"])
        message = f"{at}/{place}: {str(first['input'])[:60]!r}: {first['msg']}; see docs/operations.md (Permits)"
        raise ValueError(message) from error
    except (jwt.PyJWTError, MalformedError, ValueError) as error:
        message = f"{at}/keys: {error}; `miaopi authorities new` makes entries"
        raise ValueError(message) from error
    if not read.permit_types and read.registers is None:
        message = f"{at}/permit_types: []: an authority endorses some type of permit, or `registers` 民办非企业单位"
        raise ValueError(message)
    for kind in read.ended or ():
        if kind not in read.permit_types:
            message = f"{at}/ended/{kind}: no type of `permit_types`; a right that ended stays listed there as well"
            raise ValueError(message)
    if read.registers is not None and (why := fault_of_code(read.uscc)) is not None:
        message = f"{at}/uscc: {read.uscc!r}: {why}; the code of an organ that registers stands on every certificate"
        raise ValueError(message)
    return read
