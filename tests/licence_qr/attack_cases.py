"""Attacks on the verifier: name, what a careless one falls for, and the case; each is a folder in tests/attacks."""

import json
from collections.abc import Iterator

from licence_qr import strict_json
from licence_qr.keys import ORDER, public_jwk
from licence_qr.transport import Parts
from licence_qr.trust import LICENCE_TYP, STATUS_TYP
from tests.licence_qr.attack_cases_lists import list_attacks
from tests.licence_qr.attack_cases_pinned import pinned_attacks
from tests.licence_qr.forge import (
    KID,
    Case,
    case,
    drop,
    entries,
    header_of,
    link,
    list_with,
    logged,
    put,
    raw_link,
    sealed,
    squeezed,
    with_claims,
    with_digest,
    with_header,
)
from tests.licence_qr.specimens import (
    COMPANY,
    FOREIGN_KEY,
    ISS,
    KINDERGARTEN,
    LICENCE_KEY,
    LIST_URI,
    PAGE,
    RETIRED_KEY,
    SHOP,
    STATUS_KEY,
    STOLEN_KEY,
    STUDIO,
    licence,
    status_token,
)

Attack = tuple[str, str, Case]
GENUINE = licence(COMPANY)
PAYLOAD = GENUINE.parts.payload
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def attack_cases() -> Iterator[Attack]:
    """Every attack."""
    yield from _headers()
    yield from _signatures()
    yield from _payload_spellings()
    yield from _claims()
    yield from _names()
    yield from _permit_scopes()
    yield from _ngos()
    yield from _compressed()
    yield from _digits()
    yield from _compact()
    yield from _status_lists()
    yield from pinned_attacks()
    yield from list_attacks()


def _headers() -> Iterator[Attack]:
    none = with_header(strict_json.write({"alg": "none", "kid": KID, "typ": LICENCE_TYP}), lambda _: bytes(64))
    yield "alg_none", "The header says that there is no signature (RFC 8725 2.1).", case(link(none), "header")
    hs256 = with_header(strict_json.write({"alg": "HS256", "kid": KID, "typ": LICENCE_TYP}))
    why = "The public key is offered as an HMAC secret (CVE-2017-11424 and its family)."
    yield "alg_hs256", why, case(link(hs256), "header")
    embedded = with_header(header_of(jwk=public_jwk(FOREIGN_KEY.public_key)), FOREIGN_KEY.sign)
    yield (
        "embedded_jwk",
        "The forger's own key rides in the header beside a trusted kid.",
        case(link(embedded), "header"),
    )
    for name, value, why in (
        ("jku", "https://evil.example/jwks.json", "asks the verifier to fetch keys from the forger"),
        ("x5u", "https://evil.example/chain.pem", "asks the verifier to fetch a certificate from the forger"),
        ("crit", ["exp"], "names extensions that must be understood (CVE-2026-32597)"),
        ("zip", "DEF", "says that the payload is compressed, which PyJWT passes over"),
        ("b64", False, "says that the payload is not base64url (CVE-2026-48525)"),
    ):
        told = f"The header member `{name}` {why}; the signature itself is right."
        yield f"header_{name}", told, case(link(with_header(header_of(**{name: value}))), "header")
    other = with_header(strict_json.write({"alg": "ES256", "kid": KID, "typ": STATUS_TYP}))
    yield "typ_of_another_kind", "A token of another kind, signed by the licence key.", case(link(other), "header")
    twice = GENUINE.parts.header.replace(b'"alg":"ES256"', b'"alg":"none","alg":"ES256"')
    why = "`alg` stands twice; readers differ on which one counts."
    yield "duplicate_header_member", why, case(link(with_header(twice)), "format")
    by_status_key = sealed(header_of(STATUS_KEY), PAYLOAD, STATUS_KEY.sign)
    why = "A licence signed with the key of the status list: each key signs one kind."
    yield "signed_by_status_key", why, case(link(by_status_key), "header")
    why = "The genuine status list is shown as if it were a licence."
    yield "status_list_as_licence", why, case(status_token(), "header")


