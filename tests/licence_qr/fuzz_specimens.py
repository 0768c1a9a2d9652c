"""Genuine licences to mutate, and mutated parts as a code again: what the layers of the fuzzer share."""

import json
import random
from functools import cache
from typing import Any

from licence_qr import strict_json, transport
from licence_qr.claims import build
from licence_qr.keys import FileSigner
from licence_qr.transport import Parts
from tests.licence_qr.forge import header_of, sealed, squeezed, with_digest
from tests.licence_qr.specimens import (
    COMPANY,
    IAT,
    ISS,
    KINDERGARTEN,
    LICENCE_KEY,
    LIST_URI,
    PAGE,
    SHOP,
    STUDIO,
    licence,
)
from tests.licence_qr.synthetic_licences import draw

Case = dict[str, Any]
Rng = random.Random


@cache
def bases() -> tuple[bytes, ...]:
    """Payloads to begin from: the specimens, and licences drawn at random, one with more permits than a code lists."""
    drawn = [build(one.subject, one.issuance) for one in draw(11, 4)]
    for claims in drawn:
        claims["status"]["status_list"] = {"idx": claims["status"]["status_list"]["idx"] % 1024, "uri": LIST_URI}
        for permit in claims["permits"]:
            permit.update({"status_idx": permit["status_idx"] % 1024} if permit["held"] else {})
        claims |= {"iss": ISS, "iat": IAT, "nbf": IAT, "exp": IAT + 10**8, "vct": f"{ISS}/types/business-licence/1"}
    made = [licence(subject).claims for subject in (COMPANY, COMPANY, SHOP, STUDIO, KINDERGARTEN)] + drawn
    made.append(with_digest({**made[0], "permits": made[0]["permits"][:1]}, made[0]["permits"]))
    return tuple(strict_json.write(claims) for claims in made)


def claims_of_one(rng: Rng) -> Case:
    """The claims of a genuine licence, to be altered."""
    found: Case = json.loads(rng.choice(bases()))
    return found


def signed(rng: Rng, header: bytes, payload: bytes, key: FileSigner = LICENCE_KEY) -> str:
    """Any header and payload with the signature of `key`, as a code."""
    return as_text(rng, sealed(header, payload, key.sign))


def as_text(rng: Rng, parts: Parts) -> str:
    """The parts as a link or as a compact JWS."""
    if not parts.header or not parts.payload or rng.random() < 0.5:
        return f"{PAGE}#{transport.to_digits(raw_of(parts))}"
    return parts.compact


def raw_of(parts: Parts) -> bytes:
    """The bytes that the digits spell."""
    return b"\x01\x01" + squeezed(parts.header + b"\n" + parts.payload) + parts.signature


def genuine(rng: Rng) -> Parts:
    """One of the genuine licences."""
    return sealed(header_of(), rng.choice(bases()))


@cache
def printed() -> tuple[tuple[str, str, bytes], ...]:
    """Genuine licences as a link, as a compact JWS and as bytes."""
    parts = [sealed(header_of(), payload) for payload in bases()]
    return tuple((f"{PAGE}#{transport.encode(one)}", one.compact, raw_of(one)) for one in parts)
