"""Everything that is not a function of its arguments comes in through here: the clock, new ids, random choice.

Tests and simulations give their own; nothing else in `casework` reads a clock or draws a number.
"""

import os
import secrets
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def micros(moment: datetime) -> int:
    """Return microseconds since 1970 UTC, exactly."""
    return (moment - EPOCH) // MICROSECOND


def moment(micros_: int) -> datetime:
    """Return the UTC moment of a stored time."""
    return EPOCH + timedelta(microseconds=micros_)


def new_id() -> str:
    """Return a UUIDv7 (RFC 9562): ordered by time, so that new rows land together; 74 random bits, so unguessable."""
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


@dataclass(frozen=True, slots=True)
class Ports:
    """The impure leaves. `now` is aware UTC; `salt` gives 32 random bytes; `below(n)` a random integer in [0, n)."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    new_id: Callable[[], str] = new_id
    salt: Callable[[], bytes] = lambda: secrets.token_bytes(32)
    below: Callable[[int], int] = secrets.randbelow


STEPS = ("receive", "intake", "gather", "decide", "record", "issue", "release", "notify")
_passed: Counter[str] = Counter()


def failpoint(name: str) -> None:
    """Die by SIGKILL when the environment names this point; only the crash tests set it.

    `MIAOPI_CRASH_AT=record:after` dies there at once, `MIAOPI_CRASH_AT=record:after:3` at the third passage.
    """
    wanted = os.environ.get("MIAOPI_CRASH_AT")
    if wanted is None:
        return
    _passed[name] += 1
    if wanted in (name, f"{name}:{_passed[name]}"):
        os.kill(os.getpid(), signal.SIGKILL)
