"""The county's other authorities in the demonstration: each with a key of its own, as on its own machine."""

import json
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audit import certificate
from audit.authorities import SCHEMA
from audit.statement import TYP
from licence_qr import strict_json
from licence_qr.keys import FileSigner, public_jwk
from licence_qr.transport import Parts
from licence_qr.uscc import credit_code

DIVISION = "370784"
# code: name on licences, name in English, the permits it may endorse
_OFFICES = {
    "market": ("安丘市市场监督管理局", "Anqiu Market Regulation", ["食品经营许可证", "第二类医疗器械经营备案凭证"]),
    "tobacco": ("安丘市烟草专卖局", "Anqiu Tobacco Monopoly", ["烟草专卖零售许可证"]),
    "culture": ("安丘市文化和旅游局", "Anqiu Culture and Tourism", ["出版物经营许可证"]),
    "health": ("安丘市卫生健康局", "Anqiu Health", ["公共场所卫生许可证"]),
    "medicines": ("安丘市行政审批服务局药品窗口", "Anqiu Medicines Desk", ["药品经营许可证"]),
    "civil": ("安丘市民政局", "Anqiu Civil Affairs", []),
}
# Which number 民政部 has given the certificate, an operator enters; this one is made up, as is the county's own entry.
_REGISTERS = {"civil": {"type_code": "11100000000012345T001", "division": DIVISION, "uscc_prefix": "52"}}


@dataclass(frozen=True, slots=True)
class Office:
    """One authority and its key."""

    code: str
    signer: FileSigner

    @property
    def client(self) -> str:
        """The OAuth client that speaks for it."""
        return f"{self.code}-demo"

    def permit(self, registry: str, holder: str, stated: dict[str, Any]) -> bytes:
        """Return the body that adds a permit to the licence of a holder."""
        return self._signed(TYP, registry, holder, {"permit": stated})

    def certificate(self, registry: str, holder: str, stated: dict[str, Any]) -> bytes:
        """Return the body that has a certificate carried as a pass."""
        return self._signed(certificate.TYP, registry, holder, {"certificate": stated})

    def _signed(self, typ: str, registry: str, holder: str, content: dict[str, Any]) -> bytes:
        payload = {"iss": self.code, "aud": registry, "sub": holder, "iat": int(time.time()),
                   "jti": secrets.token_urlsafe(16), "act": "add", **content}  # fmt: skip
        header = {"alg": "ES256", "kid": self.signer.kid, "typ": typ}
        unsigned = Parts(strict_json.write(header), strict_json.write(payload), b"")
        signed = Parts(unsigned.header, unsigned.payload, self.signer.sign(unsigned.signing_input))
        return json.dumps({"statement": signed.compact}).encode()


def prepare(home: Path, pinned: Path) -> dict[str, Office]:
    """Make the keys, each where its own authority would keep it, and the list that the registry pins."""
    offices, entries = {}, []
    (home / "authorities").mkdir(mode=0o700)
    for number, (code, (zh, en, types)) in enumerate(_OFFICES.items()):
        office = Office(code, FileSigner.create(home / "authorities" / f"{code}.pem"))
        jwk = {**public_jwk(office.signer.public_key), "alg": "ES256", "use": "sig", "kid": office.signer.kid}
        right = {"registers": _REGISTERS[code]} if code in _REGISTERS else {}
        uscc = str(credit_code("11", DIVISION, f"MB{number:06d}"))
        entries.append({"code": code, "name": {"zh": zh, "en": en}, "uscc": uscc, "permit_types": types,
                        "clients": [office.client], "keys": [{**jwk, "nbf": int(time.time())}], **right})  # fmt: skip
        offices[code] = office
    pinned.write_text(json.dumps({"schema": SCHEMA, "authorities": entries}, ensure_ascii=False, indent=1))
    return offices
