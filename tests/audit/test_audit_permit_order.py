"""Suspended permits come first in a next version, so that a code without room for all shows them (docs/licence.md 3)."""

import pytest

from audit.verify_versions import Course, Permit, permit_faults
from casework.permit_order import in_order


def permit(number, *sides):
    stated = {"type": f"许可证{number}", "number": f"N{number}", "valid_from": "2026-11-01", "scope": ["A"]}
    return Permit("health", "安丘市卫生健康局", (0, 100 + number), stated, suspended=set(sides))


@pytest.mark.parametrize(
    ("order", "agrees"),
    [([2, 3, 1], True), ([1, 2, 3], False), ([3, 2, 1], False), ([2, 1, 3], False)],
    ids=["suspended first", "as added", "newest suspension first", "the registry's suspension passed over"],
)
def test_the_auditor_demands_the_order_in_which_the_register_issues(order, agrees):
    permits = {1: permit(1), 2: permit(2, "health"), 3: permit(3, None)}
    one = Course(4, "91370784MA0000023W", None, None, due=[], printed=["A"], permits=permits)
    claims = {"permits": [permits[number].shown(["A"]) for number in order], "permits_total": 3}
    assert (list(permit_faults(claims, one)) == []) is agrees
    assert (in_order(permits, {2, 3}) == order) is agrees
