"""个人信息保护法 (in force 2021-11-01): nothing that identifies a person beyond the name stands on a printed code."""

import re
from collections.abc import Iterator
from datetime import date

from licence_qr.lints.model import Draft, Lint
from licence_qr.shape import Fault

# An identity number (17 digits with a plausible date of birth, then a digit or X) or a mobile number, on their own.
_PRIVATE = re.compile(
    r"(?<![0-9A-Z])[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[0-9Xx](?![0-9A-Z])"
    r"|(?<!\d)1[3-9]\d{9}(?!\d)",
    re.ASCII,
)


def _private(draft: Draft) -> Iterator[Fault]:
    licence = draft.claims["licence"]
    shown = [(f"/licence/{name}", value) for name, value in licence.items() if isinstance(value, str)]
    for number, half in enumerate(licence["scope"]):
        shown += [(f"/licence/scope/{number}/items/{place}", text) for place, text in enumerate(half["items"])]
    for number, permit in enumerate(draft.claims["permits"]):
        shown += [(f"/permits/{number}/{name}", permit[name]) for name in ("type", "authority") if name in permit]
    for at, text in shown:
        if _PRIVATE.search(text):
            yield Fault(at, "(not repeated)", "it holds what looks like an identity or telephone number")


LINTS = (
    Lint(
        "private",
        "个保法 6",
        "个人信息保护法 (2021-08-20) 6, 28",
        date(2021, 11, 1),
        {
            "zh": "印在码里的内容不得含有身份证号码或手机号码。",
            "en": "What is printed in a code holds no identity number and no telephone number.",
        },
        _private,
    ),
)
