"""An export after the rules were changed: each decision goes with the book it was made by, and replays."""

from dataclasses import replace
from pathlib import Path

import pytest

from api.exporting import keep_book, kept_books
from api.settings import Settings
from audit.errors import MalformedError
from audit.export import export
from audit.export_reader import Export
from audit.replay import replay
from audit.verify import verify
from rules.load import book_files, load


@pytest.fixture(scope="module")
def changed(office, tmp_path_factory) -> Path:
    """The folder of a rule book in which one remedy is worded differently."""
    folder = tmp_path_factory.mktemp("changed")
    for path in book_files(office.book.folder):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes((office.book.folder / path).read_bytes())
    law = folder / "law" / "persons.yaml"
    before = law.read_text("utf-8")
    after = before.replace("Let someone with full civil capacity take the role.", "Name someone with full capacity.", 1)
    assert after != before
    law.write_text(after, "utf-8")
    return folder


def test_decisions_of_two_books_are_exported_and_replayed(world, office, changed, tmp_path):
    settings = Settings(home=tmp_path / "home")
    newer = load(changed)
    old, new = office.case("llc", number=1), _by(office, newer).case("llc", number=2)
    assert old.inputs.rule_set_digest != new.inputs.rule_set_digest
    cases = dict(zip(world.append(old.record.leaf, new.record.leaf), (old, new), strict=True))
    for book in (office.book, newer, office.book):  # the service was started three times
        assert keep_book(settings, book).name == book.digest
    books = kept_books(settings)
    assert {office.book.digest, newer.digest} <= {book.digest for book in books}
    with world.engine.connect() as connection:
        alone = replace(office.holdings(cases, {}), books=[newer])
        with pytest.raises(MalformedError, match="none of the 1 rule books"):
            export(tmp_path / "alone", world.log, connection, alone)
        export(tmp_path / "export", world.log, connection, replace(office.holdings(cases, {}), books=books))
    opened = Export(tmp_path / "export")
    assert verify(opened).faults == []
    rule_sets = opened.rule_sets()
    for index, record in opened.records():
        assert replay(opened.inputs(index), record, rule_sets.get(record.content["rule_set"]), office.keys) is None
    assert {path.name for path in (tmp_path / "export" / "rules").iterdir()} == {office.book.digest, newer.digest}


def _by(office, book):
    """The same office, deciding by another book."""
    other = object.__new__(type(office))
    other.__dict__.update(office.__dict__, book=book)
    return other


def test_a_kept_book_that_was_edited_is_named(office, changed, tmp_path):
    settings = Settings(home=tmp_path)
    kept = keep_book(settings, load(changed))
    (tmp_path / "books" / ".left-by-a-crash").mkdir()
    assert kept.name in {book.digest for book in kept_books(settings)}
    renamed = kept.rename(kept.with_name("0" * 64))
    with pytest.raises(RuntimeError, match="put its files back") as raised:
        kept_books(settings)
    assert str(renamed) in str(raised.value)
