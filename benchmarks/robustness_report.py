"""The robustness figures as tables for a terminal, as Markdown, and a sheet of the pictures that were read."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from PIL import Image, ImageDraw

from benchmarks.robustness import Cell, samples, sizes

# Table and condition of the pictures that are shown.
SHOWN = (
    ("pixels", "2"), ("rotation", "30"), ("perspective", "0.14"), ("blur", "0.35"), ("blur", "0.45"), ("noise", "35"),
    ("damage", "5"), ("damage", "10"), ("printed at 30", "300"), ("printed at 35", "300"), ("printed at 40", "300"),
    ("printed at 40", "200"),
)  # fmt: skip
TILE = 240
GOOD = 0.9
MARKS = ("<!-- measured: robustness -->", "<!-- end of the measurement -->")


def lines(cells: Sequence[Cell]) -> Iterator[str]:
    """Yield the tables for a terminal."""
    yield "ROBUSTNESS, share of pictures read rightly by zxing-cpp (simulated pictures)"
    for table, told, rows in _tables(cells):
        yield ""
        yield table
        width = max(len(one) for one in told) + 2
        yield "version  " + "".join(one.rjust(max(6, width)) for one in told)
        for version, shares in rows:
            yield f"V{version}-M".ljust(9) + "".join(share.rjust(max(6, width)) for share in shares)
    yield ""
    yield _misread(cells)


def markdown(cells: Sequence[Cell], *, picture: str) -> str:
    """Return the section for the documents; figures as seen, and what they do not say."""
    each = cells[0].taken
    parts = [
        "# What a code stands: the robustness bench",
        "",
        (
            "`python -m benchmarks robustness` draws codes of four versions, spoils them, and reads them with zxing-cpp. "
            f"Each figure is the share of {each} pictures that was read rightly (one picture is {100 / each:.0f} %); the "
            "random numbers are fixed, so that it can be seen again. The pictures are simulated: an area-averaging sensor, "
            "a Gaussian lens, a 300 dpi printer whose ink runs. They order versions and conditions; they do not promise "
            "what a certain phone does, and no phone was used."
        ),
        "",
        f"![what was read]({picture})",
        "",
        (
            "Where the condition does not say otherwise a module has 4 camera pixels, a turn of about 3°, blur of 0.2 "
            "modules and noise of 4 grey levels. Damage is one place, black, grey or white, anywhere on the code, finder "
            "patterns included."
        ),
    ]
    for table, told, rows in _tables(cells):
        parts += ["", f"## {table[0].upper()}{table[1:]}", "", f"| version | {' | '.join(told)} |"]
        parts.append("|---|" + "---:|" * len(told))
        parts += [f"| {version}-M | {' | '.join(shares)} |" for version, shares in rows]
    parts += ["", _misread(cells), "", "## Sizes in print", ""]
    parts += [
        "| version | least side (4 dots at 300 dpi) | GS1 side (5 dots) | advised side (5 dots) |",
        "|---|---:|---:|---:|",
    ]
    parts += [
        f"| {version}-M | {least:.2f} mm | {gs1:.2f} mm | {side:.2f} mm |" for version, least, gs1, side in sizes()
    ]
    return "\n".join(parts) + "\n"


def summary(cells: Sequence[Cell], *, picture: str) -> str:
    """Return the short table for the specification: how far each condition may go while nine of ten pictures are read."""
    versions = sorted({cell.version for cell in cells})
    parts = [
        f"![what was read]({picture})",
        "",
        f"| at least {GOOD:.0%} of {cells[0].taken} pictures read | {' | '.join(f'{one}-M' for one in versions)} |",
        "|---|" + "---:|" * len(versions),
    ]
    for table, grouped in groupby(cells, key=lambda cell: cell.table):
        group = list(grouped)
        downwards = table.startswith(("pixels", "printed"))  # more pixels are easier; more of all else is harder
        found = [_hardest([cell for cell in group if cell.version == one], downwards=downwards) for one in versions]
        word = "from" if downwards else "to"
        told = " | ".join("none" if one is None else f"{word} {one}" for one in found)
        parts.append(f"| {table} | {told} |")
    return "\n".join([*parts, "", _misread(cells)])


def _hardest(cells: Sequence[Cell], *, downwards: bool) -> str | None:
    """Return the hardest condition up to which all are read well, going from the easy end."""
    hardest = None
    for cell in reversed(cells) if downwards else cells:
        if cell.read < GOOD * cell.taken:
            break
        hardest = cell.condition
    return hardest


def put_into(document: Path, section: str) -> None:
    """Replace what stands between the marks of the robustness table in a document. Raises ValueError without marks."""
    text = document.read_text(encoding="utf-8")
    if MARKS[0] not in text:
        raise ValueError(f"{document} has no {MARKS[0]}: put the two marks where the table shall stand")
    before, rest = text.split(MARKS[0], 1)
    after = rest.split(MARKS[1], 1)[1]
    document.write_text(f"{before}{MARKS[0]}\n{section}\n{MARKS[1]}{after}", encoding="utf-8")


def contact_sheet(path: Path) -> None:
    """Write one PNG with a picture of several conditions and its name below it."""
    tiles = [(told, image) for told, image in samples() if _is_shown(told)]
    columns = 4
    rows = -(-len(tiles) // columns)
    sheet = Image.new("L", (columns * (TILE + 12) + 12, rows * (TILE + 46) + 12), 255)
    draw = ImageDraw.Draw(sheet)
    for number, (told, image) in enumerate(tiles):
        left, top = 12 + number % columns * (TILE + 12), 12 + number // columns * (TILE + 46)
        image.thumbnail((TILE, TILE), Image.Resampling.LANCZOS)
        sheet.paste(image, (left, top))
        table, _, value = told.rpartition(": ")
        draw.text((left, top + TILE + 4), table.partition(";")[0], fill=0)
        draw.text((left, top + TILE + 18), f"{(table.partition('; ')[2] + ' ').lstrip()}{value}", fill=0)
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.quantize(16).save(path, "PNG", optimize=True)


def _is_shown(told: str) -> bool:
    table, _, value = told.rpartition(": ")
    return any(table.startswith(start) and value == one for start, one in SHOWN)


def _tables(cells: Sequence[Cell]) -> Iterator[tuple[str, list[str], list[tuple[int, list[str]]]]]:
    for table, grouped in groupby(cells, key=lambda cell: cell.table):
        group = list(grouped)
        told = list(dict.fromkeys(cell.condition for cell in group))
        versions = sorted({cell.version for cell in group})
        rows = [
            (version, [f"{cell.read / cell.taken:.0%}" for cell in group if cell.version == version])
            for version in versions
        ]
        yield table, told, rows


def _misread(cells: Sequence[Cell]) -> str:
    wrong, taken = sum(cell.wrong for cell in cells), sum(cell.taken for cell in cells)
    slowest = max(cell.reading_ms for cell in cells)
    return f"Read as something else: {wrong} of {taken} pictures. Reading took at most {slowest:.0f} ms (median of a cell)."
