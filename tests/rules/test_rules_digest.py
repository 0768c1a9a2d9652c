"""The canonical form of rule content is that of RFC 8785, whichever way it is written."""

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from rules.digest import MAX_INTEGER, canonical
from rules.load import load_rule_book

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@given(PLAIN)
def test_the_bytes_are_those_of_rfc_8785(value) -> None:
    assert canonical(value) == rfc8785.dumps(value)


def test_names_are_in_the_order_of_rfc_8785_beyond_ascii_too() -> None:
    value = {"\ufb33": 1, "\U0001f600": 2, "€": 3, "a": '\x7f\x1f"\\\n', "": -0}  # an emoji is two surrogates in UTF-16
    assert canonical(value) == rfc8785.dumps(value)
    assert canonical({"\U0001f600": 2, "\ufb33": 1}).startswith('{"\U0001f600"'.encode())


def test_the_shipped_rules_have_the_same_bytes_either_way() -> None:
    content = [rule.rule.model_dump(mode="json", by_alias=True) for rule in load_rule_book().rules]
    assert canonical(content) == rfc8785.dumps(content)


@pytest.mark.parametrize("value", [MAX_INTEGER + 1, "\ud800", {"a": [-MAX_INTEGER - 1]}])
def test_what_json_readers_do_not_agree_on_is_refused(value) -> None:
    with pytest.raises(rfc8785.CanonicalizationError):
        canonical(value)


def test_a_float_is_refused() -> None:
    with pytest.raises(TypeError, match="floating-point"):
        canonical({"share": 0.5})
