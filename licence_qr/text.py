"""Which characters a licence may show.

A name is read by people, so two names that look alike must be spelt alike. NFC alone lets through Kangxi radicals,
zero-width and bidi controls; NFKC is wrong too, for it rewrites the lawful full-width brackets of a business name. And
NFC itself is another one in another version of Unicode, for every sign that was added between the two: signs that are
younger than many phones are refused, so that the same text is in normal form for all.
The same ranges stand in `page/verify.mjs`, and a test holds the two tables together.
"""

import re
import unicodedata

# First and last code point of each range that no licence may hold, with the reason.
FORBIDDEN: tuple[tuple[int, int, str], ...] = (
    (0x0000, 0x001F, "control character"),
    (0x007F, 0x009F, "control character"),
    (0x00AD, 0x00AD, "soft hyphen"),
    (0x034F, 0x034F, "invisible joiner"),
    (0x061C, 0x061C, "bidi control"),
    (0x0897, 0x0897, "mark that is younger than many readers"),
    (0x0ECE, 0x0ECE, "mark that is younger than many readers"),
    (0x115F, 0x1160, "invisible filler"),
    (0x17B4, 0x17B5, "invisible vowel"),
    (0x180B, 0x180F, "variation selector"),
    (0x1ACF, 0x1AFF, "mark that is younger than many readers"),
    (0x200B, 0x200F, "zero-width or bidi control"),
    (0x2028, 0x202E, "line separator or bidi control"),
    (0x2060, 0x206F, "invisible or bidi control"),
    (0x2E80, 0x2EFF, "radical that looks like a character"),
    (0x2F00, 0x2FDF, "radical that looks like a character"),
    (0x3164, 0x3164, "invisible filler"),
    (0xD800, 0xDFFF, "lone surrogate"),
    (0xE000, 0xF8FF, "private use"),
    (0xF900, 0xFAFF, "compatibility ideograph"),
    (0xFE00, 0xFE0F, "variation selector"),
    (0xFEFF, 0xFEFF, "byte order mark"),
    (0xFFA0, 0xFFA0, "invisible filler"),
    (0xFFF0, 0xFFFF, "special"),
    (0x10000, 0x1FFFF, "sign of a script that no name is registered in, younger than many readers"),
    (0x2F800, 0x2FA1F, "compatibility ideograph"),
    (0xE0000, 0xE0FFF, "tag or variation selector"),
    (0xF0000, 0x10FFFF, "private use"),
)
_FORBIDDEN = re.compile("[" + "".join(f"{chr(first)}-{chr(last)}" for first, last, _ in FORBIDDEN) + "]")


def fault_of(text: str) -> str | None:
    r"""Say why `text` may not stand on a licence, or None when it may.

    >>> fault_of("安丘市小满杂货店（个体工商户）")
    >>> fault_of("安丘\u200b市")
    'U+200B at character 3 is a zero-width or bidi control'
    """
    found = _FORBIDDEN.search(text)
    if found:
        code = ord(found.group())
        reason = next(why for first, last, why in FORBIDDEN if first <= code <= last)
        return f"U+{code:04X} at character {found.start() + 1} is a {reason}"
    if not unicodedata.is_normalized("NFC", text):
        return "it is not in Unicode normal form C"
    if text != text.strip() or not text:
        return "it is empty, or begins or ends with a space"
    return None
