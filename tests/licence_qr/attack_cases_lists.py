"""Attacks with status lists that a trusted key signed: older, of another issuer, of the future, good for years, misspelt."""

from collections.abc import Iterator
from typing import Any

from licence_qr import strict_json
from licence_qr.status_list import StatusList, sign_list
from licence_qr.token import parts_of
from licence_qr.trust import STATUS_TYP, TrustedKey
from tests.licence_qr.forge import JWKS, Case, case, entries, list_with, sealed
from tests.licence_qr.specimens import (
    AT,
    COMPANY,
    FOREIGN_KEY,
    IAT,
    ISS,
    LIST_URI,
    PAGE,
    REVOKED,
    STATUS_KEY,
    STUDIO,
    licence,
    status_token,
)

Attack = tuple[str, str, Case]
OTHER = "https://other.example"


def list_attacks() -> Iterator[Attack]:
    """Every attack."""
    yield from _rollback()
    yield from _foreign_lists()
    yield from _lasting_lists()


def _rollback() -> Iterator[Attack]:
    text = licence(COMPANY).link(PAGE)
    clean, revoked, late = (
        status_token(iat=AT - 900),
        status_token({7: REVOKED}, iat=AT - 600),
        status_token(iat=AT + 4000),
    )
    permits = ("held", "held", "not_held")
    for attack, had, why in (
        (
            "status_list_rolled_back",
            [revoked, clean],
            "The list of before the revocation is served once more: a list never goes back.",
        ),
        ("status_list_displaced", [revoked, "garbage"], "What is no list displaces the one that revokes."),
        (
            "status_list_displaced_by_a_stranger",
            [revoked, status_token(key=FOREIGN_KEY, iat=AT)],
            "A newer list that nobody signed.",
        ),
        ("status_list_displaced_from_the_future", [revoked, late], "A list of tomorrow would stay for ever."),
    ):
        yield attack, why, case(text, "authentic", "revoked", permits, lists={LIST_URI: had})
    studio = licence(STUDIO).link(PAGE)
    for attack, served, reason, why in (
        ("status_list_from_the_future", late, "clock", "A list that was made ahead of time outlives its revocations."),
        (
            "status_list_in_milliseconds",
            list_with(exp=(AT + 86_400) * 1000),
            "status_untrusted",
            "An end in milliseconds is good for 55,000 years.",
        ),
        (
            "status_list_padded",
            _padded(),
            "status_untrusted",
            "Padding behind the base64url of the list (Python's reader takes it).",
        ),
        ("status_list_member_twice", _member_twice(), "status_untrusted", "A member twice in the list, signed."),
    ):
        yield attack, why, case(studio, "authentic", reason, lists={LIST_URI: served})
    missing = case(licence(COMPANY).link(PAGE), "authentic", "status_stale", ("status_stale", "status_stale", "not_held"),
                   lists={LIST_URI: status_token(iat=AT - 86_400)})  # fmt: skip
    yield (
        "status_list_replayed_after_its_day",
        "The last clean list is shown for days: it says itself until when it is good.",
        missing,
    )


def _foreign_lists() -> Iterator[Attack]:
    """Another issuer, whose keys are trusted for its own lists, publishes one under the address of this issuer."""
    text = licence(COMPANY).link(PAGE)
    revoked, again = status_token({7: REVOKED}, iat=AT - 600), status_token({7: REVOKED}, iat=AT - 300)
    permits, foreign = ("held", "held", "not_held"), _foreign(OTHER)
    for attack, iss, had, why in (
        ("displaced_by_another_issuer", OTHER, [revoked, foreign], "Its newer list displaces the one that revokes."),
        ("kept_out_by_another_issuer", OTHER, [foreign, revoked], "Its newer list keeps the one that revokes out."),
        (
            "of_another_issuer_between",
            OTHER,
            [revoked, foreign, again],
            "Its newer list comes between two that revoke, and neither returns.",
        ),
        (
            "by_an_issuer_that_is_half_an_address",
            "https:",
            [revoked, _foreign("https:")],
            "The address of every list begins with the name of this issuer.",
        ),
        (
            "by_an_issuer_below_another",
            f"{ISS}/status",
            [revoked, _foreign(f"{ISS}/status")],
            "The name of this issuer is the address of another and a path.",
        ),
    ):
        told = f"Another issuer's key is trusted, for its own lists. {why}"
        given = case(text, "authentic", "revoked", permits, jwks=_with_other(iss), lists={LIST_URI: had})
        yield f"status_list_{attack}", told, given
    alone = case(
        licence(STUDIO).link(PAGE), "authentic", "status_untrusted", jwks=_with_other(OTHER), lists={LIST_URI: foreign}
    )
    yield (
        "status_list_by_another_issuer",
        "Another issuer's key is trusted, and vouches for a licence that is not its own.",
        alone,
    )


def _foreign(iss: str) -> str:
    return sign_list(StatusList(1024), uri=LIST_URI, iss=iss, iat=AT, signer=FOREIGN_KEY)


def _with_other(iss: str) -> Case:
    key = TrustedKey(FOREIGN_KEY.public_key, iss, STATUS_TYP, IAT)
    return {"keys": [*JWKS["keys"], key.to_jwk()]}


def _lasting_lists() -> Iterator[Attack]:
    studio = licence(STUDIO).link(PAGE)
    day = 86_400
    retired = [{**one, "exp": AT - 7 * day} if one["kid"] == STATUS_KEY.kid else one for one in JWKS["keys"]]
    old = {"iat": AT - 8 * day, "exp": AT + 3650 * day}
    long_lived, just = list_with(**old), list_with(iat=AT - 600, exp=AT - 600 + 7 * day + 1)
    for attack, served, jwks, why in (
        (
            "by_a_retired_key",
            long_lived,
            {"keys": retired},
            "Who holds the status key after its window ended dates a list back into it, good for ten years.",
        ),
        ("good_for_years", long_lived, JWKS, "A list that claims to be good for ten years outlives its revocations."),
        ("good_for_a_second_too_long", just, JWKS, "A list that claims to be good for seven days and a second."),
    ):
        yield (
            f"status_list_{attack}",
            why,
            case(studio, "authentic", "status_untrusted", jwks=jwks, lists={LIST_URI: served}),
        )


def _padded() -> str:
    found: dict[str, Any] = next(
        made for size in range(256, 300) if len((made := entries(bytes(range(256)) + bytes(size)))["lst"]) % 4
    )
    return list_with(status_list={**found, "lst": found["lst"] + "=" * (-len(found["lst"]) % 4)})


def _member_twice() -> str:
    payload = parts_of(status_token()).payload.replace(b'"ttl":3600', b'"ttl":60,"ttl":3600')
    header = strict_json.write({"alg": "ES256", "kid": STATUS_KEY.kid, "typ": STATUS_TYP})
    return sealed(header, payload, STATUS_KEY.sign).compact
