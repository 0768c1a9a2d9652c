import shutil
from pathlib import Path

import pytest

from rules.errors import RuleBookError
from rules.load import FILES, PACKAGED, load

# Enough of the packaged book to load on its own, in a fraction of its time: one kind of entity, no tables of its own.
SMALL = (
    "law/sole.yaml",
    "parameters/registry.yaml",
    "parameters/persons.yaml",
    "catalogue/sole_proprietorship_establishment.yaml",
    "forms/sole_proprietorship_establishment.schema.json",
)


class BookFolder:
    """A folder with a book that can be spoilt."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def change(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text(encoding="utf-8")
        assert old in text, f"{name} does not hold {old!r}"
        self.write(name, text.replace(old, new, 1))

    def load(self, **options: bool):
        return load(self.folder, **options)

    def problems(self, **options: bool) -> list[str]:
        with pytest.raises(RuleBookError) as caught:
            self.load(**options)
        return [str(problem) for problem in caught.value.problems]


@pytest.fixture
def small_book(tmp_path: Path) -> BookFolder:
    """A small copy of the packaged book: sole proprietorships alone."""
    book = BookFolder(tmp_path / "book")
    for name in (*FILES, *SMALL):
        (book.folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PACKAGED / name, book.folder / name)
    return book
