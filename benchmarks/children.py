"""Processes of a measurement: started on loopback, watched, and stopped whatever happens."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

import psutil

from benchmarks.generator import GIVES_UP, Plan

START_WITHIN = 60.0  # seconds; the first start of the registries fills their tables
STOP_WITHIN = 10.0
ROOT = Path(__file__).parent.parent


class ChildError(RuntimeError):
    """A process of the measurement did not do its part; the message says which and what it said last."""


def free_port() -> int:
    """Return a port of loopback that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Child:
    """A server in a process of its own: `python -m MODULE ARGUMENTS`. Use as a context; it is ready inside."""

    def __init__(self, name: str, module: str, arguments: Sequence[str], url: str, folder: Path) -> None:
        self.name, self.url = name, url
        self.log = folder / f"{name}.log"
        self._command = [sys.executable, "-m", module, *arguments]

    def __enter__(self) -> Self:
        """Start it and wait until it answers."""
        with self.log.open("wb") as output:
            self._process = subprocess.Popen(
                self._command, stdout=output, stderr=output, cwd=ROOT, start_new_session=True
            )
        self._watched = psutil.Process(self._process.pid)
        try:
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Ask it to end, and end it if it does not."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()

    def cpu(self) -> float:
        """Return the seconds of CPU that it used so far, user and system."""
        times = self._watched.cpu_times()
        return float(times.user + times.system)

    def rss(self) -> int:
        """Return its resident memory in bytes."""
        return int(self._watched.memory_info().rss)

    def _wait(self) -> None:
        until = time.monotonic() + START_WITHIN
        while time.monotonic() < until and self._process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=2):
                    return
            except urllib.error.HTTPError as error:
                if error.code == 404:  # it answers; it only has no such page
                    return
            except OSError:
                pass
            time.sleep(0.05)
        said = self.log.read_text(errors="replace").strip().splitlines()[-5:]
        raise ChildError(f"{self.name} did not start; {self.log} ends: {' | '.join(said) or 'nothing'}")


def generate(plan: Plan) -> dict[str, Any]:
    """Carry out a plan in a process of its own and return what was found. Raises `ChildError` when that fails."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.generator"],
        input=json.dumps(asdict(plan)).encode(),
        capture_output=True,
        cwd=ROOT,
        check=False,
        timeout=plan.seconds + GIVES_UP + START_WITHIN,
    )
    if done.returncode != 0:
        raise ChildError(f"the generator failed: {done.stderr.decode(errors='replace').strip()[-500:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found
