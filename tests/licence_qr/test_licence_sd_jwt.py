import json
from hashlib import sha256
from pathlib import Path

import pytest

from licence_qr import strict_json
from licence_qr.download_file import download_file
from licence_qr.errors import CodeError, IssuanceError, KeyFileError
from licence_qr.issue import issue, prepare
from licence_qr.keys import base64url
from licence_qr.sd_jwt import digest, disclosure, opened
from licence_qr.sd_jwt_licence import SD_JWT_TYP, bind, issue_download, verify_download
from licence_qr.token import parts_of
from licence_qr.transport import Parts
from licence_qr.trust import LICENCE_TYP, TrustedKey, TrustList
from licence_qr.verify import verify
from tests.licence_qr.forge import sealed
from tests.licence_qr.specimens import (
    AT,
    FOREIGN_KEY,
    IAT,
    ISS,
    KEY_FROM,
    KINDERGARTEN,
    LICENCE_KEY,
    licence,
    signer,
)
from tests.licence_qr.synthetic_licences import draw

EXAMPLE = json.loads((Path(__file__).parent / "rfc9901_example.json").read_text("utf-8"))
DOWNLOAD_KEY, HOLDER, STRANGER = signer(21), signer(22), signer(23)
TRUST = TrustList(
    [
        TrustedKey(DOWNLOAD_KEY.public_key, ISS, SD_JWT_TYP, KEY_FROM),
        TrustedKey(LICENCE_KEY.public_key, ISS, LICENCE_TYP, KEY_FROM),
    ]
)
PRIVATE = {"id_number": "370784199001011234", "phone": "13800138000", "home_address": "山东省潍坊市安丘市某村1号"}
SALTS = tuple(sha256(b"salt %d" % number).digest()[:16] for number in range(3))
DECOYS = tuple(sha256(b"decoy %d" % number).digest() for number in range(5))
SIGNED = licence()
ASK = {"nonce": "n-0S6_WzA2Mj", "audience": "https://counter.example"}


def download(**changed):
    given = {"salts": SALTS, "decoys": DECOYS, "issued_at": IAT + 60, "signer": DOWNLOAD_KEY}
    given |= {"holder_key": HOLDER.public_key, **changed}
    return issue_download(SIGNED.claims, given.pop("permits", SIGNED.claims["permits"]), PRIVATE, **given)


MADE = download()
UNBOUND = download(holder_key=None)


def nested(levels, inside):
    """A payload and disclosures in each other, each of which is `inside` objects deep."""
    shown, value = [], "z"
    for number in range(levels):
        for _ in range(inside):
            value = {"a": value}
        shown.append(base64url(json.dumps(["s" * 22, f"n{number}", value]).encode()))
        value = {"_sd": [digest(shown[-1])]}
    return {"holder": value}, shown


def test_disclosures_in_each_other_are_no_deeper_than_any_json():
    assert opened(*nested(5, 1))["holder"]["n4"] == {
        "a": {"n3": {"a": {"n2": {"a": {"n1": {"a": {"n0": {"a": "z"}}}}}}}}
    }
    for levels, inside in ((8, 1), (60, 7), (63, 12)):
        with pytest.raises(CodeError, match="more than 16 deep") as caught:
            opened(*nested(levels, inside))
        assert caught.value.reason == "format"


def test_the_certificate_of_an_ngo_is_downloaded_like_a_licence():
    signed = licence(KINDERGARTEN)
    given = {"salts": SALTS, "decoys": DECOYS, "issued_at": IAT + 60, "signer": DOWNLOAD_KEY}
    made = issue_download(signed.claims, signed.claims["permits"], PRIVATE, **given)
    shown = verify_download(made.showing("phone"), TRUST, at=AT)
    assert shown.claims["licence"] == signed.claims["licence"]
    assert shown.claims["licence"]["supervising_authority"] == KINDERGARTEN.supervising_authority
    assert shown.private == {"phone": PRIVATE["phone"]}


