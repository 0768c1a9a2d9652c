"""Chinese or English, as the caller asks (RFC 9110 12.5.4); Chinese when nothing fits."""

from collections.abc import Mapping
from typing import Any, Final

CHINESE: Final = "zh-CN"
ENGLISH: Final = "en"


def negotiate(accept_language: str | None) -> str:
    """Return `zh-CN` or `en`, whichever the header prefers.

    >>> negotiate("en-GB,en;q=0.9,zh;q=0.8"), negotiate("zh;q=1, en;q=0.5"), negotiate("fr"), negotiate(None)
    ('en', 'zh-CN', 'zh-CN', 'zh-CN')
    """
    best, best_weight = CHINESE, 0.0
    for part in (accept_language or "")[:1000].split(","):
        tag, _, parameters = part.strip().partition(";")
        weight = _weight(parameters)
        language = {"zh": CHINESE, "en": ENGLISH, "*": CHINESE}.get(tag.strip().lower().split("-")[0])
        if language is not None and weight > best_weight:
            best, best_weight = language, weight
    return best


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0


def localise(value: Any, language: str) -> Any:
    """Replace every `{"zh": …, "en": …}` in a JSON value by the sentence in `language`.

    >>> localise({"title": {"zh": "决定", "en": "decision"}, "n": [1]}, "en")
    {'title': 'decision', 'n': [1]}
    """
    if isinstance(value, Mapping):
        if value.keys() == {"zh", "en"}:
            return value["en" if language == ENGLISH else "zh"]
        return {key: localise(item, language) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [localise(item, language) for item in value]
    return value
