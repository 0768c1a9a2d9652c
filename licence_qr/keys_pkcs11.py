"""A signing key in a hardware module (PKCS #11 v2.40): the digest goes in, r and s come out, the key never does.

Nonces. A module draws its own; most draw them at random, and none is obliged to follow RFC 6979. With such a module the
same licence signed twice gives two signatures and two codes, both right. What this program promises of "same input, same
code" then holds for the claims, not for the last 64 bytes: a licence is signed once, inside the transaction that keeps it,
and read from the register ever after. The signature is verified and brought to low-S here, whatever the module gave.

A session that was lost (module restarted, card pulled and put back) is opened again once; a key that then is another than
before is an error, never a surprise.
"""

import hashlib
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pkcs11
from cryptography.hazmat.primitives.asymmetric import ec
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11 import exceptions as fault

from licence_qr.errors import KeyDeviceError
from licence_qr.keys import ORDER, SIGNATURE_BYTES, thumbprint, verify_signature
from licence_qr.keys_uri import Pkcs11Uri

_P256 = bytes.fromhex("06082a8648ce3d030107")  # DER of the object identifier 1.2.840.10045.3.1.7
_LOST = (
    fault.SessionHandleInvalid,
    fault.SessionClosed,
    fault.DeviceRemoved,
    fault.DeviceError,
    fault.TokenNotPresent,
    fault.UserNotLoggedIn,
    fault.KeyHandleInvalid,
    fault.ObjectHandleInvalid,
    fault.OperationNotInitialized,
)


