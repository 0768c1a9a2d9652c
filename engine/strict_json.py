"""Bytes to JSON, with nothing left to interpretation: two readers of one submission must see the same document.

Refused, because readers differ on them or records cannot hold them: other encodings than UTF-8 and a byte order mark,
a member named twice, lone surrogates, `NaN` and `Infinity`, every number that is not an integer of at most 2^53-1
(money is fen, and RFC 8785 canonical form loses larger ones), more than `MAX_BYTES` or `MAX_DEPTH`. I-JSON, RFC 7493.
"""

import json
import re
from typing import Any, NoReturn

from engine.json_place import LONE_SURROGATE, MAX_INTEGER, Spot, StrictJsonError, fail, locate

__all__ = ["MAX_BYTES", "MAX_DEPTH", "MAX_INTEGER", "StrictJsonError", "read_json"]

MAX_BYTES = 409_600  # the largest form with every field at its longest has about 357,000
MAX_DEPTH = 16  # the deepest form has 6

_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


class _RefusedError(Exception):
    """Raised inside the parser's hooks; what and where is found by `locate` afterwards."""


def read_json(raw: bytes) -> Any:
    """Return the document in `raw`. Raises `StrictJsonError` with the place of the first thing that is wrong."""
    if len(raw) > MAX_BYTES:
        fail(
            f"申请文本有{len(raw)}字节，上限为{MAX_BYTES}字节。",
            f"The text has {len(raw)} bytes; the limit is {MAX_BYTES}.",
            "请去掉附件等多余内容后重新提交。",
            "Leave out attachments and anything else that the form does not ask for.",
        )
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        fail(
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
        locate(text, error)
    if _depth_exceeds(document, MAX_DEPTH):
        _too_deep()
    # An escape can spell half of a surrogate pair; whole pairs have already become one character.
    if _SURROGATE_ESCAPE.search(text) and _has_lone_surrogate(document):
        locate(text, _RefusedError())
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
        return LONE_SURROGATE.search(value) is not None
    if isinstance(value, dict):
        return any(_has_lone_surrogate(key) or _has_lone_surrogate(item) for key, item in value.items())
    return isinstance(value, list) and any(_has_lone_surrogate(item) for item in value)


def _too_deep() -> NoReturn:
    fail(
        f"内容嵌套超过{MAX_DEPTH}层。",
        f"The text is nested deeper than {MAX_DEPTH} levels.",
        "请按表单的结构填写。",
        "Follow the structure of the form.",
    )
