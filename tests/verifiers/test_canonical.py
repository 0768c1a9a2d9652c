"""The cheap canonical JSON against the package that implements RFC 8785, and the narrow JSON reader."""

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from verifiers.canonical import canonical, digest
from verifiers.model import Query
from verifiers.strict_json import read_json

plain_text = st.text(st.characters(codec="utf-8"))
ascii_names = st.text(st.characters(codec="ascii", exclude_characters="\x7f"), min_size=1)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | plain_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ascii_names, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(ascii_names, values, max_size=5))
def test_it_writes_what_rfc_8785_wants(document) -> None:
    assert canonical(document) == rfc8785.dumps(document)


@given(st.dictionaries(ascii_names, values, max_size=5))
def test_what_is_written_is_read_back(document) -> None:
    assert read_json(canonical(document)) == document


def test_the_digest_of_a_query_depends_on_source_and_body_alone() -> None:
    one = Query("court", "/people/0", {"id_type": "resident_id", "id_number": "1"})
    assert one.digest == Query("court", "/people/7", {"id_number": "1", "id_type": "resident_id"}).digest
    assert one.digest != Query("population", "/people/0", one.body).digest
    assert one.digest != Query("court", "/people/0", {**one.body, "id_number": "2"}).digest


def test_a_lone_surrogate_cannot_be_asked_about() -> None:
    with pytest.raises(ValueError, match="surrogates not allowed"):
        digest({"name": "\ud800"})


@pytest.mark.parametrize(
    "text",
    [b'{"a":1,"a":1}', b"1.0", b"1e3", b"NaN", b"-Infinity", b"\xff", b"\xef\xbb\xbf{}", b"[" * 100_000, b"{", b""],
)
def test_what_is_not_plain_json_is_refused_without_quoting_it(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"JSON|UTF-8|number|twice|deeply"):
        read_json(text)
