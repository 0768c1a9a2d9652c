"""Figures as tables for people; the same figures are printed as data with --json."""

from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks import bundle, licence_speed

TARGETS = {
    "decisions": 2000,  # a core and second, both evaluators
    "cpu_ms": 4.0,  # an approval, service process
    "p99_ms": 150.0,  # at 85 % of the ceiling
}


def lines(found: dict[str, Any]) -> Iterator[str]:
    """Yield the tables of what was measured."""
    for part, told in (
        ("engine", _engine),
        ("rules", _rules),
        ("process", _process),
        ("http", _http),
        ("soak", _soak),
        ("bundle", bundle.lines),
        ("licence", licence_speed.lines),
    ):
        if part in found:
            yield ""
            yield from told(found[part])


def _engine(found: dict[str, Any]) -> Iterator[str]:
    yield f"ENGINE ALONE, decisions in a second of one core, both evaluators, full findings (target {TARGETS['decisions']})"
    parts = list(found["decide"][0]["parts_ms"])
    rows = [
        [
            row["kind"], row["outcome"], f"{row['rules']}", f"{row['stating']}",
            f"{row['decisions_per_core_second']['median']:.0f} ±{row['spread'] / 2:.0%}", f"{row['ms']:.2f}",
            *(f"{row['parts_ms'][part]:.2f}" for part in parts),
        ]
        for row in found["decide"]
    ]  # fmt: skip
    yield from _table(["kind", "outcome", "rules", "with places", "decisions/s", "ms", *parts], rows)
    yield ""
    for floor in found["floors"]:
        rate = floor["plain_closures_per_core_second"]["median"]
        yield f"floor {floor['kind']}: the conditions as plain closures, no findings: {rate:.0f}/s, {floor['ratio']:.1f} times ours"
    rates = ", ".join(
        f"{name.removesuffix('_per_core_second')} {rate['median'] / 1e6:.2f} M/s"
        for name, rate in found["expression"].items()
    )
    yield f"floor, one expression of three comparisons: {rates}"


def _rules(found: dict[str, Any]) -> Iterator[str]:
    closures, table = found["closures"], found["against_zen"]
    yield f"RULES against zen-engine {table[0]['zen_engine']}, equal conditions and facts, us of process CPU, runs in turn"
    rows = [
        [
            row["kind"], row["outcome"], f"{row['conditions']}",
            *(f"{row['us'][name]['median']:.0f}" for name in _WORKS),
            *(f"{one['median']:.2f} ({one['least']:.2f}-{one['greatest']:.2f})" for one in row["times_as_fast"].values()),
        ]
        for row in table
    ]  # fmt: skip
    header = ["kind", "outcome", "conditions", *_WORKS.values(), "times as fast, facts", "application"]
    yield from _table(header, rows)
    yield "ours: both evaluators, compared, with all findings; the ratios are to ZEN with its trace, turn by turn"
    left_out = {name: why for row in table for name, why in row["left_out"].items()}
    told = "; ".join(f"{name} ({why})" for name, why in sorted(left_out.items()))
    yield f"left out on both sides: {told or 'nothing'}; every result was equal before anything was timed"
    yield ""
    yield f"closure of `{closures['expression']}`: {closures['per_core_second']['median'] / 1e6:.2f} M/s (target 0.2)"
    book = found["book"]
    yield f"load and check the book: {book['load_s']['median']:.2f} s CPU for {book['rules']} rules (target 1 s for 150)"
    for name, took in found.get("commands", {}).items():
        yield f"rules {name}: " + (
            f"{took['seconds']:.1f} s" if "seconds" in took else f"not measured: {took['error']}"
        )


_WORKS = {
    "ours_from_facts": "from facts", "ours_from_application": "from application", "zen_traced": "ZEN traced", "zen": "ZEN",
    "zen_input_alone": "ZEN, no rules",
}  # fmt: skip


def _process(found: dict[str, Any]) -> Iterator[str]:
    yield f"IN PROCESS, one approval from bytes to licence and answer, CPU (target below {TARGETS['cpu_ms']:.0f} ms in all, with HTTP)"
    steps = found["steps_ms"]
    yield from _table(["step", "ms"], [[step, f"{ms:.3f}"] for step, ms in steps.items()])
    yield f"sum {sum(steps.values()):.2f} ms (stopwatches on, sources included)"
    for title, one in (("one at a time", found["one_at_a_time"]), ("many in flight", found["many_at_once"])):
        yield (
            f"{title}: {one['cpu_ms']['median']:.2f} ms CPU ±{one['spread'] / 2:.0%}, "
            f"{one['approvals_per_second']['median']:.0f} approvals/s (without the sources' share)"
        )


def _http(found: dict[str, Any]) -> Iterator[str]:
    service = found["service"]
    yield "HTTP END TO END, service, registries and generator as three processes on this machine"
    rows = [_http_row("service, ceiling", service["ceiling"]), _http_row("service, 85 %", service["sustained"])]
    for kind, floor in found["floors"].items():
        rows += [
            _http_row(f"{kind}, same rate", floor["at_the_same_rate"]),
            _http_row(f"{kind}, ceiling", floor["ceiling"]),
        ]
    header = ["what", "rate/s", "p50 ms", "p95", "p99", "max", "late", "wrong", "CPU ms an answer"]
    yield from _table(header, rows)
    yield f"the search was ended by: {'; '.join(service['ended_by'])}"
    sustained = service["sustained"]
    yield (
        f"targets: CPU {sustained['cpu_ms']['service']:.2f} of {TARGETS['cpu_ms']:.0f} ms, "
        f"p99 {sustained['ms']['p99']:.0f} of {TARGETS['p99_ms']:.0f} ms"
    )
    for kind, ratio in found["ratios"].items():
        yield f"against {kind}: ceiling 1/{ratio['ceiling']:.1f}, CPU {ratio['cpu']:.1f} times, p99 {ratio['p99']:.1f} times"
    held = service["invariants"]
    counts = (
        f"{held['cases']} cases, {held['decisions']} decisions, {held['licences']} licences, log of {held['log_size']}"
    )
    yield f"invariants: {counts}: {'all hold' if held['ok'] else 'BROKEN: ' + '; '.join(held['broken'][:5])}"


def _http_row(title: str, step: dict[str, Any]) -> list[str]:
    ms = step["ms"]
    costs = ", ".join(f"{name} {cost:.2f}" for name, cost in step["cpu_ms"].items())
    late, wrong = step["late"] / max(1, step["sent"]), step["sent"] - step["right"]
    told = [f"{ms[name]:.1f}" for name in ("p50", "p95", "p99")]
    return [title, f"{step['rate']:.0f}", *told, f"{ms['max']:.0f}", f"{late:.2%}", f"{wrong}", costs]


def _soak(found: dict[str, Any]) -> Iterator[str]:
    yield "MEMORY, resident bytes, slope after the first third (Theil-Sen)"
    for name, one in found.items():
        yield (
            f"{name}: {one['bytes_each']:.1f} bytes for each {one['unit']} over {one['count']}, "
            f"{one['first_mib']:.0f} -> {one['last_mib']:.0f} MiB: {'flat' if one['flat'] else 'GROWS'}"
        )


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(len(header))]
    for row in (header, ["-" * width for width in widths], *rows):
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        yield "  ".join(cells).rstrip()
