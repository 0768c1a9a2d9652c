"""Genuine licences in every state, and texts that are no licence: the cases of vectors.json."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from tests.licence_qr.forge import JWKS, Case, case, link, list_with, logged, put, raw_link, with_claims, with_digest
from tests.licence_qr.specimens import (
    AT,
    COMPANY,
    FOREIGN_KEY,
    IAT,
    ISS,
    KINDERGARTEN,
    LIST_URI,
    PAGE,
    REPLACED,
    RETIRED_KEY,
    REVOKED,
    SHOP,
    STOLEN_KEY,
    STUDIO,
    SUSPENDED,
    licence,
    status_token,
)

PERMITS = ("held", "held", "not_held")
GOOD = ("authentic", "current", PERMITS)
UNKNOWN = ("status_stale", "status_stale", "not_held")


def genuine_cases() -> Iterator[tuple[str, Case]]:
    """Every case with its name."""
    yield from _spellings()
    yield from _statuses()
    yield from _times()
    yield from _permit_days()
    yield from _keys()
    yield from _ngos()
    yield from _no_licence()


def _lists(values: dict[int, int], *, iat: int = AT - 600) -> dict[str, str]:
    return {LIST_URI: status_token(values, iat=iat)}


def _spellings() -> Iterator[tuple[str, Case]]:
    company, shop, studio = licence(COMPANY), licence(SHOP), licence(STUDIO)
    yield "company with two permits held and one due", case(company.link(PAGE), *GOOD)
    yield "individual business without a name", case(shop.link(PAGE), "authentic", "current", ("not_held",))
    yield "sole proprietorship with a term and no permits", case(studio.link(PAGE), "authentic", "current")
    yield "the digits alone", case(company.digits, *GOOD)
    yield "the digits behind a #", case("#" + company.digits, *GOOD)
    yield "the compact JWS", case(company.jws, *GOOD)
    yield "a link to another host is judged by its digits", case(f"https://other.example/x#{company.digits}", *GOOD)
    for suffix in ("&appinstall=0", "&from=singlemessage&isappinstalled=0"):
        yield f"an app appended {suffix}", case(company.link(PAGE) + suffix, *GOOD)


def _statuses() -> Iterator[tuple[str, Case]]:
    text, studio = licence(COMPANY).link(PAGE), licence(STUDIO).link(PAGE)
    first, second = ("suspended", "held", "not_held"), ("held", "revoked", "not_held")
    yield "the first permit suspended", case(text, "authentic", "current", first, lists=_lists({100: SUSPENDED}))
    yield "the second permit revoked", case(text, "authentic", "current", second, lists=_lists({101: REVOKED}))
    for value, reason in ((REVOKED, "revoked"), (SUSPENDED, "suspended"), (REPLACED, "replaced")):
        yield f"licence status {int(value)}", case(text, "authentic", reason, PERMITS, lists=_lists({7: value}))
    day_old = AT - 86_400
    yield "a list in its last second", case(text, *GOOD, lists=_lists({}, iat=day_old + 1))
    stale = _lists({}, iat=day_old)
    yield "a stale list says nothing", case(text, "authentic", "status_stale", UNKNOWN, lists=stale)
    revoked = _lists({7: REVOKED}, iat=day_old)
    yield "a stale list that says revoked is enough", case(text, "authentic", "revoked", UNKNOWN, lists=revoked)
    suspended = _lists({7: SUSPENDED}, iat=day_old)
    yield "a stale list that says suspended is not", case(text, "authentic", "status_stale", UNKNOWN, lists=suspended)
    week = {LIST_URI: list_with(iat=AT - 600, exp=AT - 600 + 7 * 86_400)}
    yield "a list that is good for seven days", case(studio, "authentic", "current", lists=week)
    yield "a list older than the caller will rely on", case(studio, "authentic", "status_stale", oldest_status=599)
    yield "a list just young enough", case(studio, "authentic", "current", oldest_status=600)
    yield "a list from the future", case(studio, "authentic", "clock", lists=_lists({}, iat=AT + 121))
    yield "no list at hand", case(studio, "authentic", "status_missing", lists={})
    outside = licence(STUDIO, status_index=1024).link(PAGE)
    yield "an index outside the list", case(outside, "authentic", "status_index")
    stranger = {LIST_URI: status_token(key=FOREIGN_KEY)}
    yield "a list signed by a stranger", case(studio, "authentic", "status_untrusted", lists=stranger)


def _times() -> Iterator[tuple[str, Case]]:
    studio = licence(STUDIO)
    end, text = studio.claims["exp"], studio.link(PAGE)
    late, early = _lists({}, iat=end - 10), _lists({}, iat=IAT - 200)
    yield "the last second of the term", case(text, "authentic", "current", at=end - 1, lists=late)
    yield "the term is over", case(text, "authentic", "expired", at=end, lists=late)
    yield "a clock 121 seconds behind", case(text, "authentic", "clock", at=IAT - 121)
    yield "a clock just within the leeway", case(text, "authentic", "current", at=IAT - 120, lists=early)
    yield "not in force yet", case(link(with_claims(put("nbf", value=AT + 121))), "authentic", "not_yet", PERMITS)
    yield "in force within the leeway", case(link(with_claims(put("nbf", value=AT + 120))), *GOOD)


def _permit_days() -> Iterator[tuple[str, Case]]:
    first, second = COMPANY.permits
    today, yesterday, tomorrow = date(2026, 11, 23), date(2026, 11, 22), date(2026, 11, 24)
    for about, permit, reason in (
        ("ends today", replace(second, valid_to=today), "held"),
        ("ended yesterday", replace(second, valid_to=yesterday), "permit_expired"),
        ("begins today", replace(second, valid_from=today), "held"),
        ("begins tomorrow", replace(second, valid_from=tomorrow), "permit_not_yet"),
    ):
        text = licence(replace(COMPANY, permits=(first, permit))).link(PAGE)
        yield f"the second permit {about}", case(text, "authentic", "current", ("held", reason, "not_held"))
    short = [{"type": "食品经营许可证", "held": True, "number": "JY23707840001234", "status_idx": 100}]
    parts = with_claims(lambda claims: {**claims, "permits": short, "permits_total": 1})
    yield "a permit in short form", case(link(parts), "authentic", "current", ("held",))
    left_out = with_claims(lambda claims: with_digest({**claims, "permits": claims["permits"][:1]}, claims["permits"]))
    yield "permits left out, with a digest", case(link(left_out), "authentic", "current", ("held",))
    none_listed = with_claims(lambda claims: with_digest({**claims, "permits": []}, claims["permits"]))
    yield "all permits left out, with a digest", case(link(none_listed), "authentic", "current")


def _keys() -> Iterator[tuple[str, Case]]:
    studio, before = licence(STUDIO).link(PAGE), IAT - 31 * 86_400
    retired = with_claims(lambda claims: {**claims, "iat": before, "nbf": before}, RETIRED_KEY)
    yield "a retired key answers for its own time", case(link(retired), *GOOD)
    yield "the list of keys is empty", case(studio, "no_keys", jwks={"keys": []})
    yield "the list of keys does not know the key", case(studio, "unknown_key", jwks={"keys": JWKS["keys"][1:]})
    wrong = [{**JWKS["keys"][0], "kid": JWKS["keys"][1]["kid"]}]
    yield "a key whose thumbprint is another's is not trusted", case(studio, "no_keys", jwks={"keys": wrong})
    for depth, told in ((16, ("authentic", "current")), (17, ("no_keys",))):
        note: Any = 1
        for _ in range(depth - 3):  # the list, its `keys` and the entry are the first three
            note = [note]
        noted = [{**JWKS["keys"][0], "note": note}, *JWKS["keys"][1:]]
        yield f"a list of keys that is {depth} deep", case(studio, *told, jwks={"keys": noted})
    spaced = "\n" + json.dumps(JWKS, indent=1).replace("licence.anqiu", "\\u006cicence.anqiu")
    yield "a list of keys that is formatted for people", case(studio, "authentic", "current", jwks=spaced)
    stolen = with_claims(lambda claims: claims, STOLEN_KEY)
    yield "the key was stolen", case(link(stolen), "key_compromised")
    given, late = logged(before=(stolen.compact,)), logged(after=(stolen.compact,))
    yield "the key was stolen and the licence logged before", case(link(stolen), *GOOD, **given)
    yield "the key was stolen and the licence logged after", case(link(stolen), "key_compromised", **late)
    other = {STOLEN_KEY.kid: given["logged"][STOLEN_KEY.kid] + " "}
    changed = {**given, "logged": other}
    yield "the key was stolen and the list is another than pinned", case(link(stolen), "key_compromised", **changed)
    yield "the key was stolen and no list is pinned", case(link(stolen), "key_compromised", logged=given["logged"])


def _ngos() -> Iterator[tuple[str, Case]]:
    both = ("held", "held")
    text = licence(KINDERGARTEN).link(PAGE)
    yield "an NGO with two permits held", case(text, "authentic", "current", both)
    for form in ("partnership", "individual"):
        other = licence(replace(KINDERGARTEN, form=form, permits=())).link(PAGE)
        yield f"an NGO that is a {form}, without permits", case(other, "authentic", "current")
    second = ("held", "suspended")
    yield (
        "the second permit of an NGO suspended",
        case(text, "authentic", "current", second, lists=_lists({101: SUSPENDED})),
    )
    for value, reason in ((REVOKED, "revoked"), (REPLACED, "replaced")):
        yield f"an NGO that is {reason}", case(text, "authentic", reason, both, lists=_lists({7: value}))
    short = with_claims(
        lambda claims: with_digest({**claims, "permits": claims["permits"][:1]}, claims["permits"]),
        subject=KINDERGARTEN,
    )
    yield "an NGO with a permit left out, with a digest", case(link(short), "authentic", "current", ("held",))
    # What a certificate must state is for the registry's lint; a reader tells what was signed.
    without = with_claims(lambda claims: claims["licence"].pop("supervising_authority") and None, subject=KINDERGARTEN)
    yield "an NGO signed without its supervising authority", case(link(without), "authentic", "current", both)
    longest = with_claims(put("licence", "supervising_authority", value="局" * 60), subject=KINDERGARTEN)
    yield "an NGO whose supervising authority is as long as may be", case(link(longest), "authentic", "current", both)


def _no_licence() -> Iterator[tuple[str, Case]]:
    company = licence(COMPANY)
    later = with_claims(put("vct", value=f"{ISS}/types/business-licence/2"))
    yield "a type of a later version", case(link(later), "type")
    yield "a later transport", case(raw_link(b"\x02\x01" + bytes(80)), "format")
    yield "a later dictionary", case(raw_link(b"\x01\xfa" + bytes(80)), "format")
    yield "one digit missing", case(company.link(PAGE)[:-1], "damaged")
    yield "the first digits missing", case(f"{PAGE}#{company.digits[7:]}", "damaged")
    yield "nothing", case("", "format")
    yield "a web address", case("https://www.example.com/", "format")
    yield "words", case("你好", "format")
    yield "one digit", case("7", "damaged")
