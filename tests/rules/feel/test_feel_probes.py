"""Checks of the standard written by hand (`probes.txt`): each overload, each production, through both evaluators."""

from pathlib import Path
from typing import Any

import pytest

from rules.feel.values import equal

LINES = [
    line
    for line in Path(__file__).with_name("probes.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]


def test_there_are_many() -> None:
    assert len(LINES) > 450
    assert len(set(LINES)) == len(LINES)


@pytest.mark.parametrize("line", LINES)
def test_probe(both: Any, line: str) -> None:
    source, _, expected = line.partition(" => ")
    found, wanted = both(source), both(expected)
    assert found is wanted or equal(found, wanted) is True, f"{found!r} is not {wanted!r}"
