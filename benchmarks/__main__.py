"""`python -m benchmarks [engine|rules|process|http|soak|bundle|profile|licence|robustness|all] [--json] [--quick]`."""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import (
    bundle,
    engine_alone,
    in_process,
    licence_speed,
    machine,
    memory,
    over_http,
    profiles,
    report,
    rules_speed,
)

PARTS = ("engine", "rules", "process", "http", "soak")


def main() -> int:
    """Measure what was asked for; return 1 when an invariant broke under load, 2 when there was nothing to measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "part", nargs="?", default="all", choices=[*PARTS, "bundle", "licence", "profile", "robustness", "all"]
    )
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--quick", action="store_true", help="short runs, to see that everything works")
    parser.add_argument("--folder", type=Path, default=Path("var/benchmarks"), help="where stores and logs are kept")
    given = parser.parse_args()
    folder: Path = given.folder.resolve()
    registries = folder / "registries"
    registries.mkdir(parents=True, exist_ok=True)
    if given.part == "profile":
        print(profiles.profile(folder / "profile", registries, quick=given.quick))
        return 0
    if given.part == "robustness":
        return _robustness(folder / "robustness", quick=given.quick, as_json=given.json)
    looked = machine.look(folder)
    if not given.json:
        print("\n".join(looked.lines()))
    # The soak takes as long as all the rest and is a target of its own.
    parts = PARTS[:4] if given.part == "all" else (given.part,)
    found: dict[str, Any] = {"machine": looked.to_json(), "quick": given.quick}
    for part in parts:
        _tell(f"{part} ...")
        try:
            found[part] = _measure(part, folder, registries, quick=given.quick)
        except RuntimeError as error:  # a service that does not answer rightly has no speed
            print(f"benchmarks {part}: {error}", file=sys.stderr)
            return 2
    if given.json:
        print(json.dumps(found, indent=1))
    else:
        print("\n".join(report.lines(found)))
    return 0 if found.get("http", {}).get("service", {}).get("invariants", {}).get("ok", True) else 1


def _measure(part: str, folder: Path, registries: Path, *, quick: bool) -> dict[str, Any]:
    if part in {"bundle", "licence"}:
        return (bundle if part == "bundle" else licence_speed).measure(quick=quick)
    if part == "engine":
        return engine_alone.measure(registries, quick=quick)
    if part == "rules":
        return rules_speed.measure(registries, quick=quick)
    if part == "process":
        return in_process.measure(folder / "process", registries, quick=quick)
    if part == "http":
        return over_http.measure(folder / "http", registries, _tell, quick=quick)
    return memory.measure(folder / "soak", registries, quick=quick)


def _robustness(folder: Path, *, quick: bool, as_json: bool) -> int:
    """Take pictures of codes and read them; a full run renews the section of the documents."""
    from benchmarks import robustness, robustness_report  # noqa: PLC0415 (numpy and pictures are not needed elsewhere)

    cells = robustness.measure(quick=quick, tell=_tell)
    docs = folder if quick else Path("docs")
    robustness_report.contact_sheet(docs / "pictures" / "robustness.png")
    section = robustness_report.markdown(cells, picture="pictures/robustness.png")
    (docs / "robustness.md").write_text(section, encoding="utf-8")
    if not quick:
        robustness_report.put_into(
            docs / "licence.md", robustness_report.summary(cells, picture="pictures/robustness.png")
        )
    if as_json:
        print(json.dumps([cell.to_json() for cell in cells], indent=1))
    else:
        print("\n".join(robustness_report.lines(cells)))
    return 1 if any(cell.wrong for cell in cells) else 0


def _tell(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
