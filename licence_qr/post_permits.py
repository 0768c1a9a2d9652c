"""Which permit an item of the scope calls for after registration (条例 14; 优化营商环境条例 19: 先照后证)."""

from functools import cache
from pathlib import Path

import yaml


def post_permit_of(code: str, text: str) -> str:
    """Return the name of the permit that scope item `code` calls for; `text` and 许可 where the table has no name."""
    return _names().get(code, f"{text}许可")


@cache
def _names() -> dict[str, str]:
    source = (Path(__file__).parent / "post_permits.yaml").read_text(encoding="utf-8")
    return {code: permit for permit, codes in yaml.safe_load(source)["permits"].items() for code in codes}
