"""What a verifier pins beside the code: the list of keys, documents on stolen keys, dictionaries, the time it is."""

import copy
import json
from typing import Any

from licence_qr import transport
from licence_qr.keys import base64url
from licence_qr.keys_logged import token_digest
from licence_qr.transport import Parts
from licence_qr.trust import STATUS_TYP
from tests.licence_qr.forge import JWKS, KID, header_of, logged, sealed
from tests.licence_qr.fuzz_mutations import altered, any_value, dumped, respelt
from tests.licence_qr.fuzz_specimens import Case, Rng, as_text, bases
from tests.licence_qr.specimens import AT, IAT, STOLEN_KEY


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
    parts = sealed(header_of(STOLEN_KEY), rng.choice(bases()), STOLEN_KEY.sign)
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
    return {"text": as_text(rng, parts), "jwks": json.dumps(keys), "logged": documents}


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
        json.loads(rng.choice(bases()))["exp"],
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