class Pkcs11Signer:
    """A P-256 private key behind a PKCS #11 module. One session, one signature at a time: modules ask for that."""

    def __init__(self, uri: Pkcs11Uri) -> None:
        """Open the module, log in and find the key. Raises KeyDeviceError or KeyUriError; nothing is tried twice.

        A wrong PIN is told at once and not tried again: modules lock themselves after a few.
        """
        self._uri = uri
        self._turn = threading.Lock()
        self._session, self._key, self._public_key = self._opened()
        self._kid = thumbprint(self._public_key)

    @property
    def kid(self) -> str:
        """The RFC 7638 thumbprint of the public key."""
        return self._kid

    @property
    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The public key."""
        return self._public_key

    def sign(self, message: bytes) -> bytes:
        """Return r and s over SHA-256 of `message`, 32 bytes each, low-S and verified. Raises KeyDeviceError."""
        digest = hashlib.sha256(message).digest()
        with self._turn:
            try:
                raw = self._signed(digest)
            except _LOST:
                self._open_again()
                try:
                    raw = self._signed(digest)
                except fault.PKCS11Error as error:
                    raise self._error(error) from None
            except fault.PKCS11Error as error:
                raise self._error(error) from None
        if len(raw) != SIGNATURE_BYTES:
            raise KeyDeviceError(f"{self._place()} gave {len(raw)} bytes; ES256 is r and s of 32 bytes each")
        s = int.from_bytes(raw[32:], "big")
        signature = raw[:32] + min(s, ORDER - s).to_bytes(32, "big")
        if not verify_signature(self._public_key, message, signature):
            raise KeyDeviceError(
                f"{self._place()} gave a signature that its own public key refuses; stop issuing with it"
            )
        return signature

    def close(self) -> None:
        """End the session."""
        with self._turn:
            _closed(self._session)

    def __repr__(self) -> str:
        return f"Pkcs11Signer({self._kid}, {self._place()})"

    def _signed(self, digest: bytes) -> bytes:
        signature: bytes = self._key.sign(digest, mechanism=Mechanism.ECDSA)
        return signature

    def _open_again(self) -> None:
        _closed(self._session)
        session, key, public_key = self._opened()
        if thumbprint(public_key) != self._kid:
            _closed(session)
            raise KeyDeviceError(f"{self._place()} holds another key than before; nothing is signed with it")
        self._session, self._key = session, key

    def _opened(self) -> tuple[Any, Any, ec.EllipticCurvePublicKey]:
        uri = self._uri
        if not uri.module_path.is_file():
            raise KeyDeviceError(f"module-path {uri.module_path}: there is no such file; install the module's library")
        try:
            token = self._token(_library(uri.module_path))
            if Mechanism.ECDSA not in token.slot.get_mechanisms():
                raise KeyDeviceError(f"{self._place()} does not offer CKM_ECDSA; ES256 needs a module that does")
            session = _logged_in(token, uri)
        except fault.PKCS11Error as error:
            raise self._error(error) from None
        try:
            return session, *self._pair(session)
        except (KeyDeviceError, fault.PKCS11Error) as error:
            _closed(session)
            raise (self._error(error) if isinstance(error, fault.PKCS11Error) else error) from None

    def _pair(self, session: Any) -> tuple[Any, ec.EllipticCurvePublicKey]:
        named = {"label": self._uri.label, "id": self._uri.key_id, "key_type": KeyType.EC}
        wanted = {name: value for name, value in named.items() if value is not None}
        key = session.get_key(object_class=ObjectClass.PRIVATE_KEY, **wanted)
        public = session.get_key(object_class=ObjectClass.PUBLIC_KEY, **wanted)
        return key, _public_key(public, self._place())

    def _token(self, library: Any) -> Any:
        uri = self._uri
        found = [
            slot.get_token()
            for slot in library.get_slots(token_present=True)
            if uri.slot_id is None or slot.slot_id == uri.slot_id
        ]
        wanted = (
            ("label", uri.token),
            ("serial", uri.serial),
            ("manufacturer_id", uri.manufacturer),
            ("model", uri.model),
        )
        for name, value in wanted:
            if value is not None:
                found = [token for token in found if _plain(getattr(token, name)) == value]
        if len(found) != 1:
            there = "no token is" if not found else f"{len(found)} tokens are"
            raise KeyDeviceError(f"{self._place()}: {there} of that name; compare with `pkcs11-tool --list-slots`")
        return found[0]

    def _place(self) -> str:
        uri = self._uri
        token = next((one for one in (uri.token, uri.serial) if one), f"slot {uri.slot_id}")
        named = uri.label if uri.label is not None else (uri.key_id or b"").hex()
        return f"{uri.module_path.name}, token {token}, key {named}"

    def _error(self, error: fault.PKCS11Error) -> KeyDeviceError:
        return KeyDeviceError(f"{self._place()}: {_WHY.get(type(error), type(error).__name__)}")


_WHY: dict[type[Exception], str] = {
    fault.PinIncorrect: "the PIN is wrong; correct its source before the module locks itself",
    fault.PinLocked: "the PIN is locked after too many tries; the security officer unlocks it",
    fault.PinInvalid: "the PIN has characters or a length that the module does not take",
    fault.PinLenRange: "the PIN has a length that the module does not take",
    fault.PinExpired: "the PIN has expired; set a new one",
    fault.UserPinNotInitialized: "the user PIN was never set; the ceremony sets it (docs/keys.md)",
    fault.NoSuchKey: "there is no such P-256 key with its public key; compare with `pkcs11-tool --list-objects`",
    fault.MultipleObjectsReturned: "there are several such keys; name one by id as well",
    fault.SlotIDInvalid: "there is no such slot",
    fault.TokenNotPresent: "the slot holds no token",
    fault.TokenNotRecognised: "the token was never initialised",
    fault.DeviceRemoved: "the device was taken out",
    fault.DeviceError: "the device reports a fault",
    fault.MechanismInvalid: "the module does not sign with CKM_ECDSA",
    fault.KeyTypeInconsistent: "the key is no elliptic-curve key",
    fault.FunctionFailed: "the module's function failed",
    fault.GeneralError: "the module reports a general fault; is its configuration readable by this user?",
}


def _library(path: Path) -> Any:
    try:
        return pkcs11.lib(str(path))
    except (RuntimeError, OSError, pkcs11.PKCS11Error) as error:
        why = str(error) or type(error).__name__
        raise KeyDeviceError(f"module-path {path}: it is no PKCS #11 module that loads here ({why})") from None


def _logged_in(token: Any, uri: Pkcs11Uri) -> Any:
    pin = uri.pin()
    try:
        return token.open(user_pin=pin)
    except fault.UserAlreadyLoggedIn:  # another session of this process; a login holds for all of them
        return token.open()


def _public_key(found: Any, place: str) -> ec.EllipticCurvePublicKey:
    if bytes(found[Attribute.EC_PARAMS]) != _P256:
        raise KeyDeviceError(f"{place} is not on the curve P-256; ES256 needs one that is")
    point = bytes(found[Attribute.EC_POINT])
    if (
        len(point) == 67 and point[:2] == b"\x04\x41"
    ):  # DER of an OCTET STRING of 65 bytes: as the standard wants it; some modules leave it out
        point = point[2:]
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        raise KeyDeviceError(f"{place} has a public key that is no point of P-256") from None


def _plain(value: Any) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return text.rstrip(" \0")


def _closed(session: Any) -> None:
    with suppress(fault.PKCS11Error):  # it was lost already
        session.close()
