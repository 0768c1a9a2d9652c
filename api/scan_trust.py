"""What a checking machine believes, read from its files: keys, status lists, and the documents on stolen keys.

They are given one by one, or as a folder that `miaopi fetch` keeps: `jwks.json`, `status/N.jwt`, `logged/KID.json`.
"""

import base64
from collections.abc import Iterable, Sequence
from pathlib import Path

from licence_qr import strict_json
from licence_qr.errors import CodeError, KeyFileError, StatusListError
from licence_qr.keys_logged import Logged
from licence_qr.status_list import StatusBook
from licence_qr.trust import TrustList

KEYS, LISTS, DOCUMENTS = "jwks.json", "status", "logged"


def read_trust(
    jwks: Path, status: Sequence[Path] = (), logged: Sequence[Path] = (), folder: Path | None = None
) -> tuple[TrustList, StatusBook]:
    """Return the keys and the lists of these files; of `folder`, when given, instead of `jwks` and beside the others.

    Raises `LicenceError` for a file that is not what it should be, also for a document that was asked for by name and that
    the list of keys does not pin, and `OSError`.
    """
    keys = jwks if folder is None else folder / KEYS
    if not keys.is_file():
        raise KeyFileError(
            f"{keys}: there is no list of keys here; `miaopi fetch` writes one into a folder, which --trust then names "
            "此处没有公钥名单，请先用 miaopi fetch 取得"
        )
    trust = TrustList.from_jwks(keys.read_bytes())
    if folder is not None:  # one that is not pinned helps nobody and hurts nobody: a newer list came in between
        trust = trust.with_logged(one.read_bytes() for one in sorted((folder / DOCUMENTS).glob("*.json")))
        status = [*sorted((folder / LISTS).glob("*.jwt")), *status]
    for file in logged:
        source = file.read_bytes()
        try:
            kid = Logged.from_bytes(source).kid
        except KeyFileError as error:
            raise KeyFileError(f"{file}: {error}") from None
        trust = trust.with_logged([source])
        key = trust.get(kid)
        if key is None or key.logged is None or key.logged.to_bytes() != source:
            raise KeyFileError(f"{file}: the list of keys does not pin this document; fetch both again")
    return trust, read_lists(status, trust)


def read_lists(files: Iterable[Path], trust: TrustList) -> StatusBook:
    """Return the status lists of these files; one that is not believed is kept as that. Raises `StatusListError`."""
    book = StatusBook(trust)
    for file in files:
        try:
            compact = file.read_bytes().decode("ascii").strip(" \t\r\n")
        except UnicodeDecodeError:
            raise StatusListError(f"{file}: this is no status list token; fetch it again from /status/0") from None
        book.add(address_of(compact), compact)
    return book


def address_of(compact: str) -> str:
    """Return the address that a status list says it was published at; the book believes it only if the signature holds."""
    try:
        claims = strict_json.loads(base64.urlsafe_b64decode(compact.split(".")[1] + "=="), limit=len(compact))
        return str(claims["sub"])
    except (IndexError, KeyError, ValueError, TypeError, CodeError) as error:
        message = f"the status list cannot be read ({type(error).__name__}); fetch it again from /status/0"
        raise StatusListError(message) from error
