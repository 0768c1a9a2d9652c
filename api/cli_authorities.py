"""`miaopi authorities`: keys and entries for the pinned list of who may endorse permits, and the statements they sign.

An authority signs on its own machine; the registry never holds its key.
"""

import json as json_module
import secrets
import time
from pathlib import Path
from typing import Annotated, Any

import jwt
import typer
from cryptography.hazmat.primitives import serialization

from api.console import OUT, Json, clear_errors, say_json, stop
from audit.authorities import SCHEMA, Authorities
from audit.canonical import parse_json
from audit.errors import AuditError
from audit.statement import TYP, open_statement
from licence_qr.errors import LicenceError
from licence_qr.keys import FileSigner, public_jwk

app = typer.Typer(no_args_is_help=True, help="Who may endorse permits 许可机关名单")
Code = Annotated[str, typer.Argument(help="code of the authority, e.g. market-370784 机关代号")]
Key = Annotated[Path, typer.Option("--key", help="the authority's private key (PEM, mode 0600) 许可机关私钥")]


@app.command("new")
def new(
    code: Code,
    key: Key,
    zh: Annotated[str, typer.Option("--zh", help="name as it stands on licences 机关名称")],
    en: Annotated[str, typer.Option("--en", help="name in English 英文名称")],
    uscc: Annotated[str, typer.Option("--uscc", help="credit code of the authority 统一社会信用代码")],
    permit_type: Annotated[
        list[str], typer.Option("--type", help="type of permit it may endorse; may be repeated 许可种类")
    ],
    client: Annotated[
        list[str], typer.Option("--client", help="OAuth client that speaks for it; may be repeated 客户端")
    ],
    *,
    json: Json = False,  # noqa: ARG001 (an entry is JSON in any case)
) -> None:
    """Make a key (unless it is there) and print the entry for the registry's list of authorities."""
    with clear_errors(LicenceError, ValueError, OSError):
        signer = FileSigner.open(key) if key.exists() else FileSigner.create(key)
        jwk = {
            **public_jwk(signer.public_key),
            "alg": "ES256",
            "use": "sig",
            "kid": signer.kid,
            "nbf": int(time.time()),
        }
        entry = {"code": code, "name": {"zh": zh, "en": en}, "uscc": uscc, "permit_types": permit_type, "clients": client,
                 "keys": [jwk]}  # fmt: skip
        Authorities.from_document({"schema": SCHEMA, "authorities": [entry]}, "the entry")
    say_json(entry)


@app.command("check")
def check(
    path: Annotated[Path, typer.Argument(help="the list, e.g. var/authorities.json 名单")], *, json: Json = False
) -> None:
    """Read a list of authorities as the service does, and say who may endorse what."""
    if not path.is_file():
        stop(f"{path}: there is no such file")
    with clear_errors(ValueError):
        found = Authorities.from_file(path)
    if json:
        say_json(found.to_document())
        return
    for one in found.by_code.values():
        types, clients = ", ".join(one.permit_types), ", ".join(one.clients)
        OUT.print(f"{one.code} {one.name.zh}: {types}; client {clients}", highlight=False)


@app.command("state")
def state(
    code: Code,
    permit: Annotated[
        Path,
        typer.Argument(help="JSON: type, number, valid_from, valid_to?, scope 许可内容", exists=True, dir_okay=False),
    ],
    key: Key,
    registry: Annotated[str, typer.Option("--registry", help="public address of the registry 登记机关地址")],
    holder: Annotated[str, typer.Option("--holder", help="credit code of the holder 持证主体信用代码")],
    of: Annotated[int | None, typer.Option("--of", help="number of the permit that changes 变更的许可序号")] = None,
    *,
    json: Json = False,  # noqa: ARG001 (the body of a request is JSON in any case)
) -> None:
    """Sign a statement over a permit and print the body for POST (or PUT, with --of) of …/permits."""
    with clear_errors(LicenceError, ValueError, OSError, AuditError):
        stated = parse_json(permit.read_bytes(), str(permit))
        signer = FileSigner.open(key)
        private = serialization.load_pem_private_key(key.read_bytes(), password=None)
        changed = {} if of is None else {"of": of}
        payload = {"iss": code, "aud": registry, "sub": holder, "iat": int(time.time()), "jti": secrets.token_urlsafe(16),
                   "act": "change" if changed else "add", **changed, "permit": stated}  # fmt: skip
        made = jwt.encode(payload, private, "ES256", {"typ": TYP, "kid": signer.kid})  # type: ignore[arg-type]  # the PEM holds an EC key: FileSigner.open checked it
        open_statement(
            made, _alone(code, stated, signer), registry
        )  # what the registry would refuse is told here already
    typer.echo(json_module.dumps({"statement": made}))


def _alone(code: str, stated: Any, signer: FileSigner) -> Authorities:
    """Return a list with this authority alone, which may endorse the type that it states."""
    kind = str(stated.get("type", "-")) if isinstance(stated, dict) else "-"
    jwk = {**public_jwk(signer.public_key), "alg": "ES256", "use": "sig", "kid": signer.kid, "nbf": 0}
    entry = {"code": code, "name": {"zh": code, "en": code}, "uscc": "0" * 18, "permit_types": [kind], "clients": [code],
             "keys": [jwk]}  # fmt: skip
    return Authorities.from_document({"schema": SCHEMA, "authorities": [entry]}, f"CODE {code}")
