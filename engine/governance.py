"""The organs of a limited liability company, counted: directors, supervisors, managers (公司法 68-76, 83, 265)."""

from collections.abc import Mapping, Sequence
from typing import Any

_BOARD_POST = {
    "chair": "director", "director": "director", "employee_director": "director", "audit_committee": "director",
    "supervisor_chair": "supervisor", "supervisor": "supervisor", "employee_supervisor": "supervisor",
    "manager": "senior_manager", "deputy_manager": "senior_manager", "finance_head": "senior_manager",
}  # fmt: skip


def officer_facts(document: Mapping[str, Any], by_ref: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one `officer` record for each entry of the form, in its order."""
    return [
        {
            "at": f"/officers/{index}",
            "person": by_ref[entry["person"]],
            "post": entry["post"],
            "board_post": _BOARD_POST[entry["post"]],
            "term_years": entry.get("term_years"),
            "appointed_by": entry["appointed_by"],
        }
        for index, entry in enumerate(document.get("officers") or ())
    ]


def representative_facts(document: Mapping[str, Any], by_ref: Mapping[str, dict[str, Any]]) -> dict[str, Any] | None:
    """Return the legal representative, and whether the list of officers gives that person that post.

    The form offers chair, director and manager; whoever sits on the board in another seat is a director too (公司法 10).
    """
    entry = document.get("legal_representative")
    if entry is None:
        return None
    posts = {officer["post"] for officer in document.get("officers") or () if officer["person"] == entry["person"]}
    if any(_BOARD_POST[post] == "director" for post in posts):
        posts.add("director")
    return {
        "at": "/legal_representative",
        "person": by_ref[entry["person"]],
        "post": entry["post"],
        "holds_post": entry["post"] in posts,
    }


def governance_facts(document: Mapping[str, Any], officers: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return the counts, each of persons and not of entries: who is entered twice for one post counts once."""
    supervision = document.get("supervision")
    if supervision is None:
        return None
    of_post: dict[str, set[str]] = {}
    of_board: dict[str, set[str]] = {}
    for officer in officers:
        of_post.setdefault(officer["post"], set()).add(officer["person"]["ref"])
        of_board.setdefault(officer["board_post"], set()).add(officer["person"]["ref"])
    supervisors = of_board.get("supervisor", set())
    who_manage = of_board.get("director", set()) | of_board.get("senior_manager", set())

    def count(post: str) -> int:
        return len(of_post.get(post, ()))

    return {
        "supervision": supervision,
        "directors": len(of_board.get("director", ())),
        "chairs": count("chair"),
        "supervisors": len(supervisors),
        "employee_supervisors": count("employee_supervisor"),
        "employee_directors": count("employee_director"),
        "supervisor_chairs": count("supervisor_chair"),
        "audit_committee": count("audit_committee"),
        "managers": count("manager"),
        "supervisors_who_manage": len(supervisors & who_manage),
    }