def _signatures() -> Iterator[Attack]:
    stranger = sealed(header_of(FOREIGN_KEY), PAYLOAD, FOREIGN_KEY.sign)
    yield "unknown_key", "Signed by a key nobody trusts, under its own kid.", case(link(stranger), "unknown_key")
    borrowed = sealed(header_of(), PAYLOAD, FOREIGN_KEY.sign)
    forged, about = with_claims(lambda claims: claims, STOLEN_KEY), "Signed with a stolen key, and never in the log."
    yield "stolen_key_not_logged", about, case(link(forged), "unlogged", **logged(before=("a.b.c",)))
    late = "Signed with a stolen key and logged only after the theft: nobody can say by whom."
    yield "stolen_key_logged_late", late, case(link(forged), "key_compromised", **logged(after=(forged.compact,)))
    yield "foreign_signature", "A trusted kid over a signature of another key.", case(link(borrowed), "signature")
    moved = Parts(GENUINE.parts.header, PAYLOAD.replace("88号".encode(), "66号".encode()), GENUINE.parts.signature)
    yield "tampered_premises", "The house number was changed after signing.", case(link(moved), "signature")
    shop = licence(SHOP)
    borrowed_permit = {**shop.claims, "permits": GENUINE.claims["permits"][:1], "permits_total": 1}
    spliced = Parts(shop.parts.header, strict_json.write(borrowed_permit), shop.parts.signature)
    why = "Another business's permit, which an authority granted, is put into this licence."
    yield "permit_of_another_licence", why, case(link(spliced), "signature")
    marked = strict_json.write({**GENUINE.claims, "vct": "<img src=x onerror=alert(1)>"})
    why = "Markup in a claim, to be run by a page that shows what it has not verified."
    yield "markup_in_claims", why, case(link(Parts(GENUINE.parts.header, marked, GENUINE.parts.signature)), "signature")
    r, s = GENUINE.parts.signature[:32], int.from_bytes(GENUINE.parts.signature[32:], "big")
    malleated = Parts(GENUINE.parts.header, PAYLOAD, r + (ORDER - s).to_bytes(32, "big"))
    why = "(r, n - s) verifies wherever (r, s) does (PyJWT accepts it): a second code for one licence."
    yield "malleated_signature", why, case(link(malleated), "signature")
    zero = Parts(GENUINE.parts.header, PAYLOAD, bytes(64))
    yield "zero_signature", "r = s = 0, which broke Java's verifier (CVE-2022-21449).", case(link(zero), "signature")
    other = with_claims(put("iss", value="https://licence.other.example"))
    why = "A trusted key speaks for an issuer that is not its own (VaxiCode 2021)."
    yield "other_issuer", why, case(link(other), "issuer")
    late = with_claims(lambda claims: claims, RETIRED_KEY)
    yield "key_outside_window", "Signed now with a key that was retired.", case(link(late), "key_window")
    unknown = with_claims(put("vct", value="https://licence.evil.example/types/business-licence/1"))
    yield "unknown_type", "The type of licence is one nobody defined.", case(link(unknown), "type")


