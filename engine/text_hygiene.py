"""Characters that make two different texts look the same: refused in everything an applicant writes.

A name with a zero-width space in it is another name to a register and the same name to a reader. Refused are
controls, bidirectional and zero-width marks, private-use and unassigned-by-design code points, blank letters,
variation selectors, Kangxi and CJK radicals, CJK compatibility ideographs, and text that is not in Unicode normal
form C (UAX #15).
"""

import re
import unicodedata
from typing import Any

from rules.model import Text

_CLASSES: tuple[tuple[str, str, str], ...] = (
    ("\x00-\x1f\x7f-\x9f\u2028\u2029", "控制字符", "a control character"),
    ("\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069", "文字方向控制符", "a mark that changes the writing direction"),
    (
        "\u00ad\u034f\u180e\u200b-\u200d\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb",
        "零宽字符",
        "an invisible character",
    ),
    ("\u115f\u1160\u2800\u3164\uffa0", "空白字母", "a letter that shows as a blank"),
    ("\ue000-\uf8ff\U000f0000-\U0010ffff", "私用区字符", "a private-use character"),
    ("\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0000-\U000e0fff", "变体选择符", "a variation selector or tag"),
    ("\u2e80-\u2fdf", "部首字符（不是汉字）", "a radical, which only looks like a Chinese character"),
    # Twelve code points of the block CJK Compatibility Ideographs are ordinary ideographs in spite of its name.
    (
        "\uf900-\ufa0d\ufa10\ufa12\ufa15-\ufa1e\ufa20\ufa22\ufa25\ufa26\ufa2a-\ufaff\U0002f800-\U0002fa1f",
        "兼容汉字",
        "a compatibility ideograph",
    ),
    ("\ufdd0-\ufdef\ufffd-\uffff", "非字符", "not a character"),
    ("\ud800-\udfff", "代理码元", "half of a surrogate pair"),
)
_ANY = re.compile("[" + "".join(characters for characters, _, _ in _CLASSES) + "]")
_EACH = tuple((re.compile(f"[{characters}]"), zh, en) for characters, zh, en in _CLASSES)


def hidden_character(text: str) -> Text | None:
    """Say what is wrong with `text`, or return None when it shows what it is."""
    if text.isascii() and text.isprintable():
        return None
    found = _ANY.search(text)
    if found is not None:
        character = found.group()
        zh, en = next((zh, en) for pattern, zh, en in _EACH if pattern.match(character))
        place = found.start() + 1
        return Text(
            zh=f"第{place}个字符U+{ord(character):04X}是{zh}。",
            en=f"Character {place}, U+{ord(character):04X}, is {en}.",
        )
    if not unicodedata.is_normalized("NFC", text):
        return Text(zh="文字不是规范组合形式（NFC）。", en="The text is not in Unicode normal form C.")
    return None


def hidden_characters(document: Any) -> list[tuple[str, str, Text]]:
    """Return pointer, text and what is wrong for every string of `document` that hides something."""
    if not _hides_something(document):
        return []
    found: list[tuple[str, str, Text]] = []
    _collect(document, "", found)
    return found


def _hides_something(document: Any) -> bool:
    """Look at all strings without keeping their places: almost every submission is clean."""
    pending = [document]
    while pending:
        value = pending.pop()
        if type(value) is str:
            clean = value.isascii() and value.isprintable()
            if not clean and (_ANY.search(value) is not None or not unicodedata.is_normalized("NFC", value)):
                return True
        elif type(value) is dict:
            pending.extend(value.values())
        elif type(value) is list:
            pending.extend(value)
    return False


def _collect(value: Any, pointer: str, found: list[tuple[str, str, Text]]) -> None:
    if type(value) is str:
        why = hidden_character(value)
        if why is not None:
            found.append((pointer, value, why))
    elif type(value) is dict:
        for key, item in value.items():
            _collect(item, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}", found)
    elif type(value) is list:
        for index, item in enumerate(value):
            _collect(item, f"{pointer}/{index}", found)
