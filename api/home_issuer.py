"""The issuer of a home: the public address that stands in every licence, signed, and that no setting changes afterwards.

The home keeps it in `keys/published.json`, written at the first start: each key is published with its issuer. A licence, its
code, its status list and its page all name this address, so that another address is another registry to whoever scans.
"""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from api.settings import Settings

UNSET = "https://miaopi.example.org"  # of a home that has issued nothing and was told nothing
_ADDRESS = re.compile(r"https?://[a-z0-9.\-]{1,200}(?::[0-9]{1,5})?")  # what a licence may name (licence_qr.shape)


class IssuerError(RuntimeError):
    """The settings name another issuer than the home's, or one that no licence can name. The message is in both languages."""


def issuers_of(keys: Path) -> list[str]:
    """Return the issuers under which the keys in a folder are published, the first one first; none when nothing is published.

    A list that cannot be read counts as none: whoever opens the home says what is wrong with it.
    """
    try:
        listed: Any = json.loads((keys / "published.json").read_bytes())["keys"]
        return list(dict.fromkeys(str(entry["iss"]) for entry in listed))
    except (OSError, ValueError, KeyError, TypeError):
        return []


def require_issuer(settings: "Settings", newest: str | None = None) -> None:
    """Raise `IssuerError` unless `settings.host` is the issuer that this home began with.

    `newest` is who issued its newest licence, which tells it where the list of keys was lost.
    """
    given = settings.host
    if _ADDRESS.fullmatch(given) is None:
        raise IssuerError(
            f"公开地址 {given[:200]!r} 不能写入证照：须为 http(s)://主机[:端口]，小写，末尾无斜杠。 "
            f"The public address (--public, MIAOPI_HOST) {given[:200]!r} cannot stand in a licence: write http(s)://host[:port] "
            "in small letters, without a path or a slash at the end"
        )
    kept = next(iter(issuers_of(settings.keys)), newest)
    if kept is not None and kept != given:
        raise IssuerError(
            f"公开地址为 {given}，而 {settings.home} 的证照由 {kept} 签发；签发地址写在每一张证照里，不可更改。 "
            f"The settings name the issuer {given} (--public, MIAOPI_HOST), and the licences of {settings.home} are issued by "
            f"{kept}: it stands in every licence and cannot be changed; leave the setting out, or give {kept} "
            "(docs/operations.md, The public address)"
        )
