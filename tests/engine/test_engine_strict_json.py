import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.strict_json import MAX_BYTES, MAX_DEPTH, MAX_INTEGER, StrictJsonError, read_json

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(json_values)
def test_reads_whatever_the_standard_library_writes_without_floats(value):
    raw = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    if any(0xD800 <= ord(character) <= 0xDFFF for character in raw.decode("utf-8", "surrogatepass")):
        with pytest.raises(StrictJsonError):
            read_json(raw)
    else:
        assert read_json(raw) == value


@given(json_values)
def test_escaped_text_reads_the_same(value):
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        with pytest.raises(StrictJsonError):
            read_json(json.dumps(value).encode())
    else:
        assert read_json(json.dumps(value).encode()) == value


ATTACKS = {
    "a duplicate member": (b'{"a": 1,\n "a": 2}', "/a", 2, "twice"),
    "a duplicate member spelled with an escape": (b'{"a": 1, "\\u0061": 2}', "/a", 1, "twice"),
    "a duplicate member deep inside": (b'{"people": [{"x": 1}, {"n": 1, "n": 2}]}', "/people/1/n", 1, "twice"),
    "a fraction": (b'{"a": [1, 2.5]}', "/a/1", 1, "not an integer"),
    "an exponent": (b'{"a": 1e3}', "/a", 1, "not an integer"),
    "minus zero point zero": (b"-0.0", "", 1, "not an integer"),
    "NaN": (b'{"a": NaN}', "/a", 1, "not a JSON value"),
    "Infinity": (b'{"a": -Infinity}', "/a", 1, "not a JSON value"),
    "an integer beyond 2^53-1": (b'{"a": 9007199254740992}', "/a", 1, "too large"),
    "an integer of 5000 digits": (b'{"a": ' + b"9" * 5000 + b"}", "/a", 1, "too large"),
    "a lone surrogate": (b'{"a": "x\\ud800y"}', "/a", 1, "surrogate"),
    "a lone surrogate in a name": (b'{"\\udc00": 1}', "/\ufffd", 1, "surrogate"),
    "surrogates in the wrong order": (b'{"b": 1, "a": "\\udc00\\ud800"}', "/a", 1, "surrogate"),
    "not UTF-8": (b'{"a":\n "\xff"}', "", 2, "UTF-8"),
    "UTF-8 encoded surrogate": (b'"\xed\xa0\x80"', "", 1, "UTF-8"),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), "", 1, "UTF-8"),
    "a byte order mark": (b'\xef\xbb\xbf{"a": 1}', "", 1, "not JSON"),
    "nothing": (b"", "", 1, "not JSON"),
    "a trailing comma": (b'{"a": 1,}', "/a", 1, "not JSON"),
    "a comment": (b'{"a": 1 /* x */}', "/a", 1, "not JSON"),
    "two documents": (b"{} {}", "", 1, "not JSON"),
    "a control character in a string": (b'{"a": "x\ny"}', "/a", 1, "not JSON"),
    "closing brackets only": (b"]]]", "", 1, "not JSON"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_is_refused_with_its_place(name):
    raw, pointer, line, word = ATTACKS[name]
    with pytest.raises(StrictJsonError) as caught:
        read_json(raw)
    assert word in caught.value.why.en
    assert (pointer, line) == (caught.value.spot.pointer, caught.value.spot.line)
    assert caught.value.why.zh
    assert caught.value.mend.zh
    assert caught.value.mend.en


def test_whole_surrogate_pairs_are_characters():
    assert read_json(b'"\\ud840\\udc00"') == "\U00020000"


@pytest.mark.parametrize("opener", [b"[", b'{"a":'])
@pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 900, 100_000])
def test_deep_nesting_is_refused(opener, levels):
    closer = b"]" if opener == b"[" else b"}"
    raw = opener * levels + b"1" + closer * levels
    with pytest.raises(StrictJsonError) as caught:
        read_json(raw)
    assert any(word in caught.value.why.en for word in ("deeper", "bytes"))


def test_the_deepest_allowed_nesting_is_read():
    read_json(b"[" * MAX_DEPTH + b"1" + b"]" * MAX_DEPTH)


def test_ten_megabytes_are_refused_before_they_are_parsed():
    with pytest.raises(StrictJsonError, match=str(MAX_BYTES)):
        read_json(b'"' + b"x" * 10_000_000 + b'"')


def test_the_largest_integers_are_read():
    assert read_json(b"[9007199254740991, -9007199254740991]") == [MAX_INTEGER, -MAX_INTEGER]


@given(st.binary(max_size=200))
def test_any_bytes_give_a_document_or_a_clear_error(raw):
    try:
        read_json(raw)
    except StrictJsonError as error:
        told = (error.why.en, error.spot.line)
    else:
        told = ("read", 1)
    assert told[0]
    assert told[1] >= 1
