"""Remake `standard_characters.txt` from the Unihan database: `python remake_characters.py Unihan.zip`.

Not imported by anything; kept so that the file beside it can be checked and renewed.
"""

import sys
import unicodedata
import zipfile
from collections import defaultdict
from pathlib import Path

HEADER = """\
# 通用规范汉字表 (State Council, 2013-06-05, 国发〔2013〕23号): all 8,105 characters, grouped by reading without tone.
# Source: Unihan 14.0.0 (2021-09), properties kTGH (2013:*) and the first kMandarin reading; Unicode License v3.
# Remade by remake_characters.py. One line a reading: reading, blank, characters in the order of the table.
"""


def plain(reading: str) -> str:
    """Drop the tone mark of a reading; ü is written v."""
    tones = {"\u0300", "\u0301", "\u0304", "\u030c"}
    letters = "".join(c for c in unicodedata.normalize("NFD", reading) if c not in tones)
    return unicodedata.normalize("NFC", letters).replace("ü", "v").replace("ê", "e")


def remake(unihan: Path) -> str:
    """Return the text of the file, from the zip archive that the Unicode Consortium publishes."""
    ranks: dict[str, int] = {}
    readings: dict[str, str] = {}
    with zipfile.ZipFile(unihan) as archive:
        for member in archive.namelist():
            if not member.endswith(("Unihan_OtherMappings.txt", "Unihan_Readings.txt")):
                continue
            for line in archive.read(member).decode("utf-8").splitlines():
                cells = line.split("\t")
                if len(cells) != 3:
                    continue
                character = chr(int(cells[0].removeprefix("U+"), base=16))
                if cells[1] == "kTGH" and cells[2].startswith("2013:"):
                    ranks[character] = int(cells[2].removeprefix("2013:"))
                elif cells[1] == "kMandarin":
                    readings[character] = plain(cells[2].split(" ")[0])
    groups: dict[str, list[str]] = defaultdict(list)
    for character in sorted(ranks, key=ranks.__getitem__):
        groups[readings[character]].append(character)
    return HEADER + "".join(f"{reading} {''.join(groups[reading])}\n" for reading in sorted(groups))


if __name__ == "__main__":
    Path(__file__).with_name("standard_characters.txt").write_text(remake(Path(sys.argv[1])), encoding="utf-8")
