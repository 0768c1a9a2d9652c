"""The claim loop: takes up cases that are due and that nobody holds, and brings them on.

It is the whole of recovery: after a crash, every accepted case is still a row that is due; after a silent source, the
row's due time comes round; after an officer's approval, the row is `approved` and lacks its licence.
"""

import asyncio
from functools import partial

import structlog

from casework import cases
from casework.errors import place_of
from casework.flow import Flow
from casework.ports import micros

log = structlog.get_logger()


class ClaimLoop:
    """Polls for due cases, at most `limit` at once. `beat` is the time of the last full round, for readiness."""

    def __init__(self, flow: Flow, *, pause: float = 0.2, limit: int = 16) -> None:
        self._flow = flow
        self._pause = pause
        self._limit = limit
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self.beat = 0

    def start(self) -> None:
        """Begin to poll in the running event loop."""
        self._task = asyncio.create_task(self._poll(), name="claim-loop")

    def wake(self) -> None:
        """Look for due cases now rather than at the next poll."""
        self._wake.set()

    async def stop(self) -> None:
        """Stop polling; cases under way go on to their next commit or are taken up again after a restart."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def round(self) -> int:
        """Claim what is due and bring it on; return how many cases were taken."""
        flow = self._flow
        await flow.follow_releases()
        now = micros(flow.ports.now())
        due = partial(cases.claim, now=now, lease=flow.parts.limits.lease_us, limit=self._limit)
        # A reader looks first, so that an idle service writes nothing.
        taken = await flow.parts.writer.write(due) if cases.any_due(flow.parts.reader, now) else []
        await asyncio.gather(*(flow.advance(case) for case in taken))
        self.beat = micros(flow.ports.now())
        return len(taken)

    async def _poll(self) -> None:
        while True:
            try:
                busy = await self.round()
            except Exception as error:  # noqa: BLE001 (the loop must outlive a full disk; the next round tries again)
                log.error("claim_loop.round_failed", error=type(error).__name__, place=place_of(error))  # noqa: TRY400 (an error's text may quote a person)
                busy = 0
            if busy < self._limit:
                self._wake.clear()
                try:
                    await asyncio.wait_for(self._wake.wait(), self._pause)
                except TimeoutError:
                    continue
