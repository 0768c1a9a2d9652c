"""Endorsing authorities with their keys, and the statements that they sign: for tests of permits."""

import json
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from audit.authorities import SCHEMA
from audit.statement import TYP
from licence_qr.keys import FileSigner, public_jwk

_IDS = count(1)
TYPES = {
    "market-370784": ["食品经营许可证", "药品经营许可证", "第二类医疗器械经营备案凭证"],
    "tobacco-370784": ["烟草专卖零售许可证"],
    "culture-370784": ["出版物经营许可证"],
    "health-370784": ["公共场所卫生许可证"],
}
NAMES = {
    "market-370784": ("安丘市市场监督管理局", "Anqiu Market Regulation"),
    "tobacco-370784": ("安丘市烟草专卖局", "Anqiu Tobacco Monopoly"),
    "culture-370784": ("安丘市文化和旅游局", "Anqiu Culture and Tourism"),
    "health-370784": ("安丘市卫生健康局", "Anqiu Health"),
}


@dataclass
class Office:
    """One authority: `client` is its OAuth client, `key` its own signing key."""

    code: str
    types: list[str]
    began: int
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def client(self) -> str:
        return f"{self.code}-office"

    @property
    def kid(self) -> str:
        return FileSigner(self.key).kid

    def entry(self) -> dict[str, Any]:
        """Return its entry in the pinned list."""
        zh, en = NAMES[self.code]
        jwk = {**public_jwk(self.key.public_key()), "alg": "ES256", "use": "sig", "kid": self.kid, "nbf": self.began}
        return {"code": self.code, "name": {"zh": zh, "en": en}, "uscc": "11370784MB28601234", "permit_types": self.types,
                "clients": [self.client], "keys": [jwk]}  # fmt: skip

    def state(self, *, header: dict[str, Any] | None = None, key: Any = None, **payload: Any) -> str:
        """Sign a statement; what is given as None is left out."""
        made = {"iss": self.code, "jti": f"statement-{next(_IDS):06d}", **payload}
        kept = {name: value for name, value in made.items() if value is not None}
        return jwt.encode(kept, key or self.key, "ES256", {"typ": TYP, "kid": self.kid, **(header or {})})


def offices(began: int) -> dict[str, Office]:
    """Return the authorities of a small county by code."""
    return {code: Office(code, types, began) for code, types in TYPES.items()}


def pin(path: Path, found: dict[str, Office]) -> None:
    """Write the list that the operator pins."""
    path.write_text(json.dumps({"schema": SCHEMA, "authorities": [one.entry() for one in found.values()]}))
