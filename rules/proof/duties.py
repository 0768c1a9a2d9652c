"""The published list of what the law demands before an approval (`duties.yaml`), written apart from the rules."""

from pathlib import Path

import yaml
from pydantic import Field

from rules.model import ENTITY_KINDS, EntityKind, Frozen, LegalBasis, Text

FILE = "duties.yaml"


class Duty(Frozen):
    """One demand: `holds_when` must be true of every approved application; what nobody can say counts as not held."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: Text
    basis: tuple[LegalBasis, ...] = Field(min_length=1)
    entities: tuple[EntityKind, ...] = ENTITY_KINDS
    holds_when: str = Field(min_length=1)


def read_duties(folder: Path) -> tuple[Duty, ...]:
    """Read `duties.yaml` of a book; a book without it has no list, and nothing is proved of it.

    Raises `ValueError` for an entry that is not of this form or stands twice.
    """
    path = folder / FILE
    if not path.is_file():
        return ()
    duties = tuple(Duty.model_validate(entry) for entry in yaml.safe_load(path.read_text("utf-8")))
    ids = [duty.id for duty in duties]
    twice = sorted({id_ for id_ in ids if ids.count(id_) > 1})
    if twice:
        raise ValueError(f"{FILE}: {', '.join(twice)} stands twice; give each duty an id of its own")
    return duties
