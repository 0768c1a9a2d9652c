"""The sentences people read, from the one file that the page uses too."""

import json
from functools import cache
from pathlib import Path
from typing import Any

_SOURCE = Path(__file__).parent / "page" / "sentences.mjs"


def sentence(group: str, key: str, language: str, *, ngo: bool = False) -> str:
    """Return a sentence in zh or en; raises KeyError for one that nobody wrote.

    `ngo` asks for the words for a 民办非企业单位, where they differ from those for a business.
    """
    own: dict[str, dict[str, str]] = _all().get(f"ngo_{group}", {}) if ngo else {}
    found = own.get(key) or _all()[group][key]
    return found["en" if language.lower().startswith("en") else "zh"]


def permit_sentence(reason: str, language: str) -> str:
    """Return the sentence for a permit, which for some reasons differs from the one for a licence."""
    return sentence("permit_reasons" if reason in _all()["permit_reasons"] else "reasons", reason, language)


@cache
def _all() -> dict[str, Any]:
    source = _SOURCE.read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(source.partition("export const SENTENCES = ")[2].rstrip().rstrip(";"))
    return found
