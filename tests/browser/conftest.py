"""The scan page served on loopback, and a headless Chromium that looks at it."""

import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from licence_qr.page import Asset, assets
from tests.licence_qr.specimens import AT, TRUST, status_token

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Site:
    """What the page's server answers, and every path it was asked for."""

    origin: str = ""
    jwks: str | None = field(default_factory=lambda: json.dumps(TRUST.to_jwks()))
    lists: dict[str, str] = field(default_factory=lambda: {"/status/1": status_token(iat=AT - 600)})
    asked: list[str] = field(default_factory=list)
    answers_at: int = AT  # what its clock says, in seconds
    aged: int = 0  # seconds for which a cache on the way has had the list of keys
    answers: dict[str, Asset] = field(default_factory=lambda: dict(assets()))  # the files of the page

    def answer(self, path: str) -> tuple[int, bytes, dict[str, str]]:
        if path in self.answers:
            return 200, self.answers[path].content, dict(self.answers[path].headers)
        if path == "/.well-known/jwks.json" and self.jwks is not None:
            kept = {"Age": str(self.aged)} if self.aged else {}
            return 200, self.jwks.encode(), {"Content-Type": "application/json", **kept}
        if path in self.lists:
            return 200, self.lists[path].encode(), {"Content-Type": "application/statuslist+jwt"}
        return 404, b"", {}


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(self.requestline)
            status, content, headers = made.answer(self.path)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def date_time_string(self, timestamp: float | None = None) -> str:
            aged = made.aged if self.path == "/.well-known/jwks.json" else 0
            return super().date_time_string(made.answers_at - aged)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    made.origin = f"http://127.0.0.1:{server.server_port}"
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("chromium is not installed (apt-get install chromium); CI installs it")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def browser_at_twice_the_size(browser: Browser) -> Iterator[Browser]:
    """A browser whose person set the type to 200 %."""
    large = [*ARGUMENTS, "--blink-settings=defaultFontSize=32"]
    opened = browser.browser_type.launch(executable_path=CHROMIUM, headless=True, args=large)
    yield opened
    opened.close()


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A phone of 360 x 780 in Chinese whose clock is right; errors on its console fail the test."""
    context = browser.new_context(viewport={"width": 360, "height": 780}, device_scale_factor=2, locale="zh-CN")
    page = context.new_page()
    page.clock.set_fixed_time(AT)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if "Security Policy" in message.text else None)
    yield page
    context.close()
    assert errors == []
