"""Step 7 of the check of an export: every licence record has its licence, truly signed, and saying what was logged.

The signature is checked with PyJWT and the public keys in `jwks.json`, not with the code that issues licences: an auditor
should not have to trust the reader that the issuer wrote. Besides: the issuer is that of the key's entry in the list and one for
the whole log; the second of issue is that of the leaf, and lies within the window of the key.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jwt

from audit.canonical import parse_json
from audit.errors import AuditError, MalformedError, SignatureError
from audit.export import LICENCE_KEYS, licence_path
from audit.export_reader import Export
from audit.record import Record
from audit.verify_records import Verification

TYP = "business-licence+jwt"
_JWS = jwt.PyJWS(algorithms=["ES256"])


@dataclass(frozen=True, slots=True)
class ListedKey:
    """A key of the list: its issuer, and the seconds between which it signed (both included; no end: None)."""

    key: jwt.PyJWK
    iss: str
    not_before: int
    not_after: int | None

    def covers(self, second: int) -> bool:
        """Tell whether it signed at that time."""
        return self.not_before <= second and (self.not_after is None or second <= self.not_after)


def check_licences(export: Export, found: Verification, records: list[Record | None]) -> None:
    """Note what is wrong with the licences of an export, and any that has no record."""
    try:
        keys = licence_keys(parse_json(export.read(LICENCE_KEYS), LICENCE_KEYS))
    except AuditError as error:
        found.note("licences", LICENCE_KEYS, error)
        keys = {}
    expected = set()
    for iss in sorted({one.iss for one in keys.values()})[1:]:
        found.note("licences", LICENCE_KEYS, f"lists licence keys of a second issuer, {iss!r}; a log is one registry's")
    for index, record in enumerate(records):
        if record is None or record.kind != "licence":
            continue
        path = licence_path(index)
        expected.add(path)
        try:
            for message in _differences(export.read(path), record.content, keys, export.checkpoint.origin, index):
                found.note("licences", path, message)
        except (AuditError, KeyError, TypeError, ValueError) as error:
            found.note("licences", path, error if isinstance(error, AuditError) else f"lacks a member: {error!r}")
    for path in sorted(path for path in export.files if path.startswith("licences/") and path not in expected):
        found.note("licences", path, "is a licence without a record in the log")


def licence_keys(document: Any) -> dict[str, ListedKey]:
    """Return the keys of a JWKS (RFC 7517) that sign licences, by kid. Raises MalformedError, also for a private key."""
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise MalformedError(f"{LICENCE_KEYS} is no JWKS: it has no list `keys` of objects")
    if any("d" in entry for entry in entries):
        raise MalformedError(f"{LICENCE_KEYS} holds a private key (`d`): take it out, and stop using that key")
    keys: dict[str, ListedKey] = {}
    for entry in entries:
        if entry.get("typ") != TYP or (entry.get("kty"), entry.get("crv")) != ("EC", "P-256"):
            continue  # a key for something else, or of a later kind
        try:
            iss, began, ended = entry["iss"], entry["nbf"], entry.get("exp")
            if not isinstance(iss, str) or type(began) is not int or type(ended) not in (int, type(None)):
                raise MalformedError(
                    f"{LICENCE_KEYS} holds a key without iss, nbf or exp as they must be: {entry['kid']!r}"
                )
            keys[str(entry["kid"])] = ListedKey(jwt.PyJWK(entry, algorithm="ES256"), iss, began, ended)
        except (jwt.PyJWTError, KeyError, ValueError, TypeError) as error:
            raise MalformedError(f"{LICENCE_KEYS} holds an entry that is no P-256 key: {error!r}") from error
    return keys


def _differences(
    raw: bytes, logged: Mapping[str, Any], keys: Mapping[str, ListedKey], origin: str, index: int
) -> list[str]:
    """Say where a licence and its leaf differ. Raises SignatureError or MalformedError for what is no licence at all."""
    if hashlib.sha256(raw).hexdigest() != logged["jws_sha256"]:
        return [f"is not the licence that was logged at leaf {index}"]
    claims, key = _authentic(raw, keys)
    log = claims.get("log")
    position = log if isinstance(log, dict) else {}
    issued = int(datetime.fromisoformat(logged["issued_at"]).timestamp())
    said = {
        "iss": (claims.get("iss"), key.iss),
        "iat": (claims.get("iat"), issued),
        "jti": (claims.get("jti"), logged["jti"]),
        "sub": (claims.get("sub"), logged["uscc"]),
        "log.index": (position.get("index"), logged["decision"]),
        "log.origin": (position.get("origin"), origin),
    }
    faults = [
        f"says {name} {licence!r}, and leaf {index} stands for {leaf!r}"
        for name, (licence, leaf) in said.items()
        if type(licence) is not type(leaf) or licence != leaf
    ]
    if not key.covers(issued):
        faults.append(f"was issued at second {issued}, and its key signed from {key.not_before} to {key.not_after}")
    return faults


def _authentic(raw: bytes, keys: Mapping[str, ListedKey]) -> tuple[Mapping[str, Any], ListedKey]:
    """Return the claims of a licence whose signature holds, and its key; algorithm and typ are ours, never the token's choice."""
    try:
        header = jwt.get_unverified_header(raw)
        kid = header.get("kid")
        if header != {"alg": "ES256", "kid": kid, "typ": TYP}:
            raise SignatureError(f"has the header {header!r}; a licence has exactly alg ES256, typ {TYP} and a kid")
        if not isinstance(kid, str) or kid not in keys:
            raise SignatureError(f"is signed by the key {kid!r}, which is not a licence key of {LICENCE_KEYS}")
        payload = _JWS.decode_complete(raw, key=keys[kid].key, algorithms=["ES256"])["payload"]
    except jwt.PyJWTError as error:
        raise SignatureError(f"is not signed by a key of {LICENCE_KEYS}: {error}") from error
    claims = parse_json(payload, "the licence")
    if not isinstance(claims, dict):
        raise MalformedError("the licence holds no object of claims")
    return claims, keys[kid]
