"""Write the example applications: `python -m examples.make`. The county's people, names and places are made up by its seed.

Each scenario is a valid application of its kind with one story laid over it. The files are what a portal would send, byte
for byte; `index.json` says what each one tells, what outcome it is meant to have, and what happens around it (a source that
is down, a person who does not confirm, an officer who rules).
"""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from engine.application import content_digest, roles
from examples import stories
from rules.load import PACKAGED
from verifiers.registries.county import County

HERE = Path(__file__).parent
Document = dict[str, Any]
# Business words, organisation form and scope codes that go together, by kind.
TRADES: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "individual": (
        ("百货店", ("F521101", "F522301")),
        ("服装店", ("F523201", "F523301")),
        ("文具店", ("F524101", "F521101")),
    ),
    "sole_proprietorship": (("广告中心", ("L725901", "M749201")), ("广告工作室", ("L725901",))),
    "llc": (("软件有限公司", ("I651301", "I653101")), ("软件有限责任公司", ("I651301",))),
}
SIGNED_AT = "2026-11-20T01:00:00Z"


class Maker:
    """Builds one document: people, a name, a place and a trade of the county laid over the base of its kind."""

    def __init__(self, kind: str, number: int) -> None:
        self.county = County()
        self.kind = kind
        self.number = number
        self.catalogue = {entry["code"]: entry for entry in _yaml("scope_catalogue.yaml")["items"]}
        self.document: Document = json.loads(
            json.dumps(_yaml(f"cases/base/{kind}.yaml")["application"], default=lambda day: day.isoformat())
        )
        self._fill()

    def _fill(self) -> None:
        offset = stories.KINDS.index(self.kind) * 100 + self.number
        for position in range(len(self.document["people"])):
            self.be(position, self.county.person(offset * 12 + position))
        words, codes = TRADES[self.kind][self.number % len(TRADES[self.kind])]
        self.scope(*codes)
        self.name(f"安丘市{self.county.free_trade_name(offset % 288)}{words}")
        place_kind = "commercial" if self.kind == "individual" else "office"
        self.place(self.county.free_address(place_kind, offset % 90))

    def be(self, position: int, person: Any) -> None:
        """Put a person of the county at a place of the people list."""
        entry = self.document["people"][position]
        entry.update(name=person.name, id_number=person.id_number, id_type=person.id_type)

    def add_person(self, person: Any) -> str:
        """Add one more person and return the reference."""
        entry = deepcopy(self.document["people"][-1])
        entry["ref"] = f"p{len(self.document['people']) + 1}"
        entry["mobile"] = f"139000001{len(self.document['people']):02d}"
        self.document["people"].append(entry)
        self.be(len(self.document["people"]) - 1, person)
        return str(entry["ref"])

    def name(self, full: str | None) -> None:
        """Take a name, in the articles too."""
        if full is None:
            self.document["entity"].pop("name", None)
            return
        self.document["entity"]["name"] = full
        if "articles" in self.document:
            self.document["articles"]["values"]["company_name"] = full

    def scope(self, *codes: str) -> None:
        """Take scope items of the catalogue; the first is the main one."""
        entries = [self.catalogue[code] for code in codes]
        self.document["scope"] = {
            "items": [{"code": e["code"], "text": e["text"]["zh"], "kind": e["kind"]} for e in entries],
            "main": codes[0],
            "main_industry_code": entries[0]["industry_code"],
        }
        if "articles" in self.document:
            texts = "；".join(entry["text"]["zh"] for entry in entries)
            self.document["articles"]["values"]["scope_text"] = texts

    def place(self, address: Any) -> None:
        """Move to a place of the standard address library."""
        premises = self.document["premises"]
        names = ("province", "city", "county", "town", "village", "road", "number")
        for name in names:
            premises.pop(name, None)
        premises.update(dict(zip(names, address.parts, strict=False)))
        premises["standard_address_code"] = address.code
        premises["division_code"] = address.division
        if address.kind in {"residential", "commercial", "office", "industrial"}:
            premises["use"] = address.kind
        if "articles" in self.document:
            self.document["articles"]["values"]["address"] = address.text

    def sign(self, *, leave_out: tuple[tuple[str, str], ...] = ()) -> None:
        """Let everybody sign who signed the base (and whoever a story added); the digest is of the final content."""
        digest = content_digest(self.document)
        for signature in self.document["signatures"]:
            signature.update(signed_at=SIGNED_AT, content_digest=digest)
        kept = [s for s in self.document["signatures"] if (s["person"], s["document"]) not in leave_out]
        self.document["signatures"] = kept


def _yaml(name: str) -> Any:
    return yaml.safe_load((PACKAGED / name).read_text())


def build(story: "stories.Story", number: int) -> Document:
    """Return the document of a story."""
    maker = Maker(story.kind, number)
    story.change(maker)
    maker.sign(leave_out=story.unsigned)
    if story.signed_too_early:
        maker.document["employees"] += 1
    return maker.document


def main() -> None:
    """Write every example and the index."""
    index = []
    for kind in stories.KINDS:
        folder = HERE / kind
        folder.mkdir(exist_ok=True)
        for old in folder.glob("*.json"):
            old.unlink()
        for number, story in enumerate(story for story in stories.STORIES if story.kind == kind):
            document = build(story, number)
            file = folder / f"{number + 1:02d}-{story.slug}.json"
            file.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n")
            people = roles(document)
            entry = {
                "file": str(file.relative_to(HERE)),
                "title": {"zh": story.zh, "en": story.en},
                "outcome": story.outcome,
                "rules": list(story.rules),
                "confirmations": [ref for ref in people if ref not in story.unconfirmed],
            }
            if story.down:
                entry["down"] = story.down
            if story.ruling:
                entry["ruling"] = story.ruling
            index.append(entry)
    (HERE / "index.json").write_text(json.dumps(index, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
