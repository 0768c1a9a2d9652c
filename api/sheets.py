"""Licence sheets for printing: drawn away from the event loop, read back before they leave, a few kept.

Setting a sheet takes a second of a processor, and reading it back another part of one. So no more than two are under way at
once; beyond a queue that a person would still wait for, the caller is told to come again.
"""

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING

from casework.errors import OverloadedError
from licence_qr.errors import PictureError
from licence_qr.issue import Licence
from licence_qr.lint import PAGE_PATH
from licence_qr.sheet_content import Edition
from licence_qr.token import parts_of
from licence_qr.transport import encode
from licence_qr.trust import TrustList
from licence_qr.verify import authentic_claims

if TYPE_CHECKING:
    from licence_qr.sheet_release import ReleasedSheet

KEPT, AT_ONCE, MOST_WAITING = 16, 2, 24
MISSING = "the sheet needs the packages typst, pypdfium2, resvg-py and fonttools: install miaopi with its dependencies ({error})"


class Sheets:
    """The sheets of one registry. `trust` is what they are verified with before they leave."""

    def __init__(self, trust: TrustList) -> None:
        self._trust = trust
        self._kept: OrderedDict[tuple[str, str, int, int], ReleasedSheet] = OrderedDict()
        self._free = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def sheet(self, token: str, edition: Edition, copy: int, copies: int) -> "ReleasedSheet":
        """Return a sheet; raises `PictureError` with what is lacking, `OverloadedError` when too many are asked for."""
        key = (token, edition, copy, copies)
        if (found := self._kept.get(key)) is not None:
            self._kept.move_to_end(key)
            return found
        if self._waiting >= MOST_WAITING:
            raise OverloadedError
        self._waiting += 1
        try:
            async with self._free:
                found = self._kept.get(key)  # drawn for another meanwhile
                if found is None:
                    found = await asyncio.to_thread(draw_sheet, token, self._trust, edition, copy, copies)
        finally:
            self._waiting -= 1
        self._kept[key] = found
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return found


def draw_sheet(token: str, trust: TrustList, edition: Edition, copy: int, copies: int) -> "ReleasedSheet":
    """Draw the sheet of a signed licence and read it back. Raises `PictureError`, and `CodeError` for a token not ours."""
    try:
        from licence_qr.sheet_release import release_sheet  # noqa: PLC0415  (typst and its fonts: not before somebody prints)
    except ImportError as error:
        raise PictureError(MISSING.format(error=error)) from None
    parts = parts_of(token)
    claims = authentic_claims(parts, trust)
    licence = Licence(parts, encode(parts), claims)
    return release_sheet(licence, trust, page=claims["iss"] + PAGE_PATH, edition=edition, copy=copy, copies=copies)


def copy_faults(edition: str, copy: int, copies: int) -> list[tuple[str, int, str, str]]:
    """Return what is wrong with the number of a copy: parameter, value, zh, en. The 正本 exists once, without a number."""
    if edition == "original" and (copy, copies) != (1, 1):
        name, value = ("copy", copy) if copy != 1 else ("copies", copies)
        english = "the original exists once and has no number; ask for edition=copy, or leave copy and copies out"
        return [(name, value, "正本只有一份、没有序号；请改用 edition=copy，或不填 copy 与 copies", english)]
    if copy > copies:
        english = f"there are {copies} copies; number them from 1 to {copies}, or raise `copies`"
        return [("copy", copy, f"副本共 {copies} 份，序号应为 1 至 {copies}；或增大 copies", english)]
    return []
