"""`docs/licence.md` against the code, and a third small reader written from that document alone."""

import base64
import hashlib
import json
import re
import zlib
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256

from licence_qr import verify as verifier
from licence_qr.sentences import sentence
from tests.licence_qr import make_document_vectors as made

ROOT = Path(__file__).resolve().parents[2]
TEXT = made.DOCUMENT.read_text("utf-8")
PUBLISHED = json.loads(made.VECTORS.read_text("utf-8"))
DICTIONARIES = {1: (ROOT / "licence_qr" / "dictionary" / "1.bin").read_bytes()}
FORBIDDEN = [
    (int(first, 16), int(last or first, 16))
    for first, last in re.findall(r"U\+([0-9A-F]+)(?:–([0-9A-F]+))?", made.tables()["characters"])
]
ORDER = int("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16)


class Stop(Exception):  # noqa: N818  (an answer, not an error)
    pass


# -- the reader: sections 2 to 7, nothing of ours imported; the closed shape is reduced to what the vectors here need


def b64(raw):
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unb64(text):
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise Stop("format") from None
    if b64(raw) != text:
        raise Stop("format")
    return raw


def json_of(raw, reason):
    try:
        value = json.loads(raw.decode(), object_pairs_hook=members)
        deep(value, 16)
        again = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        raise Stop(reason) from None
    if again != raw or b"NaN" in raw:
        raise Stop(reason)
    return value


def members(pairs):
    if len(dict(pairs)) != len(pairs) or any(re.fullmatch("[0-9]+", name) for name, _ in pairs):
        raise ValueError(pairs)
    return dict(pairs)


def deep(value, left):
    if isinstance(value, (dict, list)):
        if not left:
            raise ValueError(value)
        for inner in value.values() if isinstance(value, dict) else value:
            deep(inner, left - 1)


def whole(text):
    raise ValueError(text)


def keys_of(jwks):
    """Section 5: the entries that are trusted; none of a list that is refused."""
    if isinstance(jwks, str):
        try:
            jwks = json.loads(jwks, object_pairs_hook=members, parse_float=whole)
        except ValueError:
            return {}
    if any("d" in entry for entry in jwks["keys"]):
        return {}
    return {
        entry["kid"]: entry for entry in jwks["keys"] if entry["kid"] == thumbprint(entry) and entry["use"] == "sig"
    }


def standing(key, token, logged):
    """Section 5: whether a licence of a stolen key was never logged; stops for one that may be the thief's."""
    source = logged.get(key["kid"], "").encode()
    if b64(hashlib.sha256(source).digest()) != key.get("logged_sha256"):
        raise Stop("key_compromised")
    told, name = json_of(source, "key_compromised"), b64(hashlib.sha256(".".join(map(b64, token)).encode()).digest())
    if type(told["v"]) is not int or told["v"] != 1 or name in told["after"]:
        raise Stop("key_compromised")
    return name not in told["before"]


def bytes_of(digits):
    widths = {len(str(256**count - 1)): count for count in range(1, 23)}
    raw = b""
    for start in range(0, len(digits), 53):
        group = digits[start : start + 53]
        if len(group) not in widths or int(group) >= 256 ** widths[len(group)]:
            raise Stop("damaged")
        raw += int(group).to_bytes(widths[len(group)], "big")
    return raw


def token_of(text, own=None):
    if text.count(".") == 2 and ":" not in text and "#" not in text:
        parts = text.split(".")
        if len(parts[2]) != 86:
            raise Stop("format")
        return tuple(map(unb64, parts))
    suffix = "(&appinstall=[01]|&isappinstalled=[01]|&from=(singlemessage|groupmessage|timeline))*"
    found = re.fullmatch(r"(?:https?://[!-\"$-~]{1,200}#|#)?([0-9]{1,7089})" + suffix, text)
    if not found:
        raise Stop("damaged" if sum(sign in "0123456789" for sign in text) > len(text) // 2 else "format")
    raw = bytes_of(found[1])
    if len(raw) < 67:
        raise Stop("damaged")
    if raw[0] != 1 or raw[1] not in DICTIONARIES:
        raise Stop("format")
    preset = unb64(own[str(raw[1])]) if own else DICTIONARIES[raw[1]]
    if hashlib.sha256(preset).hexdigest() not in TEXT:
        raise Stop("dictionary")
    stream = zlib.decompressobj(-15, zdict=preset)
    try:
        plain = stream.decompress(raw[2:-64], 8193)
    except zlib.error:
        raise Stop("damaged") from None
    if len(plain) > 8192 or not stream.eof or stream.unused_data or b"\n" not in plain:
        raise Stop("damaged")
    return *plain.split(b"\n", 1), raw[-64:]


def key_of(token, keys, typ, logged):
    header, payload, signature = token
    said = json_of(header, "format")
    if not isinstance(said, dict) or not re.fullmatch(r"[A-Za-z0-9_-]{8,43}", str(said.get("kid"))):
        raise Stop("format")
    if not keys:
        raise Stop("no_keys")
    if said["kid"] not in keys:
        raise Stop("unknown_key")
    key = keys[said["kid"]]
    unlogged = "revoked_at" in key and standing(key, token, logged)
    if sorted(said) != ["alg", "kid", "typ"] or said["alg"] != "ES256" or said["typ"] != typ or key["typ"] != typ:
        raise Stop("header")
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    point = (int.from_bytes(unb64(key[name]), "big") for name in ("x", "y"))
    try:
        public = ec.EllipticCurvePublicNumbers(*point, ec.SECP256R1()).public_key()
        message = f"{b64(header)}.{b64(payload)}".encode()
        public.verify(utils.encode_dss_signature(r, s), message, ec.ECDSA(SHA256()))
    except InvalidSignature:
        raise Stop("signature") from None
    if s > ORDER // 2:
        raise Stop("signature")
    if unlogged:
        raise Stop("unlogged")
    return key


def thumbprint(entry):
    four = {name: entry[name] for name in ("crv", "kty", "x", "y")}
    return b64(hashlib.sha256(json.dumps(four, separators=(",", ":")).encode()).digest())


def covered(permit, printed):
    """Tell whether a permit names none of the items or some, as section 3 has it."""
    if "scope" not in permit:
        return True
    at = permit["scope"]
    return (
        permit["held"] is True
        and isinstance(at, list)
        and 1 <= len(at) <= 100
        and all(type(place) is int and 0 <= place < printed for place in at)
        and at == sorted(set(at))
    )


def claims_of(case, keys):
    token = token_of(case["text"], case.get("dictionaries"))
    key = key_of(token, keys, "business-licence+jwt", case.get("logged", {}))
    claims = json_of(token[1], "claims")
    if not isinstance(claims, dict) or claims["iss"] != key["iss"]:
        raise Stop("issuer")
    if claims["vct"] != key["iss"] + "/types/business-licence/1":
        raise Stop("type")
    known = set(re.findall(r"^\| `([a-z_]+)` \|", TEXT, re.MULTILINE)) - {"holder", "cnf"}
    members = set(re.findall(r"^\| `licence\.([a-z_]+)` \|", TEXT, re.MULTILINE))
    total, listed = claims["permits_total"], len(claims["permits"])
    counted = total > listed if "permits_digest" in claims else total == listed
    printed = sum(len(half["items"]) for half in claims["licence"]["scope"])
    shown = json.dumps(claims["licence"], ensure_ascii=False)
    times = (claims["iat"], claims["nbf"], claims["exp"])
    if (
        set(claims) - known
        or set(claims["licence"]) - members
        or not counted
        or not all(covered(permit, printed) for permit in claims["permits"])
        or not all(written(f"licence.{name}", value) for name, value in claims["licence"].items())
        or not all(written(name, value) for name, value in claims.items())
        or max(times) > 10**11
        or any(first <= ord(sign) <= last for sign in shown for first, last in FORBIDDEN)
    ):
        raise Stop("claims")
    if not key["nbf"] <= claims["iat"] <= key.get("exp", 10**11):
        raise Stop("key_window")
    return claims


def written(name, value):
    """Whether a claim has the form that the table of section 3 gives it, where that form is one of text."""
    form = re.search(
        rf"^\| `{re.escape(name)}` \|[^|]*\|[^|]*\| (.*) \| (?:required|optional) \|$", TEXT, re.MULTILINE
    )[1]
    if longest := re.fullmatch(r"text of 1 to ([0-9]+) characters", form):
        return isinstance(value, str) and 1 <= len(value) <= int(longest[1])
    if pattern := re.fullmatch(r"matches `(.*)`", form):
        return isinstance(value, str) and re.match(pattern[1].replace("\\|", "|"), value) is not None
    return True


def believed(text, uri, keys):
    """Section 6: the claims and the entries of a list, None for one that is not believed."""
    try:
        token = token_of(text)
        key = key_of(token, keys, "statuslist+jwt", {})
        told = json_of(token[1], "format")
        entries = zlib.decompress(unb64(told["status_list"]["lst"]))
    except Stop:
        return None
    times = max(told["iat"], told["exp"]) <= 10**11 and told["exp"] - told["iat"] <= 604_800
    covers = key["nbf"] <= told["iat"] <= key.get("exp", 10**11)
    own = told["sub"] == uri and "/".join(uri.split("/")[:3]) == told["iss"] == key["iss"]
    return {**told, "entries": entries} if times and covers and own else None


def status(case, claims, index, good, keys):  # noqa: PLR0911  (section 7, step 10, in its order)
    uri, at = claims["status"]["status_list"]["uri"], case["at"]
    if uri not in case["lists"]:
        return "status_missing"
    told = None
    for place in case["lists"][uri]:
        new = believed(PUBLISHED["lists"][place], uri, keys)
        if not told or (new and (told["iat"] > at + 120 or told["iat"] <= new["iat"] <= at + 120)):
            told = new
    if not told:
        return "status_untrusted"
    bits, entries = told["status_list"]["bits"], told["entries"]
    if index * bits // 8 >= len(entries):
        return "status_index"
    value = entries[index * bits // 8] >> index * bits % 8 & 2**bits - 1
    if value in (1, 3):
        return {1: "revoked", 3: "replaced"}[value]
    if told["iat"] > at + 120:
        return "clock"
    if told["exp"] <= at:
        return "status_stale"
    return {0: good, 2: "suspended"}[value]


def answers(case):
    keys = keys_of(case["jwks"] or PUBLISHED["jwks"])
    try:
        claims = claims_of(case, keys)
    except Stop as stop:
        return {"authentic": str(stop), "current": "not_authentic", "permits": []}
    at, today = case["at"], "2026-11-23"  # all cases that ask for the day are of this one
    order = (
        (claims["iat"] > at + 120, "clock"),
        (claims["nbf"] > at + 120, "not_yet"),
        (claims["exp"] <= at, "expired"),
    )
    early = next((reason for bad, reason in order if bad), None)
    permits = []
    for permit in claims["permits"]:
        if not permit["held"]:
            permits.append("not_held")
        elif permit.get("valid_from", today) > today:
            permits.append("permit_not_yet")
        elif permit.get("valid_to", today) < today:
            permits.append("permit_expired")
        else:
            permits.append(status(case, claims, permit["status_idx"], "held", keys))
    current = early or status(case, claims, claims["status"]["status_list"]["idx"], "current", keys)
    return {"authentic": "authentic", "current": current, "permits": permits}


# -- tests


@pytest.mark.parametrize("case", PUBLISHED["cases"], ids=[case["name"] for case in PUBLISHED["cases"]])
def test_a_reader_written_from_the_document_gives_the_published_answers(case):
    assert answers(case) == case["expect"]


def test_document_and_vectors_are_those_the_command_makes():
    wanted = made.files()
    assert {path.name for path, text in wanted.items() if path.read_text("utf-8") != text} == set()


def test_the_worked_example_is_right_step_by_step():
    told = PUBLISHED["example"]
    raw = bytes_of(told["link"].partition("#")[2])
    assert raw.hex() == told["bytes"]
    assert bytes_of(told["first_group"]).hex() == told["first_bytes"]
    header, payload, signature = token_of(told["link"])
    assert (header.decode(), payload.decode(), signature.hex()) == (told["header"], told["payload"], told["signature"])
    assert told["jws"] == f"{b64(header)}.{b64(payload)}.{b64(signature)}"
    assert told["first_group"] in TEXT


def test_the_document_has_every_reason_code_under_its_verdict():
    rows = dict(re.findall(r"^\| (valid|not valid|cannot say) \| (.*) \|$", TEXT, re.MULTILINE))
    listed = {verdict: set(re.findall(r"`([a-z_]+)`", row)) for verdict, row in rows.items()}
    assert listed["valid"] == verifier._POSITIVE
    assert listed["not valid"] == verifier._NEGATIVE
    source = "".join(
        (ROOT / "licence_qr" / name).read_text("utf-8") for name in ("verify.py", "token.py", "transport.py")
    )
    used = set(re.findall(r'(?:CodeError|Answer)\(\s*"([a-z_]+)"', source)) | set(
        re.findall(r'return "(status_[a-z]+)"', source)
    )
    assert used - {"too_large"} <= set().union(*listed.values())
    for reasons in listed.values():
        for reason in reasons:
            assert sentence("reasons", reason, "en")


def test_the_document_tells_the_limits_of_the_code():
    from licence_qr import transport  # noqa: PLC0415  (only here)

    for limit in (transport.MOST_TEXT, transport.MOST_DIGITS, transport.MOST_JSON, verifier.MOST_COMPACT):
        assert f"{limit:,}" in TEXT
    assert f"T+{verifier.LEEWAY}" in TEXT
    for path in re.findall(r"`((?:licence_qr|docs|tests)/[a-z_/.]+\.(?:py|mjs|json|md))`", TEXT):
        assert (ROOT / path).exists(), path
