"""The applications that are measured: the examples as a portal would send them, and what their people confirm."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.application import content_digest, roles
from examples.vary import vary

EXAMPLES = Path(__file__).parent.parent / "examples"
KINDS = ("individual", "sole_proprietorship", "llc")
# One application of each kind for each way the engine's work differs.
MEASURED = {
    "approved": {
        "individual": "individual/01-grocery.json",
        "sole_proprietorship": "sole_proprietorship/01-advertising.json",
        "llc": "llc/01-software.json",
    },
    "fix": {
        "individual": "individual/06-several-defects.json",
        "sole_proprietorship": "sole_proprietorship/07-several-defects.json",
        "llc": "llc/08-many-defects.json",
    },
    "referred": {
        "individual": "individual/09-deceased.json",
        "sole_proprietorship": "sole_proprietorship/09-civil-servant.json",
        "llc": "llc/10-listed-representative.json",
    },
}


@dataclass(frozen=True, slots=True)
class Example:
    """One file of `examples/`: its bytes, and what `index.json` says of it."""

    file: str
    outcome: str
    confirmations: tuple[str, ...]
    body: bytes

    @property
    def item(self) -> str:
        """The catalogue code that it names."""
        return str(json.loads(self.body)["item"])

    def confirmed(self) -> list[dict[str, Any]]:
        """Return what each person confirms on their phone: bodies for `POST /v1/real_name/confirmations`."""
        document = json.loads(self.body)
        held, digest = roles(document), content_digest(document)
        return [
            {
                "id_number": person["id_number"],
                "id_type": person["id_type"],
                "name": person["name"],
                "content_digest": digest,
                "roles": list(held[person["ref"]]),
            }
            for person in document["people"]
            if person["ref"] in self.confirmations
        ]


def examples() -> dict[str, Example]:
    """Return every example by its file name."""
    index = json.loads((EXAMPLES / "index.json").read_text())
    return {
        entry["file"]: Example(
            entry["file"], entry["outcome"], tuple(entry["confirmations"]), (EXAMPLES / entry["file"]).read_bytes()
        )
        for entry in index
    }


def approved() -> list[Example]:
    """Return the examples that end in a licence at once, in the order of the index; every kind is among them."""
    return [example for example in examples().values() if example.outcome == "approved"]


def fresh(count: int) -> list[Example]:
    """Return `count` applications that all end in a licence and of which no two have the same content or name."""
    known = [(example, json.loads(example.body)) for example in approved()]
    made = []
    for number in range(count):
        example, document = known[number % len(known)]
        body = json.dumps(vary(document, number + 1), ensure_ascii=False).encode()
        made.append(Example(example.file, example.outcome, example.confirmations, body))
    return made
