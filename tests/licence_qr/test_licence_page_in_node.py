"""The page's verifier outside a browser: the same vectors in node, and what it keeps. Mutations: test_licence_fuzz."""

import json
import subprocess
import unicodedata
from pathlib import Path

import pytest

import licence_qr
from licence_qr import transport
from licence_qr.claims import NGO_TYPES
from licence_qr.page import CONTENT_SECURITY_POLICY, asset, assets
from licence_qr.particulars import CHINESE_ROWS
from licence_qr.text import fault_of
from licence_qr.trust import LICENCE_TYP
from tests.licence_qr.cases import all_cases, reasons
from tests.licence_qr.forge import JWKS
from tests.licence_qr.specimens import (
    AT,
    FOREIGN_KEY,
    IAT,
    LICENCE_KEY,
    LIST_URI,
    RETIRED_KEY,
    REVOKED,
    STATUS_KEY,
    STOLEN_KEY,
    status_token,
)
from tests.licence_qr.verdicts import NODE, in_node

FOLDER = Path(licence_qr.__file__).parent
KEEPS, FOLLOWS = (Path(__file__).parent / name for name in ("run_kept.mjs", "run_follows.mjs"))
needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed; the browser tests run the same vectors")


@needs_node
def test_the_page_gives_every_vector_and_attack_its_reasons():
    cases = all_cases()
    told = in_node("cases", list(cases.values()))
    assert {name: reasons(one) for name, one in zip(cases, told, strict=True)} == {
        name: one["expect"] for name, one in cases.items()
    }


@needs_node
def test_no_sign_may_be_shown_whose_normal_form_depends_on_the_age_of_the_reader():
    """Python and node come with Unicode of different years; what differs between them is forbidden on a licence."""
    signs = [chr(code) for code in (*range(0x10000), *range(0x20000, 0x20400)) if fault_of(f"a{chr(code)}b") is None]
    assert len(signs) > 50_000
    texts = [text for sign in signs for text in (f"{sign}a", f"a\u0323{sign}", f"a\u0301{sign}", f"{sign}\u0307")]
    here = [unicodedata.is_normalized("NFC", text) and text.strip() == text for text in texts]
    assert [
        text for text, mine, theirs in zip(texts, here, in_node("normal", texts), strict=True) if mine != theirs
    ] == []


@needs_node
def test_what_the_page_keeps_of_a_list_never_goes_back():
    clean, revoked = status_token(iat=AT - 900), status_token({7: REVOKED}, iat=AT - 600)
    stranger, late = status_token(iat=AT, key=FOREIGN_KEY), status_token(iat=AT + 121)
    served = [clean, revoked, clean, "garbage", stranger, late, None]  # None: no network
    command = [NODE, str(KEEPS), str(FOLDER / "page")]
    given = json.dumps({"jwks": JWKS, "uri": LIST_URI, "at": AT, "served": served})
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"had": [clean, *[revoked] * 6], "kept": revoked}


def told_of_lists(pairs, headers=()):
    given = json.dumps({"pairs": [list(pair) for pair in pairs.values()], "headers": list(headers)})
    command = [NODE, str(FOLLOWS), str(FOLDER / "page")]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def lists_with(kid, **changed):
    """The common list of keys as text, with other members in one entry; None takes a member out."""
    entries = [
        {name: value for name, value in (one | (changed if one["kid"] == kid else {})).items() if value is not None}
        for one in JWKS["keys"]
    ]
    return json.dumps({"keys": entries})


