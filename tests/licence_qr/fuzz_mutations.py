"""Mutations of one text or one value, on purpose near the borders where two readers may part."""

import json
import random
import re
from collections.abc import Callable
from typing import Any

from licence_qr.text import FORBIDDEN

# Digits, marks and spaces that some reader of some language takes for something else than another does.
ODD_SIGNS = (
    "\x00\x1f\x7f\x85\xa0\xad\u0130\u017f\u0301\u0300\u0323\u0345\u0660\u06f1\u0897\u0ece\u1680\u180e\u1ad0\u1aeb\u1e9e\u2000\u2009\u200b"
    "\u200e\u2028\u2029\u202e\u202f\u205f\u2066\u2126\u212a\u2e80\u2f2d\u3000\u302a\u309a\u3400\u4dbf\u9fff\ua66f\uac00\u1100\u1161\u11a8"
    "\ud7a3\ue000\uf900\ufb01\ufe0f\ufeff\uff10\uff21\uffa0\ufffd\uffff\U00010000\U000105d2\U00010d40\U00011f50\U0001d15e\U0001f600"
    '\U00020000\U0002a6df\U0002f800\U00030000\U000e0100\U000f0000\U0010ffff\\"/<&#'
)
EDGES = "".join(
    chr(code)
    for first, last, _ in FORBIDDEN
    for code in (first - 1, first, last, last + 1)
    if 0 <= code < 0x110000 and not 0xD800 <= code < 0xE000
)
NUMBERS = (
    *(0, 1, -1, 2, 7, 39, 40, 41, 99, 1023, 1024, 4095, 4096, 2**24 - 1, 2**24, 2**31, 2**32, 2**53 - 1, 2**53, 2**63, 2**64),
    *(10**9 - 1, 10**9, 10**11, 10**11 + 1, 10**15, 10**15 + 1, 10**400, True, False, None, 1.5, 1e300),
)  # fmt: skip
DAYS = (
    *("2026-11-23", "2026-11-22", "2026-11-24", "2026-02-29", "2028-02-29", "2100-02-29", "2000-02-29", "1900-01-01", "1899-12-31"),
    *("2199-12-31", "2200-01-01", "2026-00-10", "2026-13-01", "2026-04-31", "2026-11-00", "2026-1-1", "20261123", "2026-11-23\n"),
    *("２026-11-23", "2026-11-23T00:00", "+026-11-23", "2026-W47-1", "0000-00-00", ""),
)  # fmt: skip
TEXTS = (
    *("", " ", "x", "x" * 20, "x" * 21, "商" * 40, "商" * 41, "商" * 60, "商" * 61, "商" * 100, "商" * 101, "商" * 120, "商" * 121),
    *("商" * 200, "商" * 201, "商" * 300, "商" * 301, "𠀀" * 60, "𠀀" * 61, "__proto__", "constructor", "toString", "held", "general"),
    *("https://licence.anqiu.example/status/1\n", "http://a/b", "https://a:99999/b", "https://a:999999/b", "HTTPS://a/b", "file:///b"),
    *("https://é.example/b", "javascript:1", "A" * 18, "A" * 43, "A" * 42 + "\n", "A" * 44, "A" * 120, "A" * 121, "1" * 6, "１" * 6),
)  # fmt: skip
NAMES = ("", "x", "7", "4294967295", "-1", "01", "٣", "\U00011f50", "__proto__", "constructor", "hasOwnProperty", "name", "operator", "held",
         "permits_digest", "term", "valid_from", "valid_to", "id", "authority", "investor", "composition", "supervising_authority", "jwk", "crit",
         "b64", "d", "exp", "x5u", "iss ", "ttl")  # fmt: skip
