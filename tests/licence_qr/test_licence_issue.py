import re
import threading
from dataclasses import replace
from pathlib import Path

import jwt
import pytest

from licence_qr.errors import IssuanceError
from licence_qr.issue import IssuanceToken, issue, prepare
from licence_qr.keys import ORDER, FileSigner
from licence_qr.lint import LintError
from licence_qr.transport import decode
from tests.licence_qr.specimens import COMPANY, FOREIGN_KEY, LICENCE_KEY, PAGE, issuance, licence

SOURCES = Path(__file__).resolve().parents[2] / "licence_qr"


def token() -> IssuanceToken:
    return prepare(COMPANY, issuance(permit_indexes=(100, 101)), kid=LICENCE_KEY.kid)


def test_an_issued_licence_is_read_by_any_jwt_library():
    made = issue(token(), LICENCE_KEY)
    assert jwt.get_unverified_header(made.jws) == {
        "alg": "ES256",
        "kid": LICENCE_KEY.kid,
        "typ": "business-licence+jwt",
    }
    claims = jwt.decode(
        made.jws, LICENCE_KEY.public_key, algorithms=["ES256"], options={"verify_iat": False, "verify_nbf": False}
    )
    assert claims == made.claims
    assert claims["jti"] == made.jti


def test_the_same_entry_gives_the_same_licence_byte_for_byte():
    assert issue(token(), LICENCE_KEY) == issue(token(), LICENCE_KEY)
    assert licence().link(PAGE) == licence().link(PAGE)


def test_the_link_holds_the_jws_byte_for_byte():
    made = issue(token(), LICENCE_KEY)
    assert decode(made.link(PAGE)).compact == made.jws


def test_a_token_works_once():
    once = token()
    issue(once, LICENCE_KEY)
    with pytest.raises(IssuanceError, match="used before"):
        issue(once, LICENCE_KEY)


def test_of_many_threads_one_gets_the_licence():
    once, made, refused, start = token(), [], [], threading.Barrier(8)

    def attempt() -> None:
        start.wait()
        try:
            made.append(issue(once, LICENCE_KEY))
        except IssuanceError as error:
            refused.append(error)

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(made), len(refused)) == (1, 7)


def test_a_token_works_with_its_own_key_alone_and_is_not_spent_by_another():
    once = token()
    with pytest.raises(IssuanceError, match="was prepared for key"):
        issue(once, FOREIGN_KEY)
    assert issue(once, LICENCE_KEY).jti


def test_nobody_but_prepare_makes_a_token():
    with pytest.raises(IssuanceError, match="comes from prepare"):
        IssuanceToken(object(), LICENCE_KEY.kid, b"{}", b"{}", {})


def test_an_entry_with_breaches_never_reaches_the_key():
    second_is_bad = replace(COMPANY.permits[1], authority="经办人 370784199001011234")
    wrong = replace(COMPANY, uscc="91370784MA0000024W", permits=(COMPANY.permits[0], second_is_bad))
    with pytest.raises(LintError) as caught:
        prepare(wrong, issuance(permit_indexes=(100, 101)), kid=LICENCE_KEY.kid)
    assert {breach.fault.at for breach in caught.value.breaches} == {"/sub", "/permits/1/authority"}


class TwistedSigner:
    """A key whose device answers with something else than the right signature."""

    kid, public_key = LICENCE_KEY.kid, LICENCE_KEY.public_key

    def __init__(self, twist):
        self._twist = twist

    def sign(self, message: bytes) -> bytes:
        return self._twist(LICENCE_KEY.sign(message), message)


@pytest.mark.parametrize(
    "twist",
    [
        lambda signature, _: signature[:-1] + bytes([signature[-1] ^ 1]),
        lambda signature, _: signature[:32] + (ORDER - int.from_bytes(signature[32:], "big")).to_bytes(32, "big"),
        lambda _, message: FOREIGN_KEY.sign(message),
        lambda signature, _: signature[:63],
    ],
    ids=["one bit", "high s", "another key", "short"],
)
def test_a_key_that_signs_wrongly_stops_the_issue(twist):
    with pytest.raises(IssuanceError, match="stop issuing"):
        issue(token(), TwistedSigner(twist))


def test_only_issue_its_download_and_the_status_list_ever_call_a_key():
    callers = {file.name for file in SOURCES.rglob("*.py") if re.search(r"signer\.sign\(", file.read_text("utf-8"))}
    callers -= {"keys_window.py"}  # a signer around a signer
    assert callers == {"issue.py", "sd_jwt_licence.py", "sm2_slot.py", "status_list.py"}


def test_a_key_made_for_the_occasion_signs_too(tmp_path):
    signer = FileSigner.create(tmp_path / "key.pem")
    made = issue(prepare(COMPANY, issuance(permit_indexes=(100, 101)), kid=signer.kid), signer)
    assert made.parts.header == b'{"alg":"ES256","kid":"%s","typ":"business-licence+jwt"}' % signer.kid.encode()