def forged(change, key=DOWNLOAD_KEY, disclosures=None):
    """The download with its payload changed and signed again."""
    payload = json.loads(parts_of(MADE.text.partition("~")[0]).payload)
    header = strict_json.write({"alg": "ES256", "kid": key.kid, "typ": SD_JWT_TYP})
    compact = sealed(header, strict_json.write(change(payload) or payload), key.sign).compact
    return "~".join((compact, *(MADE.disclosures.values() if disclosures is None else disclosures), ""))


def reason(text, **asked):
    with pytest.raises(CodeError) as caught:
        verify_download(text, TRUST, at=AT, **asked)
    return caught.value.reason


def test_the_example_of_the_standard_opens_as_the_standard_says():
    assert {text: digest(text) for text in EXAMPLE["disclosures"]} == EXAMPLE["disclosures"]
    assert opened(EXAMPLE["payload"], EXAMPLE["disclosures"]) == EXAMPLE["opened"]
    hidden = opened(EXAMPLE["payload"], [])
    assert hidden["nationalities"] == []
    assert "given_name" not in hidden


def test_the_download_says_what_the_code_says_and_the_private_fields_beside():
    found = verify_download(UNBOUND.text, TRUST, at=AT)
    assert found.private == PRIVATE
    assert not found.holder_bound
    assert {**found.claims, "iat": 0, "nbf": 0} == {**SIGNED.claims, "iat": 0, "nbf": 0}
    assert found.claims["jti"] == SIGNED.jti


@pytest.mark.parametrize("names", [(), ("phone",), ("home_address", "id_number")])
def test_the_holder_shows_what_the_holder_chooses(names):
    found = verify_download(UNBOUND.showing(*names), TRUST, at=AT)
    assert found.private == {name: PRIVATE[name] for name in names}
    for name in set(PRIVATE) - set(names):
        assert PRIVATE[name] not in UNBOUND.showing(*names)


def test_the_number_of_hidden_fields_and_their_order_are_hidden():
    payload = json.loads(parts_of(MADE.text.partition("~")[0]).payload)
    assert len(payload["holder"]["_sd"]) == len(PRIVATE) + len(DECOYS)
    assert payload["holder"]["_sd"] == sorted(payload["holder"]["_sd"])
    assert issue_download(
        SIGNED.claims, SIGNED.claims["permits"], {}, salts=(), decoys=DECOYS, issued_at=IAT, signer=DOWNLOAD_KEY
    ).text.endswith("~")


def test_a_bound_showing_is_good_for_one_question_and_one_asker():
    shown = bind(MADE.showing("phone"), nonce=ASK["nonce"], audience=ASK["audience"], at=AT - 5, holder=HOLDER)
    found = verify_download(shown, TRUST, at=AT, **ASK)
    assert found.holder_bound
    assert found.private == {"phone": PRIVATE["phone"]}
    assert reason(shown, **{**ASK, "nonce": "another"}) == "holder"
    assert reason(shown, **{**ASK, "audience": "https://evil.example"}) == "holder"
    assert reason(shown) == "holder", "a KB-JWT nobody asked for proves nothing"
    late = bind(MADE.showing("phone"), nonce=ASK["nonce"], audience=ASK["audience"], at=AT - 301, holder=HOLDER)
    assert reason(late, **ASK) == "holder"
    early = bind(MADE.showing("phone"), nonce=ASK["nonce"], audience=ASK["audience"], at=AT + 121, holder=HOLDER)
    assert reason(early, **ASK) == "holder"


def test_a_bound_download_is_worth_nothing_where_nobody_asks():
    for text in (MADE.text, MADE.showing("phone"), MADE.showing()):
        assert reason(text) == "holder", "a copy of the file would say the same"
    given = {"nonce": "", "audience": ""}
    assert reason(bind(MADE.text, at=AT - 5, holder=HOLDER, **given), **given) == "holder", "that is no question"


