"""Where a JSON text goes wrong, and in which words: the slow second walk after the fast parser has refused a text."""

import json
import re
from dataclasses import dataclass, field
from typing import NoReturn

from rules.model import Text

MAX_INTEGER = 2**53 - 1  # the largest that RFC 8785 canonical form keeps
LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_TOKEN = re.compile(
    r'[ \t\r\n]*(?:(?P<string>"(?:[^"\\\x00-\x1f]|\\.)*")|(?P<number>-?[0-9][-+0-9.eE]*)|(?P<mark>[{}\[\]:,])'
    r"|(?P<word>-?[A-Za-z]+))",
)


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a JSON text: pointer (RFC 6901) where it is known, line and column from 1."""

    pointer: str
    line: int
    column: int


class StrictJsonError(ValueError):
    """The bytes are not a JSON document that may be decided on. `why` and `mend` are sentences for people."""

    def __init__(self, why: Text, mend: Text, spot: Spot) -> None:
        self.why = why
        self.mend = mend
        self.spot = spot
        super().__init__(f"line {spot.line}, column {spot.column} ({spot.pointer or '/'}): {why.en} {mend.en}")


def locate(text: str, cause: Exception) -> NoReturn:
    """Walk the text again and raise `StrictJsonError` for the first thing that the parser refused."""
    walk = _Walk(text)
    end = cause.pos if isinstance(cause, json.JSONDecodeError) else len(text)
    index = 0
    while (match := _TOKEN.match(text, index)) and match.end() <= max(end, 1):
        index = match.end()
        kind = match.lastgroup or ""
        if not walk.step(kind, match.group(kind), match.start(kind)):
            break
    if isinstance(cause, json.JSONDecodeError):
        fail(
            f"不是合法的JSON文本（第{cause.lineno}行第{cause.colno}列）。",
            f"This is not JSON: {cause.msg}.",
            "请检查括号、引号和逗号。",
            "Look for a missing bracket, quote or comma.",
            Spot(walk.pointer, cause.lineno, cause.colno),
        )
    fail("不是合法的JSON文本。", "This is not JSON.", "请检查文本。", "Check the text.")


@dataclass(slots=True)
class _Frame:
    """An object or list that is open: where in it the walk stands, and the member names seen."""

    is_object: bool
    key: str | int
    key_due: bool
    seen: set[str] = field(default_factory=set)


class _Walk:
    """The walk behind `locate`: keeps the pointer, and fails at the first token that is refused."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._frames: list[_Frame] = []

    @property
    def pointer(self) -> str:
        """Where the walk stands, as an RFC 6901 pointer."""
        steps = "".join("/" + str(frame.key).replace("~", "~0").replace("/", "~1") for frame in self._frames)
        return LONE_SURROGATE.sub("\ufffd", steps)  # the pointer is stored and sent, which half a pair cannot be

    def step(self, kind: str, literal: str, index: int) -> bool:
        """Take one token; return False where the brackets do not pair, which the parser words better."""
        if kind == "mark":
            return self._mark(literal)
        line = self._text.count("\n", 0, index) + 1
        column = index - self._text.rfind("\n", 0, index)
        if kind == "string":
            self._string(_unescaped(literal), line, column)
        elif kind == "number":
            _check_number(literal, Spot(self.pointer, line, column))
        elif literal not in {"true", "false", "null"}:
            fail(
                f"{literal[:40]}不是JSON的值。",
                f"{literal[:40]} is not a JSON value.",
                "请填写整数、文字、true、false或null。",
                "Write an integer, a text, true, false or null.",
                Spot(self.pointer, line, column),
            )
        return True

    def _mark(self, literal: str) -> bool:
        if literal in "{[":
            self._frames.append(_Frame(literal == "{", "" if literal == "{" else 0, literal == "{"))
        elif literal in "}]":
            if not self._frames:
                return False
            self._frames.pop()
        elif literal == "," and self._frames:
            frame = self._frames[-1]
            frame.key_due = frame.is_object
            if isinstance(frame.key, int):
                frame.key += 1
        return True

    def _string(self, word: str, line: int, column: int) -> None:
        frame = self._frames[-1] if self._frames and self._frames[-1].key_due else None
        if frame is not None:
            frame.key, frame.key_due = word, False
        spot = Spot(self.pointer, line, column)
        if LONE_SURROGATE.search(word):
            fail(
                "文字中有不成对的代理码元。",
                "The text holds half of a surrogate pair.",
                "请重新输入这段文字。",
                "Type the text again.",
                spot,
            )
        if frame is not None and word in frame.seen:
            fail(
                f"字段“{word[:40]}”出现了两次。",
                f"The member {word[:40]!r} stands here twice.",
                "请只保留一个。",
                "Keep one of them.",
                spot,
            )
        if frame is not None:
            frame.seen.add(word)


def _check_number(literal: str, spot: Spot) -> None:
    if not re.fullmatch(r"-?[0-9]+", literal):
        fail(
            f"数值{literal[:40]}不是整数。",
            f"The number {literal[:40]} is not an integer.",
            "金额以分为单位填写整数。",
            "Write an integer; money is counted in fen.",
            spot,
        )
    if len(literal) > 17 or abs(int(literal)) > MAX_INTEGER:
        fail(
            "数值过大。",
            "The number is too large.",
            f"数值不得超过{MAX_INTEGER}。",
            f"The largest number is {MAX_INTEGER}.",
            spot,
        )


def _unescaped(literal: str) -> str:
    try:
        return str(json.loads(literal))
    except ValueError:
        return literal[1:-1]


def fail(why_zh: str, why_en: str, mend_zh: str, mend_en: str, spot: Spot | None = None) -> NoReturn:
    """Raise `StrictJsonError` with these sentences; without `spot` it is about the text as a whole."""
    raise StrictJsonError(Text(zh=why_zh, en=why_en), Text(zh=mend_zh, en=mend_en), spot or Spot("", 1, 1))
