"""Attacks on what a verifier pins: lists of keys, documents on stolen keys, dictionaries."""

import json
from collections.abc import Iterator

from licence_qr import strict_json, transport
from licence_qr.keys import base64url, public_jwk
from licence_qr.keys_logged import token_digest
from licence_qr.trust import LICENCE_TYP
from tests.licence_qr.forge import (
    JWKS,
    KID,
    Case,
    case,
    header_of,
    link,
    logged,
    with_claims,
    with_header,
)
from tests.licence_qr.specimens import (
    FOREIGN_KEY,
    IAT,
    ISS,
    LIST_URI,
    PAGE,
    STOLEN_KEY,
    STUDIO,
    licence,
    status_token,
)

Attack = tuple[str, str, Case]
AUTHORITY_TYP = "permit-statement+jwt"


def pinned_attacks() -> Iterator[Attack]:
    """Every attack."""
    yield from _kids()
    yield from _key_lists()
    yield from _stolen_keys()
    yield from _dictionaries()


def _kids() -> Iterator[Attack]:
    for attack, kid, reason, why in (
        ("kid_path", "../../../etc/passwd", "format", "A kid that is a path, for a reader that opens a file by it."),
        ("kid_query", "' OR '1'='1", "format", "A kid that is a query, for a reader that asks a database with it."),
        ("kid_address", "https://evil.example/k", "format", "A kid that is an address, for a reader that fetches it."),
        ("kid_prototype", "__proto__", "unknown_key", "A kid that every JavaScript object seems to have."),
        ("kid_prefix", KID[:8], "unknown_key", "The first characters of a trusted kid: a look-up is exact."),
        ("kid_too_long", KID + "A", "format", "A character more than a thumbprint has."),
        ("kid_not_text", [KID], "format", "A list that holds a trusted kid."),
    ):
        header = strict_json.write({"alg": "ES256", "kid": kid, "typ": LICENCE_TYP})
        yield attack, why, case(link(with_header(header)), reason)
    es384 = strict_json.write({"alg": "ES384", "kid": KID, "typ": LICENCE_TYP})
    yield (
        "alg_of_another_curve",
        "The algorithm of a curve that this key is not on.",
        case(link(with_header(es384)), "header"),
    )
    chain = header_of(x5c=["MIIB"])
    yield (
        "header_x5c",
        "A certificate chain of the forger's own rides in the header.",
        case(link(with_header(chain)), "header"),
    )
    deep = header_of()[:-1] + b',"x":' + b"[" * 1500 + b"]" * 1500 + b"}"
    yield (
        "deep_nesting_in_header",
        "A recursive reader falls over before it looks for a key.",
        case(link(with_header(deep)), "format"),
    )
    digit = header_of()[:-1] + ',"\U00011f50":1}'.encode()
    why = "A member whose name is a digit of a later Unicode: readers of another age see another kind of name."
    yield "digit_of_a_later_unicode_as_name", why, case(link(with_header(digit)), "header")


def _key_lists() -> Iterator[Attack]:
    text = licence(STUDIO).link(PAGE)
    for attack, change, why in (
        ("key_for_encryption", {"use": "enc"}, "A key that was published for encryption (PyJWT takes it)."),
        ("key_for_another_algorithm", {"alg": "HS256"}, "A public key that the list offers as an HMAC secret."),
        ("key_with_another_thumbprint", {"kid": "A" * 43}, "A kid that is not the thumbprint of its key."),
        ("key_off_the_curve", {"x": "A" * 43}, "A point that is not on P-256 (CVE-2017-7781 and its family)."),
        ("key_of_infinite_window", {"exp": None}, "A window whose end is null, good for ever for some readers."),
    ):
        yield attack, why, case(text, "unknown_key", jwks={"keys": [{**JWKS["keys"][0], **change}, *JWKS["keys"][1:]]})
    private = {"keys": [*JWKS["keys"], {**JWKS["keys"][0], "d": "AAAA"}]}
    why = "A private key was published: whoever saw the list can sign, so nothing in it is believed."
    yield "key_list_with_a_private_key", why, case(text, "no_keys", jwks=private)
    written = json.dumps(JWKS)
    for attack, old, new, why in (
        (
            "key_list_member_twice",
            '{"keys": ',
            '{"keys": [], "keys": ',
            "`keys` stands twice; readers differ on which one counts.",
        ),
        (
            "key_list_float",
            f'"nbf": {JWKS["keys"][0]["nbf"]}',
            f'"nbf": {JWKS["keys"][0]["nbf"]}.0',
            "A time that is no whole number.",
        ),
        (
            "key_list_exponent",
            f'"nbf": {JWKS["keys"][0]["nbf"]}',
            '"nbf": 1e9',
            "A time in another spelling, an integer for browsers alone.",
        ),
    ):
        wrong = written.replace(old, new, 1)
        assert wrong != written, attack
        yield attack, why, case(text, "no_keys", jwks=wrong)
    authority = {
        **public_jwk(FOREIGN_KEY.public_key),
        "alg": "ES256",
        "use": "sig",
        "kid": FOREIGN_KEY.kid,
        "iss": ISS,
        "typ": AUTHORITY_TYP,
        "nbf": 0,
    }
    widened = {"keys": [*JWKS["keys"], authority]}
    signed = with_claims(lambda claims: claims, FOREIGN_KEY)
    why = "An authority that may state permits signs a licence with them: its key signs its own kind and no other."
    yield "licence_by_a_permit_authority", why, case(link(signed), "header", jwks=widened)
    why = "An authority that may state permits publishes the status list, with another authority's permit restored."
    lists = {LIST_URI: status_token(key=FOREIGN_KEY)}
    yield (
        "status_list_by_a_permit_authority",
        why,
        case(text, "authentic", "status_untrusted", jwks=widened, lists=lists),
    )


def _stolen_keys() -> Iterator[Attack]:
    stolen = with_claims(lambda claims: claims, STOLEN_KEY)
    both = logged(before=(stolen.compact,), after=(stolen.compact,))
    why = "The document on a stolen key has the licence before and after the theft: the doubt counts."
    yield "stolen_key_logged_twice", why, case(link(stolen), "key_compromised", **both)
    for attack, change, why in (
        ("stolen_key_logged_version", {"v": True}, "A document of version true, which is 1 in Python."),
        ("stolen_key_logged_time", {"revoked_at": str(IAT + 3600)}, "A document whose time of theft is a text."),
    ):
        told = {**json.loads(logged(before=(stolen.compact,))["logged"][STOLEN_KEY.kid]), **change}
        yield attack, why, case(link(stolen), "key_compromised", **_pinned_document(told))


def _pinned_document(told: Case) -> Case:
    source = strict_json.write(told)
    keys = [
        {**one, "logged_sha256": token_digest(source)} if one["kid"] == STOLEN_KEY.kid else one for one in JWKS["keys"]
    ]
    return {"jwks": {"keys": keys}, "logged": {STOLEN_KEY.kid: source.decode()}}


def _dictionaries() -> Iterator[Attack]:
    text, genuine = licence(STUDIO).link(PAGE), transport.dictionary(1)
    for attack, given, why in (
        (
            "dictionary_rolled_back",
            genuine[: len(genuine) // 2],
            "An earlier dictionary is served under the number of a later one.",
        ),
        (
            "dictionary_changed",
            genuine.replace("潍坊".encode(), "淮坊".encode()),
            "A dictionary with one sign changed writes it into every licence.",
        ),
    ):
        assert given != genuine, attack
        yield attack, why, case(text, "dictionary", dictionaries={"1": base64url(given)})
