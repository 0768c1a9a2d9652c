"""The particulars of a licence as rows of a table, the same in the terminal and on the page by number."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from licence_qr.claims import CHINA, ROLES
from licence_qr.identifiers import parse_identifier
from licence_qr.sentences import sentence

# What these rows say is Chinese in every language: as registered.
CHINESE_ROWS = frozenset({"type", "capital", "supervising_authority", "registry", *ROLES.values()})


def particulars(claims: Mapping[str, Any], language: str) -> list[tuple[str, str]]:
    """Return (key of the label, value) of authentic claims, in the order they are shown."""
    licence = claims["licence"]
    rows = [("uscc", claims["sub"]), ("type", " ".join(licence[n] for n in ("type", "composition") if n in licence))]
    rows += [(role, licence[role]) for role in dict.fromkeys(ROLES.values()) if role in licence]
    if "capital_fen" in licence:
        rows.append(("capital", yuan(licence["capital_fen"])))
    if "supervising_authority" in licence:
        rows.append(("supervising_authority", licence["supervising_authority"]))
    rows.append(("established", licence["established_on"]))
    if "term" in licence:
        until = licence["term"].get("until")
        rows.append(("term", sentence("labels", "long", language) if until is None else f"– {until}"))
    rows += [("registry", licence["registry"]["name"]), ("identifier", claims["jti"])]
    log = claims["log"]
    return [*rows, ("version", version_of(claims["jti"])), ("log", f"{log['origin']} #{log['index']}")]


def version_of(identifier: str) -> str:
    """Return the version that an identifier (GB/T 36904) names, three digits."""
    return f"{parse_identifier(identifier).version:03d}"


def china_time(seconds: int, language: str) -> str:
    """Return a moment to the minute as it is in China; in English its zone is named, for its reader may be anywhere.

    >>> china_time(1795401000, "en")
    '2026-11-23 10:30 (UTC+8)'
    """
    shown = datetime.fromtimestamp(seconds, CHINA).strftime("%Y-%m-%d %H:%M")
    return shown + sentence("labels", "zone", language)


def yuan(fen: int) -> str:
    """Return an amount in fen as 元 or 万元, exactly.

    >>> yuan(333000000), yuan(12345)
    ('333万元', '123.45元')
    """
    if fen % 1_000_000 == 0:
        return f"{fen // 1_000_000}万元"
    return f"{fen // 100}元" if fen % 100 == 0 else f"{fen // 100}.{fen % 100:02d}元"
