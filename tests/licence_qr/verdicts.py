"""One case put to every verifier there is: whole answers, so that they can be compared.

    python   licence_qr.verify, which takes the quick way through the claims where it can
    long     the same, always by the long way
    bulk     licence_qr.bulk, which keeps keys, headers and lists
    client   licence_qr/client/miaopi_licence.py, as third parties have it
    page     licence_qr/page/verify.mjs in node

A list of keys that is refused as a whole is no list: its verifier then has no keys.
"""

import base64
import contextlib
import importlib.util
import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

import licence_qr
from licence_qr.bulk import BulkVerifier
from licence_qr.errors import CodeError, KeyFileError
from licence_qr.status_list import StatusBook
from licence_qr.trust import TrustList
from licence_qr.verify import Answer, Verification, answers_for, authentic_claims, read_text, verify

Case = dict[str, Any]
FOLDER = Path(licence_qr.__file__).parent
CLIENT_FILE = FOLDER / "client" / "miaopi_licence.py"
RUNNER = Path(__file__).parent / "run_cases.mjs"
NODE = shutil.which("node")


def load_client() -> Any:
    """The file for third parties, loaded by its path as they would."""
    spec = importlib.util.spec_from_file_location("miaopi_licence", CLIENT_FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CLIENT = load_client()
Lists = tuple[tuple[str, tuple[str, ...]], ...]


def key_list(case: Case) -> bytes:
    """The list of keys of a case, which gives it as a document or as a text."""
    jwks = case["jwks"]
    return (jwks if isinstance(jwks, str) else json.dumps(jwks)).encode()


def own_dictionaries(case: Case) -> dict[int, bytes]:
    """The copies of dictionaries that the verifier of a case keeps; most keep none of their own."""
    given = case.get("dictionaries", {})
    return {int(number): base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)) for number, text in given.items()}


@lru_cache(maxsize=8)
def _trust(jwks: bytes, logged: tuple[bytes, ...]) -> TrustList:
    try:
        return TrustList.from_jwks(jwks, logged)
    except KeyFileError:
        return TrustList([])


@lru_cache(maxsize=8)
def _book(trust: TrustList, lists: Lists, oldest: int | None, at: int) -> StatusBook:
    book = StatusBook(trust, oldest=oldest)
    for uri, tokens in lists:
        for token in tokens:
            book.add(uri, token, at=at)
    return book


@lru_cache(maxsize=8)
def _client(
    jwks: bytes,
    logged: tuple[bytes, ...],
    lists: Lists,
    oldest: int | None,
    at: int,
    own: tuple[tuple[int, bytes], ...],
) -> Any:
    client = CLIENT.Verifier(jwks, None, dict(own), oldest, logged)
    for uri, tokens in lists:
        for token in tokens:
            client.refresh(uri, token, at=at)
    return client


def _lists(case: Case) -> Lists:
    """The texts that were had of each list, in their order; most cases have one."""
    return tuple((uri, (had,) if isinstance(had, str) else tuple(had)) for uri, had in case["lists"].items())


def at_hand(case: Case) -> tuple[TrustList, StatusBook]:
    """Keys and lists of a case, as Python's verifier takes them."""
    trust = _trust(key_list(case), _documents(case))
    return trust, _book(trust, _lists(case), case["oldest_status"], case["at"])


def _documents(case: Case) -> tuple[bytes, ...]:
    return tuple(source.encode() for source in case.get("logged", {}).values())


def _python(case: Case) -> Verification:
    trust, book = at_hand(case)
    return verify(case["text"], trust, at=case["at"], status=book, dictionaries=own_dictionaries(case))


def _long(case: Case) -> Verification:
    trust, book = at_hand(case)
    try:
        claims = authentic_claims(read_text(case["text"], own_dictionaries(case)), trust, hurry=False)
    except CodeError as error:
        return Verification(case["at"], Answer(error.reason), Answer("not_authentic"))
    return answers_for(claims, at=case["at"], status=book)


def _bulk(case: Case) -> Verification:
    trust, book = at_hand(case)
    if case.get("dictionaries"):  # it has those of the package alone
        return _python(case)
    return BulkVerifier(trust, book).verify(case["text"], at=case["at"])


def _third(case: Case) -> Case:
    given = _documents(case), _lists(case), case["oldest_status"], case["at"], tuple(own_dictionaries(case).items())
    found: Case = _client(key_list(case), *given).verify(case["text"], at=case["at"])
    return found


HERE: dict[str, Callable[[Case], Verification | Case]] = {
    "python": _python,
    "long": _long,
    "bulk": _bulk,
    "client": _third,
}


def answers(case: Case) -> dict[str, Case]:
    """What each verifier of this process says of a case; a verifier that falls over says `raised`."""
    told: dict[str, Case] = {}
    for name, verifier in HERE.items():
        try:
            found = verifier(case)
        except Exception as error:  # noqa: BLE001  (that one falls over is the difference that is looked for)
            told[name] = {"raised": repr(error)[:300]}
        else:
            told[name] = found if isinstance(found, dict) else found.to_json()
        told[name].pop("detail", None)
    return told


def in_node(task: str, given: object) -> list[Any]:
    """One task of run_cases.mjs on one list; node begins and ends with it."""
    assert NODE is not None
    command = [NODE, str(RUNNER), task, str(FOLDER / "page"), str(FOLDER / "dictionary")]
    done = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    told: list[Any] = json.loads(done.stdout)
    return told


class Page:
    """The page's verifier in one long-lived node: `send` a batch, do something else, `receive` its answers."""

    def __init__(self) -> None:
        """Start node; it ends with `close`."""
        if NODE is None:
            raise FileNotFoundError("node is not installed: the page's verifier cannot be asked outside a browser")
        command = [NODE, str(RUNNER), "batches", str(FOLDER / "page"), str(FOLDER / "dictionary")]
        self._node = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def send(self, cases: Sequence[Case]) -> None:
        """Hand over a batch."""
        assert self._node.stdin is not None
        self._node.stdin.write(json.dumps(cases) + "\n")
        self._node.stdin.flush()

    def receive(self) -> list[Case]:
        """Wait for the answers to the batch."""
        assert self._node.stdout is not None
        line = self._node.stdout.readline()
        if not line:
            raise RuntimeError("node ended early; its last words are above")
        told: list[Case] = json.loads(line)
        for one in told:
            one.pop("detail", None)
        return told

    def close(self) -> None:
        """End node; it keeps nothing."""
        self._node.kill()
        self._node.wait()
        for pipe in (self._node.stdin, self._node.stdout):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):
                pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
