"""What differs between two whole applications, one line a value, for people to read."""

from collections.abc import Iterator, Mapping
from typing import Any

from engine.difference.model import PatchLine
from engine.difference.specimens import Specimen
from engine.observed import json_value

ABSENT = None
MAX_LINES = 40


def patch_lines(before: Specimen, after: Specimen) -> tuple[PatchLine, ...]:
    """Return the differing values by JSON pointer, then those of the answers as `verifier /subject member`.

    The digests in signatures follow from the rest and are left out.
    """
    lines = list(_differing("", before.document, after.document))
    one, other = ({(a.verifier, a.subject): a for a in each.answers} for each in (before, after))
    for key in [*one, *(key for key in other if key not in one)]:
        first, second = one.get(key), other.get(key)
        name = " ".join(key)
        failures = (first and first.failure, second and second.failure)
        if failures[0] != failures[1]:
            lines.append(PatchLine(f"{name} failure", *failures))
        values = tuple(found.value if found else None for found in (first, second))
        lines += [
            PatchLine(f"{name} {line.at.lstrip('/')}", line.before, line.after)
            for line in _differing("", values[0] or {}, values[1] or {})
        ]
    return tuple(lines)


def _differing(at: str, before: Any, after: Any) -> Iterator[PatchLine]:
    if at.endswith("/content_digest"):
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in [*before, *(key for key in after if key not in before)]:
            yield from _differing(f"{at}/{key}", before.get(key), after.get(key))
    elif isinstance(before, list) and isinstance(after, list):
        for index in range(max(len(before), len(after))):
            first = before[index] if index < len(before) else None
            second = after[index] if index < len(after) else None
            if first is None or second is None:
                yield PatchLine(f"{at}/{index}", _plain(first), _plain(second))
            else:
                yield from _differing(f"{at}/{index}", first, second)
    elif before != after:
        yield PatchLine(at, _plain(before), _plain(after))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return json_value(value)
