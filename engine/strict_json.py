"""Bytes to JSON, with nothing left to interpretation: two readers of one submission must see the same document.

Refused, because readers differ on them or records cannot hold them: other encodings than UTF-8 and a byte order mark,
a member named twice, lone surrogates, `NaN` and `Infinity`, every number that is not an integer of at most 2^53-1
(money is fen, and RFC 8785 canonical form loses larger ones), more than `MAX_BYTES` or `MAX_DEPTH`. I-JSON, RFC 7493.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

from rules.model import Text

MAX_BYTES = 262_144  # 50 shareholders with every field at its longest stay well under it
MAX_DEPTH = 16  # the deepest form has 6
MAX_INTEGER = 2**53 - 1

_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
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


class _RefusedError(Exception):
    """Raised inside the parser's hooks; what and where is found by `_locate` afterwards."""


def read_json(raw: bytes) -> Any:
    """Return the document in `raw`. Raises `StrictJsonError` with the place of the first thing that is wrong."""
    if len(raw) > MAX_BYTES:
        _fail(
            f"申请文本有{len(raw)}字节，上限为{MAX_BYTES}字节。",
            f"The text has {len(raw)} bytes; the limit is {MAX_BYTES}.",
            "请去掉附件等多余内容后重新提交。",
            "Leave out attachments and anything else that the form does not ask for.",
        )
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        _fail(
            f"第{error.start}字节处不是UTF-8编码。",
            f"Byte {error.start} is not UTF-8.",
            "请以UTF-8编码重新提交。",
            "Send the text in UTF-8.",
            Spot("", line, 1),
        )
    try:
        document = json.loads(
            text, object_pairs_hook=_members, parse_float=_refuse, parse_constant=_refuse, parse_int=_integer
        )
    except RecursionError:
        _too_deep()
    except (_RefusedError, json.JSONDecodeError) as error:
        _locate(text, error)
    if _depth_exceeds(document, MAX_DEPTH):
        _too_deep()
    # An escape can spell half of a surrogate pair; whole pairs have already become one character.
    if _SURROGATE_ESCAPE.search(text) and _has_lone_surrogate(document):
        _locate(text, _RefusedError())
    return document


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _RefusedError
    return members


def _refuse(_literal: str) -> NoReturn:
    raise _RefusedError


def _integer(literal: str) -> int:
    if len(literal) > 17 or abs(value := int(literal)) > MAX_INTEGER:
        raise _RefusedError
    return value


def _depth_exceeds(document: Any, limit: int) -> bool:
    level = [document]
    for _ in range(limit):
        below: list[Any] = []
        for value in level:
            if type(value) is dict:
                below.extend(value.values())
            elif type(value) is list:
                below.extend(value)
        if not below:
            return False
        level = below
    return any(isinstance(value, dict | list) for value in level)


def _has_lone_surrogate(value: Any) -> bool:
    if isinstance(value, str):
        return _LONE_SURROGATE.search(value) is not None
    if isinstance(value, dict):
        return any(_has_lone_surrogate(key) or _has_lone_surrogate(item) for key, item in value.items())
    return isinstance(value, list) and any(_has_lone_surrogate(item) for item in value)


def _too_deep() -> NoReturn:
    _fail(
        f"内容嵌套超过{MAX_DEPTH}层。",
        f"The text is nested deeper than {MAX_DEPTH} levels.",
        "请按表单的结构填写。",
        "Follow the structure of the form.",
    )


def _locate(text: str, cause: Exception) -> NoReturn:
    """Walk the text again, slowly, and report the first thing that the parser refused."""
    # Each frame: [is_object, key or index, keys seen, a key is due]
    frames: list[list[Any]] = []
    index = 0
    end = cause.pos if isinstance(cause, json.JSONDecodeError) else len(text)
    while (match := _TOKEN.match(text, index)) and match.end() <= max(end, 1):
        index = match.end()
        kind = match.lastgroup or ""
        literal = match.group(kind)
        spot = _spot(text, match.start(kind), frames)
        frame = frames[-1] if frames else None
        if kind == "string":
            word = _unescaped(literal)
            key_due = frame is not None and frame[0] and frame[3]
            if frame is not None and key_due:
                frame[1], frame[3] = word, False
                spot = _spot(text, match.start(kind), frames)
            if _LONE_SURROGATE.search(word):
                _fail(
                    "文字中有不成对的代理码元。",
                    "The text holds half of a surrogate pair.",
                    "请重新输入这段文字。",
                    "Type the text again.",
                    spot,
                )
            if frame is not None and key_due:
                if word in frame[2]:
                    _fail(
                        f"字段“{word}”出现了两次。",
                        f"The member {word!r} stands here twice.",
                        "请只保留一个。",
                        "Keep one of them.",
                        spot,
                    )
                frame[2].add(word)
        elif kind == "number":
            if not re.fullmatch(r"-?[0-9]+", literal):
                _fail(
                    f"数值{literal[:40]}不是整数。",
                    f"The number {literal[:40]} is not an integer.",
                    "金额以分为单位填写整数。",
                    "Write an integer; money is counted in fen.",
                    spot,
                )
            if len(literal) > 17 or abs(int(literal)) > MAX_INTEGER:
                _fail(
                    "数值过大。",
                    "The number is too large.",
                    f"数值不得超过{MAX_INTEGER}。",
                    f"The largest number is {MAX_INTEGER}.",
                    spot,
                )
        elif kind == "word":
            if literal not in {"true", "false", "null"}:
                _fail(
                    f"{literal[:40]}不是JSON的值。",
                    f"{literal[:40]} is not a JSON value.",
                    "请填写整数、文字、true、false或null。",
                    "Write an integer, a text, true, false or null.",
                    spot,
                )
        elif literal in "{[":
            frames.append([literal == "{", 0 if literal == "[" else "", set(), literal == "{"])
        elif literal in "}]":
            if not frames:
                break
            frames.pop()
        elif literal == "," and frame is not None:
            if frame[0]:
                frame[3] = True
            else:
                frame[1] += 1
    if isinstance(cause, json.JSONDecodeError):
        spot = Spot("".join(_step(frame) for frame in frames), cause.lineno, cause.colno)
        _fail(
            f"不是合法的JSON文本（第{cause.lineno}行第{cause.colno}列）。",
            f"This is not JSON: {cause.msg}.",
            "请检查括号、引号和逗号。",
            "Look for a missing bracket, quote or comma.",
            spot,
        )
    _fail("不是合法的JSON文本。", "This is not JSON.", "请检查文本。", "Check the text.")


def _unescaped(literal: str) -> str:
    try:
        return str(json.loads(literal))
    except ValueError:
        return literal[1:-1]


def _step(frame: list[Any]) -> str:
    return "/" + str(frame[1]).replace("~", "~0").replace("/", "~1")


def _spot(text: str, index: int, frames: list[list[Any]]) -> Spot:
    line = text.count("\n", 0, index) + 1
    return Spot("".join(_step(frame) for frame in frames), line, index - text.rfind("\n", 0, index))


def _fail(why_zh: str, why_en: str, mend_zh: str, mend_en: str, spot: Spot | None = None) -> NoReturn:
    raise StrictJsonError(Text(zh=why_zh, en=why_en), Text(zh=mend_zh, en=mend_en), spot or Spot("", 1, 1))
