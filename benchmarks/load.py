"""Find the ceiling of a service, then hold 85 % of it: the method of docs/benchmarks.md, the same for every service.

A step is valid when less than 1 % of the sends were late, nothing failed, p99 is below the limit and what is in flight
does not grow. The ceiling is the highest valid rate; one step may be tried again, because a machine stutters.
"""

import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from benchmarks.children import Child, generate
from benchmarks.generator import Plan

LATE_AT_MOST = 0.01
P99_LIMIT_MS = 3000.0  # the service promises a decision within three seconds
GROWN = 2.0  # times as many in flight in the last quarter as in the second
SLACK = 5.0  # in flight; below this nothing grows, it only varies
SUSTAINED = 0.85
MOST_STEPS = 24
QUIET = 0.05  # of a core; a server below it for two seconds has nothing left over from the step before
SETTLES_WITHIN = 30.0
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Step:
    """One rate held for a while: what the generator found, and the CPU seconds of each server."""

    found: dict[str, Any]
    cpu: dict[str, float]
    rss: dict[str, int]
    prefix: str

    @property
    def rate(self) -> float:
        """The rate that was offered, a second."""
        return float(self.found["rate"])

    @property
    def faults(self) -> list[str]:
        """Return why the step does not count; empty when it does."""
        found, reasons = self.found, []
        late = found["late"] / max(1, found["sent"])
        second, last = found["in_flight"][1], found["in_flight"][3]
        if not found["sent"]:
            reasons.append("nothing was sent")
        if found["drowned"]:
            reasons.append("piled up")
        if late > LATE_AT_MOST:
            reasons.append(f"{late:.1%} sent late")
        if found["right"] != found["sent"]:
            wrong = found["sent"] - found["right"]
            reasons.append(f"{wrong} wrong answers {found['statuses']} {found['failures']}")
        if found["ms"]["p99"] > P99_LIMIT_MS:
            reasons.append(f"p99 {found['ms']['p99']:.0f} ms")
        if last > GROWN * second + SLACK:
            reasons.append(f"in flight grew from {second:.0f} to {last:.0f}")
        return reasons

    def cpu_ms(self, name: str) -> float:
        """Return the CPU milliseconds of one server for each answer."""
        return self.cpu[name] * 1000 / max(1, int(self.found["right"]))

    def to_json(self) -> dict[str, Any]:
        """Return everything found, with the verdict."""
        costs = {name: self.cpu_ms(name) for name in self.cpu}
        return {**self.found, "cpu_ms": costs, "rss": self.rss, "key_prefix": self.prefix, "faults": self.faults}


@dataclass(slots=True)
class Load:
    """Offers load to one service. `servers` are the processes whose CPU is counted; all steps are kept."""

    plan: Plan
    servers: Sequence[Child]
    steps: list[Step] = field(default_factory=list)
    _sent: int = 0

    def _next(self, count: int) -> list[str]:
        """Return the next `count` bodies, going on where the last step ended: no application is sent twice."""
        every, start = self.plan.bodies, self._sent
        self._sent += count
        return [every[number % len(every)] for number in range(start, start + max(count, 1))]

    def offer(self, rate: float, seconds: float) -> Step:
        """Hold one rate for a while, with keys of its own."""
        self._settle()
        number = next(_numbers)
        prefix = f"{self.plan.key_prefix}-{number}"
        before = {child.name: child.cpu() for child in self.servers}
        step_plan = replace(self.plan, key_prefix=prefix, rate=rate, seconds=seconds, seed=number)
        found = generate(replace(step_plan, bodies=self._next(len(step_plan.arrivals()))))
        cpu = {child.name: child.cpu() - before[child.name] for child in self.servers}
        step = Step(found, cpu, {child.name: child.rss() for child in self.servers}, prefix)
        self.steps.append(step)
        return step

    def _settle(self) -> None:
        """Wait until the servers are quiet: cases that still wait from a step that was too much belong to that step."""
        until, quiet = time.monotonic() + SETTLES_WITHIN, 0
        while quiet < 2 and time.monotonic() < until:
            before = sum(child.cpu() for child in self.servers)
            time.sleep(1)
            quiet = quiet + 1 if sum(child.cpu() for child in self.servers) - before < QUIET else 0

    def first_rate(self, rate: float, seconds: float, cores: int) -> float:
        """Warm up, then guess from the CPU of a quiet step where to begin: at half of what the cores could do at most."""
        self.offer(rate, seconds)
        quiet = self.offer(rate, seconds)
        if quiet.found["right"] < quiet.found["sent"] * 0.9:
            told = f"{quiet.found['statuses']} {quiet.found['failures']}"
            raise RuntimeError(f"at {rate:.0f}/s answers are wrong already ({told}); see {self.servers[0].log}")
        answers = max(1, int(quiet.found["right"]))
        each = [*quiet.cpu.values(), float(quiet.found["generator_cpu_s"])]
        return max(rate, 0.5 * min(cores * answers / sum(each), answers / max(*each, 1e-3)))

    def ceiling(self, first: float, seconds: float, factor: float) -> tuple[Step, list[str]]:
        """Raise the rate until a step does not count, twice; return the last that did and what ended the search.

        Raises `RuntimeError` when no rate counts.
        """
        rate, best, again = first, None, True
        ended = ["the search ended at its bound of steps"]
        for _ in range(MOST_STEPS):
            step = self.offer(rate, seconds)
            if not step.faults:
                best, again = step, True
                rate *= factor
            elif again:
                again = False
            elif best is None:
                rate, again = rate / 1.5, True
            else:
                ended = step.faults
                break
        if best is None:
            raise RuntimeError(f"no rate down to {rate:.0f}/s counted: {self.steps[-1].faults}")
        return best, ended
