"""What can go wrong here, one class a cause.

LicenceError
├── IdentifierError   a code of a standard (GB/T 36904, GB 32100) is not what it claims to be
├── LintError         a licence that must not be signed (names every fault at once)
├── IssuanceError     the issuance token was used twice, or with another key
├── KeyFileError      a key file that cannot be trusted
├── KeyUriError       the name of a key (file:…, pkcs11:…) that cannot be read
├── KeyWindowError    a key that may not sign now: its published window has not begun, or has ended
├── KeyDeviceError    a key in a hardware module that cannot be reached or does not sign
├── CodeError         text, digits or bytes that are no code of ours, with the reason code of `verify`
├── StatusListError   a status list that cannot be written or read
└── PictureError      a picture that must not be released, or holds no code
"""


class LicenceError(Exception):
    """Base of all errors of this package; the text names the field, the value, why, and what to do."""


class IdentifierError(LicenceError):
    """A code breaks its standard."""

    def __init__(self, field: str, value: str, why: str, remedy: str) -> None:
        """Keep the four parts apart, so that a caller may build a problem document from them."""
        super().__init__(f"{field} {value[:60]!r}: {why}; {remedy}")
        self.field, self.value, self.why, self.remedy = field, value, why, remedy


class IssuanceError(LicenceError):
    """An issuance token was used a second time, or brought to a key it was not made for."""


class KeyFileError(LicenceError):
    """A key file is readable by others, of the wrong kind, or not a key at all."""


class KeyUriError(LicenceError):
    """The name of a key is not `file:PATH` and no `pkcs11:` URI (RFC 7512) that this program can follow."""


class KeyWindowError(LicenceError):
    """The key would sign outside of its published window, where nobody believes it."""


class KeyDeviceError(LicenceError):
    """A hardware module, its slot, its token, the key on it or the PIN is not as it was named; the text never holds a PIN."""


class CodeError(LicenceError):
    """Input that is not a licence code; `reason` is one of the reason codes listed in `verify`."""

    def __init__(self, reason: str, detail: str) -> None:
        """Keep the reason code beside the detail for people."""
        super().__init__(detail)
        self.reason = reason


class StatusListError(LicenceError):
    """An index or a value outside a status list, or bytes that are no status list."""


class PictureError(LicenceError):
    """A picture that would not scan, did not read back as it was drawn, or shows no code of ours."""
