"""JSON read the narrow way: no member twice, no fractions, no NaN, no endless nesting, nothing but UTF-8."""

import json
from typing import Any, NoReturn


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("an object names a member twice")
    return members


def _no_fractions(_: str) -> NoReturn:
    raise ValueError("a number is not a whole number")


_DECODER = json.JSONDecoder(object_pairs_hook=_members, parse_float=_no_fractions, parse_constant=_no_fractions)


def read_json(source: bytes) -> Any:
    """Return the value of one JSON document.

    Raises `ValueError` with a short reason that quotes nothing of the document: it may hold personal data.
    """
    try:
        return _DECODER.decode(source.decode("utf-8"))
    except UnicodeDecodeError:
        raise ValueError("the text is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at character {error.pos}") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
