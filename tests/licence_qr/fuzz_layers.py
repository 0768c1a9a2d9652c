"""The layers of a licence code, each with its mutations: what an attacker holds is changed as it is, and what only a
registry can sign is changed and signed again with the right key, so that the steps behind the signature are reached.
"""

import copy
import json
import random
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any

from licence_qr import strict_json, transport
from licence_qr.claims import build
from licence_qr.keys import ORDER, FileSigner, base64url
from licence_qr.keys_logged import token_digest
from licence_qr.token import parts_of
from licence_qr.transport import Parts
from licence_qr.trust import STATUS_TYP
from tests.licence_qr.forge import FRESH, JWKS, KID, header_of, logged, sealed, squeezed, with_digest
from tests.licence_qr.fuzz_mutations import DAYS, NAMES, ODD_SIGNS, altered, any_text, any_value, dumped, respelt
from tests.licence_qr.specimens import (
    AT,
    COMPANY,
    FOREIGN_KEY,
    IAT,
    ISS,
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
from tests.licence_qr.synthetic_licences import draw

Case = dict[str, Any]
Rng = random.Random
KEYS = (LICENCE_KEY, LICENCE_KEY, LICENCE_KEY, STOLEN_KEY, RETIRED_KEY, STATUS_KEY, FOREIGN_KEY)
COMMON_KEYS = json.dumps(JWKS)
LISTED = json.loads(parts_of(status_token()).payload)


@cache
def _bases() -> tuple[bytes, ...]:
    """Payloads to begin from: the specimens, and licences drawn at random, one with more permits than a code lists."""
    drawn = [build(one.subject, one.issuance) for one in draw(11, 4)]
    for claims in drawn:
        claims["status"]["status_list"] = {"idx": claims["status"]["status_list"]["idx"] % 1024, "uri": LIST_URI}
        claims |= {"iss": ISS, "iat": IAT, "nbf": IAT, "exp": IAT + 10**8, "vct": f"{ISS}/types/business-licence/1"}
    made = [licence(subject).claims for subject in (COMPANY, COMPANY, SHOP, STUDIO)] + drawn
    made.append(with_digest({**made[0], "permits": made[0]["permits"][:1]}, made[0]["permits"]))
    return tuple(strict_json.write(claims) for claims in made)


def _claims(rng: Rng) -> Case:
    found: Case = json.loads(rng.choice(_bases()))
    return found


def _signed(rng: Rng, header: bytes, payload: bytes, key: FileSigner = LICENCE_KEY) -> str:
    return _text(rng, sealed(header, payload, key.sign))


def _text(rng: Rng, parts: Parts) -> str:
    """The parts as a link or as a compact JWS."""
    if not parts.header or not parts.payload or rng.random() < 0.5:
        return f"{PAGE}#{transport.to_digits(_raw(parts))}"
    return parts.compact


def _raw(parts: Parts) -> bytes:
    return b"\x01\x01" + squeezed(parts.header + b"\n" + parts.payload) + parts.signature


def _genuine(rng: Rng) -> Parts:
    return sealed(header_of(), rng.choice(_bases()))


@cache
def _printed() -> tuple[tuple[str, str, bytes], ...]:
    """Genuine licences as a link, as a compact JWS and as bytes."""
    parts = [sealed(header_of(), payload) for payload in _bases()]
    return tuple((f"{PAGE}#{transport.encode(one)}", one.compact, _raw(one)) for one in parts)


# ---- what anyone can change


def link_text(rng: Rng) -> Case:
    """The text around the digits, and the text of a compact JWS."""
    link, compact, _ = rng.choice(_printed())
    digits = link.partition("#")[2]
    kind = rng.randrange(8)
    if kind == 0:
        joints = ("&appinstall=0", "&appinstall=1", "&isappinstalled=0", "&from=singlemessage", "&from=timeline", "&from=x", "&appinstall=2",
                  "&", "?from=timeline", "&from=groupmessage\n", "&redirect=//evil.example", "#", " ", "\n", "&APPINSTALL=0", "%26appinstall=0")  # fmt: skip
        return {"text": link + "".join(rng.choice(joints) for _ in range(rng.randint(1, 3)))}
    if kind == 1:
        pages = ("", "#", "http://x#", "https://#", "HTTPS://x#", "https://x/#", "ftp://x#", "https://x y#", f"https://{'x' * 200}#",
                 f"https://{'x' * 201}#", "https://é#", "https://x##", " https://x#", "\ufeff#", "https://x\t#", "//x#", "javascript:#", "https://x#a")  # fmt: skip
        return {"text": rng.choice(pages) + digits}
    if kind == 2:
        header, payload, signature = compact.split(".")
        joined = (f"{header}.{payload}", f"{header}.{payload}.", f".{payload}.{signature}", f"{header}..{signature}", compact + ".", compact + "=",
                  compact + "\n", f"{header}.{payload}.{signature}.x", f" {compact}", f"{header}=.{payload}.{signature}", compact[:-1],
                  f"{header}.{payload}.{signature[:-1]}{rng.choice('ABCDwxyz_-')}", compact.replace("-", "+"), compact.replace("_", "/"),
                  f"{header}.{payload}{rng.choice('ABgw')}.{signature}", f"{header}{rng.choice('ABgw')}.{payload}.{signature}", compact.swapcase())  # fmt: skip
        return {"text": rng.choice(joined)}
    if kind == 3:
        lengths = (7089, 7090, 7950, 7999, 8000, 8001, 11_099, 11_100, 11_101, 20_000)
        filling = rng.choice(("1", "0", digits, "商", "x", "𠀀", ".", "1."))
        return {
            "text": (rng.choice(("", "#", PAGE + "#", "a.b.")) + filling * rng.choice(lengths))[: rng.choice(lengths)]
        }
    if kind == 4:
        return {"text": any_text(rng) + rng.choice(("", digits[:20], "\ud800", "." + "." + any_text(rng)))}
    text = list(rng.choice((link, compact, digits)))
    for _ in range(rng.randint(1, 3)):
        place = rng.randrange(len(text))
        text[place : place + rng.randint(0, 2)] = rng.choice("0123456789#&.:/ax -_=\n" + ODD_SIGNS)
    return {"text": "".join(text)}


def digits(rng: Rng) -> Case:
    """Single digits and runs of them."""
    made = list(rng.choice(_printed())[0].partition("#")[2])
    for _ in range(rng.choice((1, 1, 2, 5))):
        place = rng.randrange(len(made))
        end = place + rng.choice((0, 1, 1, 1, 2, 53))
        made[place:end] = rng.choices("0123456789", k=rng.choice((0, 1, 1, 1, 2, 53)))
    return {"text": "#" + "".join(made)}


def groups(rng: Rng) -> Case:
    """Whole groups: other numbers, other widths, groups dropped, doubled and exchanged."""
    text = rng.choice(_printed())[0].partition("#")[2]
    made = [text[start : start + 53] for start in range(0, len(text), 53)]
    place = rng.randrange(len(made))
    width = len(made[place])
    count = transport._DIGITS_OF.index(width)
    kind = rng.randrange(6)
    if kind == 0:
        value = rng.choice(
            (256**count - 1, 256**count, 256**count + int(made[place]), 10**width - 1, 0, int(made[place]) + 1)
        )
        made[place] = str(value % 10**width).zfill(width)
    elif kind == 1:
        made[place] = rng.choice(("0" + made[place], made[place][1:], made[place] + "0", made[place][:-1], ""))
    elif kind == 2:
        other = rng.randrange(len(made))
        made[place], made[other] = made[other], made[place]
    elif kind == 3:
        made.insert(place, made[rng.randrange(len(made))])
    elif kind == 4:
        made[-1] = made[-1][: rng.randrange(len(made[-1]) + 1)]
    else:
        made = made[: rng.randrange(len(made) + 1)]
    return {"text": "".join(made)}


def raw_bytes(rng: Rng) -> Case:
    """The bytes behind the digits: transport version, dictionary, bits, lengths."""
    made = bytearray(rng.choice(_printed())[2])
    kind = rng.randrange(6)
    if kind == 0:
        made[rng.randrange(2)] = rng.randrange(256)
    elif kind == 1:
        made[rng.randrange(len(made))] ^= 1 << rng.randrange(8)
    elif kind == 2:
        del made[rng.choice((0, 1, 2, 3, 60, 64, 65, 66, 67, 68, rng.randrange(len(made)))) :]
    elif kind == 3:
        place = rng.randrange(len(made) + 1)
        made[place:place] = rng.randbytes(rng.randint(1, 30))
    elif kind == 4:
        del made[(place := rng.randrange(len(made))) : place + rng.randint(1, 30)]
    else:
        made[2:-64] = rng.randbytes(rng.randrange(40))
    return {"text": "#" + transport.to_digits(bytes(made))}


def deflate(rng: Rng) -> Case:
    """The compressed part: other streams of the same text, other texts, limits, ends, bytes behind."""
    parts = _genuine(rng)
    plain = parts.header + b"\n" + parts.payload
    preset = transport.dictionary(1)
    kind = rng.randrange(9)
    if kind == 0:
        plain = rng.choice(
            (
                plain.replace(b"\n", b""),
                plain.replace(b"\n", b"\n\n"),
                b"\n" + plain,
                plain + b"\n",
                b"\n",
                b"",
                b"\n\n",
                plain + plain,
            )
        )
    elif kind == 1:
        plain += rng.choice((b" ", b"\x00", b"\n")) * (
            rng.choice((8191, 8192, 8193, 8194, 65_536, 400_000)) - len(plain)
        )
    elif kind == 2:
        preset = rng.choice((b"", preset[:-1], preset[1:], preset + b"x", preset[-258:], preset[: 32 * 1024]))
    level, strategy = (
        rng.choice((0, 1, 6, 9)),
        rng.choice((zlib.Z_DEFAULT_STRATEGY, zlib.Z_FIXED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE)),
    )
    window = rng.choice((-15, -15, -15, -9, 15, 31))
    own = (preset,) if preset and window < 0 else ()
    squeeze = zlib.compressobj(level, zlib.DEFLATED, window, 9, strategy, *own)
    packed = bytearray()
    try:
        for start in range(0, len(plain), 700):
            packed += squeeze.compress(plain[start : start + 700])
            if kind == 3:
                packed += squeeze.flush(rng.choice((zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH, zlib.Z_BLOCK)))
        packed += squeeze.flush(rng.choice((zlib.Z_SYNC_FLUSH, zlib.Z_FINISH)) if kind == 4 else zlib.Z_FINISH)
    except zlib.error:
        packed += b"\x03\x00"
    if kind == 5:
        packed += rng.choice((b"\x00", b"\x03\x00", b"hidden", bytes(packed), b"\x01\x00\x00\xff\xff"))
    elif kind == 6 and packed:
        del packed[-rng.randint(1, min(12, len(packed))) :]
    elif kind == 7 and packed:
        packed[rng.randrange(len(packed))] ^= 1 << rng.randrange(8)
    elif kind == 8 and packed:
        packed[-1] ^= 1 << rng.randrange(8)  # the bits that pad the last byte are part of no block
    return {"text": "#" + transport.to_digits(b"\x01\x01" + bytes(packed) + parts.signature)}


def signature(rng: Rng) -> Case:
    """The signature: its bits, its other spelling, numbers outside the curve's, another key's."""
    parts = _genuine(rng)
    r, s = int.from_bytes(parts.signature[:32], "big"), int.from_bytes(parts.signature[32:], "big")
    kind = rng.randrange(5)
    if kind == 0:
        bits = bytearray(parts.signature)
        bits[rng.randrange(64)] ^= 1 << rng.randrange(8)
        made = bytes(bits)
    elif kind == 1:
        made = parts.signature[:32] + (ORDER - s).to_bytes(32, "big")
    elif kind == 2:
        numbers = (
            0,
            1,
            r,
            s,
            ORDER,
            ORDER - 1,
            ORDER + 1,
            ORDER // 2,
            ORDER // 2 + 1,
            2**256 - 1,
            r + ORDER,
            r ^ s,
            ORDER - r,
        )
        made = b"".join((rng.choice(numbers) % 2**256).to_bytes(32, "big") for _ in range(2))
    elif kind == 3:
        made = rng.choice((FOREIGN_KEY, STATUS_KEY, STOLEN_KEY)).sign(parts.signing_input)
    else:
        made = _genuine(rng).signature
    return {"text": _text(rng, Parts(parts.header, parts.payload, made))}


# ---- what only a registry can sign


def header_spelling(rng: Rng) -> Case:
    """The header as a text, signed again."""
    return {
        "text": _signed(rng, respelt(rng, header_of()).replace(b"\n", rng.choice((b"\n", b" "))), rng.choice(_bases()))
    }


def header_members(rng: Rng) -> Case:
    """Members and values of the header, signed again by any of the keys."""
    key = rng.choice(KEYS)
    made: Any = json.loads(header_of(key))
    kind = rng.randrange(4)
    if kind == 0:
        made[rng.choice(NAMES)] = any_value(rng)
    elif kind == 1:
        made["kid"] = rng.choice((KID[:-1], KID + "A", KID[:8], KID[:7], KID.lower(), STATUS_KEY.kid, FOREIGN_KEY.kid, "../../etc/passwd", "a" * 44,
                                  "' OR 1=1 --", "__proto__", "constructor", "toString", "A" * 43, "é" * 10, 7, None, [KID], KID + "\n"))  # fmt: skip
    elif kind == 2:
        made |= rng.choice(({"alg": rng.choice(("none", "HS256", "ES384", "es256", "RS256", "", None, ["ES256"]))}, {"typ": STATUS_TYP}, {"typ": "JWT"},
                            {"typ": "business-licence+JWT"}, {"typ": None}))  # fmt: skip
    else:
        made = altered(rng, made)
    return {"text": _signed(rng, dumped(made), rng.choice(_bases()), key)}


def payload_spelling(rng: Rng) -> Case:
    """The claims as a text, signed again."""
    return {"text": _signed(rng, header_of(), respelt(rng, rng.choice(_bases())))}


def payload_values(rng: Rng) -> Case:
    """Any claim: another value, another kind, missing, new; signed again."""
    return {
        "text": _signed(
            rng,
            header_of(),
            dumped(altered(rng, _claims(rng))),
            rng.choice((LICENCE_KEY, LICENCE_KEY, LICENCE_KEY, RETIRED_KEY)),
        )
    }


def payload_times(rng: Rng) -> Case:
    """The times of the claims around now and around the windows of the keys, issuers and types; signed again by any key."""
    claims, key = _claims(rng), rng.choice(KEYS)
    window = [entry["nbf"] for entry in JWKS["keys"]] + [entry["exp"] for entry in JWKS["keys"] if "exp" in entry]
    near = [moment + shift for moment in (AT, IAT, *window) for shift in (-121, -120, -1, 0, 1, 119, 120, 121, 86_400)]
    for name in rng.sample(("iat", "nbf", "exp"), rng.randint(1, 3)):
        claims[name] = rng.choice((*near, claims[name]))
    if rng.random() < 0.2:
        claims |= rng.choice(
            (
                {"iss": "https://other.example"},
                {"iss": None},
                {"vct": f"{ISS}/types/business-licence/2"},
                {"vct": 7},
                {"iss": ISS + "/"},
            )
        )
    return {"text": _signed(rng, header_of(key), dumped(claims), key)}


def permits(rng: Rng) -> Case:
    """Permits: held, due and short ones, days around now, places in the list, counts and digests; signed again."""
    claims = _claims(rng)
    made = [_permit(rng) for _ in range(rng.choice((0, 1, 1, 2, 3, 5, 38, 40, 41)))]
    claims["permits"], claims["permits_total"] = made, len(made) + rng.choice((0, 0, 0, 0, 1, -1, 5))
    if rng.random() < 0.25:
        claims = with_digest(claims, made)
    if rng.random() < 0.2 and made:
        altered(rng, made)
    return {"text": _signed(rng, header_of(), dumped(claims))}


def _permit(rng: Rng) -> Case:
    held = rng.random() < 0.75
    made: Case = {"type": rng.choice(("食品经营许可证", "x", "商" * 60)), "held": held}
    if rng.random() < 0.5:
        made["authority"] = "安丘市卫生健康局"
    if held or rng.random() < 0.03:
        made |= {
            "number": "JY23707840001234",
            "status_idx": rng.choice((100, 101, 1023, 1024, 4095, 4096, 2**24 - 1, rng.randrange(4200))),
        }
        for name in ("valid_from", "valid_to"):
            if rng.random() < 0.6:
                made[name] = rng.choice((*DAYS[:3], *DAYS[:3], "1999-12-31", "2199-12-31", rng.choice(DAYS)))
    return made


# ---- what is at hand beside the code; the code itself is genuine, or from another layer


def key_spelling(rng: Rng) -> Case:
    """The list of keys as a text."""
    source = json.dumps(JWKS, indent=rng.choice((None, 1)), separators=rng.choice(((",", ":"), (", ", ": "))))
    return {"jwks": respelt(rng, source.encode()).decode("utf-8", "replace")}


def key_values(rng: Rng) -> Case:
    """Entries of the list of keys: any member, keys exchanged, missing, twice, private."""
    made: Any = copy.deepcopy(JWKS)
    kind = rng.randrange(6)
    if kind == 0:
        made = altered(rng, made)
    elif kind == 1:
        entry = rng.choice(made["keys"][:2])
        entry |= rng.choice(({"kty": "RSA"}, {"crv": "P-384"}, {"alg": "HS256"}, {"use": "enc"}, {"kid": "A" * 43}, {"d": "AAAA"}, {"x": entry["y"]},
                             {"nbf": AT}, {"exp": IAT}, {"exp": IAT - 1}, {"exp": None}, {"exp": True}, {"iss": "https://other.example"}, {"typ": STATUS_TYP},
                             {"y": entry["y"] + "="}, {"revoked_at": IAT}, {"revoked_at": 0}, {"revoked_at": None}, {"iss": ""}, {"iss": 7},
                             {"nbf": 10**400}, {"logged_sha256": ""}, {"logged_sha256": None}, {"logged_sha256": "A" * 43}, {"ext": True},
                             {"x": "A" * 43, "y": "A" * 43}, {"x": entry["x"] + "A"}, {"key_ops": ["sign"]}))  # fmt: skip
    elif kind == 2:
        made["keys"] = rng.sample(made["keys"], rng.randrange(len(made["keys"])))
    elif kind == 3:
        made["keys"].append(
            {**rng.choice(made["keys"]), rng.choice(("iss", "typ", "nbf", "exp", "revoked_at")): any_value(rng)}
        )
    elif kind == 4:
        made["keys"] += [any_value(rng) for _ in range(rng.randint(1, 3))]
    else:
        altered(rng, rng.choice(made["keys"][:2]))
    return {"jwks": dumped(made).decode("utf-8", "replace")}


def logged_lists(rng: Rng) -> Case:
    """A stolen key: its licences before, after and not in the log, and the document that tells them apart."""
    parts = sealed(header_of(STOLEN_KEY), rng.choice(_bases()), STOLEN_KEY.sign)
    others = ("a.b.c", "d.e.f")
    given = logged(
        *rng.choice(
            (
                ((parts.compact,), ()),
                ((), (parts.compact,)),
                (others, ()),
                ((parts.compact,), (parts.compact,)),
                ((), ()),
            )
        )
    )
    document = given["logged"][STOLEN_KEY.kid].encode()
    kind = rng.randrange(4)
    if kind == 1:
        document = respelt(rng, document)
    elif kind == 2:
        told = json.loads(document)
        document = dumped(altered(rng, told) if rng.random() < 0.6 else {**told, **rng.choice(({"v": True}, {"v": 1.0}, {"revoked_at": str(IAT)},
            {"before": [token_digest(parts.compact), 7]}, {"after": {}}, {"x": 1}, {"kid": KID}, {"v": 2}, {"before": [token_digest(parts.compact)] * 2}))})  # fmt: skip
    keys = copy.deepcopy(given["jwks"])
    if kind and rng.random() < 0.9:
        for entry in keys["keys"]:
            if "logged_sha256" in entry:
                entry["logged_sha256"] = token_digest(document)
    if rng.random() < 0.2:
        bits = bytearray(parts.signature)
        bits[rng.randrange(64)] ^= 1
        parts = Parts(parts.header, parts.payload, bytes(bits))
    documents = {} if rng.random() < 0.1 else {STOLEN_KEY.kid: document.decode("utf-8", "replace")}
    return {"text": _text(rng, parts), "jwks": json.dumps(keys), "logged": documents}


def status_values(rng: Rng) -> Case:
    """Every value at every width, lists of all lengths, and the time they were made."""
    bits = rng.choice((1, 2, 2, 2, 4, 8))
    content = bytes(
        rng.choice((rng.randrange(256), 0, 0, 0)) for _ in range(rng.choice((256, 256, 256, 1, 2, 26, 512, 4096)))
    )
    return {"lists": {LIST_URI: _list(status_list={"bits": bits, "lst": base64url(zlib.compress(content, rng.choice((0, 1, 9))))}, **_list_times(rng))},
            "oldest_status": rng.choice((None, None, None, 600, 599, 0, 86_400))}  # fmt: skip


def _list_times(rng: Rng) -> Case:
    made: Case = {}
    if rng.random() < 0.5:
        made["iat"] = AT + rng.choice((-86_401, -86_400, -601, -600, -599, -1, 0, 1, 119, 120, 121, 86_400))
        made["exp"] = rng.choice((made["iat"] + 86_400, AT - 1, AT, AT + 1, made["iat"] - 1))
    return made


def status_streams(rng: Rng) -> Case:
    """The zlib stream of the list: other streams, ends, bytes behind, bombs, and its base64url."""
    content = bytes(
        rng.choice((0, 1, 256, 256, 4 * 2**20, 4 * 2**20 + 1) if rng.random() < 0.05 else (0, 1, 256, 4096))
    )
    window = rng.choice((15, 15, 15, 9, -15, 31))
    own = (b"phrases",) if window == 15 and rng.random() < 0.1 else ()
    squeeze = zlib.compressobj(rng.choice((0, 1, 9)), zlib.DEFLATED, window, 9, 0, *own)
    end = rng.choice((zlib.Z_FINISH, zlib.Z_FINISH, zlib.Z_SYNC_FLUSH))
    packed = bytearray(squeeze.compress(content) + squeeze.flush(end))
    kind = rng.randrange(6)
    if kind == 1:
        packed += rng.choice((b"\x00", b"hidden", bytes(packed)))
    elif kind == 2:
        del packed[-rng.randint(1, 6) :]
    elif kind == 3:
        packed[rng.randrange(len(packed))] ^= 1 << rng.randrange(8)
    lst = base64url(bytes(packed))
    if kind == 4:
        place = rng.randrange(len(lst) + 1)
        lst = rng.choice((lst + "=", lst + "==", lst.replace("-", "+"), lst.replace("_", "/"), lst + "\n", lst[:-1], lst[:place] + rng.choice("=+/ é.\n") + lst[place:],
                          lst[:-1] + rng.choice("ABCDEFGHwxyz0189_-"), "", lst + "A"))  # fmt: skip
    return {"lists": {LIST_URI: _list(status_list={"bits": 2, "lst": lst})}}


def status_claims(rng: Rng) -> Case:
    """Claims, header, key, text and address of the list, signed again."""
    kind = rng.randrange(6)
    header = strict_json.write({"alg": "ES256", "kid": STATUS_KEY.kid, "typ": STATUS_TYP})
    if kind == 0:
        return {
            "lists": rng.choice(
                (
                    {},
                    {LIST_URI + "0": FRESH[LIST_URI]},
                    {LIST_URI: ""},
                    {LIST_URI: licence(COMPANY).jws},
                    {LIST_URI: any_text(rng)},
                )
            )
        }
    if kind == 1:
        return {"lists": {LIST_URI: sealed(header, respelt(rng, strict_json.write(LISTED)), STATUS_KEY.sign).compact}}
    if kind == 2:
        key = rng.choice(KEYS)
        made = header_of(key, **rng.choice(({"typ": STATUS_TYP}, {"typ": STATUS_TYP, "x": 1}, {})))
        return {
            "lists": {
                LIST_URI: sealed(rng.choice((made, respelt(rng, header))), strict_json.write(LISTED), key.sign).compact
            }
        }
    if kind == 3:
        text = FRESH[LIST_URI]
        place = rng.randrange(len(text))
        return {"lists": {LIST_URI: text[:place] + rng.choice("AZ09-_.=+/ \né") + text[place + rng.randrange(2) :]}}
    claims = altered(rng, copy.deepcopy(LISTED)) if kind == 4 else {**LISTED, rng.choice(tuple(LISTED)): any_value(rng)}
    return {"lists": {LIST_URI: sealed(header, dumped(claims), STATUS_KEY.sign).compact}}


def _list(**changed: Any) -> str:
    header = strict_json.write({"alg": "ES256", "kid": STATUS_KEY.kid, "typ": STATUS_TYP})
    return sealed(header, strict_json.write({**LISTED, **changed}), STATUS_KEY.sign).compact


def clock(rng: Rng) -> Case:
    """The time of the check: around every time in the licence, its list and its permits, midnights in China, far away."""
    china = (AT + 8 * 3600) // 86_400 * 86_400 - 8 * 3600
    moments = [
        IAT,
        IAT - 120,
        AT,
        AT - 600,
        AT - 600 + 86_400,
        AT - 720,
        china,
        china + 86_400,
        json.loads(rng.choice(_bases()))["exp"],
        IAT + 10**8,
    ]
    at = rng.choice(
        (
            *(moment + rng.choice((-1, 0, 1)) for moment in moments),
            rng.randrange(10**11),
            0,
            10**9,
            10**11,
            rng.choice(moments) + rng.randrange(10**8),
        )
    )
    return {"at": at, "oldest_status": rng.choice((None, 600, 0))}


def dictionary(rng: Rng) -> Case:
    """A preset dictionary that is not the pinned one: changed, cut, or an old one put back under the same number."""
    genuine = transport.dictionary(1)
    wrong = bytearray(genuine)
    wrong[rng.randrange(len(wrong))] ^= 1 << rng.randrange(8)
    given = rng.choice((bytes(wrong), genuine, genuine[:-1], b"", b"phrases"))
    return {"dictionaries": {str(rng.choice((1, 1, 1, 1, 2))): base64url(given)}}


Layer = Callable[[Rng], Case]
TEXTS: tuple[Layer, ...] = (link_text, digits, groups, raw_bytes, deflate, signature, header_spelling, header_members, payload_spelling, payload_values,
                            payload_values, payload_times, permits, permits)  # fmt: skip
SURROUNDINGS: tuple[Layer, ...] = (
    key_spelling,
    key_values,
    logged_lists,
    status_values,
    status_values,
    status_streams,
    status_claims,
    clock,
    dictionary,
)


def mutation(rng: Rng) -> tuple[str, Case]:
    """One mutated case and the layer it belongs to; one in five is changed in two layers at once."""
    first = rng.choice((*TEXTS, *SURROUNDINGS))
    made: Case = {"text": None, "at": AT, "oldest_status": None, "jwks": COMMON_KEYS, "lists": FRESH}
    if first in TEXTS:
        made |= first(rng)
        if rng.random() < 0.2:
            made |= {name: value for name, value in rng.choice(SURROUNDINGS)(rng).items() if name != "text"}
    else:
        made |= {"text": rng.choice(_printed())[rng.randrange(2)]}
        if rng.random() < 0.4:
            made |= rng.choice((payload_times, permits))(rng)
        made |= first(rng)
    return first.__name__, made
