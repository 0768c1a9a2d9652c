"""Many codes at once, for platforms that check their merchants: the same answers as `verify`, in a third of the time.

What is the same for all codes is worked out once: the header of each trusted key, its public key, the inflated
dictionary, the status lists. A code takes the short way only while all is well; at the first doubt it goes through
`verify`, so that verdict, reason and detail of everything unusual come from one place. A test holds both to the same
answers on every vector, attack and mutation.
"""

import gc
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from itertools import islice
from multiprocessing import get_context
from typing import Any

import msgspec

from licence_qr import strict_json
from licence_qr.claims import VCT_PATH
from licence_qr.errors import CodeError
from licence_qr.keys import is_low_s, verify_signature
from licence_qr.quick_claims import quick_claims
from licence_qr.shape import permits_fault
from licence_qr.status_list import StatusBook
from licence_qr.token import SIGNATURE_CHARACTERS, decoded
from licence_qr.transport import MOST_JSON, base64url_bytes, decode
from licence_qr.trust import LICENCE_TYP, TrustedKey, TrustList
from licence_qr.verify import MOST_COMPACT, Answer, Verification, answers_for, verify

CHUNK = 500  # codes a process takes at a time


class BulkVerifier:
    """A verifier that keeps what codes have in common; for one process, not shared between threads."""

    def __init__(self, trust: TrustList, status: StatusBook | None = None) -> None:
        """Work out the header that each trusted licence key writes."""
        self._trust, self._status = trust, status
        self._keys: dict[bytes, TrustedKey] = {}
        self._keys_by_text: dict[str, TrustedKey] = {}
        for key in trust:
            if key.typ == LICENCE_TYP and key.revoked_at is None:
                header = strict_json.write({"alg": "ES256", "kid": key.kid, "typ": LICENCE_TYP})
                self._keys[header] = key
                self._keys_by_text[base64url_bytes(header).decode()] = key

    def verify(self, text: str, *, at: int) -> Verification:
        """Return what `licence_qr.verify.verify` returns for the code `text` at `at` (seconds)."""
        claims = self._authentic(text)
        if claims is None:
            return verify(text, self._trust, at=at, status=self._status)
        return answers_for(claims, at=at, status=self._status)

    def verify_all(self, texts: Iterable[str], *, at: int) -> list[Verification]:
        """Return the answers in their order. Garbage collection waits: the answers hold no cycles."""
        collecting = gc.isenabled()
        gc.disable()
        try:
            return [self.verify(text, at=at) for text in texts]
        finally:
            if collecting:
                gc.enable()

    def _authentic(self, text: str) -> dict[str, Any] | None:
        """Return the claims of a code that is authentic beyond doubt, None for everything else."""
        found = self._split(text)
        if found is None:
            return None
        key, signing_input, payload, signature = found
        if len(payload) > MOST_JSON or not is_low_s(signature):
            return None
        if not verify_signature(key.public_key, signing_input, signature):
            return None
        claims = quick_claims(payload)
        if (
            claims is None
            or claims["iss"] != key.iss
            or claims["vct"] != key.iss + VCT_PATH
            or permits_fault(claims) is not None
            or not key.covers(claims["iat"])
        ):
            return None
        return claims

    def _split(self, text: str) -> tuple[TrustedKey, bytes, bytes, bytes] | None:
        try:
            if ":" in text or "#" in text or text.count(".") != 2:
                parts = decode(text)
                key = self._keys.get(parts.header)
                return None if key is None else (key, parts.signing_input, parts.payload, parts.signature)
            header, payload, signature = text.split(".")
            key = self._keys_by_text.get(header)
            if key is None or len(signature) != SIGNATURE_CHARACTERS or len(text) > MOST_COMPACT:
                return None
            raw = decoded(payload)  # in its one spelling, so that what is signed is the text itself
            return key, text[: -SIGNATURE_CHARACTERS - 1].encode(), raw, decoded(signature)
        except CodeError:
            return None


def verify_many(
    texts: Iterable[str],
    *,
    jwks: bytes,
    lists: Mapping[str, str],
    at: int,
    oldest_status: int | None = None,
    logged: Sequence[bytes] = (),
    processes: int | None = None,
) -> Iterator[Verification]:
    """Yield the answers for `texts` in their order, worked out by `processes` processes (one a core when not given).

    `jwks` is the pinned list of keys, `lists` maps the address of a status list to its token, `logged` are the
    documents on stolen keys. Raises KeyFileError for a list of keys that is none.
    """
    source, count = iter(texts), processes or len(os.sched_getaffinity(0))
    if count == 1:
        _begin(jwks, dict(lists), oldest_status, logged)
        while chunk := list(islice(source, CHUNK)):
            yield from _work(chunk, at)
        return
    TrustList.from_jwks(jwks)  # so that a bad list is told here and not by a broken pool
    given = (jwks, dict(lists), oldest_status, tuple(logged))
    context = get_context("spawn")
    with ProcessPoolExecutor(count, mp_context=context, initializer=_begin, initargs=given) as pool:
        waiting = [
            pool.submit(_work_apart, chunk, at) for _ in range(2 * count) if (chunk := list(islice(source, CHUNK)))
        ]
        while waiting:
            yield from map(_unfolded, waiting.pop(0).result())
            if chunk := list(islice(source, CHUNK)):
                waiting.append(pool.submit(_work_apart, chunk, at))


_MINE: list[BulkVerifier] = []  # the verifier of this worker process


def _begin(jwks: bytes, lists: dict[str, str], oldest: int | None, logged: Sequence[bytes]) -> None:
    trust = TrustList.from_jwks(jwks, logged)
    book = StatusBook(trust, oldest=oldest)
    for uri, token in lists.items():
        book.add(uri, token)
    _MINE[:] = [BulkVerifier(trust, book)]


def _work(texts: list[str], at: int) -> list[Verification]:
    return _MINE[0].verify_all(texts, at=at)


# An answer on its way from one process to another: plain values, claims as JSON. Objects of ours take longer to carry
# than codes take to verify, and the one process that gathers the answers would hold up all the others.
_Folded = tuple[int, tuple[str, int | None], tuple[str, int | None], list[tuple[str, int | None]], bytes | None, str]


def _work_apart(texts: list[str], at: int) -> list[_Folded]:
    return [_folded(one) for one in _work(texts, at)]


def _folded(one: Verification) -> _Folded:
    claims = None if one.claims is None else msgspec.json.encode(one.claims)
    permits = [(answer.reason, answer.as_of) for answer in one.permits]
    authentic, current = one.authentic, one.current
    return one.at, (authentic.reason, authentic.as_of), (current.reason, current.as_of), permits, claims, one.detail


def _unfolded(one: _Folded) -> Verification:
    at, authentic, current, permits, claims, detail = one
    told = tuple([_answer(*answer) for answer in permits])
    read = None if claims is None else msgspec.json.decode(claims)
    return Verification(at, _answer(*authentic), _answer(*current), told, read, detail)


_answer = lru_cache(maxsize=4096)(Answer)
