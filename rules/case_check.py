"""Hold the case files against the book: rules, days, sources and members that do not exist are told with their place."""

from collections.abc import Iterable, Iterator, Mapping

from rules.case_files import Case, CaseFile
from rules.errors import ItemError, Problem
from rules.load import RuleBook
from rules.typed import RuleSet


def problems_of_cases(files: Iterable[CaseFile], book: RuleBook) -> list[Problem]:
    """Return everything in the case files that the book does not know, in the order of the files."""
    records = answer_records(book)
    known = {typed.rule.id for typed in book.rules}
    found: list[Problem] = []
    for file in files:
        for case in file.cases:
            place = case.place or Problem(f"cases/{case.rule}.yaml", 1, 1, "")
            found += [
                Problem(place.file, place.line, place.column, f"{case.name}: {message}")
                for message in _messages(case, book, known, records)
            ]
    return found


def answer_records(book: RuleBook) -> dict[str, Mapping[str, str]]:
    """Return the members that the answer of each source has, by verifier, from the fact schema."""
    facts = book.facts_source["facts"]
    named = {str(entry["from"]): str(entry["type"]) for entry in facts.values()}
    for record, member, verifier in book.facts_source.get("evidence", ()):
        named[verifier] = str(book.facts.records[record][member])
    return {
        verifier: book.facts.records[kind.removesuffix("?")]
        for verifier, kind in named.items()
        if kind.removesuffix("?") in book.facts.records and verifier not in {"application", "derived"}
    }


def _messages(case: Case, book: RuleBook, known: set[str], records: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    if case.rule not in known:
        yield f"there is no rule {case.rule} in the book"
        return
    for answer in case.evidence:
        members = records.get(answer.verifier)
        if members is None:
            yield f"no source is called {answer.verifier!r}; there are {', '.join(sorted(records))}"
            continue
        for member in answer.value or ():
            if member not in members:
                yield f"{answer.verifier} answers nothing called {member!r}; it answers {', '.join(members)}"
    try:
        rule_set = book.rule_set(case.application["item"], case.on)
    except ItemError as error:
        yield f"{error}; choose another day"
        return
    yield from _in_force(case, book, rule_set)


def _in_force(case: Case, book: RuleBook, rule_set: RuleSet) -> Iterator[str]:
    asked = any(typed.rule.id == case.rule for typed in rule_set.rules)
    if asked or case.result == "absent":
        return
    editions = [typed.rule for typed in book.rules if typed.rule.id == case.rule]
    periods = "; ".join(
        f"{', '.join(rule.entities)} from {rule.in_force.from_} to {rule.in_force.to or 'further notice'}"
        for rule in editions
    )
    yield (
        f"{case.rule} is not asked of {rule_set.item.entity} on {case.on} (it binds {periods}); "
        "expect `rule: absent`, or choose another day or base"
    )
