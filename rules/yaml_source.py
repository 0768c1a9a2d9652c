"""Read YAML with the place of every value, and refuse what a rule book has no use for.

Duplicate keys, anchors and aliases (the road to YAML bombs), tags and several documents in one file are errors.
Only the core scalar types are known: text, integer, boolean, null and date. A floating-point number is an error,
because money is fen and everything else that is measured is an integer or a decimal text.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from rules.errors import Problem, RuleBookError

MAX_BYTES = 4_000_000
MAX_DEPTH = 40
MAX_SCALAR = 65_536  # characters of one value; the longest text of the book has a few hundred

# libyaml's parser where the wheel brings it: ten times faster, same events and marks.
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SCALARS = yaml.constructor.SafeConstructor()
_SCALAR_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "bool", "null", "timestamp")}


@dataclass(slots=True)
class Source:
    """A parsed file: plain values, and the (line, column) of each by its path, e.g. `(0, "holds_when")`."""

    file: str
    value: Any
    places: dict[tuple[str | int, ...], tuple[int, int]] = field(default_factory=dict)

    def problem(self, path: tuple[str | int, ...], message: str, *, line: int = 1, column: int = 1) -> Problem:
        """Make a problem at `path`; `line` and `column` count from 1 inside the text that stands there."""
        while path not in self.places and path:
            path = path[:-1]
        at_line, at_column = self.places.get(path, (1, 1))
        return Problem(self.file, at_line + line - 1, at_column + column - 1 if line == 1 else column, message)


def read(path: Path, name: str | None = None) -> Source:
    """Read one file. Raises `RuleBookError` with file, line and column."""
    file = name or path.name
    with path.open("rb") as opened:
        raw = opened.read(MAX_BYTES + 1)  # never more, however large the file is
    if len(raw) > MAX_BYTES:
        message = f"more than {MAX_BYTES:,} bytes, which is all that is read of a file; split it"
        raise RuleBookError([Problem(file, 1, 1, message)])
    try:
        text = raw.decode("utf-8")
        _refuse_aliases(text, file)
        node = yaml.compose(text, Loader=_LOADER)
    except UnicodeDecodeError as error:
        raise RuleBookError([Problem(file, 1, 1, f"not UTF-8: {error.reason} at byte {error.start}")]) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise RuleBookError([Problem(file, line, column, f"not YAML: {error.problem}")]) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise RuleBookError([Problem(file, 1, 1, f"not YAML: {error}")]) from error
    source = Source(file, None)
    source.value = _value(node, (), source) if node is not None else None
    return source


def _refuse_aliases(text: str, file: str) -> None:
    """Stop at the first anchor or alias, before anything is composed, so that a bomb never unfolds."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        anchored = isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None
        if anchored or depth > MAX_DEPTH:
            what = "anchors and aliases are not used here: write the value out" if anchored else "nested too deep"
            mark = event.start_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            raise RuleBookError([Problem(file, line, column, what)])


def _value(node: yaml.Node, path: tuple[str | int, ...], source: Source) -> Any:
    mark = node.start_mark
    # A block scalar (| or >) begins on the next line; its text is what expressions point into.
    offset = 1 if isinstance(node, yaml.ScalarNode) and node.style in {"|", ">"} else 0
    quoted = isinstance(node, yaml.ScalarNode) and node.style in {'"', "'"}
    source.places[path] = (mark.line + 1 + offset, mark.column + 1 + (1 if quoted else 0))
    if isinstance(node, yaml.MappingNode):
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            if key is None or key in mapping:
                message = "a key must be plain text" if key is None else f"the key {key!r} stands here twice; keep one"
                place = Problem(source.file, key_node.start_mark.line + 1, key_node.start_mark.column + 1, message)
                raise RuleBookError([place])
            mapping[key] = _value(value_node, (*path, key), source)
        return mapping
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, index), source) for index, item in enumerate(node.value)]
    if node.tag not in _SCALAR_TAGS:
        kind = node.tag.rsplit(":", 1)[-1]
        message = f"{node.value!r} is of type {kind}; use text, an integer, true, false, null or a date"
        raise RuleBookError([source.problem(path, message)])
    if len(node.value) > MAX_SCALAR:
        message = f"a value of {len(node.value):,} characters; at most {MAX_SCALAR:,} are read"
        raise RuleBookError([source.problem(path, message)])
    construct = _SCALARS.yaml_constructors[node.tag]
    try:
        return construct(_SCALARS, node)  # called directly: `construct_object` would keep every node for ever
    except (ValueError, OverflowError) as error:  # 2026-02-30, or a number of ten thousand digits
        message = f"{node.value[:60]!r} cannot be read: {error}; put text in quotes"
        raise RuleBookError([source.problem(path, message)]) from error
