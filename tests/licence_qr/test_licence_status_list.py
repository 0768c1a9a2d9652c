import json

import pytest

from licence_qr.errors import CodeError, StatusListError
from licence_qr.status_list import Snapshot, Status, StatusBook, StatusList, read_list, sign_list, spread_index
from licence_qr.trust import STATUS_TYP, TrustedKey, TrustList
from tests.licence_qr.forge import entries, list_with
from tests.licence_qr.specimens import AT, FOREIGN_KEY, LIST_URI, TRUST, status_token
from tests.licence_qr.verdicts import CLIENT

GOOD = entries(bytes(256))["lst"]


def test_setting_one_entry_leaves_its_neighbours():
    entry_list = StatusList(16)
    for index in range(16):
        entry_list.set(index, Status.SUSPENDED)
    entry_list.set(5, Status.VALID)
    entry_list.set(6, Status.INVALID)
    assert [entry_list.get(index) for index in range(4, 8)] == [2, 0, 1, 2]


@pytest.mark.parametrize("index", [-1, 16, 2**40])
def test_outside_the_list_there_is_no_statement(index):
    with pytest.raises(StatusListError, match="no statement"):
        StatusList(16).get(index)
    with pytest.raises(StatusListError, match="no statement"):
        StatusList(16).set(index, 1)


def test_wrong_sizes_and_values_are_refused():
    for size, bits in ((15, 2), (0, 2), (16, 3), (2**25, 2)):
        with pytest.raises(StatusListError, match="entries"):
            StatusList(size, bits)
    with pytest.raises(StatusListError, match="does not fit"):
        StatusList(16).set(0, 4)


@pytest.mark.parametrize(
    "lst",
    [
        "",
        "!!!!",
        "AAAA",
        "eNrbuRgA",
        GOOD + "=",
        GOOD[:-1] + "é",
        "\n" + GOOD,
        entries(bytes(2**23))["lst"],
        entries(b"")["lst"],
    ],
)
def test_what_is_no_list_is_refused(lst):
    with pytest.raises(StatusListError):
        StatusList.decode(lst, 2)


def test_a_signed_list_is_read_with_its_times():
    found = read_list(status_token({9: 2}), uri=LIST_URI, trust=TRUST)
    assert (found.issued_at, found.expires_at, found.entries.get(9)) == (AT - 600, AT - 600 + 86_400, 2)


@pytest.mark.parametrize(
    "compact",
    [
        status_token(key=FOREIGN_KEY),
        status_token() + "=",
        list_with(sub="https://licence.anqiu.example/status/2"),
        list_with(iss="https://elsewhere.example"),
        list_with(iat=1_500_000_000),
        list_with(iat="now"),
        list_with(status_list=[]),
        list_with(exp=(AT + 86_400) * 1000),
        list_with(exp=AT - 600 + 7 * 86_400 + 1),
        list_with(status_list={"bits": True, "lst": GOOD}),
        "",
    ],
)
def test_a_list_that_cannot_be_believed_is_told_so(compact):
    with pytest.raises(CodeError) as caught:
        read_list(compact, uri=LIST_URI, trust=TRUST)
    assert caught.value.reason == "status_untrusted"


def test_an_older_list_never_replaces_a_newer_one():
    book = StatusBook(TRUST)
    book.add(LIST_URI, status_token({7: 1}, iat=AT - 100))
    book.add(LIST_URI, status_token({}, iat=AT - 200))
    book.add(LIST_URI, "garbage")
    held = book.get(LIST_URI)
    assert isinstance(held, Snapshot)
    assert held.entries.get(7) == Status.INVALID
    book.add(LIST_URI, status_token({}, iat=AT + 121), at=AT)
    assert book.get(LIST_URI) is held, "a list from the future would stay for ever"
    book.add(LIST_URI, status_token({}, iat=AT + 120), at=AT)
    assert book.get(LIST_URI).issued_at == AT + 120


def test_a_list_of_another_issuer_neither_replaces_nor_stays():
    """Whose key is trusted for its own lists is nobody at the address of another."""
    other = "https://other.example"
    trust = TrustList([*TRUST, TrustedKey(FOREIGN_KEY.public_key, other, STATUS_TYP, AT - 9)])
    made = sign_list(StatusList(1024), uri=LIST_URI, iss=other, iat=AT, signer=FOREIGN_KEY)
    book, client = StatusBook(trust), CLIENT.Verifier(json.dumps(trust.to_jwks()).encode())
    for token in (made, status_token({7: 1}), made):
        book.add(LIST_URI, token, at=AT)
        client.refresh(LIST_URI, token, at=AT)
    assert book.get(LIST_URI).entries.get(7) == Status.INVALID
    assert client._lists[LIST_URI]["iat"] == AT - 600
    own = sign_list(StatusList(1024), uri=f"{other}/status/1", iss=other, iat=AT, signer=FOREIGN_KEY)
    assert read_list(own, uri=f"{other}/status/1", trust=trust).iss == other


def test_a_good_list_replaces_one_that_was_not_believed():
    book = StatusBook(TRUST)
    book.add(LIST_URI, "garbage")
    assert isinstance(book.get(LIST_URI), CodeError)
    book.add(LIST_URI, status_token())
    assert isinstance(book.get(LIST_URI), Snapshot)
    assert book.get("https://licence.anqiu.example/status/9") is None


@pytest.mark.parametrize("size", [4, 12, 1000, 4096])
def test_indices_are_spread_over_the_whole_list_each_once(size):
    spread = [spread_index(sequence, secret=b"list 1", size=size) for sequence in range(size)]
    assert sorted(spread) == list(range(size))
    assert spread != sorted(spread)
    if size == 1000:
        assert spread != [spread_index(sequence, secret=b"list 2", size=size) for sequence in range(size)]


def test_a_full_list_says_so():
    with pytest.raises(StatusListError, match="begin the next list"):
        spread_index(1000, secret=b"x", size=1000)
