"""The installed page without a network: it opens, verifies, and says as of when it speaks."""

import json
import re
from dataclasses import replace

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Site
from tests.browser.test_scan_page import open_page, ready, verdict
from tests.licence_qr.forge import logged, with_claims
from tests.licence_qr.specimens import AT, COMPANY, SHOP, STOLEN_KEY, TRUST, licence, status_token

pytestmark = [pytest.mark.browser, pytest.mark.network, pytest.mark.enable_socket]

# What of a licence could be kept: every address and every text in the stores of the worker and of the page.
STORED = """
async () => {
  const found = [];
  for (const name of await caches.keys()) {
    const store = await caches.open(name);
    for (const request of await store.keys()) found.push([request.url, (await (await store.match(request)).text()).slice(0, 200000)]);
  }
  return found;
}
"""


def cut(phone: Page, site: Site) -> None:
    """Cut the network, and make sure that the server hears nothing more even of what gets through."""
    phone.context.set_offline(offline=True)
    site.asked.clear()


def clock(phone: Page, at: int) -> None:
    """Set the device's clock: without a network no server corrects it."""
    phone.clock.set_fixed_time(at)


def first_visit(phone: Page, site: Site, fragment: str = "") -> None:
    clock(phone, AT)
    open_page(phone, site, fragment or licence().digits)
    ready(phone)


def test_the_page_opens_and_verifies_with_the_network_cut(phone, site):
    first_visit(phone, site)
    assert phone.locator(".kept").count() == 0
    cut(phone, site)
    clock(phone, AT + 3600)
    open_page(phone, site, licence(SHOP).digits)
    assert phone.locator(".business h2").inner_text() == "（无字号）李示例"
    assert verdict(phone) == ("valid", "current")
    told = phone.locator(".verdict").inner_text()
    assert "状态截至 2026-11-23 10:20" in told
    assert "未联网：按 2026-11-23 10:30 取得的" in told
    assert "此后的撤销或暂停这里看不到" in told
    assert site.asked == []
    phone.get_by_role("button", name="查验下一个").click()
    assert phone.locator("#paste").is_visible()
    assert phone.locator("a[href^='/v/number']").count() == 0, "that page is the server's"


def test_offline_a_list_past_its_end_says_nothing_of_revocation(phone, site):
    first_visit(phone, site)
    cut(phone, site)
    clock(phone, AT + 2 * 86_400)
    open_page(phone, site, licence().digits)
    assert verdict(phone) == ("cannot_say", "status_stale")
    assert phone.locator(".business h2").inner_text() == COMPANY.name
    assert "不知道最近是否被撤销或暂停" in phone.locator(".why").inner_text()


def test_offline_without_a_list_the_signature_alone_is_told(phone, site):
    first_visit(phone, site, "hello")
    cut(phone, site)
    open_page(phone, site, licence().digits)
    assert verdict(phone) == ("cannot_say", "status_missing")
    assert "不知道执照此后是否被撤销或暂停" in phone.locator(".why").inner_text()


def test_a_revocation_that_was_seen_is_not_forgotten_offline_nor_taken_back_by_an_older_list(phone, site):
    site.lists["/status/1"] = status_token({7: 1}, iat=AT - 100)
    first_visit(phone, site)
    site.lists["/status/1"] = status_token({}, iat=AT - 200)
    open_page(phone, site, licence().digits)
    assert verdict(phone) == ("not_valid", "revoked")
    cut(phone, site)
    open_page(phone, site, licence().digits)
    assert verdict(phone) == ("not_valid", "revoked")


def test_a_list_from_the_future_does_not_stay(phone, site):
    site.lists["/status/1"] = status_token({}, iat=AT + 86_400)
    first_visit(phone, site)
    assert verdict(phone) == ("cannot_say", "clock")
    site.lists["/status/1"] = status_token({}, iat=AT - 100)
    open_page(phone, site, licence().digits)
    assert verdict(phone) == ("valid", "current")


