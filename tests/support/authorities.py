"""Endorsing authorities with their keys, and the statements that they sign: for tests of permits and passes."""

import json
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from audit import certificate
from audit.authorities import SCHEMA
from audit.statement import TYP
from licence_qr.keys import FileSigner, public_jwk

_IDS = count(1)
TYPES = {
    "market-370784": ["食品经营许可证", "药品经营许可证", "第二类医疗器械经营备案凭证"],
    "tobacco-370784": ["烟草专卖零售许可证"],
    "culture-370784": ["出版物经营许可证"],
    "health-370784": ["公共场所卫生许可证", "医疗机构执业许可证"],
    "civil-370784": [],
}
NAMES = {
    "market-370784": ("安丘市市场监督管理局", "Anqiu Market Regulation"),
    "tobacco-370784": ("安丘市烟草专卖局", "Anqiu Tobacco Monopoly"),
    "culture-370784": ("安丘市文化和旅游局", "Anqiu Culture and Tourism"),
    "health-370784": ("安丘市卫生健康局", "Anqiu Health"),
    "civil-370784": ("安丘市民政局", "Anqiu Civil Affairs"),
}
USCC = {"civil-370784": "11370784MB0000019Q"}  # who registers has a code with right check characters
TYPE_CODE = "11100000000012345T001"  # made up: which number the certificate has, the operator enters
REGISTERS = {"civil-370784": {"type_code": TYPE_CODE, "division": "370784", "uscc_prefix": "52"}}
CARE_HOME = {  # a certificate as civil affairs state it
    "name": "安丘市青云养老服务中心",
    "form": "legal_person",
    "representative": "周桂兰",
    "capital_fen": 30_000_000,
    "supervising_authority": "安丘市民政局",
    "premises": "山东省安丘市青云山路12号",
    "scope": [{"code": "1", "text": "老年人养护、康复服务"}, {"code": "2", "text": "老年人膳食供应"}],
    "established_on": "2026-11-18",
    "term": {"kind": "long"},
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
        right = {"registers": REGISTERS[self.code]} if self.code in REGISTERS else {}
        return {"code": self.code, "name": {"zh": zh, "en": en}, "uscc": USCC.get(self.code, "11370784MB28601234"),
                "permit_types": self.types, "clients": [self.client], "keys": [jwk], **right}  # fmt: skip

    def certify(self, holder: str, *, act: str = "add", changed: dict[str, Any] | None = None, **payload: Any) -> str:
        """Sign the certificate of the care home for the holder of a code; `changed` are members of the certificate."""
        kept = {name: value for name, value in {**CARE_HOME, **(changed or {})}.items() if value is not None}
        header = {"typ": certificate.TYP, **payload.pop("header", {})}
        return self.state(**{"sub": holder, "act": act, "certificate": kept, **payload}, header=header)

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
