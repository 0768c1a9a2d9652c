"""From text to tokens: names with spaces, literals, operators (DMN 1.5, 10.3.1.2, grammar rules 25 to 40).

A name may hold spaces and even operators, so where it ends depends on which names there are. Three rules, in order:
the longest known name wins (input names, built-in functions); then keywords; then words that follow each other, since
two names never stand side by side in FEEL. Keys before a colon are read whole.
"""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal, DecimalException
from functools import lru_cache
from typing import Any

from lark import Token
from lark.lexer import Lexer

from rules.feel.errors import FeelSyntaxError
from rules.feel.limits import MAX_DEPTH, MAX_SOURCE
from rules.feel.values import NUMBERS

KEYWORDS = {
    "if": "IF", "then": "THEN", "else": "ELSE", "for": "FOR", "return": "RETURN", "some": "SOME", "every": "EVERY",
    "satisfies": "SATISFIES", "in": "IN", "and": "AND", "or": "OR", "between": "BETWEEN", "function": "FUNCTION",
    "true": "TRUE", "false": "FALSE", "null": "NULL",
}  # fmt: skip
SYMBOLS = {
    "**": "POWER", "..": "DOTDOT", "->": "ARROW", "<=": "LE", ">=": "GE", "!=": "NE", "<": "LT", ">": "GT", "=": "EQ",
    "+": "PLUS", "-": "MINUS", "*": "TIMES", "/": "DIVIDE", "(": "LPAR", ")": "RPAR", "[": "LSQB", "]": "RSQB",
    "{": "LBRACE", "}": "RBRACE", ",": "COMMA", ":": "COLON", ".": "DOT",
}  # fmt: skip
TYPE_NAMES = ("date and time", "days and time duration", "years and months duration")

_BLANK = re.compile(r"(?:[\s\ufeff\u180e]+|//[^\n]*|/\*.*?\*/)+", re.DOTALL)
_NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"', re.DOTALL)
_LETTER = r"(?:[^\W\d]|[\U00010000-\U000effff])"
_WORD = re.compile(rf"{_LETTER}(?:\w|{_LETTER})*|\?\w*")
_SPACE = re.compile(r"\s+")
_SYMBOL = re.compile("|".join(re.escape(symbol) for symbol in sorted(SYMBOLS, key=len, reverse=True)))
_KEY = re.compile(rf"{_LETTER}" + r"[^()\[\]{},:\"@<>=\n]*?(?=\s*:)")
_INSTANCE_OF = re.compile(r"instance\s+of\b")
_EXTERNAL = re.compile(r"external(?=\s*\{)")
_HINTS = {"'": "strings stand in double quotes", "&": 'write "and"', "|": 'write "or"', "!": 'write "not(...)"'}
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\", "b": "\b", "f": "\f", "/": "/"}
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{6})|(.))", re.DOTALL)
_SURROGATES = re.compile("([\ud800-\udbff])([\udc00-\udfff])")
# What may stand before an operand: here `]` opens a range and a word followed by a colon is a key.
_BEFORE_OPERAND = frozenset(SYMBOLS.values()) - {"RPAR", "RSQB", "RBRACE"} | set(KEYWORDS.values()) - {
    "TRUE", "FALSE", "NULL",
}  # fmt: skip
_BEFORE_KEY = frozenset({"LPAR", "LBRACE", "COMMA", "LT"})
_PLAIN_OPERAND = re.compile(r"\s*(?:[^\W\d]|[\d\"@])")
_OPERAND = re.compile(r"[\s]*(?:[^\W\d]|[\d\"@(\[{?.]|-)")
_NOT_AN_OPERAND = re.compile(r"\s*(?:and|or|then|else|return|satisfies|in|between|instance)\b|\s*\.\.")


def normalise(name: str) -> str:
    """Return a name with every run of white space as one space, as names are compared."""
    return " ".join(name.split())


