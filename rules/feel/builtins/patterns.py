"""Regular expressions of XPath (which FEEL refers to) over Python's `re`, refused where they could run for ages."""

import re
from collections.abc import Callable
from functools import lru_cache

from rules.feel.builtins.registry import BuiltinError

MAX_PATTERN = 1_000
MAX_WORK = 100_000_000  # characters to the power of the unbounded repeats: what backtracking may come to

_FLAGS = {"s": re.DOTALL, "m": re.MULTILINE, "i": re.IGNORECASE, "x": re.VERBOSE}
# XPath has \i \c (XML names) and class subtraction, which Python has not; Python has look-around, which XPath has not.
# Sets within sets are to come in Python's `re`, which warns of them; they are refused as well.
_FOREIGN = re.compile(r"\(\?(?!:)|\\[icICAZbB]")
_ODD_SET = re.compile(r"(?<!\\)\[\^?(?:\\.|[^\]\\])*?(?:\[|--|&&|~~|\|\|)(?:\\.|[^\]\\])*\]")
_EXACT = re.compile(r"\{[0-9]+\}\??")
_PIECE = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\((?:\?:)?|\)|[*+?]\??|\{[0-9]*,?[0-9]*\}\??|.", re.DOTALL)


@lru_cache(maxsize=512)
def _compiled(pattern: str, flags: str) -> tuple[re.Pattern[str], int]:
    if len(pattern) > MAX_PATTERN:
        raise BuiltinError(f"the pattern has more than {MAX_PATTERN} characters")
    unknown = next((flag for flag in flags if flag not in _FLAGS), None)
    if unknown:
        raise BuiltinError(f'"{unknown}" is not one of the flags s, m, i, x')
    if _FOREIGN.search(pattern) or any(_ODD_SET.match(piece) for piece in _PIECE.findall(pattern)):
        raise BuiltinError("the pattern uses what is not in both XPath and this reader")
    repeats = _unbounded(pattern)
    value = re.RegexFlag(0)
    for flag in flags:
        value |= _FLAGS[flag]
    try:
        return re.compile(pattern, value), repeats
    except (re.error, OverflowError, RecursionError) as error:
        raise BuiltinError(f"the pattern cannot be read: {error}") from None


def _unbounded(pattern: str) -> int:
    """Count the repeats that backtracking multiplies.

    Raises: BuiltinError for a repeat inside a repeat, which makes matching exponential.
    """
    total = 0
    inside = [0]
    last = 0  # repeats within the piece that a quantifier would repeat
    for piece in _PIECE.findall(pattern):
        if piece[0] == "(" and len(piece) in {1, 3}:
            inside.append(0)
        elif piece == ")" and len(inside) > 1:
            last = inside.pop()
            inside[-1] += last
            continue
        elif piece[0] in "*+?{" and piece != "{":
            if last and piece[0] != "?":
                raise BuiltinError("a repeat or a choice inside a repeat can take forever to match")
            total += piece[0] != "?" and not _EXACT.fullmatch(piece)
            inside[-1] += 1
        elif piece == "|":
            inside[-1] += len(inside) > 1
        last = 0
    return total


def compile_pattern(pattern: str, flags: str, text: str) -> "re.Pattern[str]":
    """Return the compiled pattern.

    Raises: BuiltinError where it cannot be read, or `text` is so long that matching could hang.
    """
    compiled, repeats = _compiled(pattern, flags)
    places = 0 if pattern.startswith("^") else 1  # an anchored pattern is tried at one place only
    if repeats and len(text) ** min(repeats + places, 12) > MAX_WORK:
        raise BuiltinError(f"{len(text)} characters are too many for a pattern with {repeats} repeats")
    return compiled


def expand(replacement: str, groups: int) -> Callable[["re.Match[str]"], str]:
    r"""Return a function that fills `$1` .. `$9` of an XPath replacement; `\$` and `\\` stand for themselves."""
    pieces = re.findall(r"\\[$\\]|\$[0-9]|.", replacement, re.DOTALL)
    if any(piece in {"$", "\\"} for piece in pieces):
        raise BuiltinError("$ in a replacement is followed by a digit, or written \\$")

    def fill(found: "re.Match[str]") -> str:
        return "".join(_piece(piece, found, groups) for piece in pieces)

    return fill


def _piece(piece: str, found: "re.Match[str]", groups: int) -> str:
    if piece[0] == "$":
        number = int(piece[1])
        return (found[number] or "") if number <= groups else ""
    return piece[1] if piece[0] == "\\" else piece
