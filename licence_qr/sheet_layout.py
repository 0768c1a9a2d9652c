"""Where every line of a sheet stands, in millimetres: computed once, drawn alike as SVG and as PDF.

What is long is fitted in steps: smaller letters, then the scope across the whole width, then a floor of 8 points (副本)
below which nobody reads a wall, and what still does not fit goes on to a continued page. No character is ever cut: the
release reads the pages back and compares.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from licence_qr.errors import PictureError
from licence_qr.sheet_content import Field, SheetContent
from licence_qr.sheet_fonts import Face
from licence_qr.sheet_lines import break_lines, fill_lines, measured
from licence_qr.sheet_page import LABELS, PLAIN, SIZES, SMALL, SOFT, Line, Page, Style, code_side

COMFORT_MM, FLOOR_MM = 4.9, 2.82  # of the 副本 (14 and 8 points); the 正本 is larger by the ratio of the sheets
STEP = 0.965
LEADING = 1.5  # lines of one item, in letters
GAP = 0.95  # between items, in letters
LABEL = 5.0  # letters of the widest usual label (法定代表人)
VALUE = LABEL + 1.2  # letters from where a label begins to where its value begins
BODY_TOP, BODY_END, REGISTRY_TOP = 84.0, 172.0, 152.0  # mm on the 副本


@dataclass(frozen=True, slots=True)
class _Block:
    """An item, broken into lines of letters of `size` mm."""

    label: str
    lines: Sequence[str]
    x: float
    width: float
    size: float

    @property
    def height(self) -> float:
        return len(self.lines) * self.size * LEADING


@dataclass(frozen=True, slots=True)
class _Plan:
    """A way to fit everything: both columns, the scope, how many of its lines stay on the first page."""

    left: list[_Block]
    right: list[_Block]
    scope: _Block
    kept: int


def lay_out(content: SheetContent, face: Face, side_modules: int) -> list[Page]:
    """Return the pages of a sheet for a code of so many modules a side; the code stands on the first.

    Raises PictureError when the items other than the scope do not fit even in the smallest letters.
    """
    desk = _Desk(content, face, side_modules)
    plan = desk.plan()
    first = desk.first_page()
    below = desk.columns(first, plan)
    rest = plan.scope.lines[plan.kept :]
    desk.block(first, replace(plan.scope, lines=plan.scope.lines[: plan.kept]), below, last=not rest)
    pages = [first, *desk.continued(rest, plan.scope.size)]
    for number, page in enumerate(pages, start=1):
        desk.foot(page, f"第{number}页，共{len(pages)}页" if len(pages) > 1 else "", more=number < len(pages))
    return pages


class _Desk:
    """A sheet in the making: the unit `u` is 1 mm on the 副本 and more on the 正本."""

    def __init__(self, content: SheetContent, face: Face, side_modules: int) -> None:
        self.content, self.face = content, face
        self.pieces: dict[str, list[tuple[str, float]]] = {}
        self.width, self.height = SIZES[content.edition]
        self.u = self.width / SIZES["copy"][0]
        self.side = code_side(side_modules, self.u)
        self.left, self.right = 27 * self.u, self.width - 27 * self.u
        self.middle = self.left + 0.57 * (self.right - self.left)
        self.second = self.middle + 4 * self.u

    def run(self, page: Page, x: float, y: float, size: float, text: str, style: Style = PLAIN) -> None:
        tracking = style.tracking * size
        line = Line(x, y, size, text, self._wide(text, size, tracking), tracking, style.colour, style.bold)
        page.lines.append(line)

    def centre(self, page: Page, x: float, y: float, size: float, text: str, style: Style = PLAIN) -> None:
        self.run(page, x - self._wide(text, size, style.tracking * size) / 2, y, size, text, style)

    def _wide(self, text: str, size: float, tracking: float) -> float:
        return self.face.width(text) * size + tracking * max(0, len(text) - 1)

    def first_page(self) -> Page:
        """Begin the first page: title, credit code, the code with its words."""
        u, content = self.u, self.content
        page = Page(self.width, self.height)
        left = self.right - self.side + 2 * u
        top = 23 * u
        page.code = (left, top, self.side)
        self.run(page, self.left, 34 * u, 3.5 * u, content.code.label, LABELS)
        self.run(page, self.left, 40.5 * u, 4.3 * u, content.code.text, Style(bold=True, tracking=0.04))
        spread = 0.42 if len(content.title) < 6 else 0.12
        room = 2 * min(left - 8 * u - self.width / 2, self.width / 2 - 80 * u)  # clear of the codes on both sides
        size = min(19 * u, room / (len(content.title) + spread * (len(content.title) - 1)))
        self.centre(page, self.width / 2, 54 * u, size, content.title, Style(bold=True, tracking=spread))
        if content.copy_number:
            self.centre(page, self.width / 2, 65 * u, 5.4 * u, content.edition_words, Style(tracking=0.3))
            self.centre(page, self.width / 2, 71.5 * u, 3.6 * u, content.copy_number, SMALL)
        y = top + self.side
        for words, size, style in self._scan_words():
            y += 1.45 * size
            self.centre(page, left + self.side / 2, y, size, words, style)
        return page

    def _scan_words(self) -> Iterator[tuple[str, float, Style]]:
        """Yield the words under the code; a long address is broken, never shrunk away."""
        room = 2 * (self.width - 20 * self.u - (self.right - self.side / 2 + 2 * self.u))
        size = 2.75 * self.u
        for number, words in enumerate(self.content.scan_words):
            style = Style(colour=SOFT, bold=number > 0)
            yield from ((line, size, style) for line in break_lines(words, room / size, self.face.width))

    def plan(self) -> _Plan:
        """Return the first way to fit everything, the most readable first."""
        for size in _sizes(COMFORT_MM * self.u, FLOOR_MM * 1.2 * self.u):
            for small in _sizes(size, max(0.78 * size, FLOOR_MM * self.u)):
                found = self._in_column(size, small)
                if found is not None:
                    return found
        plans = [
            found
            for size in _sizes(COMFORT_MM * 0.92 * self.u, FLOOR_MM * self.u)
            for small in (size, max(0.85 * size, FLOOR_MM * self.u))
            if (found := self._across(size, small)) is not None
        ]
        if not plans:
            raise PictureError(
                f"the items of {self.content.name[:30]!r} do not fit a sheet even in letters of "
                f"{FLOOR_MM * self.u:.1f} mm; shorten the name or the premises in the register entry"
            )
        return min(plans, key=self._pages)  # of those with the fewest pages the largest letters

    def _pages(self, plan: _Plan) -> int:
        return 1 + math.ceil((len(plan.scope.lines) - plan.kept) / self._room_continued(plan.scope.size))

    def _room_continued(self, size: float) -> int:
        """Return the lines of a continued page."""
        return int((176 - 72) * self.u / (size * LEADING))

    def _in_column(self, size: float, small: float) -> _Plan | None:
        left, right = self._columns(size)
        scope = self._item(self.content.scope, self.left, self.middle, small, column=size)
        fits = self._height([*left, scope]) <= (BODY_END - BODY_TOP) * self.u
        fits &= self._height(right) <= (REGISTRY_TOP - 3 - BODY_TOP) * self.u
        return _Plan(left, right, scope, len(scope.lines)) if fits else None

    def _across(self, size: float, small: float) -> _Plan | None:
        left, right = self._columns(size)
        scope = self._item(self.content.scope, self.left, self.right, small, column=size)
        used = max(self._height(left), self._height(right)) + GAP * size
        room = int(((REGISTRY_TOP - 2 - BODY_TOP) * self.u - used) / (small * LEADING))
        return _Plan(left, right, scope, min(room, len(scope.lines))) if room >= 2 else None

    def _columns(self, size: float) -> tuple[list[_Block], list[_Block]]:
        left = [self._item(one, self.left, self.middle, size) for one in self.content.left]
        return left, [self._item(one, self.second, self.right, size) for one in self.content.right]

    def _item(self, one: Field, left: float, right: float, size: float, *, column: float | None = None) -> _Block:
        """Break an item; its value begins where the values of the column do, in letters of `column` mm."""
        start = left + VALUE * (column or size)
        width = right - start
        pieces = self.pieces.get(one.text)
        if pieces is None:
            pieces = self.pieces[one.text] = measured(one.text, self.face.width)
        return _Block(one.label, fill_lines(pieces, width / size, self.face.width), start, width, size)

    @staticmethod
    def _height(blocks: Sequence[_Block]) -> float:
        return sum(block.height + GAP * block.size for block in blocks) - GAP * blocks[-1].size

    def columns(self, page: Page, plan: _Plan) -> float:
        """Draw both columns; return where the scope begins."""
        ends = []
        for blocks in (plan.left, plan.right):
            y = BODY_TOP * self.u
            for block in blocks:
                self.block(page, block, y)
                y += block.height + GAP * block.size
            ends.append(y)
        return max(ends) if plan.scope.width > self.middle - self.left else ends[0]

    def block(self, page: Page, block: _Block, top: float, *, last: bool = True) -> None:
        """Draw an item: its label spread over five letters, its lines set to the full width but the last."""
        baseline = top + block.size
        if block.label:
            self._label(page, block, baseline)
        for number, text in enumerate(block.lines):
            final = last and number == len(block.lines) - 1
            tracking = 0.0 if final else self._spread(text, block)
            self.run(page, block.x, baseline, block.size, text, Style(tracking=tracking))
            baseline += block.size * LEADING

    def _spread(self, text: str, block: _Block) -> float:
        """Return the space between letters, in letters, that fills the line; none where it would tear it."""
        free = block.width / block.size - self.face.width(text)
        each = free / max(1, len(text) - 1)
        return each if 0 < each <= 0.12 else 0.0

    def _label(self, page: Page, block: _Block, baseline: float) -> None:
        left = self.left if block.x < self.second else self.second
        size = (block.x - left) / VALUE  # labels of a column are alike, whatever size its scope is set in
        letters = len(block.label)
        room = LABEL * size
        size = min(size, room / letters)
        gap = (room - letters * size) / max(1, letters - 1)
        self.run(page, left, baseline, size, block.label, replace(LABELS, tracking=gap / size))

    def continued(self, lines: Sequence[str], size: float) -> list[Page]:
        """Return the pages that the scope goes on to."""
        u = self.u
        top = 72 * u
        room = self._room_continued(size)
        pages = []
        words = f"{self.content.title}{self.content.edition_words}续页"
        for start in range(0, len(lines), room):
            page = Page(self.width, self.height)
            self.centre(page, self.width / 2, 42 * u, 9 * u, words, Style(bold=True, tracking=0.2))
            head = [f"{self.content.left[0].label}：{self.content.name}"]
            head.append(f"{self.content.code.label}：{self.content.code.text}")
            self._head(page, head)
            width = self.right - self.left - VALUE * size
            part = _Block(self.content.scope.label, lines[start : start + room], self.left + VALUE * size, width, size)
            self.block(page, part, top, last=start + room >= len(lines))
            pages.append(page)
        return pages

    def _head(self, page: Page, words: Sequence[str]) -> None:
        size, y = 3.6 * self.u, 53 * self.u
        room = (self.right - self.left) / size
        while sum(len(break_lines(one, room, self.face.width)) for one in words) > 3:
            size *= STEP
            room = (self.right - self.left) / size
        for text in (line for one in words for line in break_lines(one, room, self.face.width)):
            self.centre(page, self.width / 2, y, size, text, SMALL)
            y += 1.6 * size

    def foot(self, page: Page, numbering: str, *, more: bool) -> None:
        """Draw the registry and its day (first page), the reminder, the identifier and the number of the page."""
        u, content = self.u, self.content
        centre = (self.second + self.right) / 2
        if page.code is not None:
            label = content.registry.label
            room = (self.right - self.second) / (self.face.width(content.registry.text) + len(label) + 1.5)
            size = min(4.9 * u, room)
            start = centre - (self.face.width(content.registry.text) + len(label) + 1.2) * size / 2
            y = (REGISTRY_TOP + 8) * u
            self.run(page, start, y, size, label, LABELS)
            self.run(page, start + (len(label) + 1.2) * size, y, size, content.registry.text)
            day = content.registered_on
            words = f"{day.year} 年 {day.month:02d} 月 {day.day:02d} 日"
            self.centre(page, centre, (REGISTRY_TOP + 19) * u, 4.9 * u, words)
        if more:
            self.run(page, self.left, 178.5 * u, 2.7 * u, f"（{content.scope.label}续下页）", SMALL)
        size = 2.5 * u
        self.centre(page, self.width / 2, 183.5 * u, size, content.reminder, SMALL)
        words = "　".join(filter(None, (f"{content.identifier.label} {content.identifier.text}", numbering)))
        self.centre(page, self.width / 2, 187.6 * u, size, words, SMALL)


def _sizes(largest: float, smallest: float) -> Iterator[float]:
    """Yield letter heights from the largest to the smallest, both included."""
    size = largest
    while size > smallest:
        yield size
        size *= STEP
    yield smallest