# "@" stands for what was found.
RESPELLINGS: tuple[tuple[bytes, tuple[bytes, ...]], ...] = (
    (rb"(?<=[:\[,])-?[0-9]+(?=[,\]}])", (b"@.0", b"@e0", b"@E+0", b"-@", b"+@", b"0@", b"@0", b"-0", b"NaN", b"Infinity", b"-Infinity", b"1e3",
     b"1e400", b"9007199254740992", b"9007199254740993", b"1" * 400, b"true", b"null", b'"@"', b"0x10", b"[@]", b"{}")),
    (rb"[{}\[\],:]", (b" @", b"@ ", b"@\n", b"\t@", b"@\r", b"@\x0b", b"@\xc2\xa0", b"@\xef\xbb\xbf", b"@,", b"", b"/**/@", b"@@")),
    (rb'"[^"\\]*"', (b"'x'", rb'"\u0041"', rb'"\ud800"', rb'"\ud83d\ude00"', b'"\xed\xa0\x80"', b'"\xc0\x80"', b'"\xff"', b'"\xf4\x90\x80\x80"',
     rb'"\/"', rb'"\x41"', b'"\x00"', b'"\x1f"', b'"\x7f"', rb'"\u001f"', rb'"\u001F"', rb'"\b\f\n\r\t\\\""', rb'"\u007f"', rb'"\udc00"',
     rb'"\\ud800"', b'"\xe2\x80\xa8"', b'"', b"null", b'"__proto__"', b'"7"', b'"\xd9\xa3"')),
    (rb'"[^"\\]*":[^,{}\[\]]+,', (b"@@", b"", b'"x":1,@', b'"7":1,@', b'"\xf0\x91\xbd\x90":1,@', b'"\xd9\xa3":1,@', b'"__proto__":{},@', b'"d":"x",@')),
)  # fmt: skip


def respelt(rng: random.Random, source: bytes) -> bytes:
    """JSON changed as a text: numbers, escapes, spaces, members twice, brackets without end, bytes that are no UTF-8."""
    made = source
    for _ in range(rng.choice((1, 1, 1, 2))):
        kind = rng.randrange(12)
        if kind < 7:
            made = _replaced(rng, made)
        elif kind == 7 and made:
            place = rng.randrange(len(made))
            made = made[:place] + rng.choice((b"", bytes([rng.randrange(256)]))) + made[place + 1 :]
        elif kind == 8 and made:
            start = rng.randrange(len(made))
            end = start + rng.randint(1, 25)
            made = made[:start] + rng.choice((made[start:end] * 2, b"")) + made[end:]
        elif kind == 9:
            depth = rng.choice((1, 2, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 60, 300, 700, 990, 1000, 1500, 3000))
            opened = rng.choice(((b"[", b"]"), (b'{"a":', b"}")))
            inside = opened[0] * depth + b"1" + opened[1] * depth
            made = rng.choice((inside, opened[0] * depth + made + opened[1] * depth, _nested_member(made, inside)))
        elif kind == 10:
            made = rng.choice((b"\xef\xbb\xbf" + made, made + b"\n", b" " + made, made + b"\x00", b"\xff\xfe" + made, b"", b"null", b"[]", b"{}", b"7",
                               b'"text"', b"true", made + made, made[:-1], made.decode("utf-8", "replace").encode("utf-16")))  # fmt: skip
        else:
            made = made.replace(
                rng.choice((b"a", b"1", b'"', b"\xe5", b"e")), rng.choice((b"", b"\\", b"\xef\xbc\x91", b"''")), 1
            )
    return made


def _replaced(rng: random.Random, source: bytes) -> bytes:
    pattern, replacements = rng.choice(RESPELLINGS)
    places = list(re.finditer(pattern, source))
    if not places:
        return source
    found = rng.choice(places)
    return source[: found.start()] + rng.choice(replacements).replace(b"@", found.group()) + source[found.end() :]


def _nested_member(source: bytes, inside: bytes) -> bytes:
    return source[:-1] + b',"deep":' + inside + b"}" if source.endswith(b"}") and len(source) > 2 else inside


