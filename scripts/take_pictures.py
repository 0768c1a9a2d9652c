"""Take the README's pictures: run `make demo ARGS="--keep --port 8470"` elsewhere, then `python scripts/take_pictures.py`.

Needs Chromium and a Chinese font (Debian: chromium, fonts-wqy-microhei).
"""

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

from licence_qr.token import parts_of
from licence_qr.transport import encode

SERVICE = "http://127.0.0.1:8470"
LICENCE = "individual-05-bakery"
OUT = Path("docs/pictures")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]  # fmt: skip


def main() -> None:
    """Copy the code of one licence and photograph the page that its link opens."""
    OUT.mkdir(parents=True, exist_ok=True)
    shutil.copy(f"out/licences/{LICENCE}.png", OUT / "licence.png")
    digits = encode(parts_of(Path(f"out/licences/{LICENCE}.jws").read_text()))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 360, "height": 780}, device_scale_factor=2, locale="zh-CN")
        page.goto(f"{SERVICE}/v#{digits}")
        page.get_by_text("安丘市").first.wait_for()  # no script of ours may run in the page: its policy forbids it
        page.screenshot(path=OUT / "scan-page.png")
        browser.close()


if __name__ == "__main__":
    main()
