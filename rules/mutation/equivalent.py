"""Read `cases/equivalent.yaml`: what no case can show, with the argument why, in Chinese and English.

A list of `{id, rule, reason: {zh, en}}`. The id is a mutant's, or that of a condition or a boundary that no application
can bring about; it stays the same when other lines are edited. An entry for something that is gone, or that a case
does show, is an error: an argument must not outlive what it argues about.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rules.errors import Problem, RuleBookError
from rules.model import Text
from rules.yaml_source import read

FILE = "equivalent.yaml"


@dataclass(frozen=True, slots=True)
class Argument:
    """Why one mutant, condition or boundary cannot be told apart by any case; `place` is where it is argued."""

    id: str
    rule: str
    reason: Text
    place: Problem


def read_arguments(cases: Path) -> Mapping[str, Argument]:
    """Return the arguments by id; none when there is no file. Raises `RuleBookError` for a file of another form."""
    path = cases / FILE
    if not path.exists():
        return {}
    source = read(path, f"cases/{FILE}")
    entries = source.value if source.value is not None else []
    if not isinstance(entries, list):
        raise RuleBookError([Problem(source.file, 1, 1, "want a list of {id, rule, reason: {zh, en}}")])
    found: dict[str, Argument] = {}
    problems: list[Problem] = []
    for index, entry in enumerate(entries):
        try:
            argument = _argument(entry, source.problem((index,), ""))
        except (TypeError, ValueError) as error:
            problems.append(source.problem((index,), f"entry {index + 1}: {error}"))
            continue
        if argument.id in found:
            problems.append(source.problem((index, "id"), f"{argument.id} is argued twice; keep one"))
        found[argument.id] = argument
    if problems:
        raise RuleBookError(problems)
    return found


def _argument(entry: Any, place: Problem) -> Argument:
    if not isinstance(entry, dict) or set(entry) != {"id", "rule", "reason"} or not isinstance(entry["reason"], dict):
        raise ValueError("want exactly id, rule and reason: {zh, en}")
    return Argument(str(entry["id"]), str(entry["rule"]), Text(**entry["reason"]), place)
