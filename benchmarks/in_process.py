"""The whole life of an approval in one process: real store, real signatures, sources without sockets.

CPU by step comes from one application at a time under stopwatches; the rate and the total come from many in flight
without them. What the sources' answers cost is taken off: in life it is another's machine.
"""

import asyncio
import json
import logging
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog

from api import local_issuer, wire
from api.language import localise
from api.settings import Settings
from audit.inputs import Inputs
from audit.log import Log
from audit.publish import Publication
from benchmarks.applications import Example, fresh
from benchmarks.sources import LocalSources
from benchmarks.spread import Spread
from benchmarks.stopwatch import Stopwatch
from casework import credit_codes, database, flow, issuing, recording, views
from casework.flow import Flow, Submission
from casework.gatherer import HttpGatherer
from casework.writer import Writer
from licence_qr import issue as licence_issue
from licence_qr.uscc import ENTERPRISE, INDIVIDUAL, synthetic_block
from verifiers.source import Source

DIVISION = "370784"
STEPS: dict[str, list[tuple[Any, str]]] = {
    "receive, flow of steps": [(Flow, "submit")],
    "intake": [(Flow, "read")],
    "gather": [(HttpGatherer, "gather")],
    "sources (not ours)": [(LocalSources, "post")],
    "attest": [(Source, "attest")],
    "decide": [(flow, "decide")],
    "record: leaf": [(recording, "decision_record")],
    "record: view": [(recording, "decision_document")],
    "record: inputs": [(Inputs, "to_bytes")],
    "record: rest": [(recording, "record")],
    "log: append": [(Log, "append")],
    "log: seal": [(Log, "seal"), (Log, "head")],
    "log: publish": [(Publication, "publish")],
    "issue: claims and lint": [(issuing, "prepare")],
    "issue: sign": [(issuing, "sign")],
    "transport (QR digits)": [(licence_issue, "encode"), (issuing, "decode")],
    "rows and commit": [(Writer, "_commit")],
    "answer": [(views, "case_view")],
}
WARM_UP = 32  # approvals before anything is measured: every kind twice
NOT_OURS = "sources (not ours)"
REST = "event loop and threads"


class Process:
    """A service without HTTP over the county's tables, in a fresh folder. Use as a context."""

    def __init__(self, folder: Path, registries: Path, codes: int) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.sources = LocalSources(registries)
        self.examples = fresh(codes)  # one application a code: no content and no name is approved twice
        self.sources.confirm(*self.examples)
        settings = Settings(home=folder / "home", source_keys=registries / "keys" / "source-keys.json")
        prepare(settings, codes)
        self._log = (folder / "process.log").open("w")
        structlog.configure(  # JSON lines to a file, as the service writes them
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.JSONRenderer(),
            ],
            wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
            logger_factory=structlog.PrintLoggerFactory(self._log),
        )
        self.service = wire.build(settings, client=self.sources)
        self.flow = self.service.flow
        self._number = 0

    def close(self) -> None:
        """Stop the writer and close the files."""
        self.flow.parts.writer.close()
        self.flow.parts.reader.dispose()
        self.service.held.close()
        self.sources.close()
        structlog.reset_defaults()
        self._log.close()

    async def approve(self, example: Example) -> None:
        """Submit one application under a new key and write its answer. Raises `RuntimeError` unless it is approved."""
        self._number += 1
        case_id = await self.flow.submit(Submission("benchmark", f"key-{self._number}", example.body))
        view = views.case_view(self.flow.parts, case_id)
        if "licence" not in view:
            raise RuntimeError(f"{example.file} became {view['outcome']}, not a licence: {json.dumps(view)[:500]}")
        json.dumps(localise(view, "zh"), ensure_ascii=False).encode()

    async def approve_many(self, count: int, at_once: int) -> None:
        """Approve `count` applications with `at_once` of them under way."""
        turns = iter(range(count))

        async def worker() -> None:
            for _ in turns:
                await self.approve(self.examples[self._number])

        await asyncio.gather(*(worker() for _ in range(at_once)))


@contextmanager
def opened(folder: Path, registries: Path, codes: int) -> Iterator[Process]:
    """Open a service without HTTP and close it again."""
    process = Process(folder, registries, codes)
    try:
        yield process
    finally:
        process.close()


def prepare(settings: Settings, codes: int) -> None:
    """Make what an operator would be given: an issuer of tokens and an allotment of `codes` credit codes a pool."""
    local_issuer.create(settings.home)
    engine = database.open_engine(settings.database)
    database.migrate(engine)
    with engine.begin() as connection:
        for kind in (ENTERPRISE, INDIVIDUAL):
            credit_codes.load(connection, synthetic_block(kind, DIVISION, 0, codes))
    engine.dispose()


def measure(folder: Path, registries: Path, *, quick: bool) -> dict[str, Any]:
    """Measure CPU by step, then rate and total CPU with one and with many in flight."""
    runs, count, at_once = (3, 60, 32) if quick else (5, 300, 32)
    watch = Stopwatch()
    # Wrapped before the service is built: it keeps some of these functions as bound methods.
    with watch.on(STEPS), opened(folder, registries, codes=count + 200) as process:
        asyncio.run(process.approve_many(WARM_UP, 1))
        steps = asyncio.run(_by_step(process, watch, count))
    with opened(folder, registries, codes=(runs * 2 + 1) * count + 200) as process:
        asyncio.run(process.approve_many(WARM_UP, 1))
        return {
            "steps_ms": steps,
            "one_at_a_time": asyncio.run(_totals(process, runs, count, 1)),
            "many_at_once": {"in_flight": at_once, **asyncio.run(_totals(process, runs, count, at_once))},
        }


async def _by_step(process: Process, watch: Stopwatch, count: int) -> dict[str, float]:
    watch.spent.clear()
    began = time.process_time_ns()
    await process.approve_many(count, 1)
    whole = time.process_time_ns() - began
    steps = {step: watch.spent[step] / count / 1e6 for step in STEPS}
    return {**steps, REST: whole / count / 1e6 - sum(steps.values())}


async def _totals(process: Process, runs: int, count: int, at_once: int) -> dict[str, Any]:
    rates, costs, walls = [], [], []
    for _ in range(runs):
        theirs, cpu, wall = process.sources.spent_ns, time.process_time_ns(), time.perf_counter_ns()
        await process.approve_many(count, at_once)
        theirs = process.sources.spent_ns - theirs
        ours = time.process_time_ns() - cpu - theirs
        walls.append((time.perf_counter_ns() - wall - theirs) / count / 1e6)
        costs.append(ours / count / 1e6)
        rates.append(count / ((time.perf_counter_ns() - wall - theirs) / 1e9))
    return {
        "approvals_per_second": Spread(tuple(rates)).to_json(),
        "cpu_ms": Spread(tuple(costs)).to_json(),
        "wall_ms": Spread(tuple(walls)).to_json(),
        "spread": Spread(tuple(costs)).apart,
    }
