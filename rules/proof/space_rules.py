"""What `space.yaml` says of the facts, beyond their types: how long lists get, which texts and numbers can occur, axioms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml

_FILE = Path(__file__).with_name("space.yaml")


@dataclass(frozen=True)
class SpaceRules:
    """What `space.yaml` says of the facts; empty for a book with facts of its own."""

    entries: Mapping[str, int] = field(default_factory=lambda: {"default": 2})
    counted: int = 56
    least: int | None = None
    greatest: int | None = None
    nullable: frozenset[str] = frozenset()
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    linked: tuple[str, str] | None = None
    axioms: Mapping[str, str] = field(default_factory=dict)
    free: tuple[str, ...] = ()

    @classmethod
    @cache
    def shipped(cls, path: Path = _FILE) -> "SpaceRules":
        """Return what `space.yaml` says, read once."""
        content = yaml.safe_load(path.read_text("utf-8"))
        return cls(
            entries=content["entries"],
            counted=content["counted"],
            least=content["numbers"]["least"],
            greatest=content["numbers"]["greatest"],
            nullable=frozenset(content["nullable"]),
            values={name: tuple(values) for name, values in content["values"].items()},
            linked=(content["linked"]["record"], content["linked"]["to"]),
            axioms={axiom["id"]: axiom["holds"] for axiom in content["axioms"]},
            free=tuple(content["free"]),
        )
