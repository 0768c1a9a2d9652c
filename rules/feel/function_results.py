"""The type of what a function that an expression defines gives, for `instance of function<..>->R`."""

from functools import lru_cache

from rules.feel.errors import FeelTypeError
from rules.feel.infer import infer
from rules.feel.tree import FunctionNode
from rules.feel.types import ANY, Type


@lru_cache(maxsize=1_024)
def result_type(node: FunctionNode) -> Type:
    """Return the type of a function's result; Any where it depends on names from outside, whose types nobody knows."""
    try:
        return infer(node.body, {parameter.name: parameter.type or ANY for parameter in node.parameters})
    except FeelTypeError:
        return ANY
