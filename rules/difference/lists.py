"""Which lists a question is about: those that its rule counts, and how long the lists of the near application are."""

from collections.abc import Iterator, Mapping
from typing import Any

from rules.difference.question import Question
from rules.feel import paths
from rules.feel.tree import Call, Name, walk
from rules.typed import RuleSet

COUNTED = frozenset({"shareholders", "officers", "people", "family_members"})


def counts(question: Question) -> bool:
    """Tell whether a rule counts entries, so that a proof over a few of them says little."""
    return bool(counted_lists(question))


def counted_lists(question: Question) -> tuple[str, ...]:
    """Return the lists that the rule counts, with `people` where it looks at persons in them."""
    found: dict[str, None] = {}
    for rule in question.editions:
        counted = [path for node in (*walk(rule.applies), *walk(rule.holds))
                   if isinstance(node, Call) and node.function == Name("count") for path in paths(node)]  # fmt: skip
        for path in counted:
            if path[0] in COUNTED:
                found[path[0]] = None
                if any("person" in other for other in rule.paths if other[0] == path[0]):
                    found["people"] = None
            elif path[:2] == ("scope", "items"):
                found["scope.items"] = None
    return tuple(found)


def lengths(facts: Mapping[str, Any], rule_set: RuleSet) -> Iterator[tuple[str, int]]:
    """Yield the name and length of every list of the facts, as `space.yaml` names lists."""
    records = rule_set.facts.records
    pending: list[tuple[str, Any, str]] = [("facts", facts, "")]
    while pending:
        record, value, _ = pending.pop()
        for member, declared in records[record].items():
            inner = declared.removesuffix("?")
            item = value.get(member) if isinstance(value, Mapping) else None
            if inner.startswith("list<") and isinstance(item, list):
                inner = inner[5:-1]
                yield member if record == "facts" else f"{record}.{member}", len(item)
                pending += [(inner, entry, "") for entry in item if inner in records]
            elif inner in records and isinstance(item, Mapping):
                pending.append((inner, item, ""))
