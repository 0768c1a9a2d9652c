"""docs/rule-language.md against the code, in both directions: what it lists exists, what exists it lists, examples are true."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rules.feel import (
    DATE,
    NUMBER,
    STRING,
    ContextType,
    FeelError,
    compile_node,
    infer,
    interpret,
    parse,
    parse_unary_tests,
)
from rules.feel.builtins import REGISTRY, patterns
from rules.feel.conform import coerce
from rules.feel.limits import __dict__ as limits
from rules.feel.parse import parse_type
from rules.feel.table import HitPolicy
from rules.feel.types import SIMPLE_TYPES
from rules.feel.values import equal
from rules.working_days import read_calendar, working_day_functions

ROOT = Path(__file__).resolve().parents[3]
MANUAL = (ROOT / "docs" / "rule-language.md").read_text("utf-8")
LIBRARY = working_day_functions(read_calendar())
STANDARD, _, BESIDE = MANUAL.partition("## Beside the standard")


def blocks(kind: str) -> Iterator[tuple[str, str]]:
    found = re.findall(rf"```{kind}\n(.*?)```", MANUAL, re.DOTALL)
    assert found, kind
    for block in found:
        for line in block.strip().splitlines():
            expression, arrow, value = line.partition(" => ")
            assert arrow, line
            yield expression, value


def rows(text: str, columns: int) -> Iterator[list[str]]:
    """Yield the code of the cells of every table row whose first cell is code."""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("| ").split(" | ")]
        if line.startswith("| `") and len(cells) >= columns:
            yield [cell.strip("`| ") for cell in cells]


def functions(text: str) -> Iterator[tuple[str, str, str]]:
    for line in text.splitlines():
        found = re.fullmatch(r"\| `(.+?\) -> [^`]+)` \| (?:`(.*)`)? \| (?:`(.*)`)? \|", line)
        if found:
            yield found[1], found[2] or "", found[3] or ""


def value_of(source: str, scope: dict[str, Any]) -> Any:
    node = parse(source, scope)
    compiled, interpreted = compile_node(node)(scope), interpret(node, scope)
    assert compiled is interpreted or equal(compiled, interpreted) is True
    return compiled


def assert_is(source: str, value: str, scope: dict[str, Any] | None = None) -> None:
    found, wanted = value_of(source, scope or {}), value_of(value, {})
    assert found is wanted or equal(found, wanted) is True, f"{source} is {found}, not {value}"


@pytest.mark.parametrize(("source", "value"), [*blocks("feel")])
def test_an_example_is_true(source: str, value: str) -> None:
    assert_is(source, value)


@pytest.mark.parametrize(("source", "value"), [*blocks("cell")])
def test_a_cell_is_true(source: str, value: str) -> None:
    cell, _, tested = source.partition(" | ")
    node, scope = parse_unary_tests(cell), {"?": value_of(tested, {})}
    assert compile_node(node)(scope) is interpret(node, scope) is (value == "true")


@pytest.mark.parametrize(("source", "value"), [*blocks("extension")])
def test_an_example_beside_the_standard_is_true(source: str, value: str) -> None:
    assert_is(source, value, dict(LIBRARY.functions))


@pytest.mark.parametrize(("source", "says"), [*blocks("errors")])
def test_an_error_is_told_like_this(source: str, says: str) -> None:
    scope = {"s": ContextType({"name": STRING, "due_on": DATE, "share": NUMBER})}
    with pytest.raises(FeelError) as raised:
        infer(parse(source, scope), scope)
    assert str(raised.value) == says


def test_every_function_is_listed_and_every_listed_one_exists() -> None:
    listed = {signature for signature, _, _ in functions(STANDARD)}
    there = {f"{signature} -> {signature.result}" for forms in REGISTRY.values() for signature in forms}
    assert listed == there
    assert {signature for signature, _, _ in functions(BESIDE)} == {
        f"{signature} -> {signature.result}" for signature in LIBRARY.signatures.values()
    }


def test_every_function_has_an_example_that_is_true() -> None:
    shown = set()
    for signature, example, value in functions(MANUAL):
        if example:
            name = signature.partition("(")[0]
            assert f"{name}(" in example, name
            assert_is(example, value, dict(LIBRARY.functions))
            shown.add(name)
    assert shown == set(REGISTRY) | set(LIBRARY.signatures)


def test_every_limit_is_stated_as_it_is() -> None:
    there = {name: value for name, value in limits.items() if re.fullmatch(r"(MAX_\w+|\w+_STEPS?)", name)}
    there |= {name: getattr(patterns, name) for name in ("MAX_PATTERN", "MAX_WORK", "WORK_STEP")}
    section = MANUAL.partition("## Limits")[2].partition("\n## ")[0]
    assert {row[0]: int(row[1].replace(",", "")) for row in rows(section, 3)} == there


def test_every_hit_policy_is_listed() -> None:
    section = MANUAL.partition("## Decision tables")[2].partition("\n## ")[0]
    assert [row[0] for row in rows(section, 2)] == [policy.value for policy in HitPolicy]


def test_every_type_is_listed_with_values_of_it() -> None:
    section = MANUAL.partition("## Values and types")[2].partition("\n## ")[0]
    listed = {}
    for line in section.splitlines():
        cells = line.split(" | ")
        if line.startswith("| `"):
            listed[cells[0].strip("| `")] = re.findall(r"`([^`]+)`", cells[1])
    assert set(SIMPLE_TYPES) <= set(listed)
    for name, samples in listed.items():
        declared = parse_type(name.replace("<T>", "<number>").replace("a: T", "a: number").replace("->R", "->Any"))
        for sample in samples:
            if name.startswith("function"):
                assert value_of(f"({sample}) instance of function<number>->number", {}) is True
                continue
            value = value_of(sample, {})
            assert coerce(value, declared) is value, f"{sample} is no {name}"


def test_the_count_of_outside_cases_is_true() -> None:
    cases = ROOT.parent / "shared" / "vectors" / "feel.json"
    if not cases.exists():
        pytest.skip(f"the outside cases are not here: {cases}")
    total = len(json.loads(cases.read_text("utf-8")))
    lines = (Path(__file__).with_name("known_failures.txt")).read_text("utf-8").splitlines()
    failing = sum(1 for line in lines if line and not line.startswith("#"))
    assert f"**{total - failing:,} of {total:,}**" in MANUAL
