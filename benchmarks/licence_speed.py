"""The licence: issue without and with pictures, verify against a bare ECDSA verification, and many codes at once.

All figures are CPU time of this thread (the bulk rate on several cores: wall time), medians over rounds in which the
works take turns, so that a busy machine is unfair to all alike. Licences are random, ten scope items each.
"""

import json
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from benchmarks import browser_speed
from casework.issuing import STATUS_LIST_SIZE
from licence_qr.bulk import BulkVerifier, verify_many
from licence_qr.claims import build
from licence_qr.issue import Licence, issue, prepare
from licence_qr.keys import FileSigner
from licence_qr.release import release
from licence_qr.status_list import StatusBook, StatusList, sign_list
from licence_qr.trust import LICENCE_TYP, STATUS_TYP, TrustedKey, TrustList
from licence_qr.verify import verify
from tests.licence_qr.synthetic_licences import ISS, draw

TARGETS = {"issue_ms": 1.5, "picture_ms": 40.0, "of_bare": 0.5, "bulk": 10_000}
_ISSUED = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
_AT = int(_ISSUED.timestamp()) + 86_400


def measure(*, quick: bool) -> dict[str, Any]:
    """Return the figures; raises RuntimeError when a licence does not verify, for then its speed says nothing."""
    signer, list_signer = (
        FileSigner(ec.generate_private_key(ec.SECP256R1())),
        FileSigner(ec.generate_private_key(ec.SECP256R1())),
    )
    trust = TrustList(
        [
            TrustedKey(signer.public_key, ISS, LICENCE_TYP, 10**9),
            TrustedKey(list_signer.public_key, ISS, STATUS_TYP, 10**9),
        ]
    )
    lists = {
        f"{ISS}/status/{number}": sign_list(
            _in_use(StatusList(STATUS_LIST_SIZE)),
            uri=f"{ISS}/status/{number}",
            iss=ISS,
            iat=_AT - 60,
            signer=list_signer,
        )
        for number in range(1, 5)
    }
    book = StatusBook(trust)
    for uri, token in lists.items():
        book.add(uri, token)
    rounds, count = (3, 40) if quick else (9, 300)
    found: dict[str, Any] = {"issue": _issue(signer, trust, rounds, count), "verify": []}
    for permits in (0, 5):
        made = _licences(signer, count, permits)
        found["verify"].append({"permits": permits, **_verify(made, trust, book, rounds)})
    made = _licences(signer, count, 5)
    found["many"] = {
        permits: _many(_licences(signer, count, permits), trust, lists, 1_200 if quick else 20_000)
        for permits in (0, 5)
    }
    codes = [one.digits for one in made[:40]]
    found["browser"] = browser_speed.measure(trust, lists, codes, at=_AT, visits=3 if quick else 9)
    return found


def _in_use(entries: StatusList) -> StatusList:
    """Revoke every hundredth place, none that `_place` gives: a list in use is longer than an empty one."""
    for position in range(0, entries.size, 100):
        entries.set(position, 1)
    return entries


def _place(drawn: int) -> int:
    return drawn % STATUS_LIST_SIZE | 1


def _licences(signer: FileSigner, count: int, permits: int) -> list[Licence]:
    return [
        issue(prepare(one.subject, replace(one.issuance, issued_at=_ISSUED), kid=signer.kid), signer)
        for one in _drawn(count, permits)
    ]


def _drawn(count: int, permits: int) -> Iterator[Any]:
    for one in draw(7, count, permits=permits):
        given = one.issuance
        places = {
            "status_index": _place(given.status_index),
            "permit_indexes": tuple(map(_place, given.permit_indexes)),
        }
        subject = replace(one.subject, established_on=_ISSUED.date(), term_until=None)
        yield replace(one, subject=subject, issuance=replace(given, **places))


def _issue(signer: FileSigner, trust: TrustList, rounds: int, count: int) -> dict[str, Any]:
    drawn = [replace(one, issuance=replace(one.issuance, issued_at=_ISSUED)) for one in _drawn(count, 5)]
    signed = [issue(prepare(one.subject, one.issuance, kid=signer.kid), signer) for one in drawn]
    works: dict[str, tuple[Callable[[Any], object], Sequence[Any]]] = {
        "claims": (lambda one: build(one.subject, one.issuance), drawn),
        "sign": (lambda one: signer.sign(one.parts.signing_input), signed),
        "issue": (lambda one: issue(prepare(one.subject, one.issuance, kid=signer.kid), signer), drawn),
    }
    found = _in_turn(works, rounds)
    pictures = _in_turn({"picture": (lambda one: release(one, trust, page=f"{ISS}/v"), signed[:8])}, rounds)
    return {name: one / 1000 for name, one in (found | pictures).items()}


