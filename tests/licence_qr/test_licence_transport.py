import contextlib
import random
import time
import tracemalloc
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from licence_qr import strict_json, transport
from licence_qr.dictionary import build
from licence_qr.errors import CodeError
from licence_qr.text import FORBIDDEN, fault_of
from licence_qr.transport import Parts, decode, digits_of, encode, from_digits, page_of, to_digits
from tests.licence_qr.specimens import COMPANY, PAGE, SHOP, licence

FOLDER = Path(build.__file__).parent
# A code as it was printed on 2026-11-22 with dictionary 1. It must be readable for as long as there is paper.
GOLDEN = (FOLDER.parents[1] / "tests" / "licence_qr" / "golden_1.txt").read_text("utf-8").strip()


@given(st.binary(max_size=400))
@settings(deadline=None, max_examples=200)
def test_digits_give_the_same_bytes_back(raw):
    assert from_digits(to_digits(raw)) == raw


@given(st.text(alphabet="0123456789", max_size=300))
@settings(deadline=None, max_examples=300)
def test_digits_are_refused_or_have_this_one_spelling(digits):
    with contextlib.suppress(CodeError):
        assert to_digits(from_digits(digits)) == digits


@pytest.mark.parametrize("digits", ["0", "00", "0" * 54, "9" * 53, "256"])
def test_digits_that_spell_no_bytes_are_damage(digits):
    with pytest.raises(CodeError) as caught:
        from_digits(digits)
    assert caught.value.reason == "damaged"


@given(st.binary(min_size=1, max_size=300), st.binary(min_size=64, max_size=64))
@settings(deadline=None, max_examples=100)
def test_any_payload_comes_back_byte_for_byte(payload, signature):
    parts = Parts(b'{"alg":"ES256"}', payload, signature)
    assert decode(f"{PAGE}#{encode(parts)}") == parts


def test_22_bytes_are_53_digits():
    assert len(to_digits(bytes(22))) == 53
    assert len(to_digits(b"\xff" * 22)) == 53
    assert [len(to_digits(bytes(count))) for count in (1, 2, 3, 22, 23)] == [3, 5, 8, 53, 56]


def test_each_link_has_one_meaning_and_known_suffixes_alone_are_passed_over():
    made = licence()
    for text in (made.link(PAGE), "#" + made.digits, made.digits, made.link(PAGE) + "&appinstall=0&from=timeline"):
        assert decode(text) == made.parts
    for suffix in ("&appinstall=2", "&utm=1", " ", "?x", "#", "&appinstall=0x"):
        with pytest.raises(CodeError):
            decode(made.link(PAGE) + suffix)


def test_the_page_of_a_link_is_told():
    made = licence()
    assert page_of(made.link("https://evil.example/v")) == "https://evil.example/v"
    assert page_of(made.digits) is None


@pytest.mark.parametrize("text", ["", "#", f"{PAGE}#", "你好", "x" * 8001, "٣" * 300])
def test_what_is_no_code_of_ours_is_told_so(text):
    with pytest.raises(CodeError) as caught:
        digits_of(text)
    assert caught.value.reason == "format"


def test_cutting_a_code_anywhere_is_damage_and_never_another_licence():
    digits = licence(SHOP).digits
    for end in range(1, len(digits)):
        with pytest.raises(CodeError) as caught:
            decode(digits[:end])
        assert caught.value.reason == "damaged"


def test_a_licence_larger_than_readers_take_is_not_encoded():
    noise = random.Random(1).randbytes(4000).hex().encode()
    with pytest.raises(CodeError, match="at most 8192"):
        encode(Parts(b"{}", b"x" * 8192, bytes(64)))
    with pytest.raises(CodeError, match="at most 7089"):
        encode(Parts(b"{}", noise, bytes(64)))


def test_decoding_is_linear_and_small_for_the_longest_text():
    longest = "1" * 7089
    tracemalloc.start()
    begun = time.perf_counter()
    with pytest.raises(CodeError):
        decode(longest)
    assert time.perf_counter() - begun < 0.1
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_the_published_dictionaries_are_as_they_were_published():
    assert set(transport.DICTIONARIES) == {int(file.stem) for file in FOLDER.glob("*.bin")}
    for number, digest in transport.DICTIONARIES.items():
        assert sha256((FOLDER / f"{number}.bin").read_bytes()).hexdigest() == digest
        assert f'{number}: "{digest}"' in (FOLDER.parent / "page" / "verify.mjs").read_text("utf-8")


def test_a_code_printed_with_dictionary_1_is_still_read():
    parts = decode(GOLDEN)
    assert sha256(parts.compact.encode()).hexdigest() == (
        "ba78eb136a12c3a399ae4ff68560c77b1d3a5f9baf946259831fe6042b74de73"
    )


def test_a_dictionary_that_was_changed_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setattr(transport, "DICTIONARIES", {1: "0" * 64})
    transport.dictionary.cache_clear()
    try:
        with pytest.raises(CodeError, match="was changed after it was published"):
            transport.dictionary(1)
    finally:
        transport.dictionary.cache_clear()


def test_a_dictionary_is_built_from_our_catalogues_and_fits():
    made = build.dictionary_bytes()
    assert made == build.dictionary_bytes()
    assert len(made) <= build.LARGEST
    for phrase in ("食品经营许可证", "快餐服务", "business-licence+jwt", "安丘市行政审批服务局"):
        assert phrase.encode() in made


def test_an_id_that_exists_is_never_written_over(monkeypatch):
    monkeypatch.setattr("sys.argv", ["build", "1"])
    before = (FOLDER / "1.bin").read_bytes()
    with pytest.raises(SystemExit, match="build the next id"):
        build.main()
    assert (FOLDER / "1.bin").read_bytes() == before


def test_the_specimen_is_small():
    assert len(licence(COMPANY).digits) < 1100
    assert len(licence(SHOP).digits) < 900


@pytest.mark.parametrize("first", [first for first, _, _ in FORBIDDEN])
def test_no_forbidden_character_stands_on_a_licence(first):
    assert fault_of(f"甲{chr(first)}乙") is not None


def test_full_width_brackets_and_rare_characters_may_stand():
    for name in ("安丘市（潍坊）㐂𠮷々〇堂", "Café 24", "鲁卫公证字〔2026〕第1号"):
        assert fault_of(name) is None


@pytest.mark.parametrize("source", [b'{"a":1,"a":1}', b"[1.0]", b"[NaN]", b" 1", b"1 ", b'"\\u0041"', b"[01]", b"[-0]"])
def test_json_has_one_accepted_spelling(source):
    with pytest.raises(CodeError):
        strict_json.read(source, limit=100, reason="claims")


def test_json_beyond_the_limit_or_the_recursion_is_refused():
    with pytest.raises(CodeError, match="at most 3"):
        strict_json.read(b"[1,2]", limit=3, reason="claims")
    with pytest.raises(CodeError):
        strict_json.read(b"[" * 100_000 + b"]" * 100_000, limit=10**6, reason="claims")
    with pytest.raises(CodeError, match="too large"):
        strict_json.read(b"9" * 5000, limit=10**6, reason="claims")
