"""`miaopi fetch`: what a checking point needs of a registry, into a folder that `miaopi scan --trust FOLDER` reads offline."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from api.console import OUT, Json, clear_errors, say_json
from licence_qr.errors import LicenceError


def fetch(
    url: Annotated[str, typer.Argument(metavar="URL", help="address of the registry, https://HOST 登记机关网址")],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="folder to keep it in 存放目录")],
    *,
    accept: Annotated[
        list[str] | None,
        typer.Option(
            "--accept",
            metavar="KID",
            help="a new key that you compared with what the registry published by another way; more than once for several "
            "经其他途径核对一致的新密钥，可重复",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Fetch keys, status lists and the word on stolen keys, for scanning offline 取得公钥、状态列表与被泄露密钥名单.

    The first fetch pins the keys and prints them: compare them with what the registry published by another way. Later ones take
    no new key by themselves (--accept), and believe no list that takes back or widens what is pinned.
    首次取得即固定公钥并逐一列出，请与登记机关经其他途径公布的核对；此后新密钥须经核对并以 --accept 接受，不接受放宽或撤回的名单。
    """
    from api import trust_fetch, trust_pinned  # noqa: PLC0415  (help must not wait for a client)

    with clear_errors(LicenceError, OSError):
        pinned, now = trust_pinned.pinned_in(folder), int(datetime.now(UTC).timestamp())
        found = trust_fetch.fetch_from(url, pinned, at=now, accepted=accept or ())
        trust_fetch.keep(folder, found)
    told = {"first": pinned is None, **found.told()}
    if json:
        say_json({"folder": str(folder), **told})
        return
    if pinned is None:
        OUT.print(
            "First fetch: these keys are believed from now on; compare them with what the registry published by another way. "
            "首次取得：以下公钥即日起被信任，请与登记机关经其他途径公布的逐一核对。"
        )
    for key in found.added:
        OUT.print(f"  pinned 已固定 {trust_pinned.described(key)}", highlight=False, markup=False)
    stolen = sum(one["revoked_at"] is not None for one in told["keys"])
    OUT.print(
        f"{len(told['keys'])} keys 公钥 ({stolen} stolen 已泄露), {len(told['logged'])} documents 名单 → {folder}"
    )
    for one in told["lists"]:
        until = datetime.fromtimestamp(one["expires_at"], UTC).strftime("%Y-%m-%d %H:%M")
        OUT.print(f"{one['uri']}: good until 有效至 {until} UTC", highlight=False, markup=False)
        if one["kept"]:
            OUT.print("  the one kept is newer than what was fetched; it stays 已存的较新，保留已存的", highlight=False)
    OUT.print(f"miaopi scan --trust {folder} …", highlight=False)
