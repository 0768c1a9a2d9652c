"""The sources' service as a process of its own: `miaopi registries` calls `run`."""

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path

import uvloop
from aiohttp import web

from verifiers.catalogue import BY_KEY
from verifiers.registries.county import ANCHOR, SEED, County
from verifiers.registries.service import create_app
from verifiers.registries.signing import SourceSigners


def run(  # noqa: PLR0913 - one for each option of the command line
    host: str,
    port: int,
    database: Path,
    keys: Path,
    seed: int = SEED,
    *,
    anchor: date = ANCHOR,
    faults: bool = True,
    sample_keys: bool = False,
    ready: Callable[[int], None] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT. `keys` is the folder of the signing keys; port 0 takes a free one.

    `ready` is called with the port once requests are answered. `sample_keys` signs with keys that anybody can compute.
    """
    signers = SourceSigners.kept_in(keys, BY_KEY) if not sample_keys else SourceSigners.samples(BY_KEY)
    app = create_app(database, signers, county=County(seed, anchor), faults=faults)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(app, host, port, ready))


async def _serve(app: web.Application, host: str, port: int, ready: Callable[[int], None] | None) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError, ValueError):  # not in the main thread: whoever started us stops us
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    served = web.AppRunner(app, access_log=None, handle_signals=False)
    await served.setup()
    try:
        site = web.TCPSite(served, host, port)
        await site.start()
        if ready is not None:
            ready(served.addresses[0][1])
        await stop.wait()
    finally:
        await served.cleanup()
