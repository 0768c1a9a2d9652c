"""Choose decisions out of a log: a random sample that nobody can steer, and all that a rule has touched."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from audit.checkpoint import Checkpoint
from audit.record import Record


def sample(indexes: Iterable[int], count: int, checkpoint: Checkpoint) -> list[int]:
    """Return `count` of the indexes, in order, drawn by a seed that only this checkpoint gives.

    Each index is ranked by SHA-256 over the checkpoint's text and the index in eight bytes, and the lowest ranks are
    taken: anyone draws the same sample again, and whoever decided could not know the checkpoint that came afterwards.
    """
    seed = hashlib.sha256(checkpoint.to_text()).digest()
    ranked = sorted(indexes, key=lambda index: hashlib.sha256(seed + index.to_bytes(8, "big")).digest())
    return sorted(ranked[:count])


@dataclass(frozen=True, slots=True)
class Touched:
    """One decision in which a rule applied or a source was asked: where, when, and what came of it."""

    index: int
    application_id: str
    decided_on: str
    outcome: str
    results: tuple[str, ...]


def touched_by_rule(records: Iterable[tuple[int, Record]], rule: str, version: str | None = None) -> Iterator[Touched]:
    """Yield the decisions in which the rule applied; `version` is its first day in force, all versions when None.

    A sensitive rule is listed wherever it was tested: the leaf does not tell what came of it (`held by commitment`).
    """
    for index, record in records:
        results = [
            result
            for finding in record.content.get("findings", ())
            if finding["rule"] == rule and version in {None, finding["from"]}
            if (result := finding.get("result", "held by commitment")) != "not_applicable"
        ]
        if results:
            yield _touched(index, record.content, results)


def touched_by_source(records: Iterable[tuple[int, Record]], verifier: str) -> Iterator[Touched]:
    """Yield the decisions for which a source was asked, with its failures (`answered` where there was none)."""
    for index, record in records:
        evidence = record.content.get("evidence", ())
        if isinstance(evidence, Mapping):  # held by digest: the source cannot be ruled out
            yield _touched(index, record.content, ["held by digest"])
            continue
        results = [one["failure"] or "answered" for one in evidence if one["verifier"] == verifier]
        if results:
            yield _touched(index, record.content, results)


def _touched(index: int, content: Mapping[str, Any], results: list[str]) -> Touched:
    distinct = tuple(sorted(set(results)))
    return Touched(index, content["application_id"], content["decided_on"], content["outcome"], distinct)
