"""The closed shape of the claims: which members there are, of which kind, and how large they may be.

Closed on purpose: a member that one reader shows and another leaves out is a lie in waiting. A new member means a new
`vct`, and a reader that does not know that type says so. Lint uses this before signing and `verify` after; the page
has its own table in `page/verify.mjs`, and the shared vectors hold the two together.
"""

from collections.abc import Iterator
from typing import Any

from licence_qr.shape_parts import (
    SHOWN_PATTERN,
    Fault,
    Shape,
    day,
    integer,
    items,
    one_of,
    pattern,
    record,
    text,
    truth,
)

EARLIEST, LATEST = 10**9, 10**11  # seconds; a time in milliseconds lies beyond


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the claims, made from the very table that is checked.

    What no schema says and verifiers check besides: the one spelling of JSON (1.0 is no whole number), Unicode NFC, days
    that the calendar has, counts and positions that fit one another (`permits_fault`), and what ties `iss` to `vct`.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **_CLAIMS.schema,
        "$defs": {"shown": {"pattern": SHOWN_PATTERN}},
    }


def faults_of(claims: Any) -> list[Fault]:
    """Return every fault of the claims in their order; none means that the shape is right."""
    return list(_CLAIMS(claims, ""))


def _rising(value: Any, at: str) -> Iterator[Fault]:
    faults = list(_POSITIONS(value, at))
    yield from faults
    if not faults:
        for place in range(1, len(value)):
            if value[place] <= value[place - 1]:
                yield Fault(f"{at}/{place}", value[place], f"positions rise, and {value[place - 1]} stands before it")


_POSITIONS = items(integer(0, 199), 1, 100)
# Positions among the scope items that the licence prints; whether there are so many, `permits_fault` looks.
_positions = Shape(_rising, {**_POSITIONS.schema, "uniqueItems": True})
_URI = r"https?://[a-z0-9.\-]{1,200}(?::[0-9]{1,5})?"
_TIME = integer(EARLIEST, LATEST)
_PERSON_ROLES = ("representative", "operator", "investor")
_HELD = record(
    {
        "type": text(60),
        "held": truth(wanted=True),
        "number": text(60),
        "status_idx": integer(0, 2**24 - 1),
    },
    {
        "authority": text(60),
        "valid_from": day,
        "valid_to": day,
        "id": pattern(r"[0-9A-Z.]{1,120}"),
        "scope": _positions,
    },
)
_NOT_HELD = record({"type": text(60), "held": truth(wanted=False)}, {"authority": text(60)})


def _either(value: Any, at: str) -> Iterator[Fault]:
    not_held = isinstance(value, dict) and value.get("held") is False
    return (_NOT_HELD if not_held else _HELD)(value, at)


_permit = Shape(_either, {"oneOf": [_HELD.schema, _NOT_HELD.schema]})


_LONG = record({"kind": one_of("long")})
_UNTIL = record({"kind": one_of("until"), "until": day})


def _long_or_until(value: Any, at: str) -> Iterator[Fault]:
    until = isinstance(value, dict) and value.get("kind") == "until"
    return (_UNTIL if until else _LONG)(value, at)


_term = Shape(_long_or_until, {"oneOf": [_LONG.schema, _UNTIL.schema]})


def _one_person(value: Any, at: str) -> Iterator[Fault]:
    yield from _LICENCE(value, at)
    if isinstance(value, dict) and sum(role in value for role in _PERSON_ROLES) != 1:
        yield Fault(at, None, f"it names not exactly one of {', '.join(_PERSON_ROLES)}")
    if isinstance(value, dict) and "name" not in value and "operator" not in value:
        yield Fault(f"{at}/name", None, "it is missing; only an individual business may have no name")


_LICENCE = record(
    {
        "type": text(40),
        "premises": text(300),
        "scope": items(
            record(
                {
                    "kind": one_of("general", "licensed"),
                    "items": items(text(200), 1, 100),
                    "note": text(200),
                }
            ),
            1,
            2,
        ),
        "established_on": day,
        "registry": record(
            {"name": text(60), "uscc": pattern(r"[0-9A-Z]{18}"), "division": pattern(r"[0-9]{6}")},
        ),
    },
    {
        "name": text(200),
        "composition": text(20),
        "representative": text(100),
        "operator": text(100),
        "investor": text(100),
        "capital_fen": integer(1, 10**15),
        "supervising_authority": text(60),
        "term": _term,
    },
)
_ROLE_RULES = {
    "oneOf": [{"required": [role]} for role in _PERSON_ROLES],
    "anyOf": [{"required": ["name"]}, {"required": ["operator"]}],
}
_licence = Shape(_one_person, {**_LICENCE.schema, **_ROLE_RULES})
_CLAIMS = record(
    {
        "iss": pattern(_URI),
        "iat": _TIME,
        "nbf": _TIME,
        "exp": _TIME,
        "jti": pattern(r"[0-9A-Z.]{1,120}"),
        "sub": pattern(r"[0-9A-Z]{18}"),
        "vct": pattern(_URI + r"/[A-Za-z0-9/.\-]{1,100}"),
        "status": record(
            {
                "status_list": record(
                    {"idx": integer(0, 2**24 - 1), "uri": pattern(_URI + r"/[A-Za-z0-9/.\-]{1,100}")},
                )
            }
        ),
        "licence": _licence,
        "permits": items(_permit, 0, 40),
        "permits_total": integer(0, 40),
        "log": record({"origin": text(120), "index": integer(0, 2**53 - 1)}),
    },
    {"permits_digest": pattern(r"[A-Za-z0-9_-]{43}")},  # when further permits are not listed (short_form.py)
)


def permits_fault(claims: dict[str, Any]) -> str | None:
    """Say why the permits of claims in the right shape cannot stand, None when they can.

    None is left out without a digest of all, and none covers a scope item that the licence does not have.
    """
    total, listed = claims["permits_total"], len(claims["permits"])
    if "permits_digest" in claims and total <= listed:
        return f"a digest of more permits, but {total} were signed and {listed} are listed"
    if "permits_digest" not in claims and total != listed:
        return f"{total} permits were signed, {listed} are here"
    had = sum(len(half["items"]) for half in claims["licence"]["scope"])
    for number, permit in enumerate(claims["permits"]):
        if "scope" in permit and permit["scope"][-1] >= had:  # the last is the largest: they rise
            return f"/permits/{number}/scope names item {permit['scope'][-1]}, and the licence has {had}, from 0"
    return None
