"""The order in which functions of a book are read: callees first; cycles and calls without end are problems."""

from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

from rules import feel
from rules.errors import Problem
from rules.functions import Definition, Table
from rules.typed_functions import KINDS, Reference, calls_in
from rules.working_days import NAMES
from rules.yaml_source import Source

Placed = tuple[Source, tuple[str | int, ...], Any]
MAX_CHAIN = 20  # functions that call functions, well inside what the language allows at run time
MAX_INNER_CALLS = 1000  # of one call, all in all: what doubles at each level would never end


def mentioned(entry: Table | Definition) -> Iterator[Reference]:
    """Yield the functions that an entry mentions; what does not parse is told when it is typed."""
    if isinstance(entry, Definition):
        texts: list[tuple[str, bool]] = [(entry.expression, False)]
    else:
        texts = [(cell, True) for row in entry.rows for cell in row.when]
        texts += [(cell, False) for row in entry.rows for cell in row.then]
        texts += [(cell, False) for cell in entry.default or ()]
    for text, is_test in texts:
        if not any(f"{kind}" in text for kind in KINDS):
            continue
        try:
            node = feel.parse_unary_tests(text, NAMES) if is_test else feel.parse(text, NAMES)
        except feel.FeelError:
            continue
        yield from (reference for _, reference in calls_in(node) if reference[0] in KINDS)


def call_order(
    calls: Mapping[Reference, set[Reference]], placed: Mapping[Reference, Sequence[Placed]], problems: list[Problem]
) -> Iterator[Reference]:
    """Yield functions after those that they call; each cycle and each endless chain is a problem, and left out."""
    # Sorted, since a set has another order in every process, and problems and digests must not.
    graph = {reference: sorted(inner) for reference, inner in calls.items()}
    while True:
        try:
            ordered = list(TopologicalSorter(graph).static_order())
            break
        except CycleError as error:
            cycle: list[Reference] = list(reversed(error.args[1]))
            chain = " → ".join(f"{kind}.{name}" for kind, name in cycle)
            source, path, _ = placed[cycle[0]][0]
            problems.append(source.problem((*path, "id"), f"{cycle[0][1]!r} calls itself: {chain}"))
            for reference in cycle:
                graph.pop(reference, None)
            graph = {reference: [one for one in inner if one in graph] for reference, inner in graph.items()}
    depth: dict[Reference, int] = {}
    weight: dict[Reference, int] = {}
    for reference in ordered:
        inside = [inner for _, _, entry in placed[reference] for inner in mentioned(entry) if inner in depth]
        depth[reference] = 1 + max((depth[inner] for inner in inside), default=0)
        weight[reference] = sum(1 + weight[inner] for inner in inside)
        source, path, _ = placed[reference][0]
        name = reference[1]
        if depth[reference] == MAX_CHAIN + 1:
            problems.append(
                source.problem((*path, "id"), f"{name!r} calls functions more than {MAX_CHAIN} deep; join some of them")
            )
        elif weight[reference] > MAX_INNER_CALLS and depth[reference] <= MAX_CHAIN:
            message = f"one call of {name!r} makes {weight[reference]:,} further calls; at most {MAX_INNER_CALLS:,}"
            problems.append(source.problem((*path, "id"), message))
            weight[reference] = 0  # said once, at the function that goes too far
    yield from ordered
