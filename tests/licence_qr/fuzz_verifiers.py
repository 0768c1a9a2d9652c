"""Do all verifiers give the same answers? `python -m tests.licence_qr.fuzz_verifiers --count 100000 --seed 1` (`make fuzz`).

Mutations of every layer (`fuzz_layers`) are put to every verifier (`verdicts`), and whole answers are compared: the
headline, `authentic`, `current`, every permit with its reason and its time, and the claims. The same seed gives the same
cases. At the first batch with a difference it stops and writes the smallest one as a case of its own. It also fails when
a reason code of docs/licence.md 8 was never said, for then the mutations do not reach what they should.
"""

import argparse
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.licence_qr.cases import reasons
from tests.licence_qr.fuzz_layers import mutation
from tests.licence_qr.verdicts import Page, answers

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "out" / "fuzz"
BATCH = 400
Case = dict[str, Any]


@dataclass
class Tally:
    """What a run has seen: how many mutations of each layer, which reasons they met, and a digest of all cases."""

    count: int = 0
    layers: Counter[str] = field(default_factory=Counter)
    spread: dict[str, Counter[str]] = field(default_factory=dict)
    cases: Any = field(default_factory=sha256)

    def add(self, layer: str, case: Case, told: Case) -> None:
        """Count one case on which all agree."""
        self.count += 1
        self.layers[layer] += 1
        self.cases.update(json.dumps(case).encode())
        said = [
            told["authentic"]["reason"],
            told["current"]["reason"],
            *(permit["reason"] for permit in told["permits"]),
        ]
        self.spread.setdefault(layer, Counter()).update(set(said))

    @property
    def reasons(self) -> Counter[str]:
        """In how many cases each reason was said."""
        return sum(self.spread.values(), Counter())

    def missing(self) -> set[str]:
        """The reason codes of the specification that no case has met."""
        return specified() - set(self.reasons)


@dataclass(frozen=True)
class Difference:
    """A case on which the verifiers do not agree, and what each of them says."""

    layer: str
    case: Case
    told: dict[str, Case]

    @property
    def size(self) -> int:
        """Characters of the case: the smallest is the easiest to understand."""
        return len(json.dumps(self.case))


def specified() -> set[str]:
    """Every reason code of docs/licence.md 8."""
    section = (ROOT / "docs" / "licence.md").read_text("utf-8").partition("## 8. Reason codes")[2].partition("## 9.")[0]
    return {
        code
        for row in re.findall(r"^\| (?:valid|not valid|cannot say) \|(.*)\|$", section, re.MULTILINE)
        for code in re.findall(r"`([a-z_]+)`", row)
    }


def drawn(seed: int, count: int) -> Iterator[list[tuple[str, Case]]]:
    """The mutated cases of a seed in batches; the number of cases asked for does not change the first ones."""
    rng = random.Random(seed)
    while count > 0:
        size = min(BATCH, count)
        yield [mutation(rng) for _ in range(size)]
        count -= size


def run(seed: int, count: int, tally: Tally) -> list[Difference]:
    """Put `count` mutations to every verifier; return the differences of the first batch that has any."""
    with Page() as page:
        for batch in drawn(seed, count):
            page.send([case for _, case in batch])
            here = [answers(case) for _, case in batch]
            different = []
            for (layer, case), told, theirs in zip(batch, here, page.receive(), strict=True):
                told["page"] = theirs
                if len({json.dumps(one) for one in told.values()}) > 1 or "raised" in theirs:
                    different.append(Difference(layer, case, told))
                else:
                    tally.add(layer, case, theirs)
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{tally.count:,} of {count:,}")
            if different:
                return sorted(different, key=lambda one: one.size)
    return []


def written(found: Difference, seed: int, folder: Path = OUT) -> Path:
    """Write a difference as a case in the form of tests/attacks, with what each verifier says beside it."""
    told = {name: one if "raised" in one else {**reasons(one), "as_of": [p["as_of"] for p in (one["authentic"], one["current"], *one["permits"])]}
            for name, one in found.told.items()}  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"difference_{found.layer}_{sha256(json.dumps(found.case).encode()).hexdigest()[:12]}.json"
    path.write_text(json.dumps({**found.case, "seed": seed, "told": told}, ensure_ascii=True, indent=1) + "\n", "utf-8")
    return path


def report(tally: Tally, seconds: float) -> Iterator[str]:
    """The lines that are printed at the end."""
    for layer, count in sorted(tally.layers.items()):
        spread = ", ".join(
            f"{reason} {number}" for reason, number in tally.spread[layer].most_common() if reason != "not_authentic"
        )
        yield f"{layer:18}{count:8,}  {spread}"
    yield f"{'all':18}{tally.count:8,}  " + ", ".join(
        f"{reason} {number}" for reason, number in tally.reasons.most_common()
    )
    yield f"{tally.count:,} cases in {seconds:.0f} s; digest of all cases {tally.cases.hexdigest()[:16]}"


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line: 0 when all verifiers agree on everything and every reason code was met."""
    told = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    told.add_argument("--count", type=int, default=100_000, help="mutations (100000)")
    told.add_argument("--seed", type=int, default=1, help="the same seed gives the same mutations (1)")
    given = told.parse_args(arguments)
    tally, began = Tally(), time.monotonic()
    different = run(given.seed, given.count, tally)
    for line in report(tally, time.monotonic() - began):
        sys.stdout.write(line + "\n")
    for found in different[:1]:
        sys.stdout.write(
            f"{len(different)} differences in one batch; the smallest is in {written(found, given.seed)}\n"
        )
    missing = tally.missing()
    if missing and not different:
        sys.stdout.write(
            f"never said: {', '.join(sorted(missing))}; take a larger --count, or a layer does not reach them\n"
        )
    return 1 if different or missing else 0


if __name__ == "__main__":
    sys.exit(main())
