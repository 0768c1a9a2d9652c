"""Which scope items a permit covers, in the words of the licence, and which of them may not be done now."""

from collections.abc import Mapping
from typing import Any

from licence_qr.claims import items_of
from licence_qr.sentences import sentence
from licence_qr.verify import Verdict, Verification


def covered(permit: Mapping[str, Any], licence: Mapping[str, Any]) -> list[str]:
    """Return the items that a permit of authentic claims covers; none for one that is due, or in short form."""
    items = items_of(licence)
    return [items[place] for place in permit.get("scope", ())]


def barred_items(found: Verification, language: str) -> dict[int, list[str]]:
    """Return, by position, what to say under each scope item whose permit is suspended, revoked, over or not begun.

    Nothing under a licence that is not valid as a whole: that is said above all items.
    """
    told: dict[int, list[str]] = {}
    if found.claims is None or found.headline.verdict is Verdict.NOT_VALID:
        return told
    colon = ": " if language.lower().startswith("en") else "："
    for permit, answer in zip(found.claims["permits"], found.permits, strict=True):
        if answer.verdict is Verdict.NOT_VALID and answer.reason != "not_held":
            for place in permit.get("scope", ()):
                words = sentence("item_reasons", answer.reason, language)
                told.setdefault(place, []).append(f"{permit['type']}{colon}{words}")
    return told
