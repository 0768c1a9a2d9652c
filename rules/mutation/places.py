"""Where each rule, parameter and expression of a book stands: file, line and column, for reports."""

from dataclasses import dataclass, field
from pathlib import Path

from rules.errors import Problem
from rules.functions import Definition, Table
from rules.model import Parameter, Rule
from rules.yaml_source import Source, read

Key = tuple[str, str]  # id and first day
Owner = Rule | Table | Parameter | Definition


@dataclass(slots=True)
class Places:
    """The sources of a book by what they define (rules, tables, parameters, definitions). `at` answers with a `Problem` whose message is empty."""

    _found: dict[Key, tuple[Source, tuple[str | int, ...]]] = field(default_factory=dict)

    def at(self, owner: Owner, key: tuple[str | int, ...], line: int = 1, column: int = 1) -> Problem:
        """Return the place of a member of a rule or parameter; `line` and `column` count inside its text."""
        source, path = self._found[_key(owner)]
        return source.problem((*path, *key), "", line=max(line, 1), column=max(column, 1))


def places_of(folder: Path) -> Places:
    """Read the places of all rules and parameters of the book in `folder`, which has been loaded before."""
    places = Places()
    for kind in ("law", "tables", "parameters", "definitions"):
        for path in sorted((folder / kind).glob("*.yaml")):
            source = read(path, f"{kind}/{path.name}")
            entries = source.value if isinstance(source.value, list) else [source.value]
            for index, entry in enumerate(entries):
                own: tuple[str | int, ...] = (index,) if isinstance(source.value, list) else ()
                day = str(entry["in_force"]["from"]) if kind in {"law", "tables"} else ""
                places._found[str(entry["id"]), day] = (source, own)  # noqa: SLF001 (built here, and only here)
    return places


def _key(owner: Owner) -> Key:
    return (owner.id, owner.in_force.from_.isoformat() if isinstance(owner, Rule | Table) else "")
