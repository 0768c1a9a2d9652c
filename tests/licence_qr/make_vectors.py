"""Make `vectors.json` and the folders `tests/attacks/licence_*_fail/`: `python -m tests.licence_qr.make_vectors`.

With `--check` nothing is written, and any difference is an error. Keys, times and signatures are fixed, so that a
change shows in review. A folder of an attack stands by itself: to add one by hand needs no code.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.licence_qr.attack_cases import attack_cases
from tests.licence_qr.forge import JWKS
from tests.licence_qr.genuine_cases import genuine_cases

ROOT = Path(__file__).resolve().parents[2]
VECTORS = ROOT / "tests" / "licence_qr" / "vectors.json"
ATTACKS = ROOT / "tests" / "attacks"


def files() -> Iterator[tuple[Path, str]]:
    """Every file and its content."""
    made = dict(genuine_cases())
    lists = sorted({token for given in made.values() for token in given["lists"].values()})
    compact = []
    for name, given in made.items():
        at_hand = {uri: lists.index(token) for uri, token in given["lists"].items()}
        shared = {key: value for key, value in given.items() if key != "jwks" or value != JWKS}
        compact.append({"name": name, **shared, "lists": at_hand})
    yield VECTORS, pretty({"jwks": JWKS, "lists": lists, "cases": compact})
    for name, why, given in attack_cases():
        folder = ATTACKS / f"licence_{name}_fail"
        verdict = given["expect"]
        said = f"Expected: authentic `{verdict['authentic']}`, current `{verdict['current']}`; never a valid licence.\n"
        yield folder / "README.md", f"# {name.replace('_', ' ')}\n\n{why}\n\n{said}"
        yield folder / "case.json", pretty(given)


def pretty(value: Any) -> str:
    """JSON for review, in ASCII so that no editor hides a character."""
    return json.dumps(value, ensure_ascii=True, indent=1) + "\n"


def different() -> dict[Path, str]:
    """The files that are missing or say something else, with what they should say."""
    wanted = dict(files())
    return {path: text for path, text in wanted.items() if not path.exists() or path.read_text("utf-8") != text}


def main() -> int:
    """Write the files, or with --check say which differ."""
    found = different()
    for path, text in found.items():
        if "--check" not in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        sys.stdout.write(f"differs: {path.relative_to(ROOT)}\n")
    return 1 if found and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
