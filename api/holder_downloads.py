"""The holder's download: an SD-JWT VC of its own key, made anew for each request and kept nowhere.

It is no leaf of the log and no row: the same licence with the same identifier stands there already, and what is added,
the holder's private fields, is nobody else's. A new salt for each field and each download, so that a field that stays
hidden cannot be guessed from its digest, nor known again in another download; always the same number of digests, so that
their number tells nothing. Showings are linked all the same, for each names its licence, which is public: what is hidden
is what is not shown, not who shows it.
"""

import asyncio

from cryptography.hazmat.primitives.asymmetric import ec

from casework.holder_claims import holder_claims
from casework.parts import Parts
from licence_qr.download_file import download_file
from licence_qr.keys import Signer
from licence_qr.sd_jwt_licence import issue_download
from licence_qr.sm2_slot import Sm2Signer

DIGESTS = 5  # of private fields and decoys together


class HolderDownloads:
    """Makes downloads with the key of their own kind, and the SM2 signature where a key for one is configured."""

    def __init__(self, parts: Parts, signer: Signer, sm2: Sm2Signer | None) -> None:
        self._parts, self._signer, self._sm2 = parts, signer, sm2

    async def file(self, case_id: str, client: str, holder_key: ec.EllipticCurvePublicKey | None) -> bytes | None:
        """Return what `make` returns, without holding up the event loop: it reads the store and signs."""
        return await asyncio.to_thread(self.make, case_id, client, holder_key)

    def make(self, case_id: str, client: str, holder_key: ec.EllipticCurvePublicKey | None) -> bytes | None:
        """Return the file for the licence of a case, or None while there is none to be told.

        Raises `UnknownCaseError` when the case is not that of `client`, whatever else its token may see;
        `IssuanceError` for what must not be signed, and what a key that cannot be reached raises.
        """
        found = holder_claims(self._parts, case_id, client)
        if found is None:
            return None
        ports = self._parts.ports
        made = issue_download(
            found.claims,
            found.permits,
            found.private,
            salts=[ports.salt() for _ in found.private],
            decoys=[ports.salt() for _ in range(DIGESTS - len(found.private))],
            issued_at=int(ports.now().timestamp()),
            signer=self._signer,
            holder_key=holder_key,
        )
        return download_file(made, self._sm2)
