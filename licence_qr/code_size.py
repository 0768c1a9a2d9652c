"""How large the code of a licence will be, before it is signed: a signature always has the same length."""

from licence_qr.keys import SIGNATURE_BYTES
from licence_qr.qr import version_of
from licence_qr.transport import Parts, encode

PAGE_PATH = "/v"  # the scan page, at the issuer's own address


def qr_version(header: bytes, payload: bytes, iss: str) -> int:
    """Return the QR version (level M) of a licence once signed; raises PictureError beyond 22-M, CodeError if too large."""
    digits = encode(Parts(header, payload, bytes(SIGNATURE_BYTES)))
    return version_of(f"{iss}{PAGE_PATH}#".encode(), len(digits))
