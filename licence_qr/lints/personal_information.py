"""个人信息保护法 (in force 2021-11-01): nothing that identifies a person beyond the name stands on a printed code."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from typing import Any

from stdnum.iso7064 import mod_11_2

from licence_qr.lints.model import Draft, Lint
from licence_qr.shape_parts import Fault

# Not words of people: codes, identifiers, digests, days and addresses, whose forms the closed shape holds already.
_MACHINE = re.compile(
    r"/(?:sub|jti|iss|vct|permits_digest)|/status/.*|/licence/registry/(?:uscc|division)|/licence/established_on"
    r"|/licence/term/until|/permits/\d+/(?:id|valid_from|valid_to)"
)
_NUMBER = re.compile(r"/permits/\d+/number")
_DIGITS = re.compile(r"(?<!\d)\d{11,18}[Xx]?(?!\d)", re.ASCII)
_MOBILE = re.compile(r"(?:(?:00)?86)?(1[3-9]\d{9})", re.ASCII)
_GROUPED = re.compile(r"(?<!\d)(1[3-9]\d)\D(\d{4})\D(\d{4})(?!\d)", re.ASCII)
# What people put between digits. Taken out only there, so that two numbers side by side in one text stay words.
_BETWEEN = re.compile(r"(?<=\d)[\s\-‐-―−_.,·•・、。/\\*]+(?=[\dXx])", re.ASCII)
_PROVINCES = frozenset(
    (*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71, 81, 82, 83)
)  # GB/T 2260, with residence permits of Hong Kong, Macao and Taiwan


def _private(draft: Draft) -> Iterator[Fault]:
    division = draft.claims["licence"]["registry"]["division"]
    for at, text in _texts(draft.claims):
        if _MACHINE.fullmatch(at):
            continue
        known = division if _NUMBER.fullmatch(at) else None
        if any(_identifies(run, known) for run in _runs(text, numbered=known is not None)):
            yield Fault(at, "(not repeated)", "it holds what looks like an identity or telephone number")


def _texts(value: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text in a value with its JSON pointer."""
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from _texts(member, f"{at}/{name}")
    elif isinstance(value, list):
        for place, element in enumerate(value):
            yield from _texts(element, f"{at}/{place}")


def _runs(text: str, *, numbered: bool) -> Iterator[str]:
    """Yield runs of digits in their plain form, as they stand and with what is between digits taken out.

    The number of a permit has dashes of its own (13-2026-11001): there a telephone must be grouped as people group it.
    """
    plain = unicodedata.normalize("NFKC", text)
    plain = "".join(sign if (digit := unicodedata.decimal(sign, None)) is None else str(digit) for sign in plain)
    yield from _DIGITS.findall(plain)
    if numbered:
        yield from ("".join(groups) for groups in _GROUPED.findall(plain))
    joined = _DIGITS.findall(_BETWEEN.sub("", plain))
    yield from (run for run in joined if len(run) == 18 or not numbered)


def _identifies(run: str, division: str | None) -> bool:
    """Tell whether a run of digits is a mobile number or an identity number (GB 11643-1999, or the older of 15 digits).

    `division` is given for the number of a permit. Many are a class digit, a division and a serial number, 11 or 15
    digits in all: that of this registry, its city or its province is no person's. Of 18 digits only a right check
    character makes an identity number there; in words of people a mistyped one is private too. The older numbers, out of
    use since 2013 and without a check character, are looked for in words of people alone, with births from 1930 on: one
    permit in a thousand whose number is a division and nine digits would look like one.
    """
    run = run if len(run) == 18 else run.rstrip("Xx")
    if division is not None and run[1:7] in {division, division[:4] + "00", division[:2] + "0000"}:
        return False
    if _MOBILE.fullmatch(run):
        return True
    if len(run) == 15:
        return division is None and run[6] >= "3" and _born(run[:2], "19" + run[6:12])
    if len(run) == 18 and run[6:8] in {"19", "20"} and _born(run[:2], run[6:14]):
        return division is None or bool(mod_11_2.is_valid(run.upper()))
    return False


def _born(province: str, day: str) -> bool:
    try:
        date(int(day[:4]), int(day[4:6]), int(day[6:]))
    except ValueError:
        return False
    return int(province) in _PROVINCES


LINTS = (
    Lint(
        "private",
        "个保法 6",
        "个人信息保护法 (2021-08-20) 6, 28",
        date(2021, 11, 1),
        {
            "zh": "印在码里的内容不得含有身份证号码或手机号码（全角、夹杂符号的也算）。",
            "en": "What is printed in a code holds no identity number and no mobile number, in whatever spelling.",
        },
        _private,
    ),
)