def _verify(made: list[Licence], trust: TrustList, book: StatusBook, rounds: int) -> dict[str, Any]:
    key, algorithm = next(iter(trust)).public_key, ec.ECDSA(hashes.SHA256())
    bare = [(_der(one.parts.signature), one.parts.signing_input) for one in made]
    bulk = BulkVerifier(trust, book)
    for one in made:
        if verify(one.jws, trust, at=_AT, status=book).headline.reason != "current":
            raise RuntimeError("a licence of the benchmark does not verify")
    links, tokens = [one.digits for one in made], [one.jws for one in made]
    us = _in_turn(
        {
            "bare": (lambda one: key.verify(one[0], one[1], algorithm), bare),
            "token": (lambda text: verify(text, trust, at=_AT, status=book), tokens),
            "code": (lambda text: verify(text, trust, at=_AT, status=book), links),
            "bulk_token": (lambda texts: bulk.verify_all(texts, at=_AT), [tokens]),
            "bulk_code": (lambda texts: bulk.verify_all(texts, at=_AT), [links]),
        },
        rounds,
    )
    us = {name: one / (len(made) if name.startswith("bulk") else 1) for name, one in us.items()}
    size = statistics.median(len(one.jws) for one in made)
    return {"us": us, "of_bare": {name: us["bare"] / one for name, one in us.items()}, "token_characters": size}


def _many(made: list[Licence], trust: TrustList, lists: dict[str, str], count: int) -> dict[str, Any]:
    texts = [one.jws for one in made] * (count // len(made))
    jwks = json.dumps(trust.to_jwks()).encode()
    found: dict[str, Any] = {"tokens": len(texts), "cores": len(os.sched_getaffinity(0))}
    for processes in sorted({1, found["cores"]}):
        answers = verify_many(texts, jwks=jwks, lists=lists, at=_AT, processes=processes)
        next(answers)  # processes have started
        began = time.perf_counter()
        right = sum(one.headline.reason == "current" for one in answers)
        found[f"per_second_{processes}"] = (len(texts) - 500) / (time.perf_counter() - began)
        if right != len(texts) - 1:
            raise RuntimeError("a licence of the benchmark does not verify in bulk")
    return found


def _in_turn(works: dict[str, tuple[Callable[[Any], object], Sequence[Any]]], rounds: int) -> dict[str, float]:
    """Return the median microseconds of one piece of each work, the works taking turns."""
    took: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, (work, given) in works.items():
            began = time.thread_time()
            for one in given:
                work(one)
            took[name].append((time.thread_time() - began) / len(given) * 1e6)
    return {name: statistics.median(one) for name, one in took.items()}


def _der(signature: bytes) -> bytes:
    return utils.encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))


def lines(found: dict[str, Any]) -> Iterator[str]:
    """Yield the figures for people."""
    made = found["issue"]
    yield "LICENCE, CPU time, medians; ten scope items"
    yield f"issue without picture (lint, sign, check, digits; five permits): {made['issue']:.2f} ms (target {TARGETS['issue_ms']})"
    yield f"  of it building the claims {made['claims']:.3f} ms, the signature alone {made['sign']:.3f} ms"
    yield f"pictures, SVG and PNG, both read back and verified: {made['picture']:.1f} ms (target {TARGETS['picture_ms']:.0f})"
    for row in found["verify"]:
        us, share = row["us"], row["of_bare"]
        yield f"verify, {row['permits']} permits, {row['token_characters']:.0f} characters; bare ECDSA verification {us['bare']:.0f} us ({1e6 / us['bare']:.0f}/s)"
        for name, title in (
            ("token", "token"),
            ("code", "code (digits)"),
            ("bulk_token", "token, bulk"),
            ("bulk_code", "code, bulk"),
        ):
            yield f"  {title:14} {us[name]:4.0f} us, {1e6 / us[name]:6.0f}/s of a core, {share[name]:.2f} of bare (target {TARGETS['of_bare']})"
    for permits, many in found["many"].items():
        for name, rate in many.items():
            if name.startswith("per_second_"):
                count = name.rpartition("_")[2]
                yield f"many: {many['tokens']} tokens of {permits} permits, {count} process(es): {rate:.0f}/s by the clock (target {TARGETS['bulk']} a core)"
    yield from browser_speed.lines(found["browser"])
