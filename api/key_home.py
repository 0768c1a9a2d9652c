"""Which keys a home signs with: the licence key of today, the one that takes over, those of status lists and downloads.

`keys/licence-key.json` is written by rotations and by nothing else: the name of the key of today, and of the next with the
second it takes over. Before the first rotation there is no such file, and the key is the one of the setting `licence_key`,
or `keys/licence.pem`, made on the first start. A name is `file:NAME` (in the folder `keys`), `file:/path` or `pkcs11:…`;
no key is ever written over or renamed.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from api.settings import Settings
from licence_qr.errors import KeyFileError
from licence_qr.keys import FileSigner, Signer
from licence_qr.keys_handover import HandoverSigner
from licence_qr.keys_uri import open_signer
from licence_qr.sm2_slot import FileSm2Signer, Sm2Signer
from licence_qr.trust import STATUS_TYP

_STATE = "licence-key.json"


@dataclass(frozen=True, slots=True)
class Named:
    """The keys of a home by name; `takes_over` is in seconds since 1970."""

    current: str
    following: str | None = None
    takes_over: int = 0


class KeyHome:
    """The folder of keys of one home."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = settings.keys
        self._first = settings.licence_key or "file:licence.pem"

    def named(self) -> Named:
        """Return what signs, as rotations left it. Raises `KeyFileError` for a file that says something else."""
        path = self._folder / _STATE
        if not path.exists():
            return Named(self._first)
        try:
            found: Any = json.loads(path.read_bytes())
            read = Named(str(found["current"]), found.get("following"), int(found.get("takes_over", 0)))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise KeyFileError(f"{path} cannot be read ({error!r}); put it back from the backup") from None
        allowed = {found.get("first"), read.current, read.following, None}
        if self._settings.licence_key not in allowed:
            message = f"MIAOPI_LICENCE_KEY names {self._settings.licence_key}, and the last rotation {read.current}"
            raise KeyFileError(f"{message}; unset it, or rotate to it with `miaopi keys rotate --to`")
        return read

    def of_today(self, now: int) -> str:
        """Return the name of the key that signs at the second `now`."""
        found = self.named()
        return found.following if found.following is not None and now >= found.takes_over else found.current

    def keep(self, named: Named) -> None:
        """Write down which keys sign from now on, whole or not at all."""
        document = {
            "first": self._first,
            "current": named.current,
            "following": named.following,
            "takes_over": named.takes_over,
        }
        path = self._folder / _STATE
        temporary = path.with_name(f".{path.name}.new")
        with temporary.open("w") as file:
            json.dump(document, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)

    def missing_file(self) -> Path | None:
        """Return the file of the key of today when it is a file that does not exist."""
        path = self._file(self.named().current)
        return path if path is not None and not path.exists() else None

    def open(self, name: str) -> Signer:
        """Open a key by its name. Raises `LicenceError` when it cannot be had."""
        path = self._file(name)
        return open_signer(name if path is None else f"file:{path}")

    def create(self) -> tuple[str, FileSigner]:
        """Make a new key in a file of its own in the folder; return its name and the key."""
        working = self._folder / ".licence-new.pem"
        working.unlink(missing_ok=True)  # of a rotation that was cut off before anything named it
        made = FileSigner.create(working)
        name = f"licence-{made.kid[:12]}.pem"
        working.rename(self._folder / name)
        return f"file:{name}", made

    def licence_signers(self, now: Callable[[], datetime]) -> tuple[Signer, Signer | None]:
        """Return what signs licences, and the key that takes over later, if one is announced.

        The first of them hands over by itself at the announced second, while the service runs.
        """
        found = self.named()
        if found.following is not None and int(now().timestamp()) >= found.takes_over:
            return self.open(found.following), None
        current = self._open_or_create(found.current)
        if found.following is None:
            return current, None
        following = self.open(found.following)
        return HandoverSigner(current, following, found.takes_over, lambda: int(now().timestamp())), following

    def status_signer(self) -> Signer:
        """Return what signs status lists: a key of its own."""
        return self._open_or_create(self._settings.status_key or "file:status.pem")

    def download_signer(self) -> Signer:
        """Return what signs holders' downloads: a key of its own."""
        return self._open_or_create(self._settings.download_key or "file:download.pem")

    def sm2_signer(self) -> Sm2Signer | None:
        """Return what signs downloads in the national suite, None when no key is configured.

        Raises `KeyFileError`: the file, its mode, or the package that SM2 needs.
        """
        return None if self._settings.sm2_key is None else FileSm2Signer.open(self._settings.sm2_key)

    def replace_side_key(self, typ: str, kid: str) -> Signer:
        """Put a stolen key of status lists or downloads aside (its file is kept, renamed); return the one that follows.

        Raises `KeyFileError` for a key in a module, which only the setting can replace.
        """
        name = "status" if typ == STATUS_TYP else "download"
        held = self.status_signer() if typ == STATUS_TYP else self.download_signer()
        if held.kid != kid:
            return held
        setting = self._settings.status_key if typ == STATUS_TYP else self._settings.download_key
        path = self._file(setting or f"file:{name}.pem")
        if path is None:
            raise KeyFileError(
                f"MIAOPI_{name.upper()}_KEY names the stolen key; make another on the module and name that one first"
            )
        path.rename(path.with_name(f"stolen-{name}-{kid[:12]}.pem"))
        return FileSigner.create(path)

    def _open_or_create(self, name: str) -> Signer:
        path = self._file(name)
        return FileSigner.create(path) if path is not None and not path.exists() else self.open(name)

    def _file(self, name: str) -> Path | None:
        if not name.startswith("file:"):
            return None
        path = Path(name.removeprefix("file:"))
        return path if len(path.parts) > 1 else self._folder / path
