"""Memory over a long run: resident bytes sampled, and the slope of the last two thirds, which start-up does not tilt."""

import asyncio
from pathlib import Path
from typing import Any

import psutil

from benchmarks.engine_alone import prepared
from benchmarks.in_process import opened
from benchmarks.spread import theil_sen

SAMPLES = 120
Points = list[tuple[float, float]]  # what was done so far, resident bytes
FLAT = 20.0  # bytes for each decision or approval; a planted leak of 64 bytes is seen by this
GRAIN = 2**18  # bytes that an allocator may take at once; a short run cannot tell less from a leak


def measure(folder: Path, registries: Path, *, quick: bool) -> dict[str, Any]:
    """Run both soaks."""
    decisions, approvals = (3_000, 300) if quick else (100_000, 10_000)
    return {"engine": _engine(registries, decisions), "process": _process(folder, registries, approvals)}


def _engine(registries: Path, count: int) -> dict[str, Any]:
    ready = prepared(registries)
    process = psutil.Process()
    points: Points = []
    each = max(1, count // SAMPLES)
    for number in range(count):
        ready[number % len(ready)].decide()
        if number % each == 0:
            points.append((float(number), float(process.memory_info().rss)))
    return _told("decision", count, points)


def _process(folder: Path, registries: Path, count: int) -> dict[str, Any]:
    process = psutil.Process()
    points: Points = []
    each = max(1, count // SAMPLES)

    async def run() -> None:
        for number in range(0, count, each):
            await opened_process.approve_many(each, min(each, 16))
            points.append((float(number), float(process.memory_info().rss)))

    with opened(folder, registries, codes=count + 2 * SAMPLES) as opened_process:
        asyncio.run(run())
    return _told("approval", count, points)


def _told(unit: str, count: int, points: Points) -> dict[str, Any]:
    later = points[len(points) // 3 :]
    slope = theil_sen(later)
    return {
        "unit": unit,
        "count": count,
        "bytes_each": slope,
        "first_mib": points[0][1] / 2**20,
        "last_mib": points[-1][1] / 2**20,
        "greatest_mib": max(rss for _, rss in points) / 2**20,
        "flat": slope < FLAT or slope * count < GRAIN,
        "rss": [[round(number), round(rss)] for number, rss in points],
    }
