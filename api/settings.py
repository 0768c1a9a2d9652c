"""Settings of a service: environment variables `MIAOPI_…` or command-line options; every one has a safe default.

Secrets are files, never values: a setting names a folder, and what lies in it is readable by its owner only.
"""

from datetime import timedelta
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from api.home_issuer import UNSET, issuers_of


class Settings(BaseSettings):
    """Where things lie and how long we wait. Times are in seconds."""

    model_config = SettingsConfigDict(env_prefix="MIAOPI_", frozen=True, extra="forbid")

    home: Path = Field(default=Path("var"), description="folder of database and keys")
    checkpoint: Path = Field(
        default_factory=lambda given: given["home"] / "checkpoint",
        description="the published checkpoint, best on another disk; HOME/checkpoint if unset",
    )
    host: str = Field(
        default_factory=lambda given: (issuers_of(given["home"] / "keys") or [UNSET])[0],
        description="public address; stands in every licence. Unset: what the home began with (api.home_issuer)",
    )
    log_origin: str = Field(default="miaopi.example.org/log/370784", description="origin line of the log")
    registries: str = Field(default="http://127.0.0.1:8471", description="address of the shared data sources")
    source_keys: Path | None = Field(
        default=None, description="pinned keys of the sources; HOME/source-keys.json if unset"
    )
    issuer_keys: Path | None = Field(
        default=None, description="JWKS of the token issuer; HOME/issuer-jwks.json if unset"
    )
    release_signers: Path | None = Field(
        default=None, description="pinned list of who signs rule releases; unset: two local keys, for development only"
    )
    authorities: Path | None = Field(
        default=None, description="pinned list of who may endorse permits; HOME/authorities.json if unset"
    )
    licence_key: str | None = Field(
        default=None,
        description="the first key that signs licences: file:/path or a pkcs11: URI; HOME/keys/licence.pem if unset",
    )
    status_key: str | None = Field(
        default=None, description="the key that signs status lists, likewise; HOME/keys/status.pem if unset"
    )
    download_key: str | None = Field(
        default=None, description="the key that signs holders' downloads, likewise; HOME/keys/download.pem if unset"
    )
    sm2_key: Path | None = Field(
        default=None,
        description="an SM2 key (JSON, mode 0600) for a second signature in downloads; unset: none is made",
    )
    token_issuer: str = Field(default="https://auth.example.org", description="`iss` of access tokens")
    token_audience: str = Field(default="https://miaopi.example.org", description="`aud` of access tokens")
    deadline: float = Field(default=2.0, gt=0, le=10, description="how long sources have, all together")
    retry_first: float = Field(default=1.0, gt=0, description="first pause before a silent source is asked again")
    waiting: float = Field(default=86_400, gt=0, description="after this long a waiting case goes to a person")

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.home / "miaopi.sqlite"

    @property
    def keys(self) -> Path:
        """The folder of private keys."""
        return self.home / "keys"

    @property
    def gathering(self) -> timedelta:
        """The deadline of one gathering."""
        return timedelta(seconds=self.deadline)

    def source_keys_file(self) -> Path:
        """Return where the pinned keys of the sources lie."""
        return self.source_keys or self.home / "source-keys.json"

    def release_signers_file(self) -> Path:
        """Return where the list of release signers lies."""
        return self.release_signers or self.home / "release-signers.json"

    def authorities_file(self) -> Path:
        """Return where the list of endorsing authorities lies; without a file nobody may endorse."""
        return self.authorities or self.home / "authorities.json"

    @property
    def books(self) -> Path:
        """The folder of every rule book that this service ran on."""
        return self.home / "books"

    def issuer_keys_file(self) -> Path:
        """Return where the JWKS of the token issuer lies."""
        return self.issuer_keys or self.home / "issuer-jwks.json"