def _payload_spellings() -> Iterator[Attack]:
    total, capital, name = b'"permits_total":3', b'"capital_fen":100000000', "青云山食品".encode()
    for attack, old, new, why in (
        (
            "duplicate_payload_member",
            total,
            b'"permits_total":9,"permits_total":3',
            "A member twice; PyJWT keeps the last.",
        ),
        ("payload_nan", total, b'"permits_total":NaN', "NaN is no JSON, and Python reads it."),
        ("payload_float", total, b'"permits_total":3.0', "A float where a whole number is due."),
        ("payload_exponent", capital, b'"capital_fen":1e8', "Another spelling of a number."),
        ("payload_minus_zero", total, b'"permits_total":-0', "Minus nought is nought for Python only."),
        ("payload_big_integer", capital, b'"capital_fen":9007199254740993', "A browser shows another amount."),
        ("payload_space", b'"iat":', b'"iat": ', "The same value in another spelling."),
        ("payload_escape", "安丘".encode(), b"\\u5b89\\u4e18", "The same text in another spelling."),
        ("lone_surrogate", name, b"\\ud800", "Half a character: readers replace it differently."),
        ("lone_surrogate_bytes", name, b"\xed\xa0\x80", "Half a character as bytes that are no UTF-8."),
        ("deep_nesting", total, b'"permits_total":' + b"[" * 900 + b"]" * 900, "A recursive reader falls over."),
        (
            "deep_nesting_at_seventeen",
            total,
            b'"permits_total":' + b"[" * 16 + b"]" * 16,
            "One level more than any reader takes.",
        ),
        ("number_as_name", b'"iat"', b'"7":1,"iat"', "Browsers move members with numeric names to the front."),
    ):
        wrong = PAYLOAD.replace(old, new, 1)
        assert wrong != PAYLOAD, attack
        yield attack, f"{why} The signature is right.", case(link(sealed(header_of(), wrong)), "claims")
    bom = sealed(header_of(), b"\xef\xbb\xbf" + PAYLOAD)
    yield "payload_bom", "A byte order mark in front, which many readers strip.", case(link(bom), "claims")
    feed = sealed(header_of(), PAYLOAD + b"\n")
    yield "payload_line_feed", "White space behind the value.", case(link(feed), "claims")
    wrapped = sealed(header_of(), b"[" + PAYLOAD + b"]")
    nested = sealed(header_of(), b"[" * 1500 + PAYLOAD + b"]" * 1500)
    yield (
        "payload_nested_array",
        "A reader that falls over gives another reason than one that does not.",
        case(link(nested), "claims"),
    )
    yield "payload_array", "The claims are wrapped in a list.", case(link(wrapped), "issuer")


def _claims() -> Iterator[Attack]:
    exp = GENUINE.claims["exp"]
    list_claim = ("status", "status_list")
    for attack, change, why in (
        ("missing_exp", drop("exp"), "Without `exp` PyJWT takes a token for everlasting."),
        ("string_exp", put("exp", value=str(exp)), "`exp` as text, which PyJWT reads as a number."),
        ("milliseconds", put("exp", value=exp * 1000), "`exp` in milliseconds lies 65,000 years ahead."),
        ("boolean_as_number", put("permits_total", value=True), "true is 1 in Python."),
        (
            "issued_in_milliseconds",
            put("iat", value=GENUINE.claims["iat"] * 1000),
            "`iat` in milliseconds passes every window without an end.",
        ),
        ("hidden_permit", lambda claims: claims["permits"].pop(1) and None, "A suspended permit was left out."),
        (
            "digest_without_missing_permit",
            lambda claims: with_digest(claims, claims["permits"]),
            "The digest for permits that are left out, and none is: what it stands for could be anything.",
        ),
        (
            "digest_of_fewer_permits",
            lambda claims: with_digest({**claims, "permits_total": 2}, claims["permits"][:2]),
            "A permit was added behind the count that was signed.",
        ),
        (
            "digest_not_text",
            lambda claims: with_digest({**claims, "permits_total": 4}, []) | {"permits_digest": None},
            "A digest of nothing, for a permit that is left out quietly.",
        ),
        ("no_log_index", drop("log"), "No place in the public log: whoever holds the key alone cannot issue."),
        ("unknown_member", put("licence", "rating", value="AAAAA"), "A member that not every reader shows."),
        ("proto_member", put("licence", "__proto__", value={"name": "x"}), "A member that alters careless JavaScript."),
        ("two_persons", put("licence", "operator", value="李示例"), "Two persons; readers may show either."),
        ("no_name", lambda claims: claims["licence"].pop("name") and None, "A company without its name."),
        ("name_not_text", put("licence", "name", value=["安丘市青云山食品有限公司"]), "A list where text is due."),
        ("day_that_never_was", put("licence", "established_on", value="2026-02-30"), "Readers roll it over to March."),
        ("held_not_boolean", put("permits", 2, "held", value=0), "0 is false for some readers only."),
        ("negative_index", put(*list_claim, "idx", value=-1), "Python would read the last entry of the list."),
        ("status_uri_scheme", put(*list_claim, "uri", value="file:///etc/passwd"), "A file to fetch (CVE-2026-48522)."),
    ):
        yield attack, f"{why} The signature is right.", case(link(with_claims(change)), "claims")


