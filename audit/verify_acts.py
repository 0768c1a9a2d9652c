"""Which acts on a permit, and on the status of a licence or permit, may follow which; used by step 11 (`audit.verify_permits`).

A permit and its status are its authority's. The registry, which answers for the paper, may suspend a permit as well, and lifts
that suspension only; what it suspended, no authority lifts. A licence as a whole is the registry's, a pass its authority's.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from audit.statement import Statement
from audit.verify_versions import Course, Permit


def added_faults(number: int, stated: Mapping[str, Any], said: Statement | None, one: Course) -> Iterator[str]:
    """Hold a permit that is added to those that the licence has and had."""
    if number != len(one.permits) + 1:
        yield f"adds permit {number}, and the licence had {len(one.permits)}"
    for earlier in sorted(one.numbers.get((stated["type"], stated["number"]), ())):
        permit = one.permits[earlier]
        if not permit.revoked and permit.stated["number"] == stated["number"]:
            yield f"adds what permit {earlier} is already"
        if said is not None and said.made_at <= permit.touched:
            yield f"was stated before the newest act on permit {earlier}, which bore that number: an older word undoes a newer"


def changed_faults(number: int, content: Mapping[str, Any], said: Statement | None, before: Permit) -> Iterator[str]:
    """Hold a change to the permit that it changes."""
    if before.authority != content["authority"]:
        yield f"is {content['authority']!r}'s change of a permit that {before.authority!r} endorsed"
    if before.revoked:
        yield f"changes permit {number}, which was revoked"
    if before.stated["type"] != content["stated"]["type"]:
        yield f"turns permit {number} into one of another type"
    if said is not None and before.statement is not None and said.after != before.statement:
        yield f"was made upon the statement {said.after!r}, and the newest on permit {number} is {before.statement!r}"


def status_faults(act: str, code: str | None, subject: Course | Permit) -> Iterator[str]:
    """Yield what speaks against a change of status by an authority, or by the registry (None)."""
    yield from _not_theirs(act, code, subject)
    side = "the registry" if code is None else repr(code)
    if subject.revoked:
        yield f"would {act} what is revoked"
    elif act == "suspend" and code in subject.suspended:
        yield f"would suspend what {side} has suspended already"
    elif act == "restore" and code not in subject.suspended:
        yield f"would restore what {side} did not suspend; each side lifts its own suspension"
    elif act not in {"suspend", "restore", "revoke"}:
        yield f"has the act {act!r}; what has a status is suspended, restored or revoked"


def take_in(act: str, code: str | None, subject: Course | Permit) -> None:
    """Let a change of status come to pass; one that is at fault counts as well."""
    if act == "suspend":
        subject.suspended.add(code)
    elif act == "restore":
        subject.suspended.discard(code)
    subject.revoked = subject.revoked or act == "revoke"


def _not_theirs(act: str, code: str | None, subject: Course | Permit) -> Iterator[str]:
    if code is not None and subject.authority != code:
        yield f"is {code!r}'s act on what is not its own"
    elif code is None and isinstance(subject, Permit) and act == "revoke":
        yield f"is the registry's revocation of a permit, which is {subject.authority!r}'s alone"
    elif code is None and isinstance(subject, Course) and subject.authority is not None:
        yield f"is the registry's act on a pass, which is {subject.authority!r}'s alone"
