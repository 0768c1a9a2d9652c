"""Texts with `{expression}` in them: a notice that names what was observed, a pointer that names the place.

The expressions are FEEL, typed at load like any other; `{{` and `}}` stand for plain braces.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from rules.feel import FeelSyntaxError, parse
from rules.feel.tree import Node

_BLANKS = re.compile(r"[^\n]")
Parts = tuple["str | Node", ...]


@dataclass(frozen=True, slots=True)
class Template:
    """A text in parts: literal strings and parsed expressions."""

    source: str
    parts: Parts

    def fill(self, scope: Mapping[str, Any], evaluate: Callable[[Node, Mapping[str, Any]], Any]) -> str:
        """Return the text with each expression's value in place; an unknown value reads `—`."""
        return "".join(part if isinstance(part, str) else written(evaluate(part, scope)) for part in self.parts)

    @property
    def expressions(self) -> tuple[Node, ...]:
        """The parsed expressions, in order."""
        return tuple(part for part in self.parts if not isinstance(part, str))


def parse_template(source: str, names: frozenset[str]) -> Template:
    """Split a text at its braces and parse what they hold.

    Raises `FeelSyntaxError` with line and column inside the text.
    """
    parts: list[str | Node] = []
    literal: list[str] = []
    index = 0
    while index < len(source):
        char = source[index]
        if source[index : index + 2] in ("{{", "}}"):
            literal.append(char)
            index += 2
        elif char == "{":
            end = source.find("}", index)
            if end < 0:
                raise FeelSyntaxError(
                    "this brace is never closed", *_place(source, index), "write {{ for a plain brace"
                )
            if literal:
                parts.append("".join(literal))
                literal = []
            # Blanks for what stands before it keep lines and columns true to the whole text.
            parts.append(parse(_BLANKS.sub(" ", source[: index + 1]) + source[index + 1 : end], names))
            index = end + 1
        else:
            literal.append(char)
            index += 1
    if literal:
        parts.append("".join(literal))
    return Template(source, tuple(parts))


def _place(source: str, index: int) -> tuple[int, int]:
    before = source[:index]
    return before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1


def written(value: Any) -> str:
    """Return a value as a person reads it in a sentence."""
    if value is None:
        return "—"
    if isinstance(value, bool):
        return "是 yes" if value else "否 no"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return "、".join(written(item) for item in value)
    return str(value)
