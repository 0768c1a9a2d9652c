"""Make the attacks on permits and status in an export: `tests/attacks/log_permit_<name>_fail/`, in the form of `make_attacks`.

Two licences of one log, each with a permit by another authority; the first is always in order, only the second is not.
Run it from the root of the repository: `python -m tests.audit.make_permit_attacks`.
"""

import hashlib
from pathlib import Path
from typing import Any

from audit.canonical import canonical
from audit.statement import TYP
from tests.audit import make_attacks
from tests.audit.make_attacks import ORIGIN, _decision
from tests.support.licence_signing import TYP as LICENCE_TYP
from tests.support.licence_signing import LicenceKey

HOST = "https://licence.test.invalid"
AT = "2026-11-22T08:00:00.000000Z"
MADE_AT = 1_795_334_000  # some minutes before
FOOD, TOBACCO, STRANGER = LicenceKey(11), LicenceKey(12), LicenceKey(13)
CODES = ("UA0000000000000001", "UB0000000000000002")
ATTACKS: dict[str, Any] = {}


def attack(description: str):
    """Enter an attack under the name of its function."""

    def enter(make):
        ATTACKS[make.__name__.strip("_")] = description, make

    return enter


def _authorities() -> bytes:
    listed = [
        {
            "code": code, "name": {"zh": name, "en": code}, "uscc": "0" * 18, "permit_types": [kind], "clients": [code],
            "keys": [{**key.jwk, "kid": key.kid, "alg": "ES256", "use": "sig", "nbf": 0}],
        }
        for code, name, kind, key in (("food", "食药局", "食品经营许可证", FOOD), ("tobacco", "烟草局", "烟草专卖零售许可证", TOBACCO))
    ]  # fmt: skip
    return canonical({"schema": "miaopi/authorities/1", "authorities": listed})


def _stated(kind: str, number: str = "N1") -> dict[str, Any]:
    return {"type": kind, "number": number, "valid_from": "2026-11-22", "scope": ["F522902"]}


def _statement(key: LicenceKey, code: str, holder: int, stated: dict[str, Any], **changed: Any) -> bytes:
    payload = {"iss": code, "aud": HOST, "sub": CODES[holder], "iat": MADE_AT, "jti": f"statement-{code}", "act": "add",
               "permit": stated, **changed}  # fmt: skip
    return key.token(payload, typ=TYP).encode()


def _permit(statement: bytes, licence: int, code: str, stated: dict[str, Any], **changed: Any) -> bytes:
    digest = hashlib.sha256(statement).hexdigest()
    return canonical({"kind": "permit", "v": 1, "act": "add", "permit": 1, "licence": licence, "authority": code,
                      "statement_sha256": digest, "stated": stated, "at": AT, **changed})  # fmt: skip


def _token(holder: int, version: int, decision: int, permits: list[dict[str, Any]]) -> bytes:
    idx = 10 * holder + version
    held = [{"type": one["type"], "held": True, "number": one["number"], "status_idx": 100 + holder} for one in permits]
    claims = {"iss": HOST, "jti": f"1.S{holder}.{version:03d}.C", "sub": CODES[holder], "log": {"origin": ORIGIN, "index": decision},
              "status": {"status_list": {"idx": idx, "uri": f"{HOST}/status/0"}}, "permits": held}  # fmt: skip
    return LicenceKey().token(claims, typ=LICENCE_TYP).encode()


def _licence(holder: int, version: int, decision: int, token: bytes, **more: Any) -> bytes:
    record = {
        "kind": "licence",
        "v": 1,
        "jti": f"1.S{holder}.{version:03d}.C",
        "uscc": CODES[holder],
        "decision": decision,
    }
    return canonical({**record, "jws_sha256": hashlib.sha256(token).hexdigest(), "issued_at": AT, **more})


def _status(licence: int, act: str, permit: int | None, index: int, authority: str | None = None) -> bytes:
    return canonical({"kind": "status", "v": 1, "act": act, "licence": licence, "permit": permit, "list": 0, "index": index,
                      "authority": authority, "officer": "0" * 64, "reason": "0" * 64, "at": AT})  # fmt: skip


ONE, TWO = _stated("食品经营许可证"), _stated("烟草专卖零售许可证")


def log(
    *,
    statement: bytes | None = None,
    stated: Any = TWO,
    code: str = "tobacco",
    shown: Any = None,
    tail: Any = None,
    **permit: Any,
) -> tuple[list[bytes], dict[int, bytes], dict[str, bytes]]:
    """Return leaves, licences and other files; what is given changes the second licence's permit alone."""
    said = statement or _statement(TOBACCO, "tobacco", 1, stated)
    first = _statement(FOOD, "food", 0, ONE)
    licences = {
        1: _token(0, 1, 0, []), 3: _token(0, 2, 0, [ONE]), 5: _token(1, 1, 4, []),
        7: _token(1, 2, 4, [stated] if shown is None else shown),
    }  # fmt: skip
    leaves = [
        _decision("A1", "approved"), _licence(0, 1, 0, licences[1]), _permit(first, 1, "food", ONE),
        _licence(0, 2, 0, licences[3], replaces=1, reason="permit_added"),
        _decision("A2", "approved"), _licence(1, 1, 4, licences[5]), _permit(said, 5, code, stated, **permit),
        _licence(1, 2, 4, licences[7], replaces=5, reason="permit_added"),
        _status(3, "suspend", 1, 100, "food"), *(tail or [_status(7, "suspend", 1, 101), _status(7, "revoke", None, 12)]),
    ]  # fmt: skip
    extra = {"authorities.json": _authorities(), "statements/002.jws": first, "statements/006.jws": said}
    return leaves, licences, extra


