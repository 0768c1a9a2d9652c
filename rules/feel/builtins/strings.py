"""String functions (DMN 1.5, table 76): positions count Unicode characters from 1, negative ones from the end."""

from decimal import Decimal

from rules.feel.builtins.conversion import whole
from rules.feel.builtins.patterns import compile_pattern, expand, filled
from rules.feel.builtins.registry import BuiltinError, feel
from rules.feel.limits import ITEMS_STEP, bounded_length, bounded_text, spend


@feel("substring(string: string, start position: number, length?: number?) -> string")
def substring(string: str, start: Decimal, length: Decimal | None = None) -> str:
    """Return `length` characters from `start`; all that follow without it."""
    first = whole(start, "start position")
    if first == 0 or abs(first) > len(string):
        raise BuiltinError(f"start position {first} is outside a string of {len(string)} characters")
    begin = first - 1 if first > 0 else len(string) + first
    if length is None:
        return string[begin:]
    if length < 1:
        raise BuiltinError("length must be at least 1")
    return string[begin : begin + int(min(length, Decimal(len(string))))]


@feel("string length(string: string) -> number")
def string_length(string: str) -> int:
    """Count the characters."""
    return len(string)


@feel("upper case(string: string) -> string")
def upper_case(string: str) -> str:
    """Return the string in upper case."""
    return string.upper()


@feel("lower case(string: string) -> string")
def lower_case(string: str) -> str:
    """Return the string in lower case."""
    return string.lower()


@feel("substring before(string: string, match: string) -> string")
def substring_before(string: str, match: str) -> str:
    """Return what stands before `match`; nothing where it does not occur."""
    before, found, _ = string.partition(match) if match else ("", "", "")
    return before if found else ""


@feel("substring after(string: string, match: string) -> string")
def substring_after(string: str, match: str) -> str:
    """Return what stands after `match`; nothing where it does not occur."""
    return string.partition(match)[2] if match else string


@feel("contains(string: string, match: string) -> boolean")
def contains(string: str, match: str) -> bool:
    """Tell whether `match` occurs in the string."""
    return match in string


@feel("starts with(string: string, match: string) -> boolean")
def starts_with(string: str, match: str) -> bool:
    """Tell whether the string begins with `match`."""
    return string.startswith(match)


@feel("ends with(string: string, match: string) -> boolean")
def ends_with(string: str, match: str) -> bool:
    """Tell whether the string ends with `match`."""
    return string.endswith(match)


@feel("matches(input: string, pattern: string, flags?: string?) -> boolean")
def matches(text: str, pattern: str, flags: str | None = None) -> bool:
    """Tell whether the pattern matches anywhere in the text."""
    return compile_pattern(pattern, flags or "", text).search(text) is not None


@feel("replace(input: string, pattern: string, replacement: string, flags?: string?) -> string")
def replace(text: str, pattern: str, replacement: str, flags: str | None = None) -> str:
    """Replace every match; `$1` to `$9` in the replacement are the groups."""
    compiled = compile_pattern(pattern, flags or "", text)
    if compiled.fullmatch(""):
        raise BuiltinError("the pattern matches nothing at all, so there is no place to replace")
    pieces = expand(replacement)
    made: list[str] = []
    begin = length = 0
    for found in compiled.finditer(text):  # the size is watched while the text is made, not when it is there
        spend(1 + len(pieces) // ITEMS_STEP, "replace")
        made += [text[begin : found.start()], filled(pieces, found)]
        length += len(made[-2]) + len(made[-1])
        bounded_length(length)
        begin = found.end()
    return bounded_text("".join([*made, text[begin:]]))


@feel("split(string: string, delimiter: string) -> list<string>")
def split(string: str, delimiter: str) -> list[str]:
    """Split at every match of the pattern `delimiter`."""
    compiled = compile_pattern(delimiter, "", string)
    if compiled.fullmatch(""):
        raise BuiltinError("the delimiter matches nothing at all, so there is no place to split at")
    parts, begin = [], 0
    for found in compiled.finditer(string):
        if found.end() == found.start():
            continue
        parts.append(string[begin : found.start()])
        begin = found.end()
    return [*parts, string[begin:]]


@feel("string join(list: list<string>, delimiter?: string?) -> string")
def string_join(items: list[str | None], delimiter: str | None = None) -> str:
    """Join the strings, leaving out nulls."""
    kept = [item for item in items if item is not None]
    bounded = sum(len(item) for item in kept) + len(delimiter or "") * len(kept)
    bounded_text(" " * min(bounded, 2_000_000))
    return (delimiter or "").join(kept)
