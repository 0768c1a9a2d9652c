"""Every reader takes the same bytes for a list of keys and for a status list: nothing repaired, nothing stripped but blanks."""

import json

import pytest

from api.scan_trust import read_lists
from licence_qr.errors import KeyFileError, StatusListError
from licence_qr.status_list import Snapshot
from licence_qr.trust import LARGEST_LIST, TrustList
from tests.licence_qr.specimens import LIST_URI, TRUST, status_token
from tests.licence_qr.verdicts import CLIENT, NODE, in_node

SOURCE = json.dumps({**TRUST.to_jwks(), "note": "安丘"}, ensure_ascii=False).encode()


def of_size(size):
    """A list of keys of so many bytes, a third of that in characters."""
    empty = json.dumps({**TRUST.to_jwks(), "note": ""}, ensure_ascii=False).encode()
    note = "安" * ((size - len(empty)) // 3) + "x" * ((size - len(empty)) % 3)
    return json.dumps({**TRUST.to_jwks(), "note": note}, ensure_ascii=False).encode()


LISTS = {
    "as it is": (SOURCE, True),
    "blanks around it": (b" \t\r\n" + SOURCE + b"\n", True),
    "as large as may be": (of_size(LARGEST_LIST), True),
    "a byte larger": (of_size(LARGEST_LIST + 1), False),
    "a byte order mark": (b"\xef\xbb\xbf" + SOURCE, False),
    "a wide space": ("\u3000".encode() + SOURCE, False),
    "no UTF-8 in a text": (SOURCE.replace("丘".encode(), b"\xff"), False),
    "a text cut in two": (SOURCE.replace("丘".encode(), "丘".encode()[:2]), False),
    "UTF-16": (SOURCE.decode().encode("utf-16"), False),
}


def python_takes(source):
    try:
        return len(TrustList.from_jwks(source)) == len(TRUST)
    except KeyFileError:
        return False


def client_takes(source):
    try:
        return len(CLIENT.Verifier(source)._keys) == len(TRUST)
    except ValueError:
        return False


@pytest.mark.parametrize("reader", [python_takes, client_takes])
def test_a_list_of_keys_is_read_from_its_bytes(reader):
    assert {name: reader(source) for name, (source, _) in LISTS.items()} == {
        name: good for name, (_, good) in LISTS.items()
    }


TOKEN = status_token().encode()
TOKENS = [(TOKEN, True), (TOKEN + b"\r\n", True), (b"\n " + TOKEN + b"\t", True)]
TOKENS += [(b"\xef\xbb\xbf" + TOKEN, False), (TOKEN + "\u3000".encode(), False), (TOKEN + b"\xff", False), (b"", False)]


def test_a_status_list_in_a_file_is_read_from_its_bytes(tmp_path):
    for number, (source, good) in enumerate(TOKENS):
        file = tmp_path / f"{number}.jwt"
        file.write_bytes(source)
        try:
            believed = isinstance(read_lists([file], TRUST).get(LIST_URI), Snapshot)
        except StatusListError:
            believed = False
        assert believed == good, source[-5:]


def test_a_status_list_that_is_deep_json_is_told(tmp_path):
    file = tmp_path / "deep.jwt"
    file.write_text(f"a.{'W1tb' * 100_000}.b")
    with pytest.raises(StatusListError, match="cannot be read"):
        read_lists([file], TRUST)


@pytest.mark.skipif(NODE is None, reason="node is not installed; the browser has no other way to these functions")
def test_the_page_takes_the_same_bytes():
    assert in_node("keylists", [source.hex() for source, _ in LISTS.values()]) == [good for _, good in LISTS.values()]
    told = in_node("tokens", [source.hex() for source, _ in TOKENS])
    assert [one == TOKEN.decode() for one in told] == [good for _, good in TOKENS]
