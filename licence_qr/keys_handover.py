"""Two signers and the second at which one hands over to the other, inside a service that goes on running.

A licence asks for the kid first and for the signature afterwards; the handover happens only where the kid is asked for, so
that a licence which was prepared for one key is never brought to the other. The writer issues one licence at a time.
"""

from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric import ec

from licence_qr.keys import Signer


class HandoverSigner:
    """Signs with `first` until the second `at`, with `then` from it on; `now` gives seconds since 1970."""

    def __init__(self, first: Signer, then: Signer, at: int, now: Callable[[], int]) -> None:
        self._held, self._then, self._at, self._now = first, then, at, now

    @property
    def kid(self) -> str:
        """The kid of the key that signs now."""
        if self._held is not self._then and self._now() >= self._at:
            self._held = self._then
        return self._held.kid

    @property
    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The public key of the last kid that was asked for."""
        return self._held.public_key

    def sign(self, message: bytes) -> bytes:
        """Sign with the key of the last kid that was asked for."""
        return self._held.sign(message)