def _names() -> Iterator[Attack]:
    for attack, shown, why in (
        ("name_zero_width", "安丘市青\u200b云山食品有限公司", "A zero-width space makes two names look alike."),
        ("name_bidi", "安丘市\u202e司公限有", "A bidi override shows the name backwards."),
        ("name_kangxi_radical", "安丘市\u2f2d食品有限公司", "A Kangxi radical looks like 山 and is not."),
        ("name_compatibility", "安丘市\uf92c食品有限公司", "A compatibility ideograph looks like 郎 and is not."),
        ("name_private_use", "安丘市\ue000食品有限公司", "A private-use character looks like whatever the font says."),
        ("name_variation", "安丘市葛\U000e0100食品有限公司", "A variation selector changes the look, not the search."),
        ("name_not_nfc", "安丘市e\u0301食品有限公司", "Two code points where one is normal."),
        ("name_of_a_later_unicode", "安丘市a\u0301\u1aeb食品有限公司", "NFC for an old reader, and not for a new one."),
        ("name_of_another_plane", "安丘市\U000105d2\u0307食品有限公司", "Two signs that are one in Unicode 16."),
        ("name_newline", "安丘市青云山\n已年检有限公司", "A line break adds a line of the forger's own."),
        ("name_padded", "安丘市青云山食品有限公司\u3000", "A space at the end that nobody sees."),
    ):
        parts = with_claims(put("licence", "name", value=shown))
        yield attack, f"{why} A key that signs it is not enough.", case(link(parts), "claims")


def _permit_scopes() -> Iterator[Attack]:
    """What a permit covers, as positions of the scope items: five here, from 0. The first permit is right, the second not."""
    for attack, covered, why in (
        ("beyond_items", [0, 5], "A position behind the last item: some readers show nothing there, others fall over."),
        ("not_rising", [2, 0], "The same items in another order: a second spelling of what was signed."),
        ("twice", [0, 0], "An item twice: a count of what is covered comes out too high."),
        ("not_integer", ["0"], "Text that indexes a list in JavaScript alone."),
        ("true_as_position", [True], "true is 1 in Python: a licensed item more for one reader."),
        ("negative", [-1], "Python would take the last item."),
        ("empty", [], "A permit that covers nothing, or, to some readers, everything."),
        ("not_list", {"0": 0}, "An object that JavaScript indexes like a list."),
        ("null", None, "null for an optional member: some readers take it as left out."),
    ):
        parts = with_claims(put("permits", 1, "scope", value=covered))
        yield f"scope_{attack}", f"{why} The signature is right.", case(link(parts), "claims")
    of_due = with_claims(put("permits", 2, "scope", value=[4]))
    why = "A permit that is not held says what it covers, as if it were. The signature is right."
    yield "scope_of_a_permit_that_is_due", why, case(link(of_due), "claims")


