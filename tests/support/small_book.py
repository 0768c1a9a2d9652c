"""A small true rule book, cut from the shipped one: one item, the rules named, and what goes with them.

Nothing is written anew. Entries of the shipped YAML files are kept or left out whole, with the comments above them, so what
is kept stands word for word as in the shipped book. Left out are other items, rules, their cases and arguments, tables and
parameters that no kept rule reads, and the duties and axioms not named; facts, forms, code lists, scope catalogue, calendar
and register stay as they are. `rules.load.load` accepts the result, and so do `rules prove` and `rules test --mutation`.
"""

import re
from collections.abc import Callable
from pathlib import Path

from rules.load import PACKAGED

ITEM = "00013112700401"
RULES = frozenset(["C01", "C02", "C08", "C11", "C22", "C23", "C23a", "S19"])
DUTIES = frozenset({"beneficial_owner_filed", "representative_holds_post"})
FRESHNESS = ("citation_check_valid_for",)
_ENTRY = re.compile(r"(?ms)^(?:#[^\n]*\n)*^- \{?id: (?P<id>[^\s,]+).*?(?=^(?:#[^\n]*\n)*^- |\Z)")
_OTHER_CASE = re.compile(r"(?ms)^  - name: (?:(?!^  - name: ).)*?^    base: (?!llc)\w+$.*?(?=^  - name: |\Z)")


def cut(folder: Path, rules: frozenset[str] = RULES) -> None:
    """Write the small book, or one of these rules, into `folder`, which must not be there yet."""
    for source in sorted(PACKAGED.rglob("*")):
        if (
            source.suffix in {".yaml", ".json"}
            and "feel" not in source.parts
            and _wanted(source.relative_to(PACKAGED), rules)
        ):
            target = folder / source.relative_to(PACKAGED)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
    _keep(folder, "law", lambda name: name in rules)
    _keep(folder, "tables", lambda name: f"tables.{name}(" in _text(folder, "law"))
    read = _text(folder, "law") + _text(folder, "tables")
    _keep(folder, "definitions", lambda name: f"definitions.{name}(" in read)
    _keep(folder, "parameters", lambda name: f"parameters.{name}" in read or name in FRESHNESS)
    _keep(folder, "duties.yaml", lambda name: name in DUTIES)
    _keep(folder, "cases/equivalent.yaml", lambda name: name.rsplit("-", 1)[0] in rules)
    for path in (folder / "cases").glob("*.yaml"):
        path.write_text(_OTHER_CASE.sub("", path.read_text()))


def _wanted(path: Path, rules: frozenset[str]) -> bool:
    if path.parent.name == "cases":
        return path.stem in {*rules, "equivalent"}
    if path.parent.name == "catalogue":
        return f'code: "{ITEM}"' in (PACKAGED / path).read_text()
    return path.name != "proof_accepted.yaml"  # findings of rules that are not here


def _files(place: Path) -> list[Path]:
    return sorted(place.glob("*.yaml")) if place.is_dir() else [place]


def _text(folder: Path, kind: str) -> str:
    return "".join(path.read_text() for path in _files(folder / kind))


def _keep(folder: Path, kind: str, wanted: Callable[[str], bool]) -> None:
    """Leave out the entries of a file, or of the files of a folder, that are not wanted; and a file with nothing left."""
    for path in _files(folder / kind):
        kept = [entry[0] for entry in _ENTRY.finditer(path.read_text()) if wanted(entry["id"])]
        if kept:
            path.write_text("".join(kept))
        else:
            path.unlink()
