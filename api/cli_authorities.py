"""`miaopi authorities`: keys and entries for the pinned list of who may endorse permits or register NGOs, and their statements.

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
from cryptography.hazmat.primitives.asymmetric import ec

from api.console import OUT, Json, clear_errors, say_json, stop
from audit import certificate
from audit.authorities import SCHEMA, Authorities
from audit.canonical import parse_json
from audit.errors import AuditError
from audit.statement import TYP, open_statement
from licence_qr.errors import LicenceError
from licence_qr.keys import FileSigner, public_jwk
from licence_qr.uscc import parse_credit_code

app = typer.Typer(no_args_is_help=True, help="Who may endorse permits and register NGOs 许可机关与登记管理机关名单")
_ANY = "11370784MB0000019Q"  # well formed and nobody's: stands in for what only the registry's list says
Code = Annotated[str, typer.Argument(help="code of the authority, e.g. market-370784 机关代号")]
Key = Annotated[Path, typer.Option("--key", help="the authority's private key (PEM, mode 0600) 许可机关私钥")]


@app.command("new")
def new(  # noqa: PLR0913 (an option each)
    code: Code,
    key: Key,
    zh: Annotated[str, typer.Option("--zh", help="name as it stands on licences 机关名称")],
    en: Annotated[str, typer.Option("--en", help="name in English 英文名称")],
    uscc: Annotated[str, typer.Option("--uscc", help="credit code of the authority 统一社会信用代码")],
    client: Annotated[
        list[str], typer.Option("--client", help="OAuth client that speaks for it; may be repeated 客户端")
    ],
    permit_type: Annotated[
        list[str] | None, typer.Option("--type", help="type of permit it may endorse; may be repeated 许可种类")
    ] = None,
    *,
    registers: Annotated[
        str | None,
        typer.Option(
            "--registers",
            metavar="DIVISION:TYPE_CODE",
            help="it registers 民办非企业单位: its division (GB/T 2260) and the type code of the certificate (GB/T 36904) "
            "登记管理机关：行政区划代码与证照类型代码",
        ),
    ] = None,
    json: Json = False,  # noqa: ARG001 (an entry is JSON in any case)
) -> None:
    """Make a key (unless it is there) and print the entry for the registry's list of authorities."""
    division, _, type_code = (registers or "").partition(":")
    right = {} if registers is None else {"registers": {"type_code": type_code, "division": division}}
    entry: dict[str, Any] = {"code": code, "name": {"zh": zh, "en": en}, "uscc": uscc, "permit_types": permit_type or [],
                             "clients": client, **right}  # fmt: skip
    with clear_errors(LicenceError, ValueError, OSError):
        parse_credit_code(uscc, field="--uscc")
        if key.exists():
            signer = FileSigner.open(key)
        else:  # tried with a key that is thrown away: what fails leaves no key behind
            _read_with_key(entry, FileSigner(ec.generate_private_key(ec.SECP256R1())))
            signer = FileSigner.create(key)
        _read_with_key(entry, signer)
    say_json(entry)


@app.command("check")
def check(
    path: Annotated[Path, typer.Argument(help="the list, e.g. var/authorities.json 名单")], *, json: Json = False
) -> None:
    """Read a list of authorities as the service does, and say who may endorse what."""
    if not path.is_file():
        stop(f"{path}: there is no such file")
    with clear_errors(ValueError, LicenceError):
        found = Authorities.from_file(path)
        for one in found.by_code.values():
            parse_credit_code(one.uscc, field=f"{path}: uscc of {one.code}")
    if json:
        say_json(found.to_document())
        return
    for one in found.by_code.values():
        may = [*one.permit_types]
        if (right := one.registers) is not None:
            may.append(f"registers 登记 {right.uscc_prefix}{right.division}… ({right.type_code})")
        OUT.print(f"{one.code} {one.name.zh}: {', '.join(may)}; client {', '.join(one.clients)}", highlight=False)