def test_offline_the_list_of_what_was_logged_is_at_hand(phone, site):
    stolen = with_claims(lambda claims: claims, STOLEN_KEY)
    given = logged(before=(stolen.compact,))
    site.jwks = json.dumps(given["jwks"])
    site.lists |= {f"/.well-known/logged/{kid}.json": text for kid, text in given["logged"].items()}
    first_visit(phone, site)
    cut(phone, site)
    open_page(phone, site)
    phone.locator("#paste").fill(stolen.compact)
    phone.get_by_role("button", name="查验").click()
    phone.wait_for_selector(".verdict")
    assert verdict(phone) == ("valid", "current")


def test_an_old_server_time_does_not_set_the_clock_offline(phone, site):
    """The kept answer has no Date: with it, a stale list would look fresh for ever."""
    first_visit(phone, site)
    kept = [headers for _, headers in phone.evaluate(HEADERS)]
    assert kept
    assert not any("date" in names for names in kept)


HEADERS = """
async () => {
  const store = await caches.open("published-1"), found = [];
  for (const request of await store.keys()) found.push([request.url, [...(await store.match(request)).headers.keys()]]);
  return found;
}
"""


STOLEN = licence(replace(COMPANY, name="安丘市盗签食品有限公司"), key=STOLEN_KEY).digits
FORGETFUL = [{name: value for name, value in one.items() if name != "revoked_at"} for one in TRUST.to_jwks()["keys"]]


def test_a_maintenance_page_does_not_take_the_keys_away(phone, site):
    first_visit(phone, site)
    good, site.jwks = site.jwks, "<html>maintenance</html>"
    open_page(phone, site, licence().digits)
    assert verdict(phone) == ("valid", "current")
    assert "未采用，仍按 2026-11-23 10:30 取得的名单判断" in phone.locator(".verdict .keys-kept").inner_text()
    site.jwks = None
    open_page(phone, site, licence().digits)
    assert verdict(phone) == ("valid", "current")
    site.jwks = good
    open_page(phone, site, licence().digits)
    assert phone.locator(".kept, .keys-kept").count() == 0


def test_an_older_list_of_keys_does_not_take_a_theft_back(phone, site):
    first_visit(phone, site, STOLEN)
    assert verdict(phone) == ("cannot_say", "key_compromised")
    site.jwks = json.dumps({"keys": FORGETFUL})
    for _ in range(2):
        open_page(phone, site, STOLEN)
        assert verdict(phone) == ("cannot_say", "key_compromised")
    assert phone.locator(".keys-kept").count() == 1


def test_nothing_of_a_scanned_licence_is_kept(phone, site):
    made = licence()
    first_visit(phone, site, made.digits)
    open_page(phone, site, made.digits)  # now through the worker
    stored = phone.evaluate(STORED)
    assert {re.sub(r"https?://[^/]+", "", url) for url, _ in stored} >= {"/v", "/.well-known/jwks.json", "/status/1"}
    for url, text in stored:
        assert "#" not in url
        for private in (made.digits[:30], COMPANY.uscc, COMPANY.name):
            assert private not in url + text
    assert not phone.evaluate("localStorage.length + sessionStorage.length")
    assert not any(made.digits[:20] in line for line in site.asked)


def test_a_changed_page_replaces_the_kept_one_whole(phone, site):
    first_visit(phone, site)
    worker = site.answers["/v/worker.js"]
    site.answers["/v/worker.js"] = type(worker)(
        re.sub(rb'VERSION = "[0-9a-f]+"', b'VERSION = "next"', worker.content), worker.headers
    )
    open_page(phone, site, licence().digits)
    phone.wait_for_function(
        "caches.keys().then((names) => names.filter((name) => name.startsWith('shell-')).join() === 'shell-next')"
    )
    phone.wait_for_selector("main[aria-busy=false] [data-reason=current]")
