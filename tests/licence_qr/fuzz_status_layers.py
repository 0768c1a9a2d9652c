"""Status lists: values, widths, streams, claims, times, and several texts of one list after another."""

import copy
import json
import zlib
from typing import Any

from licence_qr import strict_json
from licence_qr.keys import base64url
from licence_qr.token import parts_of
from licence_qr.trust import STATUS_TYP, TrustedKey
from tests.licence_qr.forge import FRESH, JWKS, entries, header_of, sealed
from tests.licence_qr.fuzz_claim_layers import KEYS
from tests.licence_qr.fuzz_mutations import altered, any_text, any_value, dumped, respelt
from tests.licence_qr.fuzz_specimens import Case, Rng
from tests.licence_qr.specimens import AT, COMPANY, FOREIGN_KEY, ISS, LIST_URI, STATUS_KEY, licence, status_token

OTHER = "https://other.example"
LISTED = json.loads(parts_of(status_token()).payload)


def status_values(rng: Rng) -> Case:
    """Every value at every width, lists of all lengths, and the time they were made."""
    bits = rng.choice((1, 2, 2, 2, 4, 8))
    content = bytes(
        rng.choice((rng.randrange(256), 0)) for _ in range(rng.choice((256, 256, 256, 1, 2, 26, 512, 4096)))
    )
    return {"lists": {LIST_URI: _list(status_list={"bits": bits, "lst": base64url(zlib.compress(content, rng.choice((0, 1, 9))))}, **_list_times(rng))},
            "oldest_status": rng.choice((None, None, None, 600, 599, 0, 86_400))}  # fmt: skip


def _list_times(rng: Rng) -> Case:
    made: Case = {}
    if rng.random() < 0.5:
        made["iat"] = AT + rng.choice((-86_401, -86_400, -601, -600, -599, -1, 0, 1, 119, 120, 121, 86_400))
        made["exp"] = rng.choice(
            (
                made["iat"] + 86_400,
                made["iat"] + 604_800,
                made["iat"] + 604_801,
                10**11,
                AT - 1,
                AT,
                AT + 1,
                made["iat"] - 1,
            )
        )
    return made


def status_rollback(rng: Rng) -> Case:
    """Several texts of one list, one after another: older, newer, from the future, not to be believed."""
    had = [
        rng.choice(("garbage", status_token(key=FOREIGN_KEY), _one_of(rng), _one_of(rng), _one_of(rng)))
        for _ in range(rng.randint(2, 4))
    ]
    if rng.random() < 0.5:
        return {"lists": {LIST_URI: had}}
    iss = rng.choice((OTHER, OTHER, ISS, "https:", "https:/", f"{ISS}/status", ISS[:-1], f"{ISS}/"))
    made = sealed(
        strict_json.write({"alg": "ES256", "kid": FOREIGN_KEY.kid, "typ": STATUS_TYP}),
        strict_json.write({**LISTED, "iss": rng.choice((iss, ISS)), "iat": AT - rng.choice((0, 300, 900))}),
        FOREIGN_KEY.sign,
    )
    had.insert(rng.randrange(len(had) + 1), made.compact)
    key = TrustedKey(FOREIGN_KEY.public_key, iss, STATUS_TYP, AT - 9 * 86_400)
    return {"lists": {LIST_URI: had}, "jwks": {"keys": [*JWKS["keys"], key.to_jwk()]}}


def _one_of(rng: Rng) -> str:
    content = bytes(rng.choice((0, 0x55, 0xAA, 0xFF)) for _ in range(1)) * 256
    iat = AT + rng.choice((-900, -600, -600, -300, -1, 0, 120, 121, 4000))
    return _list(status_list=entries(content), iat=iat, exp=iat + 86_400)


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
