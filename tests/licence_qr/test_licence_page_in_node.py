"""The page's verifier outside a browser: the same vectors, the outside vectors, and many mutations, in node."""

import json
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

import licence_qr
from licence_qr import transport
from licence_qr.claims import NGO_TYPES
from licence_qr.keys import public_jwk
from licence_qr.page import CONTENT_SECURITY_POLICY, asset, assets
from licence_qr.status_list import StatusBook
from licence_qr.verify import verify
from tests.licence_qr.cases import all_cases, reasons
from tests.licence_qr.forge import JWKS, case, sealed
from tests.licence_qr.specimens import AT, KINDERGARTEN, LIST_URI, PAGE, TRUST, licence, status_token

FOLDER = Path(licence_qr.__file__).parent
RUNNER = Path(__file__).parent / "run_cases.mjs"
WYCHEPROOF = Path(__file__).resolve().parents[2].parent / "shared" / "vectors" / "ecdsa_p256_p1363.json"
NODE = shutil.which("node")
SPECIMENS = (licence(), licence(KINDERGARTEN))
needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed; the browser tests run the same vectors")


def run(task: str, given: object) -> list:
    command = [NODE, str(RUNNER), task, str(FOLDER / "page"), str(FOLDER / "dictionary")]
    done = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@needs_node
def test_the_page_gives_every_vector_and_attack_its_reasons():
    cases = all_cases()
    told = run("cases", list(cases.values()))
    assert {name: reasons(one) for name, one in zip(cases, told, strict=True)} == {
        name: one["expect"] for name, one in cases.items()
    }


@needs_node
@pytest.mark.skipif(not WYCHEPROOF.exists(), reason="the outside vectors of shared/ are not here")
def test_the_page_gives_every_outside_signature_its_verdict():
    tests, expected = [], []
    for group in json.loads(WYCHEPROOF.read_text("utf-8"))["testGroups"]:
        key = public_jwk(serialization.load_pem_public_key(group["publicKeyPem"].encode()))
        for test in group["tests"]:
            tests.append({"jwk": key, "message": test["msg"], "signature": test["sig"]})
            expected.append(test["result"] == "valid")
    assert run("signatures", tests) == expected


def mutated(rng: random.Random) -> str:
    """A licence with a few characters, bits or bytes changed; half of them signed again by the right key."""
    made = rng.choice(SPECIMENS)
    kind = rng.randrange(5)
    if kind == 0:
        text = list(rng.choice((made.link(PAGE), made.jws)))
        for _ in range(rng.randint(1, 3)):
            text[rng.randrange(len(text))] = rng.choice("0123456789#&.:/ax -_=")
        return "".join(text)
    if kind == 1:
        raw = bytearray(transport.from_digits(made.digits))
        raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
        return f"{PAGE}#{transport.to_digits(bytes(raw))}"
    header, payload = bytearray(made.parts.header), bytearray(made.parts.payload)
    which = rng.choice((header, payload, payload))
    start = rng.randrange(len(which))
    end = min(len(which), start + rng.randint(1, 20))
    if kind == 2:
        which[start] = rng.choice(b'{}[]":,0123456789.eE-+ \\u\n\x00\xef\xbbtfn')
    elif kind == 3:
        del which[start:end]
    else:
        which[start:start] = which[start:end]
    parts = sealed(bytes(header), bytes(payload))
    return parts.compact if rng.random() < 0.5 else f"{PAGE}#{transport.encode(parts)}"


@needs_node
def test_both_verifiers_agree_on_mutations():
    rng = random.Random(20261122)
    lists = {LIST_URI: status_token()}
    texts = [mutated(rng) for _ in range(1500)]
    book = StatusBook(TRUST)
    book.add(LIST_URI, lists[LIST_URI])
    ours = [verify(text, TRUST, at=AT, status=book).to_json() for text in texts]
    theirs = run("cases", [{**case(text, ""), "jwks": JWKS, "lists": lists} for text in texts])
    for text, mine, other in zip(texts, ours, theirs, strict=True):
        del mine["detail"], other["detail"]
        assert mine == other, text
    assert len({mine["reason"] for mine in ours}) > 6, "the mutations reach many steps"


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
