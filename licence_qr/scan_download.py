"""Scan what a holder shows from a phone or a stick: the download file, its SD-JWT, or a showing of it with a KB-JWT.

It is told like a printed code, with the private fields that are shown, and what is known of who shows it. A download can be
copied like paper; only one that is bound to a key, and shown in answer to this very check, proves its holder.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from licence_qr import strict_json
from licence_qr.claim_labels import PRIVATE_LABELS
from licence_qr.errors import CodeError
from licence_qr.scan import Scan
from licence_qr.scan import render as render_licence
from licence_qr.sd_jwt_licence import MOST_TEXT, verify_download
from licence_qr.status_list import StatusBook
from licence_qr.trust import TrustList
from licence_qr.verify import Answer, Verification, answers_for

FORMAT = "dc+sd-jwt"
_SD_JWT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*~", re.ASCII)


class Shower(StrEnum):
    """What is known of who shows a download."""

    UNBOUND = "unbound"  # a copy of the file would say the same
    PROVED = "proved"  # shown with the holder's key, in answer to this check


_SHOWERS = {
    Shower.UNBOUND: (
        "出示人未经证明：文件可以复制，请核对出示人与所示身份信息",
        "Who shows it is not proved: a file can be copied. Compare the person with what is shown",
    ),
    Shower.PROVED: ("持有人当场用其密钥出示", "Shown here and now with the key of its holder"),
}
_SM2 = {
    "not_configured": ("国密签名：未配置", "SM2 signature: none is configured"),
    "signed": (
        "国密签名：附有（此处不核验，请用国密工具按登记机关证书核验）",
        "SM2 signature: there is one (not checked here; check it with the registry's certificate)",
    ),
}


@dataclass(frozen=True, slots=True)
class DownloadScan(Scan):
    """A scan of a download: the private fields that are shown, who shows it, and the state of its SM2 signature."""

    private: Mapping[str, str] = field(default_factory=dict)
    shower: Shower = Shower.UNBOUND
    sm2: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {
            **Scan.to_json(self),
            "format": FORMAT,
            "private": dict(self.private),
            "shower": self.shower.value,
            "sm2": self.sm2,
        }


def is_download(text: str) -> bool:
    """Tell whether a text is meant as a download: a JSON object, or an SD-JWT."""
    found = text.lstrip()
    return found.startswith("{") or _SD_JWT.match(found) is not None


def scan_download(
    text: str,
    trust: TrustList,
    *,
    at: int,
    status: StatusBook | None = None,
    nonce: str | None = None,
    audience: str | None = None,
) -> DownloadScan:
    """Return what is known of a download at `at` (seconds). With `nonce` and `audience` its holder must prove to be there.

    Nothing that a text may hold raises.
    """
    try:
        credential, sm2 = _parts(text.strip())
        shown = verify_download(credential, trust, at=at, nonce=nonce, audience=audience)
    except CodeError as error:
        return DownloadScan(Verification(at, Answer(error.reason), Answer("not_authentic"), detail=str(error)))
    found = answers_for(dict(shown.claims), at=at, status=status)
    shower = Shower.PROVED if shown.holder_bound else Shower.UNBOUND
    return DownloadScan(found, private=shown.private, shower=shower, sm2=sm2)


def render_download(found: DownloadScan, language: str = "zh") -> RenderableType:
    """Return the scan for a terminal: the licence as a printed code is told, then what only the download holds."""
    licence = render_licence(found, language)
    if found.verification.claims is None:
        return licence
    place = 1 if language.lower().startswith("en") else 0
    table = Table(box=None, show_header=False, padding=(0, 1))
    for path, label in PRIVATE_LABELS.items():  # in one order, whatever that of the digests
        if (value := found.private.get(path[-1] or "")) is not None:
            table.add_row(Text(label[place], style="dim"), Text(value, overflow="fold"))
    colour = "green" if found.shower is Shower.PROVED else "yellow"
    lines: list[RenderableType] = [table] if found.private else []
    lines.append(Text(_SHOWERS[found.shower][place], style=colour))
    if found.sm2 in _SM2:
        lines.append(Text(_SM2[str(found.sm2)][place], style="dim"))
    return Group(licence, Panel(Group(*lines), title=PRIVATE_LABELS["holder",][place], border_style=colour))


def _parts(text: str) -> tuple[str, str | None]:
    """Return the SD-JWT of a file or a text, and the state of the file's SM2 member; raises CodeError(format)."""
    if not text.startswith("{"):
        return text, None
    found = strict_json.loads(text.encode("utf-8", "surrogatepass"), limit=2 * MOST_TEXT)
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise CodeError("format", f"no download: its member `format` is not {FORMAT}")
    credential, sm2 = found.get("credential"), found.get("sm2")
    if not isinstance(credential, str):
        raise CodeError("format", "no download: its member `credential` is no text")
    state = sm2.get("state") if isinstance(sm2, dict) else None
    return credential.strip(), state if isinstance(state, str) else None
