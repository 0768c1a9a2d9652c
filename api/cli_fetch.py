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
    json: Json = False,
) -> None:
    """Fetch keys, status lists and the word on stolen keys, for scanning offline 取得公钥、状态列表与被泄露密钥名单.

    The first fetch pins the keys: make it over a line that you trust. Later ones may add to them and take nothing away.
    首次取得即为固定信任，请在可信网络上进行；以后只增不减。
    """
    from api import trust_fetch  # noqa: PLC0415  (help must not wait for a client)

    with clear_errors(LicenceError, OSError):
        found = trust_fetch.fetch_from(url, trust_fetch.pinned_in(folder))
        trust_fetch.keep(folder, found)
    told = found.told()
    if json:
        say_json({"folder": str(folder), **told})
        return
    stolen = sum(one["revoked_at"] is not None for one in told["keys"])
    OUT.print(
        f"{len(told['keys'])} keys 公钥 ({stolen} stolen 已泄露), {len(told['logged'])} documents 名单 → {folder}"
    )
    for one in told["lists"]:
        until = datetime.fromtimestamp(one["expires_at"], UTC).strftime("%Y-%m-%d %H:%M")
        OUT.print(f"{one['uri']}: good until 有效至 {until} UTC", highlight=False)
    OUT.print(f"miaopi scan --trust {folder} …", highlight=False)
