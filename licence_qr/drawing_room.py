"""Strangers' SVG and PDF are programs for a drawing: they are drawn in a process apart, within limits that hold.

A few hundred bytes can nest patterns or form objects so that drawing them takes years, and no list of forbidden words
finds all such files. So a child process (`drawing_child`) draws: used again for every file of a batch, ended and replaced
when it takes too long, needs too much, or dies. The file is then `too_large`, and the batch goes on. Linux alone.
"""

import atexit
import contextlib
import json
import os
import select
import subprocess
import sys
import threading
import time
from typing import Any

from licence_qr.drawing_child import LENGTH
from licence_qr.picture_errors import UnreadablePictureError
from licence_qr.picture_reader import FoundCode, codes_in, is_drawn, the_one_of

CPU_SECONDS = 30  # of processor time for one file: some 200 scanned pages with codes
WALL_SECONDS = 45.0
START_SECONDS = 30.0
MEMORY = 2 * 2**30  # bytes of address space
MOST_ANSWER = 4_000_000  # bytes: 200 pages of 8,000 characters, escaped


class DrawingRoom:
    """A child process that draws and reads files one after another, started when there is a first one."""

    def __init__(self, *, cpu: int = CPU_SECONDS, wall: float = WALL_SECONDS, memory: int = MEMORY) -> None:
        self._cpu, self._wall, self._memory = cpu, wall, memory
        self._child: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._one_at_a_time = threading.Lock()

    def codes_in(self, source: bytes) -> list[FoundCode]:
        """Return what `picture_reader.codes_in` returns for an SVG or PDF; raises UnreadablePictureError as it does."""
        with self._one_at_a_time:
            child = self._ready()
            try:
                told = _answer(child, source, time.monotonic() + self._wall)
            except (OSError, TimeoutError, ValueError):
                self._end()
                raise UnreadablePictureError(
                    "too_large",
                    f"drawing the file takes more than {self._cpu} s or {self._memory // 2**20} MB; give a PNG",
                ) from None
        if "fault" in told:
            raise UnreadablePictureError(told["fault"], told["detail"])
        return [FoundCode(text, page) for text, page in told["found"]]

    def close(self) -> None:
        """End the child."""
        with self._one_at_a_time:
            self._end()

    def _ready(self) -> subprocess.Popen[bytes]:
        """Return the child, a new one where there is none of this process's own."""
        if self._child is not None and self._owner == os.getpid() and self._child.poll() is None:
            return self._child
        self._end()
        # Neither the folder one stands in nor the environment: a file there could stand for a module, and keys are secrets.
        words = [sys.executable, "-P", "-m", "licence_qr.drawing_child", str(self._cpu), str(self._memory)]
        given = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "LC_ALL": "C.UTF-8"}
        try:
            self._child = subprocess.Popen(  # noqa: S603  (our own interpreter and module)
                words, env=given, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            self._owner = os.getpid()
            _read(self._child, time.monotonic() + START_SECONDS)
        except (OSError, TimeoutError, ValueError) as error:
            self._end()
            raise UnreadablePictureError(
                "unreadable_file", f"the process that draws SVG and PDF does not start: {error}"
            ) from None
        return self._child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None or self._owner != os.getpid():
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # what was not yet written goes nowhere
                    pipe.close()


def codes_in_stranger(source: bytes) -> list[FoundCode]:
    """Return the codes of a stranger's file as `picture_reader.codes_in`, which draws SVG and PDF in this very process."""
    return _ROOM.codes_in(source) if is_drawn(source) else codes_in(source)


def read_stranger(source: bytes) -> str:
    """Return the text of the one licence code in a stranger's file; raises UnreadablePictureError."""
    return the_one_of(codes_in_stranger(source))


def _answer(child: subprocess.Popen[bytes], source: bytes, until: float) -> dict[str, Any]:
    """Send a file and return what is told of it. Raises TimeoutError, OSError, ValueError when nothing is told."""
    assert child.stdin is not None  # given above
    child.stdin.write(len(source).to_bytes(LENGTH) + source)
    child.stdin.flush()
    told: dict[str, Any] = json.loads(_read(child, until))
    return told


def _read(child: subprocess.Popen[bytes], until: float) -> bytes:
    """Return one message of the child. Raises TimeoutError, EOFError as OSError, ValueError for one that is too long."""
    size = int.from_bytes(_exactly(child, LENGTH, until))
    if size > MOST_ANSWER:
        raise ValueError(f"an answer of {size} bytes")
    return _exactly(child, size, until)


def _exactly(child: subprocess.Popen[bytes], count: int, until: float) -> bytes:
    assert child.stdout is not None  # given above
    place, found = child.stdout.fileno(), b""
    watched = select.poll()
    watched.register(place, select.POLLIN)
    while len(found) < count:
        left = until - time.monotonic()
        if left <= 0 or not watched.poll(left * 1000):
            raise TimeoutError("nothing is told")
        piece = os.read(place, count - len(found))
        if piece == b"":
            raise OSError("the process ended")
        found += piece
    return found


_ROOM = DrawingRoom()
atexit.register(_ROOM.close)
