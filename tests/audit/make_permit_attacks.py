"""Make the attacks on permits and status in an export: `tests/attacks/log_permit_<name>_fail/`, in the form of `make_attacks`.

Two licences of one log, each with a permit by another authority; the first is always in order, only the second is not.
Run it from the root of the repository: `python -m tests.audit.make_permit_attacks`.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from audit.canonical import canonical
from audit.statement import TYP
from tests.audit import make_attacks
from tests.audit.make_attacks import ORIGIN, _decision
from tests.support.licence_signing import AT, HOST, ISSUED, LicenceKey
from tests.support.licence_signing import TYP as LICENCE_TYP

MADE_AT = 1_795_334_000  # some minutes before
FOOD, TOBACCO, STRANGER = LicenceKey(11), LicenceKey(12), LicenceKey(13)
NAMES = {"food": "食药局", "tobacco": "烟草局", "health": "health"}  # as the pinned lists have them
BY_TYPE = {"食品经营许可证": "食药局", "烟草专卖零售许可证": "烟草局"}
CODES = ("UA0000000000000001", "UB0000000000000002")
ATTACKS: dict[str, Any] = {}


def attack(description: str):
    """Enter an attack under the name of its function."""

    def enter(make):
        ATTACKS[make.__name__.strip("_")] = description, make

    return enter


def _authorities(**second: Any) -> bytes:
    listed = [
        {
            "code": code, "name": {"zh": name, "en": code}, "uscc": "0" * 18, "permit_types": [kind], "clients": [code],
            "keys": [{**key.jwk, "kid": key.kid, "alg": "ES256", "use": "sig", "nbf": 0}],
            **(second if code == "tobacco" else {}),
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
                      "authority_name": NAMES[code], "list": 0, "index": 101 if code == "tobacco" else 100,
                      "statement_sha256": digest, "stated": stated, "at": AT, **changed})  # fmt: skip


def _held(stated: dict[str, Any], index: int, **changed: Any) -> dict[str, Any]:
    """Return the entry of a permit as a licence shows it in full."""
    entry = {"type": stated["type"], "held": True, "authority": BY_TYPE[stated["type"]], "number": stated["number"],
             "valid_from": stated["valid_from"], "valid_to": stated.get("valid_to"), "status_idx": index, **changed}  # fmt: skip
    return {name: value for name, value in entry.items() if value is not None}


def _token(holder: int, version: int, decision: int, permits: list[dict[str, Any]], **changed: Any) -> bytes:
    """Sign a version; `permits` are stated ones, at the places 101 (100 for the first licence) and 111, or entries as they are."""
    held = [one if "held" in one else _held(one, 100 + holder + 10 * place) for place, one in enumerate(permits)]
    claims = {"iss": HOST, "iat": ISSUED, "jti": f"1.S{holder}.{version:03d}.C", "sub": CODES[holder],
              "log": {"origin": ORIGIN, "index": decision}, "licence": {"name": "甲店", "operator": "张三"},
              "status": {"status_list": {"idx": 10 * holder + version, "uri": f"{HOST}/status/0"}}, "permits": held,
              "permits_total": len(held), **changed}  # fmt: skip
    return (
        LicenceKey(changed.pop("seed", 7))
        .token({name: value for name, value in claims.items() if name != "seed"}, typ=LICENCE_TYP)
        .encode()
    )


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
        _status(3, "suspend", 1, 100, "food"), *([_status(7, "suspend", 1, 101), _status(7, "revoke", None, 12)] if tail is None else tail),
    ]  # fmt: skip
    extra = {"authorities.json": _authorities(), "statements/002.jws": first, "statements/006.jws": said}
    return leaves, licences, extra


def _export(folder: Path, steps: tuple[str, ...] = ("permits",), **changed: Any) -> dict[str, Any]:
    leaves, licences, extra = log(**changed)
    return make_attacks._export(folder, list(steps), leaves=leaves, licences=licences, extra=extra)


def _change(stated: dict[str, Any], after: str | None, **changed: Any) -> bytes:
    """Sign a change of the second licence's permit, made upon the statement `after`."""
    chain = {} if after is None else {"after": after}
    return _statement(
        TOBACCO, "tobacco", 1, stated, act="change", of=1, jti=f"statement-{stated['number']}", **chain, **changed
    )


