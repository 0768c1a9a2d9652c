"""The key that signs checkpoints: made once, with the log, and never again for the same log."""

from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, select

from api.settings import Settings
from audit.tables import head


def require_log_key(settings: Settings, engine: Engine) -> None:
    """Refuse to sign with a new key what another has signed. Raises `RuntimeError`."""
    path = settings.keys / "log.pem"
    if path.exists():
        return
    with engine.connect() as connection:
        begun = settings.checkpoint.exists() or connection.execute(select(head.c.size)).first() is not None
    if begun:
        message = (
            f"{path} does not exist and this log was begun with it; put it back from the backup. Without it this log cannot go "
            "on, see docs/operations.md (Keys)"
        )
        raise RuntimeError(message)


def log_key(path: Path) -> Ed25519PrivateKey:
    """Open the key that signs checkpoints, or make it on first use. Raises `TypeError` for a key of another kind."""
    if path.exists():
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            message = f"{path} is not an Ed25519 key; the log is signed with Ed25519"
            raise TypeError(message)
        return key
    made = Ed25519PrivateKey.generate()
    pem = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(pem)
    return made
