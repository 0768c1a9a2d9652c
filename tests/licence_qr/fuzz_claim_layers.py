"""Layers that only a registry can sign: header, claims, times and permits, changed and signed again with the right key,
so that the steps behind the signature are reached.
"""

import copy
import json
from typing import Any

from licence_qr.trust import STATUS_TYP
from tests.licence_qr.forge import JWKS, KID, header_of, with_digest
from tests.licence_qr.fuzz_mutations import DAYS, NAMES, altered, any_value, dumped, respelt
from tests.licence_qr.fuzz_specimens import Case, Rng, bases, claims_of_one, signed
from tests.licence_qr.specimens import AT, FOREIGN_KEY, IAT, ISS, LICENCE_KEY, RETIRED_KEY, STATUS_KEY, STOLEN_KEY

KEYS = (LICENCE_KEY, LICENCE_KEY, LICENCE_KEY, STOLEN_KEY, RETIRED_KEY, STATUS_KEY, FOREIGN_KEY)


def header_spelling(rng: Rng) -> Case:
    """The header as a text, signed again."""
    return {
        "text": signed(rng, respelt(rng, header_of()).replace(b"\n", rng.choice((b"\n", b" "))), rng.choice(bases()))
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
    return {"text": signed(rng, dumped(made), rng.choice(bases()), key)}


def payload_spelling(rng: Rng) -> Case:
    """The claims as a text, signed again."""
    return {"text": signed(rng, header_of(), respelt(rng, rng.choice(bases())))}


def payload_values(rng: Rng) -> Case:
    """Any claim: another value, another kind, missing, new; signed again."""
    return {"text": signed(rng, header_of(), dumped(altered(rng, claims_of_one(rng))))}


def payload_times(rng: Rng) -> Case:
    """The times of the claims around now and around the windows of the keys, issuers and types; signed again by any key."""
    claims, key = claims_of_one(rng), rng.choice(KEYS)
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
    return {"text": signed(rng, header_of(key), dumped(claims), key)}


def permits(rng: Rng) -> Case:
    """Permits: held, due and short ones, days around now, places in the list, counts and digests; signed again."""
    claims = claims_of_one(rng)
    made = [_permit(rng) for _ in range(rng.choice((0, 1, 1, 2, 3, 5, 38, 40, 41)))]
    claims["permits"], claims["permits_total"] = made, len(made) + rng.choice((0, 0, 0, 0, 1, -1, 5))
    if rng.random() < 0.25:
        claims = with_digest(claims, made)
    if rng.random() < 0.2 and made:
        altered(rng, made)
    return {"text": signed(rng, header_of(), dumped(claims))}


# Positions among scope items: good for every licence, for the larger ones alone, and for none.
SCOPES: tuple[Any, ...] = (
    *(([0],) * 12), [0, 1], [0, 1], [0, 4], [1, 2, 3], [9], [10], list(range(11)), [198, 199], [200], list(range(100)), list(range(101)),
    [], [1, 0], [1, 1], [0, 0, 1], [-1], [True], [False, 1], ["0"], [None], [[0]], {"0": 0}, "0", 0, None, [2**53],
)  # fmt: skip


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
        if rng.random() < 0.6:
            made["scope"] = copy.deepcopy(rng.choice(SCOPES))  # mutations write into it
    return made