def _longer(
    folder: Path, steps: list[tuple[bytes | None, bytes | None, list[Any], dict[str, Any]]], **given: Any
) -> dict[str, Any]:
    """Let further versions of the second licence follow: each a permit leaf or None, its statement, the permits shown, and what

    else changes: `token` of the claims, `leaf` of the record, `faults` (steps). The licence leaf that a permit leaf speaks of is filled in.
    """
    leaves, licences, extra = log(**{"tail": [], **given})
    newest, where = 7, given.pop("steps", ["permits"])
    for number, (permit, statement, shown, more) in enumerate(steps):
        if permit is not None and statement is not None:
            extra[f"statements/{len(leaves):03d}.jws"] = statement
            leaves.append(canonical({**json.loads(permit), "licence": newest}))
        act = "added" if permit is None or json.loads(permit)["act"] == "add" else "changed"
        token = _token(1, 3 + number, 4, shown, **more.get("token", {}))
        licences[len(leaves)] = token
        leaves.append(
            _licence(1, 3 + number, 4, token, **{"replaces": newest, "reason": f"permit_{act}", **more.get("leaf", {})})
        )
        newest = len(leaves) - 1
    return make_attacks._export(folder, where, leaves=leaves, licences=licences, extra=extra)


@attack("The second permit is of a type that its authority may not endorse.")
def _permit_outside_its_scope(folder):
    return _export(
        folder,
        statement=_statement(TOBACCO, "tobacco", 1, ONE),
        stated=ONE,
        shown=[_held(ONE, 101, authority="烟草局")],
    )


@attack("The second permit is stated by one authority and logged as another's.")
def _permit_under_another_name(folder):
    return _export(folder, code="food", index=101, shown=[_held(TWO, 101, authority="食药局")])


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
    return _export(folder, tail=[_status(7, "revoke", 1, 101, "tobacco"), _status(7, "restore", 1, 101, "tobacco")])


@attack("A suspension changes the entry of somebody else.")
def _permit_entry_of_another(folder):
    return _export(folder, tail=[_status(7, "suspend", 1, 100)])


@attack("A permit is added to a version that was replaced before.")
def _permit_on_an_old_version(folder):
    late = _statement(TOBACCO, "tobacco", 1, _stated("烟草专卖零售许可证", "N2"), jti="statement-late")
    return _export(folder, tail=[_permit(late, 5, "tobacco", _stated("烟草专卖零售许可证", "N2"), permit=2, index=111)])


@attack(
    "The second permit was changed twice, and then its first change was taken up again: an older word undoes a newer."
)
def _permit_statement_used_twice(folder):
    texts = [_stated("烟草专卖零售许可证", number) for number in ("N2", "N3", "N2")]
    after = ("statement-tobacco", "statement-N2", "statement-tobacco")
    said = [_change(one, upon) for one, upon in zip(texts, after, strict=True)]
    return _longer(
        folder,
        [
            (_permit(word, 0, "tobacco", one, act="change"), word, [one], {})
            for one, word in zip(texts, said, strict=True)
        ],
    )


@attack(
    "The second permit's statement was made long before it was logged: a key that is retired may sign for its past."
)
def _permit_statement_of_long_ago(folder):
    return _export(folder, statement=_statement(TOBACCO, "tobacco", 1, TWO, iat=MADE_AT - 100 * 86_400))


# A version that shows something else than the log gives, after a suspension where that is what it would hide.

SUSPENDED = [_status(7, "suspend", 1, 101)]
MORE = _stated("烟草专卖零售许可证", "N2")


def _second_added(**changed: Any) -> tuple[bytes, bytes]:
    """Return leaf and statement of a further permit on the second licence."""
    said = _statement(TOBACCO, "tobacco", 1, MORE, jti="statement-more")
    return _permit(said, 0, "tobacco", MORE, **{"permit": 2, "index": 111, **changed}), said


def _lie(folder: Path, shown: list[Any], **token: Any) -> dict[str, Any]:
    """Let the version for a further permit show these permits, the first of them suspended."""
    return _longer(folder, [(*_second_added(), shown, {"token": token})], tail=SUSPENDED)


