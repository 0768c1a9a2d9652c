"""Make the attacks on passes in an export: `tests/attacks/log_pass_<name>_fail/`, in the form of `make_attacks`.

Two passes of one log, by two civil-affairs authorities; the second one changes and is suspended. The first is always in
order, only the second is not. Run it from the root of the repository: `python -m tests.audit.make_pass_attacks`.
"""

import hashlib
from pathlib import Path
from typing import Any

from audit.canonical import canonical
from audit.certificate import TYP
from audit.statement import TYP as PERMIT_TYP
from audit.verify_passes import NOTE, TYPES
from tests.audit import make_attacks
from tests.audit.make_attacks import ORIGIN, _decision
from tests.audit.make_permit_attacks import MADE_AT, _permit, _status
from tests.support.licence_signing import AT, HOST, ISSUED, LicenceKey
from tests.support.licence_signing import TYP as LICENCE_TYP

NORTH, SOUTH, HEALTH, STRANGER = LicenceKey(21), LicenceKey(22), LicenceKey(23), LicenceKey(24)
OFFICES = ("north", "south")
REGISTRIES = (
    {"name": "北县民政局", "uscc": "11370784MB0000019Q", "division": "370784"},
    {"name": "南县民政局", "uscc": "11370785MB00000197", "division": "370785"},
)
CODES = ("52370784MA00000153", "52370785MA0000015H")  # each given by its own authority
TYPE = "11100000000012345T001"
ATTACKS: dict[str, Any] = {}


def attack(description: str):
    """Enter an attack under the name of its function."""

    def enter(make):
        ATTACKS[make.__name__.strip("_")] = description, make

    return enter


def _authorities(*, right: bool = True, until: int | None = None) -> bytes:
    def entry(code: str, key: LicenceKey, uscc: str, **more: Any) -> dict[str, Any]:
        jwk = {**key.jwk, "kid": key.kid, "alg": "ES256", "use": "sig", "nbf": 0}
        return {"code": code, "name": {"zh": code, "en": code}, "uscc": uscc, "permit_types": ["食品经营许可证"], "clients": [code],
                "keys": [jwk], **more}  # fmt: skip

    def ended(code: str) -> dict[str, int]:
        return {} if until is None or code == "north" else {"until": until}

    listed = [
        entry(code, key, registry["uscc"],
              **({"registers": {"type_code": TYPE, "division": registry["division"], **ended(code)}} if right or code == "north" else {}))
        for code, key, registry in zip(OFFICES, (NORTH, SOUTH), REGISTRIES, strict=True)
    ]  # fmt: skip
    return canonical(
        {"schema": "miaopi/authorities/1", "authorities": [*listed, entry("health", HEALTH, "11370784MB0000027K")]}
    )


def _certificate(**changed: Any) -> dict[str, Any]:
    return {
        "name": "养老服务中心", "form": "legal_person", "representative": "周桂兰", "capital_fen": 30_000_000,
        "supervising_authority": "民政局", "premises": "青云山路12号", "scope": [{"code": "1", "text": "老年人养护"}],
        "established_on": "2026-09-01", "term": {"kind": "long"}, **changed,
    }  # fmt: skip


def _statement(holder: int, certificate: Any, *, key: LicenceKey | None = None, **changed: Any) -> bytes:
    if changed.get("act") == "change":
        changed.setdefault("after", f"statement-{holder}")
    payload = {"iss": OFFICES[holder], "aud": HOST, "sub": CODES[holder], "iat": MADE_AT, "jti": f"statement-{holder}",
               "act": "add", "certificate": certificate, **changed}  # fmt: skip
    return (key or (NORTH, SOUTH)[holder]).token(payload, typ=TYP).encode()


def _pass(holder: int, statement: bytes, licence: int | None = None, **changed: Any) -> bytes:
    digest = hashlib.sha256(statement).hexdigest()
    return canonical({"kind": "pass", "v": 1, "act": "add" if licence is None else "change", "uscc": CODES[holder], "licence": licence,
                      "authority": OFFICES[holder], "registry": REGISTRIES[holder], "type_code": TYPE, "statement_sha256": digest,
                      "at": AT, **changed})  # fmt: skip


def _jti(holder: int, version: int, kind: str = TYPE) -> str:
    return f"1.2.156.3005.2.{kind}.{REGISTRIES[holder]['uscc']}.S{holder}.{version:03d}.C"


