"""What may stand in a log: one way through it for each application, and everything else named."""

import pytest

from audit.canonical import canonical
from audit.verify_records import Verification, read_records


def _decision(outcome, application="A1"):
    return {"kind": "decision", "application_id": application, "outcome": outcome}


def _act(decision, act="approval"):
    return {"kind": "officer", "act": act, "decision": decision}


def _licence(number, decision):
    return {"kind": "licence", "jti": f"L-{number}", "uscc": f"U{number}", "decision": decision}


def _faults(*contents):
    found = Verification(len(contents))
    records = read_records(found, [canonical({"v": 1, **content}) for content in contents])
    assert len(records) == len(contents)
    return [f"{fault.place}: {fault.message}" for fault in found.faults]


@pytest.mark.parametrize(
    "contents",
    [
        [_decision("approved"), _licence(1, 0)],
        [_decision("approved")],  # its licence follows, perhaps after this checkpoint
        [_decision("waiting"), _decision("waiting"), _decision("approved"), _licence(1, 2)],
        [_decision("referred"), _act(0), _licence(1, 1)],
        [_decision("waiting"), _decision("referred"), _act(1, "refusal")],
        [_decision("waiting"), _act(0), _licence(1, 1)],  # given up to a person after it waited too long
        [_decision("approved"), _decision("approved", "A2"), _licence(2, 1), _licence(1, 0)],
    ],
)
def test_these_ways_through_the_log_are_in_order(contents):
    assert _faults(*contents) == []


@pytest.mark.parametrize(
    ("contents", "faults"),
    [
        ([_decision("fix"), _decision("approved")], ["leaf 1: decides A1 again, which was finally decided (fix)"]),
        ([_decision("approved"), _decision("waiting")], ["leaf 1: decides A1 again"]),
        (
            [_decision("referred"), _act(0), _decision("waiting")],
            ["leaf 2: decides A1 again, on which an officer acted"],
        ),
        ([_decision("approved"), _act(0, "refusal")], ["leaf 1: is an officer's act on leaf 0, which is approved"]),
        ([_decision("routed"), _act(0)], ["leaf 1: is an officer's act on leaf 0, which is routed"]),
        ([_decision("waiting"), _decision("referred"), _act(0)], ["leaf 2: is an officer's act on leaf 0, and A1 was"]),
        ([_decision("referred"), _act(0), _act(0)], ["leaf 2: is a second officer's act on A1; the first is leaf 1"]),
        ([_decision("referred"), _act(0), _act(1)], ["leaf 2: is an officer's act on leaf 1, which is no earlier"]),
        ([_decision("referred"), _act(7)], ["leaf 1: is an officer's act on leaf 7"]),
        ([_decision("referred"), _act(0, "refusal"), _licence(1, 1)], ["leaf 2: is a licence, and leaf 1 does not"]),
        ([_decision("referred"), _licence(1, 0)], ["leaf 1: is a licence, and leaf 0 does not approve"]),
        ([_licence(1, 1), _decision("approved")], ["leaf 0: is a licence, and leaf 1 is no earlier approval"]),
        ([_licence(1, 0)], ["leaf 0: is a licence, and leaf 0 is no earlier approval"]),
        (
            [_decision("approved"), _licence(1, 0), _licence(2, 0)],
            ["leaf 2: is a second licence for A1; the first is leaf 1"],
        ),
        (
            [_decision("approved"), _act(0), _licence(1, 0), _licence(2, 1)],
            ["leaf 1: is an officer's act on leaf 0", "leaf 3: is a second licence for A1; the first is leaf 2"],
        ),
        (
            [_decision("approved"), _decision("approved", "A2"), _licence(1, 0), {**_licence(1, 1), "uscc": "U2"}],
            ["leaf 3: jti 'L-1' was already used at leaf 2"],
        ),
        (
            [_decision("approved"), _decision("approved", "A2"), _licence(1, 0), {**_licence(2, 1), "uscc": "U1"}],
            ["leaf 3: uscc 'U1' was already used at leaf 2"],
        ),
        ([_decision("approved"), {**_licence(1, 0), "decision": True}], ["leaf 1: the member decision is True"]),
        ([_decision("approved"), _licence(1, -1)], ["leaf 1: is a licence, and leaf -1"]),
        ([_decision("approved", ["A1"])], ["leaf 0: the member application_id is ['A1']"]),
        ([{"kind": "decision", "outcome": "fix"}], ["leaf 0: lacks a member"]),
    ],
)
def test_everything_else_is_named(contents, faults):
    found = _faults(*contents)
    assert len(found) == len(faults), found
    assert all(one.startswith(wanted) for one, wanted in zip(found, faults, strict=True)), found
