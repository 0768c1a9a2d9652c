"""An open-loop load generator, in a process of its own: `python -m benchmarks.generator < plan.json > found.json`.

Arrivals are drawn beforehand (Poisson) and nobody waits for an answer before the next is sent; latency counts from
the intended moment, so a stall of the service is felt by everyone who would have come meanwhile. A request that we
ourselves sent late is counted: too many of them, and the step says nothing about the service.
"""

import asyncio
import json
import random
import resource
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import uvloop
from hdrh.histogram import HdrHistogram

LATE = 0.010  # seconds after the intended moment from which a send counts as late
GIVES_UP = 15.0  # seconds an answer may take
MOST_IN_FLIGHT = 1500  # a step that piles up more is over; nothing is learnt from drowning
SAMPLE = 0.05  # seconds between two looks at what is in flight
MICROSECONDS = 60_000_000  # the largest latency that the histogram holds
PERCENTILES = (50, 90, 95, 99, 99.9)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to send: bodies in turn, `rate` a second for `seconds`; `expect` must stand in every answer."""

    url: str
    headers: dict[str, str]
    bodies: list[str]
    key_prefix: str
    rate: float
    seconds: float
    seed: int
    status: int
    expect: str

    def arrivals(self) -> list[float]:
        """Return the intended moments, in seconds from the start."""
        # Not for secrets: the same seed gives the same arrivals, so that two floors meet the same bursts.
        draw = random.Random(self.seed)
        moments, at = [], draw.expovariate(self.rate)
        while at < self.seconds:
            moments.append(at)
            at += draw.expovariate(self.rate)
        return moments


@dataclass(slots=True)
class Found:
    """What came of a plan; latencies in microseconds from the intended moment."""

    latencies: HdrHistogram = field(default_factory=lambda: HdrHistogram(1, MICROSECONDS, 3))
    statuses: Counter[int] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    in_flight: int = 0
    samples: list[int] = field(default_factory=list)
    sent: int = 0
    late: int = 0
    right: int = 0
    drowned: bool = False


class Generator:
    """Carries out one plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._bodies = [body.encode() for body in plan.bodies]
        self._expect = plan.expect.encode()
        self._cpu = 0.0
        self.found = Found()

    async def run(self) -> dict[str, Any]:
        """Send everything at its moment, wait for the answers, and return what was found."""
        loop = asyncio.get_running_loop()
        moments = self._plan.arrivals()
        self._cpu = _cpu()
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=60)
        timeout = aiohttp.ClientTimeout(total=GIVES_UP)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
            begin = loop.time() + 0.1
            watching = asyncio.create_task(self._watch())
            tasks: list[asyncio.Task[None]] = []
            for number, moment in enumerate(moments):
                while (wait := begin + moment - loop.time()) > 0:  # noqa: ASYNC110 (a clock has no event to wait for)
                    await asyncio.sleep(wait)
                if self.found.in_flight > MOST_IN_FLIGHT:
                    self.found.drowned = True
                    break
                tasks.append(asyncio.create_task(self._send(session, number, begin + moment)))
            if not self.found.drowned:
                await asyncio.sleep(max(0.0, begin + self._plan.seconds - loop.time()))
            watching.cancel()
            ended = loop.time()
            await asyncio.gather(*tasks)
            drained = loop.time() - ended
        return self._told(len(moments), drained)

    async def _watch(self) -> None:
        while True:
            self.found.samples.append(self.found.in_flight)
            await asyncio.sleep(SAMPLE)

    async def _send(self, session: aiohttp.ClientSession, number: int, intended: float) -> None:
        found, loop = self.found, asyncio.get_running_loop()
        found.late += loop.time() - intended > LATE
        found.sent += 1
        found.in_flight += 1
        headers = {**self._plan.headers, "Idempotency-Key": f"{self._plan.key_prefix}-{number}"}
        body = self._bodies[number % len(self._bodies)]
        try:
            async with session.post(self._plan.url, data=body, headers=headers) as reply:
                answer = await reply.read()
                found.statuses[reply.status] += 1
                found.right += reply.status == self._plan.status and self._expect in answer
        except (aiohttp.ClientError, TimeoutError) as error:
            found.failures[type(error).__name__] += 1
        finally:
            found.in_flight -= 1
            found.latencies.record_value(max(1, min(MICROSECONDS, round((loop.time() - intended) * 1e6))))

    def _told(self, offered: int, drained: float) -> dict[str, Any]:
        found, plan = self.found, self._plan
        return {
            "rate": plan.rate,
            "seconds": plan.seconds,
            "offered": offered,
            "sent": found.sent,
            "late": found.late,
            "right": found.right,
            "statuses": dict(found.statuses),
            "failures": dict(found.failures),
            "drowned": found.drowned,
            "in_flight": _quarters(found.samples),
            "drained_s": drained,
            "generator_cpu_s": _cpu() - self._cpu,
            "ms": {
                **{f"p{p:g}": found.latencies.get_value_at_percentile(p) / 1000 for p in PERCENTILES},
                "max": found.latencies.get_max_value() / 1000,
                "mean": found.latencies.get_mean_value() / 1000,
            },
        }


def _cpu() -> float:
    use = resource.getrusage(resource.RUSAGE_SELF)
    return use.ru_utime + use.ru_stime


def _quarters(samples: list[int]) -> list[float]:
    """Return the mean number in flight in each quarter of the step."""
    quarter = max(1, len(samples) // 4)
    parts = [samples[start : start + quarter] for start in range(0, quarter * 4, quarter)]
    return [sum(part) / len(part) if part else 0.0 for part in parts]


def main() -> None:
    """Read the plan, carry it out, write what was found."""
    plan = Plan(**json.load(sys.stdin))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        json.dump(runner.run(Generator(plan).run()), sys.stdout)


if __name__ == "__main__":
    main()
