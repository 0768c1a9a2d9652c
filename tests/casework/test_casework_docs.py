"""The document and the code name the same steps, in the same order."""

import inspect
import re
from pathlib import Path

from casework import flow, ports
from casework.flow import Flow
from engine.model import Outcome

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "approval-cycle.md").read_text()


def test_the_document_names_the_steps_of_the_code():
    named = re.findall(r"^\| (\d) `(\w+)` \|", DOCUMENT, re.MULTILINE)
    assert [int(number) for number, _ in named] == list(range(1, len(named) + 1))
    assert tuple(name for _, name in named) == ports.STEPS


def test_each_step_is_a_method_of_the_flow_with_both_failpoints():
    for step in ports.STEPS:
        source = inspect.getsource(getattr(Flow, step))
        assert re.findall(r'failpoint\("(\w+:\w+)"\)', source) == [f"{step}:before", f"{step}:after"]


def test_the_flow_calls_its_steps_in_that_order():
    source = inspect.getsource(Flow.submit) + inspect.getsource(Flow._decide_and_issue) + inspect.getsource(Flow.issue)
    called = [name for name in re.findall(r"self\.(\w+)\(", source) if name in ports.STEPS]
    assert called == ["receive", "intake", "gather", "decide", "record", "issue", "notify", "release"]  # issue releases
    assert " · ".join(f"{number} {step}" for number, step in enumerate(ports.STEPS, 1)) in str(flow.__doc__)


def test_the_document_names_the_outcomes_in_their_order():
    named = re.findall(r"^\d\. \*\*(\w+)\*\*", DOCUMENT, re.MULTILINE)
    assert named == [outcome.value for outcome in Outcome]