def _export(folder: Path, steps: tuple[str, ...] = ("permits",), **changed: Any) -> dict[str, Any]:
    leaves, licences, extra = log(**changed)
    return make_attacks._export(folder, list(steps), leaves=leaves, licences=licences, extra=extra)


@attack("The second permit is of a type that its authority may not endorse.")
def _permit_outside_its_scope(folder):
    return _export(folder, statement=_statement(TOBACCO, "tobacco", 1, ONE), stated=ONE)


@attack("The second permit is stated by one authority and logged as another's.")
def _permit_under_another_name(folder):
    return _export(folder, code="food")


@attack("The second statement is signed by a key that no listed authority has.")
def _permit_by_a_stranger(folder):
    return _export(folder, statement=_statement(STRANGER, "tobacco", 1, TWO))


@attack("The second statement is truly signed, by an authority that speaks in the name of another.")
def _permit_in_the_name_of_another(folder):
    return _export(folder, statement=_statement(FOOD, "tobacco", 1, TWO))


@attack("The second statement is about another holder.")
def _permit_of_another_holder(folder):
    return _export(folder, statement=_statement(TOBACCO, "tobacco", 0, TWO))


@attack("The second statement is addressed to another registry.")
def _permit_for_another_registry(folder):
    return _export(folder, statement=_statement(TOBACCO, "tobacco", 1, TWO, aud="https://elsewhere.test.invalid"))


@attack("The second permit was logged with another number than its authority stated.")
def _permit_says_more_than_stated(folder):
    return _export(folder, statement=_statement(TOBACCO, "tobacco", 1, TWO), stated={**TWO, "number": "N9"})


@attack("The second version shows a permit with another number than the log gave it.")
def _permit_not_as_logged(folder):
    return _export(folder, shown=[{**TWO, "number": "N9"}])


@attack("The second version leaves its permit out.")
def _permit_left_out(folder):
    return _export(folder, shown=[], tail=[_status(7, "revoke", None, 12)])


@attack("The second licence's permit is suspended by an authority that did not endorse it.")
def _permit_suspended_by_another(folder):
    return _export(folder, tail=[_status(7, "suspend", 1, 101, "food")])


@attack("An authority suspends the licence itself, which is the registry's.")
def _permit_authority_suspends_the_licence(folder):
    return _export(folder, tail=[_status(7, "suspend", None, 12, "tobacco")])


@attack("What was revoked is restored.")
def _permit_restored_after_revocation(folder):
    return _export(folder, tail=[_status(7, "revoke", 1, 101), _status(7, "restore", 1, 101)])


@attack("A suspension changes the entry of somebody else.")
def _permit_entry_of_another(folder):
    return _export(folder, tail=[_status(7, "suspend", 1, 100)])


@attack("A permit is added to a version that was replaced before.")
def _permit_on_an_old_version(folder):
    late = _statement(TOBACCO, "tobacco", 1, _stated("烟草专卖零售许可证", "N2"), jti="statement-late")
    return _export(folder, tail=[_permit(late, 5, "tobacco", _stated("烟草专卖零售许可证", "N2"), permit=2)])


@attack(
    "The second permit was changed twice, and then its first change was taken up again: an older word undoes a newer."
)
def _permit_statement_used_twice(folder):
    texts = [_stated("烟草专卖零售许可证", number) for number in ("N2", "N3", "N2")]
    said = [
        _statement(TOBACCO, "tobacco", 1, one, act="change", of=1, jti=f"statement-{one['number']}") for one in texts
    ]
    leaves, licences, extra = log(tail=[])
    for place, (one, word) in enumerate(zip(texts, said, strict=True)):
        index = len(leaves)
        token = _token(1, 3 + place, 4, [one])
        before = 7 if place == 0 else index - 1
        leaves += [
            _permit(word, before, "tobacco", one, act="change"),
            _licence(1, 3 + place, 4, token, replaces=before, reason="permit_changed"),
        ]
        licences[index + 1] = token
        extra[f"statements/{index:03d}.jws"] = word
    return make_attacks._export(folder, ["permits"], leaves=leaves, licences=licences, extra=extra)


@attack(
    "The second permit's statement was made long before it was logged: a key that is retired may sign for its past."
)
def _permit_statement_of_long_ago(folder):
    return _export(folder, statement=_statement(TOBACCO, "tobacco", 1, TWO, iat=MADE_AT - 100 * 86_400))


def main(target: Path = make_attacks.FOLDER) -> None:
    """Write every attack anew."""
    make_attacks.main(target, ATTACKS)


if __name__ == "__main__":
    main()