def test_a_showing_without_the_holder_or_with_another_is_refused():
    given = {"nonce": ASK["nonce"], "audience": ASK["audience"], "at": AT}
    assert reason(MADE.showing("phone"), **ASK) == "holder"
    assert reason(bind(MADE.showing("phone"), holder=STRANGER, **given), **ASK) == "holder"
    unbound = download(holder_key=None)
    assert reason(bind(unbound.showing("phone"), holder=HOLDER, **given), **ASK) == "holder"
    binding = bind(MADE.showing("phone"), holder=HOLDER, **given).rpartition("~")[2]
    assert reason(MADE.showing("id_number") + binding, **ASK) == "holder", "moved to other disclosures"


@pytest.mark.parametrize(
    "header",
    [{"alg": "ES256", "typ": "JWT"}, {"alg": "none", "typ": "kb+jwt"}, {"alg": "ES256", "typ": "kb+jwt", "jwk": {}}],
)
def test_the_header_of_a_showing_is_exactly_two_members(header):
    shown = MADE.showing("phone")
    said = {"iat": AT, "aud": ASK["audience"], "nonce": ASK["nonce"], "sd_hash": digest(shown)}
    parts = sealed(strict_json.write(header), strict_json.write(said), HOLDER.sign)
    assert reason(shown + parts.compact, **ASK) == "holder"


def test_a_disclosure_of_another_token_is_refused():
    other = disclosure(base64url(b"x" * 16), "phone", "13900139000")
    assert reason(MADE.showing() + other + "~") == "format"


def test_a_disclosure_twice_is_refused():
    one = MADE.disclosures["phone"]
    assert reason(MADE.showing("phone", "phone")) == "format"
    assert reason(MADE.showing("id_number") + f"{one}~{one}~") == "format"


def extra(name, value="x"):
    """A payload change that adds the digest of one more disclosure under holder, and the disclosure."""
    made = (
        disclosure(base64url(b"y" * 16), "phone", value) if name is None else _raw([base64url(b"y" * 16), name, value])
    )
    return made, lambda payload: payload["holder"]["_sd"].append(digest(made))


def _raw(parts):
    return base64url(strict_json.write(parts))


@pytest.mark.parametrize("name", ["_sd", "...", "_sd_alg", 7])
def test_reserved_names_are_refused_even_when_signed(name):
    made, change = extra(name)
    assert reason(forged(change, disclosures=[made])) == "format"


def test_a_name_that_is_there_already_is_not_overwritten():
    first, second = (_raw([base64url(salt * 16), "phone", "1380013800"]) for salt in (b"a", b"b"))
    change = lambda payload: payload["holder"]["_sd"].extend((digest(first), digest(second)))  # noqa: E731 (shorter than its name)
    assert reason(forged(change, disclosures=[first, second])) == "format"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda payload: payload["holder"]["_sd"].append(payload["holder"]["_sd"][0]), "format"),
        (lambda payload: payload["holder"].update(_sd="text"), "format"),
        (lambda payload: payload["holder"].update(_sd=[7]), "format"),
        (lambda payload: payload.update(_sd=["x" * 43]), "claims"),
        (lambda payload: payload["licence"].update(_sd=["x" * 43]), "claims"),
        (lambda payload: payload["permits"].append({"...": "x" * 43}), "claims"),
        (lambda payload: payload["holder"].update(phone="13800138000"), "claims"),
        (lambda payload: payload.update(_sd_alg="sha-512"), "claims"),
        (lambda payload: payload.update(_sd_alg="md5"), "claims"),
        (lambda payload: {name: value for name, value in payload.items() if name != "_sd_alg"}, "claims"),
        (lambda payload: payload.update(iss="https://evil.example"), "issuer"),
        (lambda payload: payload.update(vct=f"{ISS}/types/other"), "type"),
        (lambda payload: payload.update(permits=payload["permits"][:1]), "claims"),
        (lambda payload: payload.update(iat=KEY_FROM - 1, nbf=KEY_FROM - 1), "key_window"),
        (lambda payload: payload.update(iat=AT + 200), "clock"),
        (lambda payload: payload.update(exp=AT), "expired"),
        (lambda payload: payload["cnf"].update(kid="x"), "claims"),
        (lambda payload: payload["cnf"]["jwk"].update(d="x"), "claims"),
    ],
)
def test_a_payload_that_is_not_that_of_a_download_is_refused(change, why):
    assert reason(forged(change)) == why