@lru_cache(maxsize=256)
def known_names(names: frozenset[str]) -> re.Pattern[str] | None:
    """Return a pattern for those of `names` that are more than one word, longest first."""
    several = sorted((name for name in names if not _WORD.fullmatch(name)), key=len, reverse=True)
    if not several:
        return None
    parts = [r"\s+".join(re.escape(word) for word in name.split()) for name in several if name.strip()]
    return re.compile(r"(?:" + "|".join(parts) + r")(?!\w)")


class FeelLexer(Lexer):
    """Hands the tokens that `tokenize` made to lark."""

    def __init__(self, _conf: Any) -> None:
        """Lark passes its own settings, of which none concerns us."""

    def lex(self, data: Iterable[Token]) -> Iterator[Token]:  # type: ignore[override]  # lark allows any input here
        """Yield the tokens."""
        return iter(data)


class _Reader:
    """One pass over one source text."""

    def __init__(self, source: str, names: re.Pattern[str] | None) -> None:
        self.source = source
        self.names = names
        self.at = 0
        self.line = 1
        self.line_start = 0
        self.last = "COMMA_OR_START"
        self.open: list[tuple[str, bool]] = []  # open brackets, and whether `..` was seen inside

    def error(self, message: str, suggestion: str | None = None) -> FeelSyntaxError:
        return FeelSyntaxError(message, self.line, self.at - self.line_start + 1, suggestion)

    def token(self, kind: str, value: str, length: int) -> Token:
        column, end = self.at - self.line_start + 1, self.at + length
        made = Token(kind, value, start_pos=self.at, line=self.line, column=column, end_pos=end)
        self.last = kind
        self.advance(length)
        return made

    def advance(self, length: int) -> None:
        end = self.at + length
        breaks = self.source.count("\n", self.at, end)
        if breaks:
            self.line += breaks
            self.line_start = self.source.rindex("\n", self.at, end) + 1
        self.at = end

    def __iter__(self) -> Iterator[Token]:
        while True:
            blank = _BLANK.match(self.source, self.at)
            if blank:
                self.advance(len(blank[0]))
            if self.at >= len(self.source):
                return
            yield self.next()

    def next(self) -> Token:
        source, at = self.source, self.at
        char = source[at]
        if char == '"' or (char == "@" and source[at + 1 : at + 2] == '"'):
            return self.string(char == "@")
        if char.isdecimal() or (char == "." and self.operand_due() and source[at + 1 : at + 2].isdecimal()):
            return self.number()
        if _WORD.match(source, at):
            return self.word()
        return self.symbol()

    def operand_due(self) -> bool:
        return self.last in _BEFORE_OPERAND or self.last == "COMMA_OR_START"

    def number(self) -> Token:
        found = _NUMBER.match(self.source, self.at)
        if not found:
            raise self.error("only the digits 0 to 9 make numbers")
        text = found[0]
        after = self.source[found.end() : found.end() + 1]
        if after.isalpha() or after == "_":
            raise self.error(f'"{text}{after}" is neither a number nor a name', "a name begins with a letter")
        try:
            exact = NUMBERS.create_decimal(text) == Decimal(text)
        except DecimalException:
            exact = False
        if not exact:
            raise self.error(f"{text[:40]} has more than 34 digits, or is too large or too small")
        return self.token("NUMBER", text, len(text))

    def string(self, temporal: bool) -> Token:  # noqa: FBT001 private, two callers on one line
        start = self.at + temporal
        found = _STRING.match(self.source, start)
        if not found:
            raise self.error("the string is not closed", 'end it with "')
        raw = found[0][1:-1]
        text = _ESCAPE.sub(self._unescape, raw) if "\\" in raw else raw
        text = _SURROGATES.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)
        return self.token("TEMPORAL" if temporal else "STRING", text, len(found[0]) + temporal)

    def _unescape(self, found: re.Match[str]) -> str:
        if found[1] or found[2]:
            code = int(found[1] or found[2], 16)
            if code > 0x10FFFF:
                raise self.error(f"{found[0]} is beyond the last Unicode character")
            return chr(code)
        return _ESCAPES.get(found[3], found[0])

    def word(self) -> Token:
        source, at = self.source, self.at
        if self.last in _BEFORE_KEY:
            key = _KEY.match(source, at)
            if key:
                return self.token("KEY", normalise(key[0]), len(key[0]))
        known = self.names.match(source, at) if self.names else None
        first = _WORD.match(source, at)
        assert first is not None
        if known and known.end() >= first.end():
            return self.token("NAME", normalise(known[0]), len(known[0]))
        keyword = self.keyword(at, first)
        if keyword and self.last != "DOT":
            return self.token(keyword[0], source[at : keyword[1]], keyword[1] - at)
        return self.joined(first)

    def keyword(self, at: int, word: re.Match[str]) -> tuple[str, int] | None:
        """Return the kind and the end of the keyword that stands at `at`."""
        if word[0] in KEYWORDS:
            return KEYWORDS[word[0]], word.end()
        instance = _INSTANCE_OF.match(self.source, at)
        if instance:
            return "INSTANCE_OF", instance.end()
        external = _EXTERNAL.match(self.source, at)
        return ("EXTERNAL", external.end()) if external and self.last == "RPAR" else None

    def joined(self, word: re.Match[str]) -> Token:
        """Read words up to a keyword, a known name or anything that is no word, as one name."""
        start, end = self.at, word.end()
        while True:
            space = _SPACE.match(self.source, end)
            following = _WORD.match(self.source, space.end()) if space else None
            if following is None or self.keyword(following.start(), following):
                break
            if self.names and self.names.match(self.source, following.start()):
                break
            end = following.end()
        return self.token("NAME", normalise(self.source[start:end]), end - start)

    def symbol(self) -> Token:
        found = _SYMBOL.match(self.source, self.at)
        if not found:
            char = self.source[self.at]
            raise self.error(f"unexpected character {char!r}", _HINTS.get(char))
        kind = SYMBOLS[found[0]]
        if found[0] in "([{" or found[0] in ")]}":
            kind = self.bracket(found[0], kind)
        elif kind == "DOTDOT" and self.open:
            self.open[-1] = (self.open[-1][0], True)
        return self.token(kind, found[0], len(found[0]))

    def bracket(self, char: str, kind: str) -> str:
        """Keep account of brackets; tell `]1..2[` from lists and filters."""
        inside_range = bool(self.open) and self.open[-1][1]
        # `[]` is an empty list, unless what follows shows that its `]` opens a range.
        if char == "]" and self.operand_due() and (self.last != "LSQB" or self.operand_next(_PLAIN_OPERAND)):
            kind = "RANGE_OPEN"
        if char == "[" and inside_range and not self.operand_due() and not self.operand_next():
            kind = "RANGE_CLOSE"
        if kind in {"LPAR", "LSQB", "LBRACE", "RANGE_OPEN"}:
            if len(self.open) >= MAX_DEPTH:
                raise self.error(f"brackets are nested more than {MAX_DEPTH} deep")
            self.open.append((char, False))
        elif self.open:
            self.open.pop()
        return kind

    def operand_next(self, pattern: re.Pattern[str] = _OPERAND) -> bool:
        after = self.at + 1
        return bool(pattern.match(self.source, after)) and not _NOT_AN_OPERAND.match(self.source, after)


def tokenize(source: str, names: frozenset[str]) -> list[Token]:
    """Return the tokens of `source`, given the names that may hold spaces.

    Raises: FeelSyntaxError with the place of the first character that fits nowhere.
    """
    if len(source) > MAX_SOURCE:
        message = f"the expression has {len(source):,} characters, more than {MAX_SOURCE:,}"
        raise FeelSyntaxError(message, 1, 1, "split it into several rules")
    return list(_Reader(source, known_names(names)))
