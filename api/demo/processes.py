"""Start and stop the two processes of the demonstration on loopback, each with its own log file."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

START_WITHIN = 40.0  # seconds; the first start seeds the county's database


class DemoError(Exception):
    """Something that the demonstration needs did not happen; the message says what and where to look."""


def free_port() -> int:
    """Return a port of loopback that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Running:
    """A child process that answers at `url`; it is stopped with its group."""

    def __init__(self, name: str, arguments: Sequence[str], url: str, log: Path) -> None:
        self.name = name
        self.url = url
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(  # noqa: S603 (our own command line)
                [sys.executable, "-m", "api.cli", *arguments], stdout=output, stderr=output, start_new_session=True
            )

    def wait(self, path: str) -> None:
        """Wait until the process answers. Raises `DemoError` with the end of its log when it does not."""
        until = time.monotonic() + START_WITHIN
        while time.monotonic() < until:
            if self._process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.url}{path}", timeout=2):  # noqa: S310 (our own loopback address)
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        tail = self._log.read_text(errors="replace").strip().splitlines()[-5:]
        message = f"{self.name} did not start; the end of {self._log} says: {' | '.join(tail) or 'nothing'}"
        raise DemoError(message)

    def stop(self) -> None:
        """Ask the process to end, and end it if it does not."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
            try:
                self._process.wait(8)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()

    def wait_for_end(self) -> None:
        """Block until the process ends by itself."""
        self._process.wait()
