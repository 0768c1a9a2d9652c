import json
import random
import unicodedata

import pytest

from licence_qr import quick_claims as module
from licence_qr import shape, strict_json
from licence_qr.claims import build
from licence_qr.errors import CodeError
from licence_qr.quick_claims import quick_claims
from licence_qr.text import fault_of
from licence_qr.token import parts_of
from licence_qr.transport import MOST_JSON, decode
from tests.licence_qr.cases import all_cases
from tests.licence_qr.specimens import COMPANY, KINDERGARTEN, SHOP, STUDIO, licence
from tests.licence_qr.synthetic_licences import draw

GOOD = [licence(subject).parts.payload for subject in (COMPANY, SHOP, STUDIO, KINDERGARTEN)]
GOOD += [strict_json.write(build(one.subject, one.issuance)) for one in draw(9, 200)]


def long_way(payload):
    """What the strict reader and the closed shape say: the claims, or None."""
    try:
        claims = strict_json.read(payload, limit=MOST_JSON, reason="claims")
    except CodeError:
        return None
    return None if shape.faults_of(claims) else claims


def test_the_usual_licence_takes_the_short_way():
    assert [quick_claims(payload) for payload in GOOD] == [json.loads(payload) for payload in GOOD]


def test_nothing_is_accepted_that_the_long_way_refuses():
    payloads = []
    for case in all_cases().values():
        try:
            payloads.append(
                (parts_of if ":" not in case["text"] and case["text"].count(".") == 2 else decode)(case["text"]).payload
            )
        except CodeError:
            continue
    accepted = 0
    for payload in payloads:
        found = quick_claims(payload)
        accepted += found is not None
        assert found is None or found == long_way(payload)
    assert 40 < accepted < len(payloads)


def changed(rng, payload):
    made = bytearray(payload)
    start = rng.randrange(len(made))
    kind = rng.randrange(4)
    if kind == 0:
        made[start] = rng.choice(b'{}[]":,0123456789.eE-+ \\u\n\x00\xef\xbbtfn')
    elif kind == 1:
        del made[start : start + rng.randint(1, 20)]
    elif kind == 2:
        made[start:start] = made[start : start + rng.randint(1, 30)]
    else:  # a value replaced by another: the shape has to see it
        claims = json.loads(payload)
        place, path = claims, rng.choice(list(shape.schema()["properties"]))
        while isinstance(place.get(path), dict) and rng.random() < 0.8:
            place = place[path]
            path = rng.choice(list(place))
        place[path] = rng.choice(
            [None, True, 0, -1, 2**54, "", " x", "x ", "é", "a\u200b", "㐂", [], {}, "2026-02-30", "x" * 301]
        )
        return strict_json.write(claims)
    return bytes(made)


def test_nothing_is_accepted_that_the_long_way_refuses_among_mutations():
    rng = random.Random(20261124)
    accepted = 0
    for _ in range(6000):
        payload = changed(rng, rng.choice(GOOD[:20]))
        found = quick_claims(payload)
        accepted += found is not None
        if found is not None:
            assert found == long_way(payload), payload
    assert accepted > 100


@pytest.mark.parametrize(
    "sign", ["\u00e9", "\u3402", "\u3007", "\ufb01", "\u200b", "\u3000", "e\u0301", "\\", "\u2028"]
)
def test_a_rare_character_is_left_to_the_long_way(sign):
    claims = json.loads(GOOD[0])
    claims["licence"]["name"] = f"安丘市{sign}店"
    payload = strict_json.write(claims)
    assert quick_claims(payload) in (None, long_way(payload))


def test_every_plain_character_may_be_shown_in_any_company():
    plain = [chr(code) for code in range(0x20, 0x10000) if module._PLAIN.fullmatch(chr(code))]
    assert len(plain) > 21_000
    for sign in plain:
        assert fault_of(f"甲{sign}乙") is None
        assert unicodedata.combining(sign) == 0
        assert unicodedata.normalize("NFC", sign) == sign
