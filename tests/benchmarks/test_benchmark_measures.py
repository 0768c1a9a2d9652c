"""What the benchmarks reckon with: a wrong percentile or verdict there would be believed."""

import time

import pytest

from benchmarks.applications import KINDS, MEASURED, approved, examples
from benchmarks.generator import Plan, _quarters
from benchmarks.load import Step
from benchmarks.spread import Spread, theil_sen
from benchmarks.stopwatch import Stopwatch


def plan(rate: float = 200.0, seconds: float = 50.0, seed: int = 7) -> Plan:
    return Plan("http://127.0.0.1:1/", {}, ["{}"], "k", rate, seconds, seed, 201, "")


def found(**changed):
    ms = {"p50": 5.0, "p95": 9.0, "p99": 20.0, "max": 30.0}
    whole = {
        "rate": 100.0, "sent": 1000, "late": 0, "right": 1000, "statuses": {"201": 1000}, "failures": {}, "drowned": False,
        "in_flight": [3.0, 3.0, 3.0, 3.0], "ms": ms,
    }  # fmt: skip
    return Step({**whole, **changed}, {"service": 4.0}, {}, "p")


def test_arrivals_are_drawn_beforehand_at_the_wanted_rate_and_repeat_with_the_seed():
    moments = plan().arrivals()
    assert moments == plan().arrivals() != plan(seed=8).arrivals()
    assert moments == sorted(moments)
    assert max(moments) < 50.0
    assert len(moments) == pytest.approx(10_000, rel=0.05)


def test_in_flight_is_told_by_quarters_of_the_step():
    assert _quarters([1, 1, 2, 2, 3, 3, 8, 10]) == [1.0, 2.0, 3.0, 9.0]
    assert _quarters([]) == [0.0, 0.0, 0.0, 0.0]


def test_a_good_step_counts_and_tells_cpu_for_each_answer():
    assert found().faults == []
    assert found().cpu_ms("service") == 4.0


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"late": 11}, "late"),
        ({"right": 999}, "wrong"),
        ({"drowned": True}, "piled up"),
        ({"in_flight": [2.0, 4.0, 9.0, 14.0]}, "grew"),
        ({"ms": {"p99": 3001.0}}, "p99"),
    ],
)
def test_a_step_does_not_count_for_one_reason_alone(changed, word):
    (reason,) = found(**changed).faults
    assert word in reason


def test_a_slope_is_not_moved_by_a_jump():
    points = [(float(number), 100.0 + 2.0 * number + (5000.0 if number == 40 else 0.0)) for number in range(100)]
    assert theil_sen(points) == pytest.approx(2.0)
    assert theil_sen(points[:1]) == 0.0


def test_a_spread_tells_middle_and_width():
    assert Spread((1.0, 2.0, 4.0)).middle == 2.0
    assert Spread((1.0, 2.0, 4.0)).apart == 1.5


class Whole:
    def outer(self):
        spin(0.02)
        self.inner()

    def inner(self):
        spin(0.01)


def spin(seconds):
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


def test_a_stopwatch_charges_each_part_with_its_own_time_only_and_puts_the_functions_back():
    before = vars(Whole)["outer"]
    watch = Stopwatch()
    with watch.on({"outer": [(Whole, "outer")], "inner": [(Whole, "inner")]}):
        Whole().outer()
    assert vars(Whole)["outer"] is before
    assert watch.calls == {"outer": 1, "inner": 1}
    assert watch.spent["outer"] / 1e6 == pytest.approx(20, abs=5)
    assert watch.spent["inner"] / 1e6 == pytest.approx(10, abs=5)


def test_every_kind_has_a_measured_application_for_each_outcome_and_the_load_has_all_kinds():
    known = examples()
    for outcome, files in MEASURED.items():
        assert [known[files[kind]].outcome for kind in KINDS] == [outcome] * 3
    assert {example.file.partition("/")[0] for example in approved()} == set(KINDS)