def _token(holder: int, version: int, ground: int, certificate: dict[str, Any], **changed: Any) -> bytes:
    said = certificate
    licence = {
        "name": said["name"], "type": TYPES[said["form"]], "representative": said["representative"],
        "capital_fen": said["capital_fen"], "supervising_authority": said["supervising_authority"], "premises": said["premises"],
        "scope": [{"kind": "general", "items": [item["text"] for item in said["scope"]], "note": NOTE}],
        "established_on": said["established_on"], "term": said["term"], "registry": REGISTRIES[holder],
    }  # fmt: skip
    claims = {"iss": HOST, "iat": ISSUED, "jti": _jti(holder, version), "sub": CODES[holder], "log": {"origin": ORIGIN, "index": ground},
              "status": {"status_list": {"idx": 10 * holder + version, "uri": f"{HOST}/status/0"}}, "permits": [], "permits_total": len(changed.get("permits", [])),
              "licence": licence, **changed}  # fmt: skip
    return LicenceKey().token(claims, typ=LICENCE_TYP).encode()


def _licence(holder: int, version: int, ground: int, token: bytes, **more: Any) -> bytes:
    record = {"kind": "licence", "v": 1, "jti": _jti(holder, version), "uscc": CODES[holder], "decision": ground}
    return canonical({**record, "jws_sha256": hashlib.sha256(token).hexdigest(), "issued_at": AT, **more})


FIRST, SECOND = _certificate(), _certificate(name="儿童康复中心", representative="李青山")
CHANGED = {**SECOND, "premises": "青云山路98号"}


def log(**changed: Any) -> tuple[list[bytes], dict[int, bytes], dict[str, bytes]]:
    """Return leaves, licences and other files. `changed` may give: `second` and `later` (the statements of the second pass),
    `shown` (its first token), `newer` (its second token), `leaf` and `later_leaf` (members of the leaves), `version` (members
    of the record of its second version), `tail` (leaves after it) and `list`.
    """  # fmt: skip
    first = _statement(0, FIRST)
    second = changed.get("second") or _statement(1, SECOND)
    later = changed.get("later") or _statement(1, CHANGED, act="change", jti="statement-2")
    licences = {
        1: _token(0, 1, 0, FIRST), 3: changed.get("shown") or _token(1, 1, 2, SECOND),
        5: changed.get("newer") or _token(1, 2, 4, CHANGED),
    }  # fmt: skip
    version = {"replaces": 3, "reason": "pass_changed"}
    leaves = [
        _pass(0, first), _licence(0, 1, 0, licences[1]),
        _pass(1, second, **changed.get("leaf", {})), _licence(1, 1, 2, licences[3], **changed.get("first", {})),
        _pass(1, later, 3, **changed.get("later_leaf", {})), _licence(1, 2, changed.get("ground", 4), licences[5], **version),
        *changed.get("tail", [_status(5, "suspend", None, 12, "south"), _status(1, "suspend", None, 1, "north")]),
        _decision("A9", "fix"),
    ]  # fmt: skip
    extra = {
        "authorities.json": changed.get("list") or _authorities(),
        "statements/000.jws": first, "statements/002.jws": second, "statements/004.jws": later,
    }  # fmt: skip
    return leaves, licences, extra


def _export(folder: Path, steps: tuple[str, ...] = ("passes",), **changed: Any) -> dict[str, Any]:
    leaves, licences, extra = log(**changed)
    return make_attacks._export(folder, list(steps), leaves=leaves, licences=licences, extra=extra)


@attack("The second statement is signed by a key that no listed authority has.")
def _pass_by_a_stranger(folder):
    return _export(folder, second=_statement(1, SECOND, key=STRANGER))


@attack("The second statement is truly signed, by an authority that speaks in the name of another.")
def _pass_in_the_name_of_another(folder):
    return _export(folder, second=_statement(1, SECOND, key=NORTH))


@attack("The second pass is stated by one authority and logged as another's.")
def _pass_under_another_name(folder):
    return _export(folder, ("passes", "permits"), leaf={"authority": "north"})


@attack("The second pass names another authority as its registry than the one that stated it.")
def _pass_registry_of_another(folder):
    named = {**REGISTRIES[0], "division": "370785"}
    token = _token(1, 1, 2, SECOND)
    return _export(folder, leaf={"registry": named}, shown=token)


@attack("The second statement is by an authority that endorses permits and registers nobody.")
def _pass_by_who_registers_nobody(folder):
    return _export(folder, list=_authorities(right=False))


@attack("The second pass has a code that another authority gives: it is outside the right to register.")
def _pass_outside_its_right(folder):
    second = _statement(1, SECOND, key=NORTH, iss="north")
    leaf = {"authority": "north", "registry": REGISTRIES[0]}
    return _export(folder, ("passes", "permits"), second=second, leaf=leaf)


