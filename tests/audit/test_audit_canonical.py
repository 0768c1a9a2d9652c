"""Canonical JSON against outside pairs, against the package, and against everything a record must refuse."""

import json
from enum import StrEnum
from pathlib import Path

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from audit.canonical import MAX_DEPTH, MAX_INTEGER, canonical, parse_canonical, parse_json
from audit.errors import MalformedError

VECTORS = Path(__file__).resolve().parents[2].parent / "shared" / "vectors" / "jcs.json"

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
plain = st.recursive(
    st.none() | st.booleans() | text | st.integers(-MAX_INTEGER, MAX_INTEGER),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(text, inner, max_size=5),
    max_leaves=30,
)


@pytest.mark.skipif(not VECTORS.exists(), reason="the shared vectors are not beside this checkout")
def test_outside_pairs():
    for name, pair in json.loads(VECTORS.read_text()).items() if VECTORS.exists() else ():
        if name == "values.json":  # its numbers are floats, which a record refuses
            with pytest.raises(MalformedError, match="float"):
                parse_json(pair["input"].encode(), name)
            continue
        value = json.loads(pair["input"], parse_float=lambda number: int(float(number)))
        assert canonical(value) == pair["output"].encode(), name


@given(plain)
@example({"\ue000": 1, "\U00010000": 2, "a": '\x7f\x1f\u2028\\"/<'})
@example({"z": 1, "a": [True, None, -0, {"": ()}]})
def test_both_roads_give_the_bytes_of_the_package(value):
    assert canonical(value) == rfc8785.dumps(value)
    assert canonical(parse_canonical(canonical(value), "it")) == canonical(value)


class Colour(StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"a": [1, 0.5]}, "/a/1 is 0.5 of type float"),
        ({"a": float("nan")}, "/a is nan"),
        ({"a": "\ud800"}, "/a .*surrogate"),
        ({"\udfff": 1}, "member name"),
        ({"é\udfff": 1}, "member name"),
        ({"a": 2**53}, "/a .*2\\^53"),
        ({"a": -(2**53)}, "/a .*2\\^53"),
        ({1: "a"}, "member name 1"),
        ({"a": b"bytes"}, "/a .*bytes"),
        ({"a": Colour.RED}, "/a .*Colour"),
        ({"é": {"a": 0.5}}, "/é/a"),
    ],
)
def test_what_a_record_cannot_hold_is_named_with_its_place(value, says):
    with pytest.raises(MalformedError, match=says):
        canonical(value)


def test_depth_is_limited():
    value: list = []
    for _ in range(MAX_DEPTH):
        value = [value]
    with pytest.raises(MalformedError, match="deeper"):
        canonical(value)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":1,"a":1}', b'{"a": 1}', b'{"b":1,"a":1}', b'{"a":1.0}', b'{"a":1e3}', b'{"a":NaN}', b'{"a":"\\u0041"}',
        b'{"a":"\\/"}', b"\xef\xbb\xbf{}", b"{}\n", b"", b"{", b'{"a":"\xff"}', b"[" * 100_000, b'{"a":-0}',
        b'{"a":9007199254740992}', b'{"a":"\\ud800"}', b"1" * 5000,
    ],
)  # fmt: skip
def test_only_the_canonical_spelling_is_read(raw):
    with pytest.raises(MalformedError, match="the leaf"):
        parse_canonical(raw, "the leaf")
