import unicodedata

import pytest

from engine.text_hygiene import hidden_character, hidden_characters

HIDING = {
    "zero-width space": "张\u200b三",
    "zero-width joiner": "张\u200d三",
    "right-to-left override": "\u202e三张",
    "isolate": "\u2066张",
    "byte order mark": "\ufeff张",
    "word joiner": "a\u2060b",
    "soft hyphen": "a\u00adb",
    "null": "a\x00b",
    "line feed": "a\nb",
    "delete": "a\x7fb",
    "next line": "a\x85b",
    "line separator": "a\u2028b",
    "private use": "张\ue000",
    "private use plane": "张\U000f0000",
    "Kangxi radical": "\u2f08",
    "CJK radical": "\u2e85",
    "compatibility ideograph": "\uf900",
    "compatibility supplement": "\U0002f800",
    "variation selector": "葛\ufe00",
    "ideographic variation selector": "葛\U000e0100",
    "tag": "a\U000e0041",
    "Hangul filler": "a\u3164",
    "braille blank": "\u2800",
    "replacement character": "\ufffd",
    "noncharacter": "\uffff",
    "combining grapheme joiner": "a\u034f",
    "not NFC": "e\u0301",
}
CLEAN = [
    "",
    "张三",
    "买买提·吐尔逊",
    "安丘市春禾百货店",
    "红光（安丘）商贸有限公司",
    "A-1号楼 3单元",
    "㐀",
    "𠀀",
    "〇",
    "é",
    "\ufa0e",
]


@pytest.mark.parametrize("name", HIDING)
def test_text_that_hides_something_is_named(name):
    why = hidden_character(HIDING[name])
    assert why is not None
    assert why.zh
    assert "U+" in why.en or "normal form" in why.en


@pytest.mark.parametrize("text", CLEAN)
def test_clean_text_passes(text):
    assert hidden_character(text) is None


def test_every_format_control_and_private_use_character_of_unicode_is_refused():
    for code in range(0x110000):
        character = chr(code)
        if unicodedata.category(character) in {"Cc", "Co", "Cs", "Zl", "Zp"}:
            assert hidden_character(f"a{character}b") is not None, f"U+{code:04X}"


def test_only_the_second_person_is_bad():
    document = {"people": [{"name": "张三"}, {"name": "李\u200b四"}, {"name": "王五"}]}
    assert [(place, text) for place, text, _ in hidden_characters(document)] == [("/people/1/name", "李\u200b四")]


def test_places_are_escaped_pointers():
    assert hidden_characters({"a/b~c": ["x\u200b"]})[0][0] == "/a~1b~0c/0"
