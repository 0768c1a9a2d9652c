"""Regular expressions of XPath (which FEEL refers to) over Python's `re`, refused where they could run for ages."""

import re
from collections.abc import Sequence
from functools import lru_cache
from math import comb

from rules.feel.builtins.registry import BuiltinError
from rules.feel.builtins.xpath_classes import translated
from rules.feel.limits import spend

Shape = tuple[int, int, int]
"""The unbounded repeats of a pattern, the ways that its optional pieces and choices can go, its back-references."""

MAX_PATTERN = 1_000
MAX_WORK = 20_000_000  # places that backtracking may try for one match, by our estimate; a few nanoseconds each
WORK_STEP = 200  # of them cost one step of an evaluation

_FLAGS = {"s": re.DOTALL, "m": re.NOFLAG, "i": re.IGNORECASE, "x": re.NOFLAG}  # m and x are written out, see below
# Python has look-around and anchors that XPath has not; doubled signs in sets are to mean something in Python one day.
_FOREIGN = re.compile(r"\(\?(?!:)|\\[AZbB]")
_ODD_SET = re.compile(r"(?<!\\)\[\^?(?:\\.|[^\]\\])*?(?:--|&&|~~|\|\|)(?:\\.|[^\]\\])*\]")
_EXACT = re.compile(r"\{[0-9]+\}\??")
_PIECE = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\((?:\?:)?|\)|[*+?]\??|\{[0-9]*,?[0-9]*\}\??|.", re.DOTALL)


@lru_cache(maxsize=512)
def _compiled(pattern: str, flags: str) -> tuple[re.Pattern[str], Shape]:
    if len(pattern) > MAX_PATTERN:
        raise BuiltinError(f"the pattern has more than {MAX_PATTERN} characters")
    unknown = next((flag for flag in flags if flag not in _FLAGS), None)
    if unknown:
        raise BuiltinError(f'"{unknown}" is not one of the flags s, m, i, x')
    if _FOREIGN.search(pattern) or any(_ODD_SET.match(piece) for piece in _PIECE.findall(pattern)):
        raise BuiltinError("the pattern uses what is not in both XPath and this reader")
    if "x" in flags:  # XPath has no comments; and a repeat is a repeat, with or without a space before it
        pattern = "".join(piece for piece in _PIECE.findall(pattern) if piece not in " \t\n\r")
    shape = _shape(pattern)
    value = re.RegexFlag(0)
    for flag in flags:
        value |= _FLAGS[flag]
    try:
        return re.compile(translated(pattern, lines="m" in flags), value), shape
    except (re.error, OverflowError, RecursionError) as error:
        raise BuiltinError(f"the pattern cannot be read: {error}") from None


def _shape(pattern: str) -> Shape:
    """Count what backtracking multiplies: repeats, and the ways that optional pieces and choices can go.

    Raises: BuiltinError for a repeat or a choice inside a repeat, which makes matching exponential.
    """
    repeats, ways, references = 0, 1, 0
    inside = [0]  # for each open group: repeats and choices within
    bars = [0]  # for each open group: its choices
    last = 0  # repeats within the piece that a quantifier would repeat
    for piece in _PIECE.findall(pattern):
        if piece[0] == "(" and len(piece) in {1, 3}:
            inside.append(0)
            bars.append(0)
        elif piece == ")" and len(inside) > 1:
            last = inside.pop()
            inside[-1] += last
            ways *= bars.pop() + 1
            continue
        elif piece[0] in "*+?{" and piece != "{":
            if last and piece[0] != "?":
                raise BuiltinError("a repeat or a choice inside a repeat can take forever to match")
            repeats += piece[0] != "?" and not _EXACT.fullmatch(piece)
            ways *= 2 if piece[0] == "?" else 1
            inside[-1] += 1
        elif piece[0] == "\\" and piece[1:] in "123456789":
            references += 1
        elif piece == "|":
            inside[-1] += len(inside) > 1
            bars[-1] += 1
        last = 0
    return repeats, ways * (bars[0] + 1), references


def compile_pattern(pattern: str, flags: str, text: str) -> "re.Pattern[str]":
    """Return the compiled pattern, and take what matching may come to off the allowance of the evaluation.

    The estimate is the number of ways to lay the repeats, and the place to begin at, over the text, times the ways of
    optional pieces and choices, and for each back-reference the text once more; matching has been measured at 3 to 20 nanoseconds for each.

    Raises: BuiltinError where the pattern cannot be read, or matching `text` could take too long.
    """
    compiled, (repeats, ways, references) = _compiled(pattern, flags)
    places = 0 if pattern.startswith("^") and "m" not in flags and ways == 1 else 1  # anchored: tried at one place
    size = max(len(text), 1)
    small = repeats + places < 20 and references < 20
    # At each place a back-reference may compare as much text as there is.
    work = comb(size + repeats + places, repeats + places) * ways * size**references if small else MAX_WORK + 1
    if work > MAX_WORK:
        raise BuiltinError(
            f"matching {len(text)} characters with {repeats} repeats and {ways} choices can take too long"
        )
    spend(work // WORK_STEP, "a pattern")
    return compiled


def expand(replacement: str) -> list[str | int]:
    r"""Return an XPath replacement as texts and numbers of groups (`$1` .. `$9`); `\$` and `\\` stand for themselves."""
    pieces: list[str | int] = []
    text: list[str] = []
    for piece in re.findall(r"\\[$\\]|\$[0-9]|[^$\\]+|.", replacement, re.DOTALL):
        if piece in {"$", "\\"}:
            raise BuiltinError("$ in a replacement is followed by a digit, or written \\$")
        if piece[0] != "$":
            text.append(piece[1] if piece[0] == "\\" else piece)
            continue
        pieces += ["".join(text), int(piece[1])]
        text.clear()
    return [*pieces, "".join(text)]


def filled(pieces: Sequence[str | int], found: "re.Match[str]") -> str:
    """Return what stands in the place of a match; a group that the pattern has not, or that took no part, is empty."""
    groups = (found[0], *found.groups(default=""))
    return "".join(
        piece if isinstance(piece, str) else groups[piece] if piece < len(groups) else "" for piece in pieces
    )