def _ngos() -> Iterator[Attack]:
    """The certificate of a 民办非企业单位: its own members, and what passes a business off as one."""
    authority = ("licence", "supervising_authority")
    for attack, change, why in (
        ("not_text", put(*authority, value={"name": "安丘市教育和体育局"}), "An object where text is due: shown as [object Object]."),
        ("null", put(*authority, value=None), "null for an optional member: some readers take it as left out, others show it."),
        ("empty", put(*authority, value=""), "No text at all: the row stands there and names nobody."),
        ("bidi", put(*authority, value="安丘市\u202e局育教"), "A bidi override shows the supervising authority backwards."),
        ("zero_width", put(*authority, value="安丘市教\u200b育局"), "A zero-width space makes an authority that does not exist look real."),
        ("newline", put(*authority, value="安丘市教育局\n许可 办学许可证 已取得"), "A line break adds a permit of the forger's own."),
        ("too_long", put(*authority, value="局" * 61), "A text that pushes what matters off the screen."),
        ("outside_licence", put("supervising_authority", value="安丘市教育局"), "The member stands beside `licence`, where no reader shows it."),
    ):  # fmt: skip
        made = with_claims(change, subject=KINDERGARTEN)
        yield f"ngo_authority_{attack}", f"{why} The signature is right.", case(link(made), "claims")
    for attack, change, why in (
        ("type_zero_width", put("licence", "type", value="民办非企业单位\u200b（法人）"), "A type that looks like that of an NGO and is none."),
        ("person_in_charge", _person_in_charge, "The person under a member of another name, whom not every reader shows."),
        ("second_person", put("licence", "operator", value="李示例"), "A person of a business beside that of the NGO; readers may show either."),
    ):  # fmt: skip
        made = with_claims(change, subject=KINDERGARTEN)
        yield f"ngo_{attack}", f"{why} The signature is right.", case(link(made), "claims")
    payload, named = licence(KINDERGARTEN).parts.payload, '"supervising_authority":"安丘市教育和体育局"'.encode()
    twice = payload.replace(named, '"supervising_authority":"安丘市卫生健康局",'.encode() + named)
    assert twice != payload
    why = "Two supervising authorities; PyJWT and browsers keep the last, other readers the first. The signature is right."
    yield "ngo_authority_twice", why, case(link(sealed(header_of(), twice)), "claims")
    other = with_claims(put("vct", value=f"{ISS}/types/ngo-certificate/1"), subject=KINDERGARTEN)
    why = "The type of credential is one nobody defined: an NGO has the type of all licences. The signature is right."
    yield "ngo_type_of_its_own", why, case(link(other), "type")
    parts = licence(KINDERGARTEN).parts
    moved = Parts(parts.header, payload.replace("教育和体育".encode(), "卫生和健康".encode()), parts.signature)
    yield "ngo_authority_changed", "Another authority was put in after signing.", case(link(moved), "signature")


def _person_in_charge(claims: Case) -> None:
    claims["licence"]["person_in_charge"] = claims["licence"].pop("representative")


def _compressed() -> Iterator[Attack]:
    prefix, plain, signature = b"\x01\x01", GENUINE.parts.header + b"\n" + PAYLOAD, GENUINE.parts.signature
    for attack, packed, why in (
        ("inflation_bomb", squeezed(plain + b" " * 500_000), "A few hundred bytes inflate to half a megabyte."),
        ("trailing_bytes", squeezed(plain) + b"hidden", "Bytes hide between the compressed part and the signature."),
        ("truncated_deflate", squeezed(plain)[:-9], "The compressed part stops early."),
        ("no_line_feed", squeezed(plain.replace(b"\n", b"")), "Header and payload are not told apart."),
    ):
        yield attack, why, case(raw_link(prefix + packed + signature), "damaged")


