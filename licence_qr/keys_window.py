"""A signer that knows its own published window and refuses to sign outside of it.

A licence signed outside the window of its key is believed by nobody. Better none is made: whoever waits for it goes on
waiting, and the alarm is heard before the paper is printed.
"""

from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric import ec

from licence_qr.errors import KeyWindowError
from licence_qr.keys import Signer
from licence_qr.trust import TrustList


class WindowSigner:
    """Signs with `signer` while `trust`, the published list, covers its key at `now` (seconds since 1970).

    The window is asked for with the kid, which a licence does before it is prepared (see `keys_handover`).
    """

    def __init__(self, signer: Signer, trust: TrustList, now: Callable[[], int]) -> None:
        self._signer, self._trust, self._now = signer, trust, now

    @property
    def kid(self) -> str:
        """The kid of the key that signs now. Raises `KeyWindowError` outside of its published window."""
        kid, now = self._signer.kid, self._now()
        key = self._trust.get(kid)
        if key is None or not key.covers(now):
            window = "it is not on the list" if key is None else f"its window is {key.not_before} to {key.not_after}"
            raise KeyWindowError(
                f"the key {kid} signs nothing at second {now}: {window} in the published list; let another key follow "
                f"(`miaopi keys list`, `miaopi keys rotate`)"
            )
        return kid

    @property
    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The public key of the last kid that was asked for."""
        return self._signer.public_key

    def sign(self, message: bytes) -> bytes:
        """Sign with the key of the last kid that was asked for."""
        return self._signer.sign(message)
