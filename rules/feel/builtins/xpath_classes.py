r"""What XPath's regular expressions have and Python's have not: `\p{Lu}`, `\i`, `\c` and `[a-z-[aeiou]]`, written out.

(XML Schema 1.1 part 2, appendix G, which XPath, and by it DMN 1.5 10.3.4.3, refers to.)
"""

import re
import sys
import unicodedata
from functools import cache

from rules.feel.builtins.registry import BuiltinError

CATEGORIES = frozenset(
    [
        "L",
        "Lu",
        "Ll",
        "Lt",
        "Lm",
        "Lo",
        "M",
        "Mn",
        "Mc",
        "Me",
        "N",
        "Nd",
        "Nl",
        "No",
        "P",
        "Pc",
        "Pd",
        "Ps",
        "Pe",
        "Pi",
        "Pf",
        "Po",
        "Z",
        "Zs",
        "Zl",
        "Zp",
        "S",
        "Sm",
        "Sc",
        "Sk",
        "So",
        "C",
        "Cc",
        "Cf",
        "Co",
        "Cn",
    ]
)
_NAME_START = (
    r":A-Z_a-z\xc0-\xd6\xd8-\xf6\xf8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f\u2c00-\u2fef"
    r"\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_NAME = _NAME_START + r"\-.0-9\xb7\u0300-\u036f\u203f\u2040"
_TOKEN = re.compile(r"\\[pP]\{(?P<category>[^}]*)\}|\\(?P<letter>.)|(?P<open>\[\^?)|(?P<close>\])|.", re.DOTALL)


_WORD = ("L", "M", "N", "S")  # all but punctuation, separators and what is neither
_SPACES = r" \t\n\r"
# With the flag m: an end of a line stands before a newline, its begin behind; after the last newline is no line.
_LINE_BEGIN, _LINE_END = r"(?:\A|(?<=\n)(?!\Z))", r"(?:(?=\n)|(?<!\n)\Z)"


@cache
def _ranges(*categories: str) -> str:
    """Return the characters of general categories (or groups of them, such as L) as the inside of a set."""
    parts: list[str] = []
    first = -1
    for code in range(sys.maxunicode + 2):
        # Surrogates are no characters of a text.
        inside = code <= sys.maxunicode and unicodedata.category(chr(code)).startswith(categories)
        if inside and first < 0:
            first = code
        elif not inside and first >= 0:
            parts.append(f"\\U{first:08x}-\\U{code - 1:08x}")
            first = -1
    return "".join(parts)


def _inside(token: "re.Match[str]") -> tuple[str, bool] | None:
    """Return what a class escape stands for, and whether it is negated; null for any other piece."""
    text = token[0]
    if token["category"] is not None:
        if token["category"] not in CATEGORIES:
            raise BuiltinError(f'"{token["category"]}" is not a category of Unicode characters')
        return _ranges(token["category"]), text[1] == "P"
    if token["letter"] in {"i", "I", "c", "C"}:
        return (_NAME_START if text[1] in "iI" else _NAME), text[1].isupper()
    if token["letter"] in {"w", "W"}:
        return _ranges(*_WORD), text[1] == "W"
    if token["letter"] in {"s", "S"}:
        return _SPACES, text[1] == "S"
    return None


def translated(pattern: str, *, lines: bool = False) -> str:
    """Return a pattern that means in Python what it means in XPath, as far as classes and anchors go.

    `lines`: ^ and $ stand for the begin and end of every line (the flag m), and else for those of the whole text.

    Raises: BuiltinError for an unknown category, or a set inside a set that subtracts nothing.
    """
    anchors = {"^": _LINE_BEGIN, "$": _LINE_END} if lines else {"^": r"\A", "$": r"\Z"}
    tokens = list(_TOKEN.finditer(pattern))
    made: list[str] = []
    place = 0
    while place < len(tokens):
        token = tokens[place]
        if token["open"]:
            text, place = _set(tokens, place)
            made.append(text)
            continue
        known = _inside(token)
        made.append(anchors.get(token[0], token[0]) if known is None else f"[{'^' * known[1]}{known[0]}]")
        place += 1
    return "".join(made)


def _set(tokens: "list[re.Match[str]]", place: int) -> tuple[str, int]:
    """Translate the set that opens at `place`; return it and the place after it."""
    begin = tokens[place][0]
    place += 1
    inside: list[str] = []
    others: list[str] = []  # negated classes, which Python cannot hold inside a set
    without = ""
    while place < len(tokens) and not (tokens[place]["close"] and (inside or others)):
        token = tokens[place]
        if token["open"]:
            if not inside or inside[-1] != "-":
                raise BuiltinError("a set inside a set must be subtracted: [a-z-[aeiou]]")
            inside.pop()
            without, place = _set(tokens, place)
            if place >= len(tokens) or not tokens[place]["close"]:
                raise BuiltinError("a subtracted set ends the set it is subtracted from")
            break
        known = _inside(token)
        if known is not None and known[1]:
            others.append(f"[^{known[0]}]")
        else:
            inside.append(token[0] if known is None else known[0])
        place += 1
    if place >= len(tokens):
        raise BuiltinError("a set is not closed")
    chosen = f"{begin}{''.join(inside)}]" if inside else ""
    if others:
        options = "|".join([*([f"[{''.join(inside)}]"] if inside else []), *others])
        # One look ahead has one way to succeed, where a choice that is repeated could be tried in very many.
        chosen = f"(?:(?{'!' if '^' in begin else '='}{options})[\\s\\S])"
    return (f"(?:(?!{without}){chosen})" if without else chosen), place + 1