def test_a_private_field_in_a_form_no_registry_writes_is_refused():
    made, change = extra(None, value=["a", "list"])
    assert reason(forged(change, disclosures=[made])) == "claims"


def test_signatures_keys_and_kinds_are_those_of_the_list():
    compact, _, rest = MADE.text.partition("~")
    parts = parts_of(compact)
    broken = Parts(parts.header, parts.payload, parts.signature[:-1] + bytes([parts.signature[-1] ^ 1]))
    assert reason(f"{broken.compact}~{rest}") == "signature"
    assert reason(forged(lambda payload: payload, FOREIGN_KEY)) == "unknown_key"
    assert reason(forged(lambda payload: payload, LICENCE_KEY)) == "header", "each key signs one kind"
    assert reason(SIGNED.jws + "~") == "header", "a printed licence is no download"
    assert verify(compact, TRUST, at=AT).authentic.reason == "header", "a download is no printed licence"


@pytest.mark.parametrize(
    "text", ["", "~", "~~", SIGNED.jws, "x" * 200_001, MADE.text + "é", MADE.text + " ", MADE.text + "~"]
)
def test_what_is_no_download_is_told_so(text):
    assert reason(text) in {"format", "holder"}


def test_a_licence_is_not_downloaded_with_other_permits_or_poor_salts():
    for wrong in (
        {"salts": SALTS[:2]},
        {"salts": (SALTS[0],) * 3},
        {"salts": (b"short", *SALTS[1:])},
        {"decoys": (b"short",)},
        {"permits": SIGNED.claims["permits"][:2]},
        {"permits": [{"type": "x"}]},
    ):
        with pytest.raises(IssuanceError):
            download(**wrong)


def test_the_download_of_a_short_pass_lists_every_permit_and_no_other():
    drawn = next(iter(draw(3, 1, permits=30)))
    signed = issue(prepare(drawn.subject, drawn.issuance, kid=LICENCE_KEY.kid), LICENCE_KEY)
    assert "permits_digest" in signed.claims
    from licence_qr.claims import build  # noqa: PLC0415  (only here)

    full = build(drawn.subject, drawn.issuance)["permits"]
    given = {"salts": (), "decoys": DECOYS, "issued_at": signed.claims["iat"], "signer": DOWNLOAD_KEY}
    made = issue_download(signed.claims, full, {}, **given)
    trust = TrustList([TrustedKey(DOWNLOAD_KEY.public_key, ISS, SD_JWT_TYP, 10**9)])
    assert verify_download(made.text, trust, at=signed.claims["iat"]).claims["permits"] == full
    with pytest.raises(IssuanceError, match="digest"):
        issue_download(signed.claims, [*full[:-1], {**full[-1], "number": "X"}], {}, **given)


class Device:
    public_key = bytes(64)

    def __init__(self, length=64):
        self.length, self.signed = length, []

    def sign(self, message):
        self.signed.append(message)
        return bytes(self.length)


def test_the_slot_for_the_national_signature_is_filled_or_says_that_it_is_not():
    empty = json.loads(download_file(UNBOUND))
    assert empty["sm2"] == {"state": "not_configured"}
    assert verify_download(empty["credential"], TRUST, at=AT).private == PRIVATE
    device = Device()
    filled = json.loads(download_file(MADE, device))["sm2"]
    assert (filled["state"], filled["alg"], len(filled["signature"])) == ("signed", "SM2-SM3", 86)
    assert device.signed == [MADE.text.partition("~")[0].encode()]
    with pytest.raises(KeyFileError):
        download_file(MADE, Device(63))