def _digits() -> Iterator[Attack]:
    digits, text = GENUINE.digits, GENUINE.link(PAGE)
    last = len(digits) - len(digits) % 53
    assert digits[last:], "the specimen needs a short last group"
    full_width = digits.translate({48 + digit: 0xFF10 + digit for digit in range(10)})
    for attack, wrong, reason, why in (
        (
            "group_overflow",
            f"{PAGE}#{'9' * 53}{digits[53:]}",
            "damaged",
            "53 digits that spell more than 22 bytes hold.",
        ),
        (
            "padded_digits",
            f"{PAGE}#{digits[:last]}0{digits[last:]}",
            "damaged",
            "A zero more: the same number, longer.",
        ),
        ("digit_for_no_byte", zero_behind(), "damaged", "A zero behind whole groups, spelling no byte at all."),
        ("too_many_digits", f"{PAGE}#" + "1" * 7090, "format", "More digits than any QR code holds."),
        (
            "unknown_suffix",
            text + "&redirect=//evil.example",
            "damaged",
            "Something follows that no known app appends.",
        ),
        ("suffix_escaped", text + "&appinstall=%30", "damaged", "A known suffix with its value escaped."),
        ("suffix_of_another_value", text + "&from=evil", "damaged", "A known suffix with a value that no app appends."),
        ("two_fragments", f"{text}#{digits}", "damaged", "Two codes in one link; readers differ on which one counts."),
        ("script_suffix", text + "<script>", "damaged", "Markup behind the digits."),
        ("full_width_digits", f"{PAGE}#{full_width}", "format", "Full-width digits, which Python's int() reads."),
        ("space_in_digits", f"{PAGE}#{digits[:40]} {digits[40:]}", "damaged", "White space inside the digits."),
        ("newline_at_end", text + "\n", "damaged", "A line feed that `$` in a pattern lets through."),
    ):
        yield attack, why, case(wrong, reason)


def zero_behind() -> str:
    """A genuine licence whose bytes fill whole groups, and one digit more."""
    for count in range(200):
        rare = "".join(chr(0x4E00 + 97 * number) for number in range(count))
        text = link(with_claims(put("licence", "premises", value=f"山东省潍坊市安丘市青云山路{rare}号")))
        if len(text.partition("#")[2]) % 53 == 0:
            return text + "0"
    raise AssertionError("no specimen fills whole groups")


def _compact() -> Iterator[Attack]:
    header, payload, signature = GENUINE.jws.split(".")
    respelt = signature[:-1] + ALPHABET[ALPHABET.index(signature[-1]) ^ 1]
    as_json = json.dumps({"protected": header, "payload": payload, "signature": signature})
    for attack, text, why in (
        ("padding", GENUINE.jws + "==", "Padding behind the signature (PyJWT 2.15.1 accepts it)."),
        ("base64url_spelling", f"{header}.{payload}.{respelt}", "Unused bits are set: another text, the same bytes."),
        ("json_serialization", as_json, "The JSON form of a JWS."),
        ("short_signature", f"{header}.{payload}.{signature[:-4]}", "A signature of 61 bytes."),
    ):
        yield attack, why, case(text, "format")


def _status_lists() -> Iterator[Attack]:
    text = licence(STUDIO).link(PAGE)
    for attack, served, why in (
        ("licence_as_status_list", GENUINE.jws, "A licence is served where the status list should be."),
        (
            "status_list_of_another_address",
            list_with(sub=f"{ISS}/status/2"),
            "A clean list hides a revocation in another.",
        ),
        ("status_list_by_licence_key", status_token(key=LICENCE_KEY), "The list is signed with the licence key."),
        (
            "status_list_bomb",
            list_with(status_list=entries(bytes(5 * 2**20))),
            "A small list inflates beyond the limit.",
        ),
        ("status_list_trailing_bytes", list_with(status_list=entries(bytes(256), b"hidden")), "Bytes hide behind it."),
        ("status_list_three_bits", list_with(status_list={**entries(bytes(256)), "bits": 3}), "Three bits an entry."),
        ("status_list_without_end", list_with(exp=None), "A list without an end is good for ever."),
    ):
        yield attack, why, case(text, "authentic", "status_untrusted", lists={LIST_URI: served})
