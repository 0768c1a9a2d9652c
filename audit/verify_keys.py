"""Step 11 of the check of an export: who signed which licence, held against what the log says of the keys.

1. once the log speaks of keys, each licence is signed by a key that an earlier leaf announced, or by the one it began with;
2. no licence is signed by a key after the leaf that reports it compromised;
3. `jwks.json` lists as compromised the keys that the log reports, since the same second, and no others;
4. the document that tells the licences of a compromised key from forged ones (`logged_sha256`) is exactly what the log
   shows: the licences of that key in it before that leaf, parted at that second;
5. a licence that a leaf reports as signed and not logged is indeed in no licence leaf.

A log that never speaks of keys, and a key list without a compromised key, have nothing to be held against here.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import jwt

from audit.canonical import parse_json
from audit.errors import AuditError
from audit.export import LICENCE_KEYS, licence_path
from audit.export_reader import Export
from audit.key_record import MEMBERS
from audit.record import Record
from audit.verify_records import Verification

STEP = "keys"


def check_keys(export: Export, found: Verification, records: Sequence[Record | None]) -> None:
    """Run the step."""
    walk = _Walk(export, found)
    for index, record in enumerate(records):
        if record is None:
            continue
        try:
            if record.kind == "licence":
                walk.licence(index, record.content)
            elif record.kind == "key":
                walk.act(index, record.content)
        except (AuditError, KeyError, TypeError, ValueError) as error:
            found.note(STEP, f"leaf {index}", error if isinstance(error, AuditError) else f"cannot be read: {error!r}")
    walk.end()


@dataclass(slots=True)
class _Walk:
    export: Export
    found: Verification
    announced: set[str] = field(default_factory=set)
    compromised: dict[str, tuple[int, int, str]] = field(default_factory=dict)  # kid -> leaf, since, pinned document
    signed: dict[str, list[tuple[str, datetime]]] = field(
        default_factory=dict
    )  # kid -> digest and time of its licences
    unlogged: dict[str, int] = field(default_factory=dict)
    logged: set[str] = field(default_factory=set)

    def licence(self, index: int, content: Mapping[str, Any]) -> None:
        try:
            raw = self.export.read(licence_path(index))
            kid = str(jwt.get_unverified_header(raw)["kid"])
        except (AuditError, jwt.PyJWTError, KeyError):
            return  # step 7 has said so
        self.logged.add(content["jws_sha256"])
        digest = base64.urlsafe_b64encode(hashlib.sha256(raw).digest()).rstrip(b"=").decode()
        self.signed.setdefault(kid, []).append((digest, datetime.fromisoformat(content["issued_at"])))
        if kid in self.compromised:
            self._note(index, f"is a licence signed by {kid}, reported compromised at leaf {self.compromised[kid][0]}")
        elif self.announced and kid not in self.announced:
            self._note(index, f"is a licence signed by {kid}, which no earlier leaf announced")

    def act(self, index: int, content: Mapping[str, Any]) -> None:
        act, kid = content["act"], content["kid"]
        if act not in MEMBERS or not MEMBERS[act] <= content.keys():
            self._note(index, f"is an act {act!r} on a key, or lacks a member of one")
            return
        if act == "rotate":
            self.announced |= {kid} | ({content["follows"]} if not self.announced else set())
            if kid in self.compromised:
                self._note(index, f"announces {kid}, reported compromised at leaf {self.compromised[kid][0]}")
        elif act == "compromise":
            self.compromised.setdefault(kid, (index, content["since"], content["logged_sha256"]))
            if _document(kid, content["since"], self.signed.get(kid, ())) != content["logged_sha256"]:
                self._note(index, f"pins a list of the licences of {kid} that is not what the log shows")
        elif act == "unlogged":
            self.unlogged |= dict.fromkeys(content["tokens"], index)

    def end(self) -> None:
        for digest, index in self.unlogged.items():
            if digest in self.logged:
                self._note(index, f"reports the licence {digest} as not logged, and it is in the log")
        try:
            document = parse_json(self.export.read(LICENCE_KEYS), LICENCE_KEYS)
            listed = {one["kid"]: one for one in document["keys"] if "revoked_at" in one}
        except (AuditError, KeyError, TypeError):
            return  # step 7 has said so
        for kid in sorted(listed.keys() | self.compromised.keys()):
            _, since, pinned = self.compromised.get(kid, (None, None, None))
            entry = listed.get(kid, {})
            if (entry.get("revoked_at"), entry.get("logged_sha256")) != (since, pinned):
                message = f"lists {kid} as compromised since {entry.get('revoked_at')}, and the log says {since}"
                self.found.note(STEP, LICENCE_KEYS, message)

    def _note(self, index: int, message: str) -> None:
        self.found.note(STEP, f"leaf {index}", message)


def _document(kid: str, since: int, signed: Sequence[tuple[str, datetime]]) -> str:
    """Return the digest of the list of a compromised key's licences, made here from the leaves alone."""
    before = sorted({digest for digest, at in signed if int(at.timestamp()) < since})
    after = sorted({digest for digest, at in signed if int(at.timestamp()) >= since} - set(before))
    listed = {"v": 1, "kid": kid, "revoked_at": since, "before": before, "after": after}
    raw = json.dumps(listed, separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(hashlib.sha256(raw).digest()).rstrip(b"=").decode()
