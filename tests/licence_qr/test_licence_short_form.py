import json
from collections import Counter
from dataclasses import replace

import pytest

from licence_qr import strict_json
from licence_qr.claims import build
from licence_qr.code_size import qr_version
from licence_qr.issue import issue, prepare
from licence_qr.qr import LARGEST_VERSION, matrix_of
from licence_qr.short_form import fitted, permits_digest
from licence_qr.status_list import StatusBook
from licence_qr.trust import LICENCE_TYP
from licence_qr.verify import verify
from tests.licence_qr.forge import case, link, with_claims
from tests.licence_qr.specimens import (
    AT,
    COMPANY,
    IAT,
    LICENCE_KEY,
    LIST_URI,
    PAGE,
    TRUST,
    issuance,
    licence,
    status_token,
)
from tests.licence_qr.synthetic_licences import draw

HEADER = strict_json.write({"alg": "ES256", "kid": LICENCE_KEY.kid, "typ": LICENCE_TYP})
HELD_OUT = 1000  # licences no dictionary was built from


def version(claims):
    return qr_version(HEADER, strict_json.write(claims), claims["iss"])


def drawn(permits, seed=11):
    one = next(iter(draw(seed, 1, permits=permits)))
    return build(one.subject, one.issuance)


@pytest.mark.parametrize(("permits", "largest"), [(5, 20), (0, 16)])
def test_held_out_licences_stay_within_the_version_they_are_promised(permits, largest):
    found = Counter(
        version(build(one.subject, one.issuance)) for one in draw(2026_11_22, HELD_OUT, scope=10, permits=permits)
    )
    assert sum(found.values()) == HELD_OUT
    assert max(found) <= largest, sorted(found.items())


def test_a_licence_that_fits_is_not_touched():
    claims = build(COMPANY, issuance(permit_indexes=(100, 101)))
    assert fitted(claims, HEADER) is claims


def test_further_permits_take_the_short_form_from_the_last_on_and_only_as_far_as_needed():
    claims = drawn(13)
    made = fitted(claims, HEADER)
    assert version(made) == LARGEST_VERSION
    short = ["authority" not in permit for permit in made["permits"]]
    assert short == sorted(short), "the first ones stay whole"
    assert 0 < sum(short) < 13
    for whole, told in zip(claims["permits"], made["permits"], strict=True):
        kept = {"type", "held", "number", "valid_to", "status_idx"} | (set(told) & {"valid_from"})
        assert told == whole or told == {name: value for name, value in whole.items() if name in kept}
    assert "permits_digest" not in made
    one_more = [*claims["permits"][: short.index(True) + 1], *made["permits"][short.index(True) + 1 :]]
    with pytest.raises(Exception, match="22-M"):
        version({**made, "permits": one_more})


def test_permits_that_no_longer_fit_are_counted_and_bound_by_a_digest():
    claims = drawn(30)
    made = fitted(claims, HEADER)
    assert version(made) <= LARGEST_VERSION
    assert made["permits_total"] == 30 > len(made["permits"])
    assert made["permits_digest"] == permits_digest(claims["permits"])
    assert list(made)[list(made).index("permits_total") + 1] == "permits_digest"
    assert [permit["number"] for permit in made["permits"]] == [
        permit["number"] for permit in claims["permits"][: len(made["permits"])]
    ]
    assert permits_digest([*claims["permits"][:-1]]) != made["permits_digest"]


def test_a_first_day_still_to_come_is_kept():
    claims = drawn(13)
    claims["permits"][-1]["valid_from"] = "2099-01-01"
    assert fitted(claims, HEADER)["permits"][-1]["valid_from"] == "2099-01-01"


def test_a_due_permit_in_short_form_keeps_its_name():
    claims = drawn(13)
    signs = "".join(chr(0x4E00 + 37 * number) for number in range(60))
    claims["permits"][-1] = {"type": "食品经营许可证", "held": False, "authority": signs}
    assert fitted(claims, HEADER)["permits"][-1] == {"type": "食品经营许可证", "held": False}


def test_what_is_too_large_without_permits_is_left_for_the_lint():
    signs = [chr(0x4E00 + 37 * number) for number in range(500)]
    claims = build(COMPANY, issuance(permit_indexes=(100, 101)))
    claims["licence"]["scope"][0]["items"] = ["".join(signs[start : start + 12]) for start in range(0, 480, 12)]
    assert fitted(claims, HEADER) is claims


@pytest.mark.parametrize("permits", [13, 30])
def test_a_pass_in_short_form_is_signed_drawn_and_verified(permits):
    one = next(iter(draw(11, 1, permits=permits)))
    at = int(one.issuance.issued_at.timestamp()) + 60
    given = replace(one.issuance, issued_at=one.issuance.issued_at)
    made = issue(prepare(one.subject, given, kid=LICENCE_KEY.kid), LICENCE_KEY)
    assert len(matrix_of(made.link(PAGE))) == 17 + 4 * LARGEST_VERSION
    from tests.licence_qr.test_licence_third_party_client import CLIENT  # noqa: PLC0415  (only here)

    jwks = {"keys": [{**entry, "nbf": 10**9} for entry in TRUST.to_jwks()["keys"]]}
    found = CLIENT.Verifier(json.dumps(jwks).encode()).verify(made.link(PAGE), at=at)
    assert found["authentic"]["reason"] == "authentic"
    assert len(found["permits"]) == len(made.claims["permits"])


@pytest.mark.parametrize(("total", "reason"), [(4, "authentic"), (3, "claims"), (2, "claims")])
def test_a_digest_stands_only_where_permits_are_left_out(total, reason):
    def change(claims):
        claims["permits_total"], claims["permits_digest"] = total, permits_digest(claims["permits"])

    given = case(link(with_claims(change)), reason)
    book = StatusBook(TRUST)
    book.add(LIST_URI, status_token())
    assert verify(given["text"], TRUST, at=AT, status=book).authentic.reason == reason
    assert licence().claims["permits_total"] == 3
    assert IAT < AT
