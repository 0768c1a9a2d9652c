"""What must hold of the files of a service at any moment, whatever was killed, cut off or sent twice."""

from typing import Any

from sqlalchemy import select

from api.service import Service
from audit.checkpoint import open_checkpoint
from audit.merkle import Frontier, leaf_hash
from audit.record import read_record
from audit.tables import checkpoint as signed
from casework import views
from casework.tables import (
    application,
    credit_code,
    decision,
    licence,
    licence_past,
    pass_act,
    permit_act,
    referral,
    ruling,
    status_act,
    status_entry,
    status_list,
)
from licence_qr.verify import Verdict, verify

_TABLES = (application, decision, licence, licence_past, pass_act, permit_act, referral, ruling, credit_code)
_TABLES += (status_act, status_entry, status_list)


def require(service: Service, accepted: dict[tuple[str, str], str] | None = None) -> None:
    """Check everything; `accepted` maps (client, key) to the id that the caller was told."""
    parts = service.flow.parts
    with parts.reader.connect() as connection:
        kept = {table.name: list(connection.execute(select(table)).all()) for table in _TABLES}
        head = parts.log.head(connection)
        assert head is not None
        leaves = parts.log.leaves(connection, 0, head.size) if head.size else []
        checkpoints = list(connection.execute(select(signed)).all())
    _accepted(kept, accepted or {})
    _once(kept)
    roots = _roots(leaves)
    for row in checkpoints:  # every checkpoint ever signed is a prefix of the log as it is now
        told = open_checkpoint(row.note, parts.log.origin, service.public_log.publication.known)
        assert told.root == roots[told.size]
    published = service.public_log.publication.read()
    assert published is not None
    assert published.root == roots[published.size]
    assert parts.writer.published == published.size
    _logged(kept, leaves)
    _ruled(leaves)
    _released(service, kept, published.size)


def finished(service: Service) -> None:
    """Check that no case is left half-way: each was answered, is with a person, or has its licence."""
    for row in _all(service, application):
        assert row.state in ("closed", "referred"), (row.id, row.state, row.outcome)
        if row.outcome == "approved":
            assert views.licence_token(service.flow.parts, row.id) is not None


def _all(service: Service, table: Any) -> list[Any]:
    with service.flow.parts.reader.connect() as connection:
        return list(connection.execute(select(table)).all())


def _accepted(kept: dict[str, list[Any]], accepted: dict[tuple[str, str], str]) -> None:
    keys = [(row.client, row.idempotency_key) for row in kept["application"]]
    assert len(keys) == len(set(keys))
    ids = {(row.client, row.idempotency_key): row.id for row in kept["application"]}
    for key, case_id in accepted.items():
        assert ids[key] == case_id  # accepted is kept, under the id that was told


def _once(kept: dict[str, list[Any]]) -> None:
    finals = [row.application_id for row in kept["decision"] if row.final]
    assert len(finals) == len(set(finals))
    for name in ("licence", "ruling", "referral"):
        cases = [row.application_id for row in kept[name]]
        assert len(cases) == len(set(cases))
    taken = {row.code: row.application_id for row in kept["credit_code"] if row.application_id is not None}
    passes = {
        row.application_id for row in kept["pass_act"]
    }  # their codes are given by civil affairs, not from the pool
    ours = [row for row in kept["licence"] if row.application_id not in passes]
    assert taken == {row.uscc: row.application_id for row in ours}  # no code lost, none used twice
    assert passes <= {row.application_id for row in kept["licence"]}  # stated and carried at once, or neither
    versions = len(kept["licence"]) + len(kept["licence_past"])
    permits = {(row.application_id, row.permit) for row in kept["permit_act"]}
    assert len(kept["status_entry"]) == versions + len(permits) == sum(row.used for row in kept["status_list"])
    states = {row.id: row for row in kept["application"]}
    for case_id in finals:
        assert states[case_id].state != "open"  # what is decided does not reopen
    for row in kept["application"]:
        decided = row.id in finals
        assert (row.id in passes) == (row.outcome == "stated")
        if row.id in passes:
            assert (row.state, decided) == ("closed", False)
            continue
        assert decided == (row.state != "open" and row.outcome != "unreadable"), (row.state, row.outcome)
    with_a_person = {row.application_id for row in kept["referral"] if not row.closed}
    assert with_a_person == {row.id for row in kept["application"] if row.state == "referred"}


def _roots(leaves: list[bytes]) -> list[bytes]:
    frontier = Frontier()
    roots = [frontier.root()]
    for leaf in leaves:
        frontier.extend([leaf_hash(leaf)])
        roots.append(frontier.root())
    return roots


def _logged(kept: dict[str, list[Any]], leaves: list[bytes]) -> None:
    """Every row that claims a leaf has it, and every leaf belongs to a row or announces a rule set."""
    kinds = {index: read_record(leaf).content["kind"] for index, leaf in enumerate(leaves)}
    told = {
        ("decision",): "decision", ("ruling",): "officer", ("licence", "licence_past"): "licence",
        ("permit_act",): "permit", ("status_act",): "status", ("pass_act",): "pass",
    }  # fmt: skip
    for tables, kind in told.items():
        indexes = {row.log_index for table in tables for row in kept[table]}
        assert indexes == {index for index, found in kinds.items() if found == kind}
    for row in kept["licence"]:
        assert row.decision_log_index < row.log_index
        assert kinds[row.decision_log_index] in ("decision", "officer", "pass")


def _ruled(leaves: list[bytes]) -> None:
    """Each decision is on a rule set that was announced for the book of the newest release before it: nothing is mixed."""
    live, announced = None, set()
    for content in (read_record(leaf).content for leaf in leaves):
        if content["kind"] == "release":
            live = content["book"]
        elif content["kind"] == "rule_set":
            announced.add((content["digest"], content["item"], content["book"]))
        elif content["kind"] == "decision":
            assert (content["rule_set"], content["item"], live) in announced


def _released(service: Service, kept: dict[str, list[Any]], published: int) -> None:
    now = int(service.flow.ports.now().timestamp())
    for row in kept["licence"]:
        token = views.licence_token(service.flow.parts, row.application_id)
        assert (token is not None) == (row.log_index < published)  # what is told is under the published checkpoint
        if token is not None:
            found = verify(token, service.trust, at=now)
            assert found.authentic.verdict is Verdict.VALID, found
            assert found.claims is not None
            assert found.claims["sub"] == row.uscc
