"""No number depends on the calling thread's decimal context, and what is written can be read back."""

import ast
import decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import feel
from rules.feel.temporal_text import number_text

FEEL = Path(feel.__file__).parent
PROBES = Path(__file__).with_name("probes.txt").read_text("utf-8").splitlines()
NEEDS_CONTEXT = {"normalize": 1, "sqrt": 1, "ln": 1, "exp": 1, "log10": 1, "quantize": 3, "scaleb": 2, "fma": 3}


def _is_decimal(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Decimal"


def _own_arithmetic(text: str) -> list[int]:
    """Return the lines that calculate with the thread's context: methods without one, operators beside `Decimal(..)`."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.BinOp) and (_is_decimal(node.left) or _is_decimal(node.right)):
            found.append(node.lineno)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in NEEDS_CONTEXT:
            of_context = isinstance(node.func.value, ast.Name) and node.func.value.id == "NUMBERS"
            given_one = len(node.args) + len(node.keywords) >= NEEDS_CONTEXT[node.func.attr]
            if not of_context and not given_one:
                found.append(node.lineno)
    return found


def test_the_search_finds_what_it_looks_for() -> None:
    assert _own_arithmetic("a.normalize()\nDecimal(1) / 3\nx.quantize(y, rounding=z)\nNUMBERS.normalize(a)") == [
        1,
        2,
        3,
    ]


def test_no_module_calculates_with_the_context_of_the_thread() -> None:
    places = [
        f"{path.name}:{line}"
        for path in sorted(FEEL.rglob("*.py"))
        for line in _own_arithmetic(path.read_text("utf-8"))
    ]
    assert places == []


def test_every_probe_has_the_same_value_in_a_thread_with_three_digits(both: Any) -> None:
    sources = [line.partition(" => ")[0] for line in PROBES if line and not line.startswith("#")]
    usual = [repr(both(source)) for source in sources if "function" not in source]
    with decimal.localcontext(decimal.Context(prec=3, traps=[decimal.Inexact, decimal.InvalidOperation])):
        odd = [repr(both(source)) for source in sources if "function" not in source]
    assert odd == usual


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**40), max_value=10**40))
def test_a_number_is_written_with_all_its_34_digits(number: decimal.Decimal) -> None:
    wide = decimal.Context(prec=34)
    assert decimal.Decimal(number_text(number)) == (
        number if abs(number) >= 10**34 and number == int(number) else wide.plus(number)
    )


@pytest.mark.parametrize(
    "key", ['a"b', "a\\b", "", "1", "a", "安丘", "a b", "a-b", "if", "a and b", "x y z", " a", "a  b"]
)
def test_a_context_that_is_written_can_be_read_back(both: Any, key: str) -> None:
    made = {key: [1, "x\ny", {key: None}]}
    assert both(both("string(c)", {"c": made})) == made
