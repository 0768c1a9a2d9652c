"""Every folder `tests/attacks/verifier_*_fail` is one forged answer; adding a folder adds an attack, without code.

An attack starts from the answer in which the population register says that a person is dead. `case.json` changes the
`header`, the `payload` before signing or `after_signing`, or the `token`, each by a list of [old, new]. KID, IAT and
SIGNATURE stand for the real ones; STRAY is the signature with other unused bits at its end. Its README says why.
"""

import json
from pathlib import Path
from typing import Any

import jwt
import pytest

from tests.verifiers.made_answers import GOOD, NOW, subjects_of
from verifiers.catalogue import BY_KEY
from verifiers.failure import Failure
from verifiers.keys import SourceKeys, encode, public_jwk
from verifiers.registries import County
from verifiers.registries.signing import SourceSigners
from verifiers.source import subject_digest

ATTACKS = sorted((Path(__file__).resolve().parents[1] / "attacks").glob("verifier_*_fail"))
SIGNERS = SourceSigners.samples(BY_KEY)
KEYS = SourceKeys.from_document(SIGNERS.public_document())
POPULATION = BY_KEY["population"]
QUERY = POPULATION.queries(subjects_of(County()))[0]
IAT = str(int(NOW.timestamp()))


def key_of(name: str):
    return SIGNERS.stranger if name == "stranger" else SIGNERS.keys[name]


def changed(text: str, pairs: list[list[str]]) -> str:
    for old, new in pairs:
        assert old in text, f"the attack changes {old!r}, which is not there"
        text = text.replace(old, new)
    return text


def forge(attack: dict[str, Any]) -> str:
    """Return the forged token; without members it is a good one."""
    kid = public_jwk(key_of(attack.get("kid_of", "population")).public_key())["kid"]
    header = changed('{"alg":"ES256","kid":"KID","typ":"attestation+jwt"}', attack.get("header", [])).replace(
        "KID", kid
    )
    claim = {**GOOD["population"], "alive": False}
    digest = subject_digest(POPULATION.identity(QUERY.body))
    answers = [{"request_digest": QUERY.digest, "subject_digest": digest, "claim": claim}]
    payload = f'{{"answers":{json.dumps(answers, separators=(",", ":"))},"as_of":IAT,"iat":IAT,"iss":"population"}}'
    payload = changed(payload, attack.get("payload", [])).replace("IAT", IAT).replace("\\ufeff", "\ufeff")
    payload = attack.get("payload_text", payload)
    if "payload_repeat" in attack:
        what, times = attack["payload_repeat"]
        payload = what * times
    signed = f"{encode(header.encode())}.{encode(payload.encode())}"
    raw = jwt.get_algorithm_by_name("ES256").sign(signed.encode(), key_of(attack.get("signed_by", "population")))
    if "after_signing" in attack:
        signed = f"{encode(header.encode())}.{encode(changed(payload, attack['after_signing']).encode())}"
    signature = encode(raw)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    stray = signature[:-1] + alphabet[alphabet.index(signature[-1]) + 1]
    token = changed(f"{signed}.SIGNATURE", attack.get("token", []))
    return attack.get("token_text", token.replace("SIGNATURE", signature).replace("STRAY", stray))


def read(token: str):
    return POPULATION.attest(QUERY, token, asked_at=NOW, answered_at=NOW, keys=KEYS)


def test_the_answer_that_attacks_start_from_is_good() -> None:
    assert read(forge({})).value == {"found": True, "name_matches": True, "alive": False, "id_valid": True}


@pytest.mark.parametrize("folder", ATTACKS, ids=lambda folder: folder.name)
def test_attack_fails(folder: Path) -> None:
    attack = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    evidence = read(forge(attack))
    assert evidence.failure is Failure(attack["failure"])
    assert evidence.value is None


def test_attacks_are_found() -> None:
    assert len(ATTACKS) >= 30


def test_pyjwt_alone_would_accept_some_of_them() -> None:
    """The reason for the reader of our own; when this fails, PyJWT has become stricter and the list is shorter."""
    accepted = []
    for folder in ATTACKS:
        token = forge(json.loads((folder / "case.json").read_text(encoding="utf-8")))
        key = SIGNERS.keys["population"].public_key()
        try:
            jwt.decode(token, key, algorithms=["ES256"], options={"verify_iat": False, "verify_aud": False})
        except (jwt.PyJWTError, ValueError):
            continue
        accepted.append(folder.name)
    assert len(accepted) >= 5
