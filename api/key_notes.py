"""The notes to the public about compromised keys, in `key-notes/` of the home; the newest of a key is served."""

from pathlib import Path

from api.published_keys import replace_file
from api.settings import Settings

NOTES = "key-notes"


def keep(settings: Settings, kid: str, raw: bytes) -> Path:
    """Keep a note; a later drill on the same key writes another, which tells all that was done until then."""
    folder = settings.home / NOTES
    folder.mkdir(exist_ok=True)
    path = folder / f"{kid}-{1 + max(_numbers(folder, kid), default=0)}.json"
    replace_file(path, raw)
    return path


def newest(settings: Settings, kid: str) -> bytes | None:
    """Return the newest note about a key, the very bytes whose SHA-256 is in the log, or None when there is none."""
    folder = settings.home / NOTES
    numbers = _numbers(folder, kid)
    return (folder / f"{kid}-{max(numbers)}.json").read_bytes() if numbers else None


def _numbers(folder: Path, kid: str) -> list[int]:
    tails = [path.stem.removeprefix(f"{kid}-") for path in folder.glob(f"{kid}-*.json")]
    return [int(tail) for tail in tails if tail.isdecimal()]
