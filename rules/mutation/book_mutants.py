"""All mutants of a book, in the order of rule and parameter ids and of the places in each."""

from collections.abc import Collection
from dataclasses import dataclass

from rules.feel import ContextType
from rules.load import RuleBook
from rules.mutation.function_mutants import definition_mutants, table_mutants
from rules.mutation.model import Mutant
from rules.mutation.parameter_mutants import parameter_mutants
from rules.mutation.places import Places, places_of
from rules.mutation.positions import Scope
from rules.mutation.rule_mutants import Tally, rule_mutants
from rules.read_book import parameter_types
from rules.working_days import TYPES


@dataclass(frozen=True, slots=True)
class Mutants:
    """The mutants to kill, and how many more the types refused."""

    all: tuple[Mutant, ...]
    discarded: int


def type_scope(book: RuleBook) -> Scope:
    """Return the type of every name that an expression of the book may use."""
    return {
        **book.facts.scope,
        **TYPES,
        "parameters": ContextType(parameter_types(book.parameters)),
        **book.functions.types,
    }


def mutants_of(book: RuleBook, only: Collection[str] = ()) -> Mutants:
    """Return the mutants of all rules and parameters, or of the rules named and the parameters that they read."""
    places, scope, tally = places_of(book.folder), type_scope(book), Tally()
    found: list[Mutant] = []
    for typed in book.rules:
        if not only or typed.rule.id in only:
            found += rule_mutants(typed, book, scope, places, tally)
    for parameter in sorted(book.parameters, key=lambda one: one.id):
        readers = {
            typed.rule.id
            for typed in book.rules
            if any(path[:2] == ("parameters", parameter.id) for path in typed.paths)
        }
        if not only or readers & set(only):
            found += parameter_mutants(parameter, book, places)
    called = {reference for typed in book.rules if not only or typed.rule.id in only for reference in typed.functions}
    for definition in book.functions.definitions:
        if ("definitions", definition.definition.id) in called:
            found += definition_mutants(definition, scope, places)
    for table in book.functions.tables:
        if ("tables", table.table.id) in called:
            found += table_mutants(table, book, scope, places)
    return Mutants(tuple(found), tally.discarded)


__all__ = ["Mutants", "Places", "mutants_of", "type_scope"]