@app.command("state")
def state(  # noqa: PLR0913 (an option each)
    code: Code,
    stated: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="JSON: a permit (type, number, valid_from, valid_to?, scope) 许可内容, or a certificate (name, form, "
            "representative, capital_fen, supervising_authority, premises, scope, established_on, term) 登记证书内容",
            exists=True,
            dir_okay=False,
        ),
    ],
    key: Key,
    registry: Annotated[str, typer.Option("--registry", help="public address of the registry 登记机关地址")],
    holder: Annotated[str, typer.Option("--holder", help="credit code of the holder 持证主体信用代码")],
    of: Annotated[int | None, typer.Option("--of", help="number of the permit that changes 变更的许可序号")] = None,
    after: Annotated[
        str | None,
        typer.Option(
            "--after",
            help="jti of the newest statement on it (`statement` in GET …/permits or /v1/passes) 现行声明的 jti",
        ),
    ] = None,
    *,
    change: Annotated[bool, typer.Option("--change", help="the certificate changes 证书变更")] = False,
    json: Json = False,  # noqa: ARG001 (the body of a request is JSON in any case)
) -> None:
    """Sign a statement and print the body for POST (PUT for a change) of …/permits, or of /v1/passes for a certificate."""
    with clear_errors(LicenceError, ValueError, OSError, AuditError):
        content = parse_json(stated.read_bytes(), str(stated))
        signer = FileSigner.open(key)
        private = serialization.load_pem_private_key(key.read_bytes(), password=None)
        payload: dict[str, Any] = {"iss": code, "aud": registry, "sub": holder, "iat": int(time.time()),
                                   "jti": secrets.token_urlsafe(16)}  # fmt: skip
        certifies = isinstance(content, dict) and "representative" in content
        if certifies and of is not None:
            stop("--of names a permit, and this is a certificate; a certificate changes with --change")
        if change and not certifies:
            stop("--change is for a certificate; a permit changes with --of N")
        if (change or of is not None) and after is None:
            stop(
                "a change names with --after the statement that it changes: `statement` in GET …/permits or /v1/passes/CODE"
            )
        if after is not None:
            payload["after"] = after
        if certifies:
            payload |= {"act": "change" if change else "add", "certificate": content}
        else:
            payload |= {
                "act": "add" if of is None else "change",
                **({} if of is None else {"of": of}),
                "permit": content,
            }
        header = {"typ": certificate.TYP if certifies else TYP, "kid": signer.kid}
        made = jwt.encode(payload, private, "ES256", header)  # type: ignore[arg-type]  # the PEM holds an EC key: FileSigner.open checked it
        # What the registry would refuse is told here already, as far as it can be without the registry's list.
        read = certificate.open_certificate if certifies else open_statement
        read(made, _alone(code, content, holder, signer), registry)
    typer.echo(json_module.dumps({"statement": made}))


def _alone(code: str, stated: Any, holder: str, signer: FileSigner) -> Authorities:
    """Return a list with this authority alone, which may endorse the type that it states, and register in the holder's division."""
    kind = str(stated.get("type", "-")) if isinstance(stated, dict) else "-"
    entry: dict[str, Any] = {
        "code": code,
        "name": {"zh": code, "en": code},
        "uscc": _ANY,
        "permit_types": [kind],
        "clients": [code],
    }
    if holder[2:8].isascii() and holder[2:8].isdigit() and len(holder) == 18:
        entry["registers"] = {"type_code": "0" * 21, "division": holder[2:8]}
    return _read_with_key(entry, signer, since=0)


def _read_with_key(entry: dict[str, Any], signer: FileSigner, since: int | None = None) -> Authorities:
    """Put the public key into an entry and read it as the service does. Raises `ValueError` with the place."""
    jwk = {**public_jwk(signer.public_key), "alg": "ES256", "use": "sig", "kid": signer.kid}
    entry["keys"] = [{**jwk, "nbf": int(time.time()) if since is None else since}]
    return Authorities.from_document({"schema": SCHEMA, "authorities": [entry]}, "the entry")