@needs_node
def test_the_list_of_keys_that_the_page_keeps_only_grows():
    whole, fewer = json.dumps(JWKS), json.dumps({"keys": JWKS["keys"][1:]})
    retired, stolen, status = RETIRED_KEY.kid, STOLEN_KEY.kid, STATUS_KEY.kid
    may = {
        "the first one": (whole, None),
        "the same, formatted": (json.dumps(JWKS, indent=1), whole),
        "one more key": (whole, fewer),
        "a window that ends": (lists_with(LICENCE_KEY.kid, exp=AT), whole),
        "a theft": (lists_with(LICENCE_KEY.kid, revoked_at=AT, logged_sha256="x"), whole),
        "an earlier theft": (lists_with(stolen, revoked_at=IAT), whole),
        "after something that was no list": (whole, "<html>"),
    }
    may_not = {
        "a page, first": ("<html>maintenance</html>", None),
        "a page": ("<html>maintenance</html>", whole),
        "cut short": (whole[:-40], whole),
        "no keys": ('{"keys":[]}', whole),
        "no key that can be used": ('{"keys":[{"kty":"RSA"}]}', None),
        "a private key": (json.dumps({"keys": [*JWKS["keys"], {"d": "x"}]}), whole),
        "a key less": (fewer, whole),
        "the second entry unusable": (lists_with(status, alg="none"), whole),
        "a theft forgotten": (lists_with(stolen, revoked_at=None), whole),
        "a later theft": (lists_with(stolen, revoked_at=AT), whole),
        "a window opened again": (lists_with(retired, exp=None), whole),
        "a window that ends later": (lists_with(retired, exp=AT), whole),
        "a window that begins earlier": (lists_with(retired, nbf=1), whole),
        "another job": (lists_with(status, typ=LICENCE_TYP), whole),
        "another issuer": (lists_with(status, iss="https://other.example"), whole),
    }
    found = told_of_lists(may | may_not)
    assert dict(zip(may | may_not, found["follows"], strict=True)) == dict.fromkeys(may, True) | dict.fromkeys(
        may_not, False
    )
    assert found["pinned"] == [True, False]


@needs_node
def test_the_time_of_the_server_is_its_date_and_the_age_of_the_answer():
    date = "Mon, 23 Nov 2026 02:30:00 GMT"
    headers = [{"Date": date, **({} if age is None else {"Age": age})} for age in (None, "290", "72000", "60, 5", "x")]
    assert told_of_lists({}, headers)["times"] == [1000 * (AT + seconds) for seconds in (0, 290, 72_000, 60, 0)]
    assert told_of_lists({}, [{"Age": "5"}])["times"] == [None], "no time at all without a date"


def test_the_page_asks_nobody_else_and_runs_nothing_inline():
    page = assets()["/v"].content.decode()
    assert "http" not in page.replace("https://www.w3.org", "")
    for source in ("<script>", "style=", "onload", "onclick", "javascript:"):
        assert source not in page
    for path, served in assets().items():
        assert served.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY, path
        assert served.headers["Referrer-Policy"] == "no-referrer"
    scripts = {path: served.content.decode() for path, served in assets().items() if path.endswith((".mjs", ".js"))}
    for forbidden in (
        "innerHTML",
        "outerHTML",
        "insertAdjacent",
        "eval(",
        "document.write",
        "localStorage",
        "sendBeacon",
    ):
        assert [path for path, script in scripts.items() if forbidden in script] == []
    assert {path: n for path, script in scripts.items() if (n := script.count("location.hash"))} == {"/v/view.mjs": 1}


def test_the_page_and_python_tell_ngos_by_the_same_types_and_mark_the_same_rows_as_chinese():
    script = assets()["/v/draw.mjs"].content.decode()
    told, rows = (
        json.loads(script.partition(f"const {name} = ")[2].partition(";")[0]) for name in ("NGO_TYPES", "CHINESE_ROWS")
    )
    assert tuple(told) == NGO_TYPES
    assert set(rows) == CHINESE_ROWS


def test_a_file_of_the_page_is_found_by_name_and_nothing_else_is():
    assert asset("index.html") == assets()["/v"].content
    assert asset("dictionary-1.bin") == transport.dictionary(1)
    for name in ("__init__.py", "../keys.py", "missing.mjs", ""):
        assert asset(name) is None


def test_the_page_has_every_dictionary():
    assert {f"/v/dictionary-{number}.bin" for number in transport.DICTIONARIES} <= set(assets())
    assert assets()["/v/dictionary-1.bin"].content == transport.dictionary(1)
