"""What names a signing key: `file:PATH`, or a `pkcs11:` URI (RFC 7512) for a key that never leaves a hardware module.

    pkcs11:token=licences;object=licence-2026?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/etc/miaopi/pin

The PIN is never in the name, which stands in settings and logs: `pin-source` says where it is read, a file that only its
owner may read or, as `env:NAME`, an environment variable. `pin-value` is refused for that reason.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import quote_from_bytes, unquote_to_bytes

from licence_qr.errors import KeyUriError
from licence_qr.keys import FileSigner, Signer

_PATH = frozenset({"token", "serial", "manufacturer", "model", "slot-id", "object", "id", "type"})
_QUERY = frozenset({"module-path", "pin-source", "pin-value"})
_VALUE = re.compile(r"(?:[A-Za-z0-9._~\-\[\]:@!$'()*+,=&/?|]|%[0-9A-Fa-f]{2})*", re.ASCII)  # pchar and what 2.3 adds
_SHAPE = "pkcs11:token=LABEL;object=LABEL?module-path=/…/module.so&pin-source=file:/…/pin"


@dataclass(frozen=True, slots=True)
class Pkcs11Uri:
    """A key on a module: which library, which token, which object, and where the PIN is read."""

    module_path: Path
    pin_source: str
    token: str | None = None
    serial: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    slot_id: int | None = None
    label: str | None = None
    key_id: bytes | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a URI. Raises KeyUriError naming the attribute, why, and what to write."""
        path, _, query = text.removeprefix("pkcs11:").partition("?")
        named = _attributes(path, ";", _PATH) | _attributes(query, "&", _QUERY)
        if "pin-value" in named:
            raise KeyUriError("pin-value shows the PIN to whoever reads the settings; give pin-source=file:… or env:…")
        for name in ("module-path", "pin-source"):
            if not named.get(name):
                raise KeyUriError(f"{_told(text)} lacks {name}; write {_SHAPE}")
        if "token" not in named and "serial" not in named and "slot-id" not in named:
            raise KeyUriError(f"{_told(text)} names no token (token, serial or slot-id); write {_SHAPE}")
        if "object" not in named and "id" not in named:
            raise KeyUriError(f"{_told(text)} names no key (object or id); write {_SHAPE}")
        if named.get("type", b"private") != b"private":
            raise KeyUriError("type is not private; a signer is a private key: leave type out")
        return cls(
            Path(_text(named, "module-path") or ""),
            _text(named, "pin-source") or "",
            token=_text(named, "token"),
            serial=_text(named, "serial"),
            manufacturer=_text(named, "manufacturer"),
            model=_text(named, "model"),
            slot_id=_number(named),
            label=_text(named, "object"),
            key_id=named.get("id"),
        )

    def pin(self) -> str:
        """Read the PIN. Raises KeyUriError when its source is not there, is readable by others, or is empty."""
        source = self.pin_source
        if source.startswith("env:"):
            pin = os.environ.get(source[4:], "")
        else:
            path = Path(source.removeprefix("file:"))
            try:
                mode, pin = path.stat().st_mode, path.read_text("utf-8").strip("\r\n")
            except (OSError, UnicodeDecodeError) as error:
                why = error.strerror if isinstance(error, OSError) else "is not UTF-8"
                raise KeyUriError(f"pin-source {source}: {why}; give a file that holds the PIN alone") from None
            if mode & 0o077:
                raise KeyUriError(f"pin-source {source}: mode {mode & 0o777:04o} lets others read the PIN; chmod 600")
        if not pin:
            raise KeyUriError(f"pin-source {source} is empty or not set; put the user PIN there")
        return pin

    def __str__(self) -> str:
        named = {"token": self.token, "serial": self.serial, "manufacturer": self.manufacturer, "model": self.model}
        named |= {"slot-id": None if self.slot_id is None else str(self.slot_id), "object": self.label}
        parts = [f"{name}={_quoted(value.encode())}" for name, value in named.items() if value is not None]
        if self.key_id is not None:
            parts.append("id=" + "".join(f"%{byte:02x}" for byte in self.key_id))
        module, pin = _quoted(str(self.module_path).encode()), _quoted(self.pin_source.encode())
        return f"pkcs11:{';'.join(parts)}?module-path={module}&pin-source={pin}"


def open_signer(name: str) -> Signer:
    """Open the key of that name. Raises KeyUriError, KeyFileError or KeyDeviceError; the texts hold no secret."""
    if name.startswith("file:"):
        return FileSigner.open(Path(name.removeprefix("file:")))
    if name.startswith("pkcs11:"):
        from licence_qr.keys_pkcs11 import Pkcs11Signer  # noqa: PLC0415  (its library is loaded by those who have a module)

        return Pkcs11Signer(Pkcs11Uri.parse(name))
    raise KeyUriError(f"{_told(name)} names no key; write file:/path/to/key.pem or {_SHAPE}")


def _attributes(text: str, between: str, known: frozenset[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for one in filter(None, text.split(between)):
        name, equals, value = one.partition("=")
        if not equals or name not in known:
            raise KeyUriError(f"{name[:40]!r} is no attribute known here; known are {', '.join(sorted(known))}")
        if name in found:
            raise KeyUriError(f"{name} stands twice; RFC 7512 2.3 allows an attribute once")
        if not _VALUE.fullmatch(value):
            shown = "its value" if name == "pin-value" else repr(value[:60])
            raise KeyUriError(f"{name}: {shown} holds a character that must be written as %XX (RFC 3986)")
        found[name] = unquote_to_bytes(value)
    return found


def _text(named: Mapping[str, bytes], name: str) -> str | None:
    if name not in named:
        return None
    try:
        return named[name].decode("utf-8")
    except UnicodeDecodeError:
        raise KeyUriError(f"{name} is not UTF-8; write the label as the token has it") from None


def _number(named: Mapping[str, bytes]) -> int | None:
    if "slot-id" not in named:
        return None
    if not named["slot-id"].isdigit():
        raise KeyUriError(f"slot-id {named['slot-id'][:20]!r} is no decimal number (RFC 7512 2.3)")
    return int(named["slot-id"])


def _quoted(value: bytes) -> str:
    return quote_from_bytes(value, safe="/:")


def _told(text: str) -> str:
    """Return the name without its query, where a PIN might stand."""
    return repr(text.partition("?")[0][:120])