@attack("The second statement is about another holder.")
def _pass_of_another_holder(folder):
    return _export(folder, second=_statement(1, SECOND, sub="52370785MA0000023C"))


@attack("The second statement is addressed to another registry.")
def _pass_for_another_registry(folder):
    return _export(folder, second=_statement(1, SECOND, aud="https://elsewhere.test.invalid"))


@attack("The second pass may do more than its authority stated.")
def _pass_claims_more_than_stated(folder):
    more = {**SECOND, "scope": [*SECOND["scope"], {"code": "2", "text": "医疗服务"}]}
    return _export(folder, shown=_token(1, 1, 2, more))


@attack("The second pass shows another legal representative than its authority stated.")
def _pass_another_person(folder):
    return _export(folder, shown=_token(1, 1, 2, {**SECOND, "representative": "王某"}))


@attack("The second pass has the number of another type of document than its leaf says.")
def _pass_of_another_type(folder):
    return _export(
        folder, leaf={"type_code": "11100000000012345T002"}, later_leaf={"type_code": "11100000000012345T002"}
    )


@attack("The statement kept for the second pass is not the one whose digest was logged.")
def _pass_other_statement(folder):
    return _export(folder, leaf={"statement_sha256": "0" * 64})


@attack("A licence is shown as a pass, and an application was approved under it: no authority stated it.")
def _pass_without_statement(folder):
    token = _token(1, 1, 2, SECOND)
    leaves = [*log()[0][:2], _decision("A1", "approved"), _licence(1, 1, 2, token)]
    extra = {"authorities.json": _authorities(), "statements/000.jws": _statement(0, FIRST)}
    licences = {1: _token(0, 1, 0, FIRST), 3: token}
    return make_attacks._export(folder, ["passes"], leaves=leaves, licences=licences, extra=extra)


@attack("The authority stated a second pass for a code that has one.")
def _pass_second_for_one_code(folder):
    again = _statement(1, CHANGED, jti="statement-2")
    return _export(folder, ("passes", "records"), later=again, later_leaf={"act": "add"})


@attack("The second pass is changed by an authority that did not state it.")
def _pass_changed_by_another(folder):
    later = _statement(1, CHANGED, key=NORTH, iss="north", act="change", jti="statement-2")
    return _export(folder, later=later, later_leaf={"authority": "north"})


@attack("A change moves the day on which the organisation was established.")
def _pass_established_on_another_day(folder):
    moved = {**CHANGED, "established_on": "2026-08-01"}
    later = _statement(1, moved, act="change", jti="statement-2")
    return _export(folder, later=later, newer=_token(1, 2, 4, moved))


@attack("A new version of the second pass stands on the statement that was changed since.")
def _pass_on_an_old_statement(folder):
    return _export(folder, ("passes", "records"), ground=2, newer=_token(1, 2, 2, SECOND))


@attack("A change of the second pass was stated, and no version shows it.")
def _pass_change_left_out(folder):
    again = _statement(1, SECOND, act="change", jti="statement-3", after="statement-2")
    leaves, licences, extra = log(tail=[_pass(1, again, 5)])
    return make_attacks._export(
        folder, ["passes"], leaves=leaves, licences=licences, extra={**extra, "statements/006.jws": again}
    )


@attack("The registry revokes a pass, which is its civil-affairs authority's alone.")
def _pass_revoked_by_the_registry(folder):
    return _export(folder, ("permits",), tail=[_status(5, "revoke", None, 12)])


@attack("A pass is suspended by an authority that did not state it.")
def _pass_suspended_by_another(folder):
    return _export(folder, ("permits",), tail=[_status(5, "suspend", None, 12, "health")])


@attack("A change that was taken up before is taken up again: an older word undoes a newer one.")
def _pass_statement_used_twice(folder):
    back = _statement(1, SECOND, act="change", jti="statement-3", after="statement-2")
    again = _statement(1, CHANGED, act="change", jti="statement-2")
    leaves, licences, extra = log(tail=[])
    tokens = {7: _token(1, 3, 6, SECOND), 9: _token(1, 4, 8, CHANGED)}
    leaves = [
        *leaves[:6],
        _pass(1, back, 5),
        _licence(1, 3, 6, tokens[7], replaces=5, reason="pass_changed"),
        _pass(1, again, 7),
        _licence(1, 4, 8, tokens[9], replaces=7, reason="pass_changed"),
        leaves[6],
    ]
    extra |= {"statements/006.jws": back, "statements/008.jws": again}
    return make_attacks._export(folder, ["passes"], leaves=leaves, licences={**licences, **tokens}, extra=extra)


