"""The key file of a release signer: name, role and private key, readable by its owner only."""

import json
import os
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.base64_strict import decode, encode
from audit.errors import MalformedError
from audit.note import NoteSigner
from audit.release_manifest import ROLES

SCHEMA = "miaopi/rule-signer-key/1"


def create(path: Path, name: str, role: str) -> dict[str, Any]:
    """Make a key file (mode 0600) and return the entry for the pinned list. Raises `ValueError` naming option and value."""
    if role not in ROLES:
        message = f"--role {role}: there is no such role; choose among {', '.join(ROLES)}"
        raise ValueError(message)
    made = Ed25519PrivateKey.generate()
    try:
        signer = NoteSigner(name, made)
    except MalformedError as error:
        message = f"NAME {name!r}: {error}; write li.wei, say"
        raise ValueError(message) from error
    content = {"schema": SCHEMA, "name": name, "role": role, "private_key": encode(made.private_bytes_raw())}
    try:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        message = f"--out {path}: it is there already; a key is never overwritten: name another file"
        raise ValueError(message) from error
    except OSError as error:
        message = f"--out {path}: {error.strerror}; name a file in a folder that exists"
        raise ValueError(message) from error
    with os.fdopen(opened, "w") as file:
        json.dump(content, file, indent=1)
    return {"name": name, "role": role, "key": signer.key.to_text()}


def open_key(path: Path) -> tuple[NoteSigner, str]:
    """Return the signer of a key file and their role. Raises `ValueError`, also for a file that others may read."""
    try:
        mode = path.stat().st_mode & 0o777
    except OSError as error:
        message = f"--key {path}: {error.strerror}; `miaopi rules signer new` makes one"
        raise ValueError(message) from error
    if mode & 0o077:
        message = f"--key {path}: others may read it (mode {mode:o}); chmod 600 it, and think of a new key"
        raise ValueError(message)
    try:
        content = json.loads(path.read_bytes())
        {SCHEMA: None}[content["schema"]]  # another schema is another kind of file
        private = Ed25519PrivateKey.from_private_bytes(decode(content["private_key"], "the private key"))
        return NoteSigner(content["name"], private), str(content["role"])
    except OSError as error:
        message = f"--key {path}: {error.strerror}; `miaopi rules signer new` makes one"
        raise ValueError(message) from error
    except (ValueError, KeyError, AttributeError, TypeError, MalformedError) as error:  # a key of another length, too
        why = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        message = f"--key {path}: not the key file of a signer ({why}); `miaopi rules signer new` makes one"
        raise ValueError(message) from error
