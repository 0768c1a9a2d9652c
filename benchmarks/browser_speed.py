"""The page's verifier in headless Chromium: the first code of a visit, later ones, and a bare WebCrypto verification beside them.

The page is served from loopback with its own policy; what is timed runs in the page, by its clock, medians over codes. The
whole verdict is timed: text, key, signature, claims, a status list of 2^17 places like ours, one in a hundred revoked, each permit. What
the page does while it waits for the network (`check` in view.mjs) is done before: keys are imported, the first text is read once.
"""

import json
import shutil
import statistics
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from playwright.sync_api import sync_playwright

from casework.issuing import STATUS_LIST_SIZE
from licence_qr.page import assets
from licence_qr.trust import TrustList

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
TARGET_MS = 30.0
_TIMED = """async ([jwks, lists, codes, at]) => {
  const { verify, readTrust, readText, verifySignature } = await import("/v/verify.mjs");
  const bytes = (await fetch("/v/dictionary-1.bin")).arrayBuffer();
  const dictionary = async () => new Uint8Array(await bytes);
  const [trust] = await Promise.all([readTrust(jwks), readText(codes[0], dictionary)]);
  const timed = async (work) => { const began = performance.now(); const found = await work(); return [performance.now() - began, found]; };
  const known = { trust, dictionary, lists, at }, took = [], bare = [];
  for (const code of codes) {
    const [ms, found] = await timed(() => verify(code, known));
    if (found.reason !== "current") throw new Error(found.reason);
    took.push(ms);
  }
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
  const message = new Uint8Array(3000), how = { name: "ECDSA", hash: "SHA-256" };
  const signature = await crypto.subtle.sign(how, pair.privateKey, message);
  for (const _ of codes) bare.push((await timed(() => crypto.subtle.verify(how, pair.publicKey, signature, message)))[0]);
  return { took, bare };
}"""


def measure(
    trust: TrustList, lists: Mapping[str, str], codes: Sequence[str], *, at: int, visits: int
) -> dict[str, Any] | None:
    """Return milliseconds, or None where there is no Chromium. `codes` are digits; every one must be current at `at`.

    A visit is a fresh page: its first verification is the first of all, its later ones are the median.
    """
    if CHROMIUM is None:
        return None
    given = [trust.to_jwks(), dict(lists), [f"#{code}" for code in codes], at]
    first, later, bare = [], [], []
    with _site() as origin, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=list(ARGUMENTS))
        version = browser.version
        for _ in range(visits):
            page = browser.new_context().new_page()
            page.goto(f"{origin}/v")
            found = page.evaluate(_TIMED, given)
            first.append(found["took"][0])
            later.append(statistics.median(found["took"][1:]))
            bare.append(statistics.median(found["bare"]))
            page.context.close()
        browser.close()
    took = {"first_ms": first, "later_ms": later, "bare_ms": bare}
    return {"chromium": version, "visits": visits, **{name: statistics.median(one) for name, one in took.items()}}


def lines(found: Mapping[str, Any] | None) -> Iterator[str]:
    """Yield the figures for people."""
    if found is None:
        yield "browser: not measured, no Chromium on this machine (Debian: apt-get install chromium)"
        return
    yield (
        f"browser, Chromium {found['chromium']}, list of {STATUS_LIST_SIZE} places, medians of {found['visits']} visits: the first code of a visit "
        f"{found['first_ms']:.1f} ms, later ones {found['later_ms']:.1f} ms (target {TARGET_MS:.0f}); "
        f"bare WebCrypto verification {found['bare_ms']:.1f} ms"
    )


@contextmanager
def _site() -> Iterator[str]:
    """Serve the page on loopback; yield its origin."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = assets().get(self.path)
            content, headers = (b"", {}) if found is None else (found.content, found.headers)
            if self.path == "/.well-known/jwks.json":
                found, content = next(iter(assets().values())), json.dumps({"keys": []}).encode()
            self.send_response(404 if found is None else 200)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(ConnectionError):  # a visit ends while its worker still fetches
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing: what matters is measured in the page."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
