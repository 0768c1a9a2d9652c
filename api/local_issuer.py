"""A token issuer for one machine: demo, tests and first steps. In production the bureau's own OAuth server stands here.

The service trusts whatever JWKS it is given; this module only writes one, and signs tokens with the key beside it.
"""

import json
import time
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization

from licence_qr.keys import FileSigner, public_jwk

LIFETIME = 3600  # seconds


def create(home: Path) -> Path:
    """Make the issuer's key and its JWKS under `home` unless they are there; return the JWKS file."""
    key_file, jwks_file = home / "keys" / "issuer.pem", home / "issuer-jwks.json"
    if not key_file.exists():
        key_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        signer = FileSigner.create(key_file)
        entry = {**public_jwk(signer.public_key), "kid": signer.kid, "alg": "ES256", "use": "sig"}
        jwks_file.write_text(json.dumps({"keys": [entry]}, indent=1))
    return jwks_file


def token(home: Path, *, subject: str, client: str, scopes: list[str], issuer: str, audience: str) -> str:
    """Sign an access token (RFC 9068) that is good for an hour. Raises `KeyFileError` when there is no key."""
    key_file = home / "keys" / "issuer.pem"
    signer = FileSigner.open(key_file)
    key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
    now = int(time.time())
    claims = {
        "iss": issuer,
        "aud": audience,
        "sub": subject,
        "client_id": client,
        "scope": " ".join(scopes),
        "iat": now,
        "exp": now + LIFETIME,
        "jti": f"{now}-{subject}",
    }
    return jwt.encode(claims, key, "ES256", {"typ": "at+jwt", "kid": signer.kid})  # type: ignore[arg-type]  # the PEM holds an EC key: FileSigner.open checked it
