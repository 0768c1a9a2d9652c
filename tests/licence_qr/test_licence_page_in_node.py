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
from licence_qr.text import fault_of
from tests.licence_qr.cases import all_cases, reasons
from tests.licence_qr.forge import JWKS
from tests.licence_qr.specimens import AT, FOREIGN_KEY, LIST_URI, REVOKED, status_token
from tests.licence_qr.verdicts import NODE, in_node

FOLDER = Path(licence_qr.__file__).parent
KEEPS = Path(__file__).parent / "run_kept.mjs"
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


def test_the_page_asks_nobody_else_and_runs_nothing_inline():
    page = assets()["/v"].content.decode()
    assert "http" not in page.replace("https://www.w3.org", "")
    for source in ("<script>", "style=", "onload", "onclick", "javascript:"):
        assert source not in page
    for path, served in assets().items():
        assert served.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY, path
        assert served.headers["Referrer-Policy"] == "no-referrer"
    script = assets()["/v/view.mjs"].content.decode()
    for forbidden in (
        "innerHTML",
        "outerHTML",
        "insertAdjacent",
        "eval(",
        "document.write",
        "localStorage",
        "sendBeacon",
    ):
        assert forbidden not in script
    assert script.count("location.hash") == 1


def test_the_page_and_python_tell_ngos_by_the_same_types():
    script = assets()["/v/view.mjs"].content.decode()
    told = json.loads(script.partition("const NGO_TYPES = ")[2].partition(";")[0])
    assert tuple(told) == NGO_TYPES


def test_a_file_of_the_page_is_found_by_name_and_nothing_else_is():
    assert asset("index.html") == assets()["/v"].content
    assert asset("dictionary-1.bin") == transport.dictionary(1)
    for name in ("__init__.py", "../keys.py", "missing.mjs", ""):
        assert asset(name) is None


def test_the_page_has_every_dictionary():
    assert {f"/v/dictionary-{number}.bin" for number in transport.DICTIONARIES} <= set(assets())
    assert assets()["/v/dictionary-1.bin"].content == transport.dictionary(1)