@attack("A suspended permit has another, fresh place in the next version: its checkers would be told that it is valid.")
def _permit_moved_to_a_fresh_place(folder):
    return _lie(folder, [_held(TWO, 777), _held(MORE, 111)])


@attack("A suspended permit is moved to a fresh place by a leaf of its own authority's change.")
def _permit_moved_by_its_leaf(folder):
    word = _change(MORE, "statement-tobacco")
    leaf = _permit(word, 0, "tobacco", MORE, act="change", index=777)
    return _longer(folder, [(leaf, word, [_held(MORE, 777)], {})], tail=SUSPENDED)


@attack("A version is said to be for a stolen key, and no leaf reports the key that signed the one before.")
def _permit_version_for_a_key_that_was_not_stolen(folder):
    return _longer(folder, [(None, None, [TWO], {"leaf": {"reason": "key_compromised"}})])


@attack("A version gives a reason that is none.")
def _permit_version_for_no_reason(folder):
    return _longer(folder, [(None, None, [TWO], {"leaf": {"reason": "anything"}})])


@attack("The second licence was revoked, and goes on in another version.")
def _permit_version_of_what_was_revoked(folder):
    return _longer(folder, [(*_second_added(), [TWO, MORE], {})], tail=[_status(7, "revoke", None, 12)])


@attack("The next version shows another business, in the name of a permit that was added.")
def _permit_version_of_another_business(folder):
    return _lie(folder, [TWO, MORE], licence={"name": "乙店", "operator": "李四"})


@attack("The second version shows a permit under the name of an authority that did not grant it.")
def _permit_shown_as_anothers(folder):
    return _lie(folder, [_held(TWO, 101, authority="食药局"), MORE])


@attack("The second version shows a permit from another day on.")
def _permit_shown_from_another_day(folder):
    return _lie(folder, [TWO, _held(MORE, 111, valid_from="2020-01-01")])


@attack("The second version gives a permit an identifier that its authority did not state.")
def _permit_shown_with_an_identifier(folder):
    return _lie(folder, [TWO, _held(MORE, 111, id="9.9.9")])


@attack("The second version counts permits that do not exist.")
def _permit_count_of_none(folder):
    return _lie(folder, [TWO, MORE], permits_total=99)


@attack("The second version leaves all its permits out, under a digest that is not theirs.")
def _permit_digest_of_nothing(folder):
    return _lie(folder, [], permits_total=2, permits_digest="A" * 43)


@attack(
    "The second version tells what is valid first: a suspended permit would be the first that a short code leaves out."
)
def _permit_suspended_shown_last(folder):
    return _lie(folder, [_held(MORE, 111), _held(TWO, 101)])


@attack("The second licence's permit has the place of the first one's: whoever suspends one suspends both.")
def _permit_place_of_another_licence(folder):
    leaves, licences, extra = log(shown=[_held(TWO, 100)], index=100, tail=[])
    return make_attacks._export(folder, ["permits"], leaves=leaves, licences=licences, extra=extra)


@attack("The second licence stands on the place of the first one.")
def _permit_licence_on_the_place_of_another(folder):
    leaves, licences, extra = log(tail=[])
    own = {"status": {"status_list": {"idx": 2, "uri": f"{HOST}/status/0"}}}
    licences[7] = _token(1, 2, 4, [TWO], **own)
    leaves[7] = _licence(1, 2, 4, licences[7], replaces=5, reason="permit_added")
    return make_attacks._export(folder, ["permits"], leaves=leaves, licences=licences, extra=extra)


@attack("Permit 2 of the second licence has the place of permit 1, and is suspended there.")
def _permit_place_of_its_neighbour(folder):
    leaf, said = _second_added(index=101)
    return _longer(folder, [(leaf, said, [_held(TWO, 101), _held(MORE, 101)], {})])


# Statements that come too late, and rights that ended.


@attack("The second permit is changed by a word that was made upon an older statement than the newest.")
def _permit_changed_upon_an_older_statement(folder):
    newer, older = (_stated("烟草专卖零售许可证", number) for number in ("N3", "N2"))
    words = _change(newer, "statement-tobacco"), _change(older, "statement-tobacco", iat=MADE_AT - 5)
    pairs = zip((newer, older), words, strict=True)
    return _longer(folder, [(_permit(word, 0, "tobacco", one, act="change"), word, [one], {}) for one, word in pairs])


