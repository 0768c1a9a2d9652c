"""Mutants of a rule book: small planted mistakes, which the cases beside the rules must notice.

Everything here works on typed trees, never on text, and evaluates nothing; `engine.mutation` runs the cases.
"""

from rules.mutation.book_mutants import Mutants, mutants_of
from rules.mutation.conditions import Condition, Limit, Questions, questions_of
from rules.mutation.equivalent import Argument, read_arguments
from rules.mutation.model import Mutant
from rules.mutation.text import written_node

__all__ = [
    "Argument", "Condition", "Limit", "Mutant", "Mutants", "Questions", "mutants_of", "questions_of", "read_arguments",
    "written_node",
]  # fmt: skip
