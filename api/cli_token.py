"""`miaopi token`: an access token of the local issuer, for the demo and first steps."""

from pathlib import Path
from typing import Annotated

import typer

from api import local_issuer
from api.console import Home, Json, clear_errors, say_json, stop
from api.settings import Settings
from licence_qr.errors import LicenceError

_ROLES = (
    "portal",
    "officer",
    "supervisor",
    "authority",
    "releaser",
    "auditor",
)  # `api.auth.SCOPES` holds what they may do; a test holds the two together


def token(
    scope: Annotated[
        list[str], typer.Option("--scope", help="portal, officer, supervisor, authority, releaser, auditor")
    ],
    subject: Annotated[str, typer.Option(help="who 主体")] = "demo",
    client: Annotated[str, typer.Option(help="which program 客户端")] = "portal-demo",
    home: Home = Path("var"),
    *,
    json: Json = False,
) -> None:
    """Mint an access token with the local issuer (demo and first steps; production has an OAuth server)."""
    unknown = sorted(set(scope) - set(_ROLES))
    if unknown:
        stop(f"--scope {' '.join(unknown)}: there is no such scope; choose among {', '.join(_ROLES)}")
    settings = Settings(home=home)
    with clear_errors(LicenceError, OSError):
        local_issuer.create(home)
        made = local_issuer.token(home, subject=subject, client=client, scopes=scope, issuer=settings.token_issuer,
                                  audience=settings.token_audience)  # fmt: skip
    if json:
        say_json({"access_token": made, "token_type": "Bearer", "expires_in": local_issuer.LIFETIME})
    else:
        typer.echo(made)