@attack("The second permit is changed by a word that names no statement that it changes.")
def _permit_changed_upon_nothing(folder):
    word = _change(MORE, None)
    return _longer(folder, [(_permit(word, 0, "tobacco", MORE, act="change"), word, [MORE], {})])


@attack("The second permit was revoked, and a word from before that adds it again.")
def _permit_added_again_by_an_older_word(folder):
    said = _statement(TOBACCO, "tobacco", 1, TWO, jti="statement-late")
    leaf = _permit(said, 0, "tobacco", TWO, permit=2, index=111)
    revoked = [_status(7, "revoke", 1, 101, "tobacco")]
    return _longer(folder, [(leaf, said, [_held(TWO, 111)], {})], tail=revoked)


@attack("The second permit was over when it was added.")
def _permit_over_when_added(folder):
    return _export(folder, stated={**TWO, "valid_from": "2001-01-01", "valid_to": "2002-01-01"})


@attack("The second permit is of a type that its authority may endorse no longer.")
def _permit_by_a_right_that_ended(folder):
    leaves, licences, extra = log()
    extra["authorities.json"] = _authorities(ended={TWO["type"]: MADE_AT - 1})
    return make_attacks._export(folder, ["permits"], leaves=leaves, licences=licences, extra=extra)


# Changes of status that are the other side's.


@attack("The registry lifts the suspension that the second permit's authority made.")
def _permit_restored_by_the_registry(folder):
    return _export(folder, tail=[_status(7, "suspend", 1, 101, "tobacco"), _status(7, "restore", 1, 101)])


@attack("The second permit's authority lifts the suspension that the registry made.")
def _permit_restored_by_its_authority(folder):
    return _export(folder, tail=[_status(7, "suspend", 1, 101), _status(7, "restore", 1, 101, "tobacco")])


@attack("The registry revokes the second permit, which is its authority's alone.")
def _permit_revoked_by_the_registry(folder):
    return _export(folder, tail=[_status(7, "revoke", 1, 101)])


# Licences that say so themselves, and whose signature holds.


def _registry_of_its_own(folder: Path, **second: Any) -> dict[str, Any]:
    """Let the second licence, in both its versions, and the statement on it, name another registry."""
    said = _statement(TOBACCO, "tobacco", 1, TWO, aud=second.get("iss", HOST))
    leaves, licences, extra = log(statement=said, tail=[])
    licences[5], licences[7] = _token(1, 1, 4, [], **second), _token(1, 2, 4, [TWO], **second)
    leaves[5] = _licence(1, 1, 4, licences[5])
    leaves[7] = _licence(1, 2, 4, licences[7], replaces=5, reason="permit_added")
    keys = {"keys": [*LicenceKey().jwks()["keys"], *LicenceKey(8).jwks(exp=ISSUED - 1)["keys"]]}
    return make_attacks._export(folder, ["licences"], leaves=leaves, licences=licences, extra=extra, keys=keys)


@attack("The second licence says itself that it is of another registry, and the statement is addressed to that one.")
def _permit_licence_of_another_registry(folder):
    return _registry_of_its_own(folder, iss="https://elsewhere.test.invalid")


@attack("The second licence was signed outside the window of its key.")
def _permit_licence_outside_the_window_of_its_key(folder):
    return _registry_of_its_own(folder, seed=8)


@attack("The second licence was issued at another second than its leaf says.")
def _permit_licence_of_another_second(folder):
    return _registry_of_its_own(folder, iat=ISSUED - 1)


@attack("The second version shows fewer items under its permit than its authority stated.")
def _permit_for_fewer_items(folder):
    stated = {**TWO, "scope": ["F522902", "F522701"]}
    return _export(folder, stated=stated, shown=[_held(stated, 101, scope=[3])])


def main(target: Path = make_attacks.FOLDER) -> None:
    """Write every attack anew."""
    make_attacks.main(target, ATTACKS)


if __name__ == "__main__":
    main()