@attack("The second pass changes by a statement that was made before the one it changes.")
def _pass_changed_by_an_older_statement(folder):
    later = _statement(1, CHANGED, act="change", jti="statement-2", iat=MADE_AT - 3600)
    return _export(folder, later=later)


@attack("The second statement was made long before it was logged: a key that is retired may sign for its past.")
def _pass_statement_of_long_ago(folder):
    return _export(folder, second=_statement(1, SECOND, iat=MADE_AT - 60 * 86_400))


@attack("A permit on the second pass is for an item that its scope does not have.")
def _pass_permit_outside_its_scope(folder):
    return _with_permit(folder, "9")


def _with_permit(folder: Path, code: str, scope: Any = (), steps: tuple[str, ...] = ("passes",)) -> dict[str, Any]:
    """Let a permit for a scope item follow on the second pass, and then, where `scope` is given, a change of the certificate."""
    stated = {"type": "食品经营许可证", "number": "N1", "valid_from": "2026-11-22", "scope": [code]}
    payload = {"iss": "health", "aud": HOST, "sub": CODES[1], "iat": MADE_AT, "jti": "statement-9", "act": "add",
               "permit": stated}  # fmt: skip
    said = HEALTH.token(payload, typ=PERMIT_TYP).encode()
    shown = {"type": stated["type"], "held": True, "authority": "health", "number": "N1", "valid_from": "2026-11-22",
             "scope": [], "status_idx": 100}  # fmt: skip
    if code == "1":
        shown["scope"] = [0]
    tokens = {7: _token(1, 3, 4, CHANGED, permits=[shown])}
    more = [_permit(said, 5, "health", stated), _licence(1, 3, 4, tokens[7], replaces=5, reason="permit_added")]
    extra = {"statements/006.jws": said}
    if scope:
        anew = {**CHANGED, "scope": scope}
        word = _statement(1, anew, act="change", jti="statement-3", after="statement-2")
        places = [at for at, item in enumerate(scope) if item["code"] == code]
        tokens[9] = _token(1, 4, 8, anew, permits=[{**shown, "scope": places}])
        more += [_pass(1, word, 7), _licence(1, 4, 8, tokens[9], replaces=7, reason="pass_changed")]
        extra["statements/008.jws"] = word
    leaves, licences, files = log(tail=more)
    return make_attacks._export(
        folder, list(steps), leaves=leaves, licences={**licences, **tokens}, extra={**files, **extra}
    )


@attack("A change of the second pass takes away the item of its scope that a permit names.")
def _pass_scope_of_a_permit_taken_away(folder):
    return _with_permit(folder, "1", [{"code": "2", "text": "文艺培训"}])


@attack("A change of the second pass words anew the item of its scope that a permit names.")
def _pass_scope_of_a_permit_worded_anew(folder):
    return _with_permit(folder, "1", [{"code": "1", "text": "殡葬用品销售"}])


@attack("The second pass was revoked, and is changed afterwards.")
def _pass_changed_after_revocation(folder):
    anew = {**CHANGED, "premises": "新址"}
    word = _statement(1, anew, act="change", jti="statement-3", after="statement-2")
    token = _token(1, 3, 7, anew)
    tail = [_status(5, "revoke", None, 12, "south"), _pass(1, word, 5),
            _licence(1, 3, 7, token, replaces=5, reason="pass_changed")]  # fmt: skip
    leaves, licences, extra = log(tail=tail)
    extra["statements/007.jws"] = word
    return make_attacks._export(folder, ["permits"], leaves=leaves, licences={**licences, 8: token}, extra=extra)


@attack("The second pass changes by a statement that was made upon another than the newest.")
def _pass_changed_upon_another_statement(folder):
    return _export(folder, later=_statement(1, CHANGED, act="change", jti="statement-2", after="statement-0"))


@attack("The second statement was made after the right to register had ended.")
def _pass_by_a_right_that_ended(folder):
    return _export(folder, list=_authorities(until=MADE_AT - 1))


@attack("The second pass says itself that it is of another registry, and its statements are addressed to that one.")
def _pass_of_another_registry(folder):
    other = "https://elsewhere.test.invalid"
    later = _statement(1, CHANGED, act="change", jti="statement-2", aud=other)
    shown, newer = _token(1, 1, 2, SECOND, iss=other), _token(1, 2, 4, CHANGED, iss=other)
    return _export(
        folder, ("licences",), second=_statement(1, SECOND, aud=other), later=later, shown=shown, newer=newer
    )


def main(target: Path = make_attacks.FOLDER) -> None:
    """Write every attack anew."""
    make_attacks.main(target, ATTACKS)


if __name__ == "__main__":
    main()