def dumped(value: Any) -> bytes:
    """The one spelling of any value, also of those that no licence may hold (floats, half characters)."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def any_text(rng: random.Random) -> str:
    """A text: of a border length, with an odd sign, or of any signs at all."""
    kind = rng.randrange(6)
    if kind == 0:
        return rng.choice(TEXTS)
    if kind == 1:
        return "".join(
            chr(code) for _ in range(rng.randint(1, 4)) if not 0xD800 <= (code := rng.randrange(0x110000)) < 0xE000
        )
    sign = rng.choice(ODD_SIGNS if kind < 4 else EDGES)
    second = rng.choice(("", "\u0301", "\u0323", "\u0307", rng.choice(ODD_SIGNS)))
    return rng.choice((f"安丘市{sign}{second}店", f"{sign}{second}店", f"店a{sign}{second}", sign, f"e{second}{sign}"))


def any_value(rng: random.Random) -> Any:
    """A value of any kind."""
    kind = rng.randrange(10)
    if kind < 3:
        return rng.choice(NUMBERS)
    if kind < 6:
        return any_text(rng)
    if kind < 8:
        return rng.choice(DAYS)
    return rng.choice(
        (
            [],
            {},
            [[]],
            [1],
            ["x"],
            {"x": 1},
            {"kind": "long"},
            {"kind": "until", "until": "2030-06-30"},
            {"kind": "until"},
            [None],
        )
    )


Holder = Any  # a dict or a list


def _places(value: Any, found: list[tuple[Holder, Any]]) -> list[tuple[Holder, Any]]:
    for key, inner in list(value.items()) if isinstance(value, dict) else enumerate(value):
        found.append((value, key))
        if isinstance(inner, (dict, list)):
            _places(inner, found)
    return found


def altered(rng: random.Random, value: Any) -> Any:
    """A JSON value (altered in place) with one to three of its members changed, moved, dropped, added or made twice."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        places = _places(value, [])
        if not places:
            return value
        holder, key = rng.choice(places)
        rng.choice(_CHANGES)(rng, holder, key)
    return value


def _exchange(rng: random.Random, holder: Holder, key: Any) -> None:
    holder[key] = any_value(rng)


def _near(rng: random.Random, holder: Holder, key: Any) -> None:
    """The same kind of value, a little off."""
    value = holder[key]
    if type(value) is bool:
        holder[key] = not value
    elif isinstance(value, int):
        holder[key] = rng.choice(
            (value + 1, value - 1, -value, value * 1000, value + 86_400, value ^ 1, value + 2**24, rng.choice(NUMBERS))
        )
    elif isinstance(value, str):
        place = rng.choice((0, len(value), rng.randint(0, len(value))))
        piece = rng.choice((rng.choice(ODD_SIGNS), rng.choice(EDGES), any_text(rng), "x", "\n", " "))
        holder[key] = rng.choice(
            (
                value[:place] + piece + value[place:],
                value[:place],
                value + piece,
                value.upper(),
                value[::-1],
                rng.choice(DAYS),
            )
        )
    elif isinstance(value, list):
        holder[key] = rng.choice(
            (
                value * 2,
                value * 25,
                value[:-1],
                [*value, any_value(rng)],
                value[::-1],
                [value],
                dict.fromkeys(map(str, value), 1),
            )
        )
    elif isinstance(value, dict):
        holder[key] = rng.choice(
            (list(value.values()), {**value, rng.choice(NAMES): any_value(rng)}, dict(reversed(value.items())), {})
        )


def _leave_out(rng: random.Random, holder: Holder, key: Any) -> None:
    del holder[key]


def _add(rng: random.Random, holder: Holder, key: Any) -> None:
    if isinstance(holder, dict):
        holder[rng.choice(NAMES)] = rng.choice((any_value(rng), holder[key]))
    else:
        holder.insert(key, any_value(rng))


_CHANGES: tuple[Callable[[random.Random, Holder, Any], None], ...] = (_exchange, _near, _near, _near, _leave_out, _add)
