"""The built-in functions of DMN 1.5 (10.3.4), by family; `REGISTRY` holds their signatures, `invoke` calls one.

Both evaluators share this folder: a built-in function is a value type's operation, not part of the language's logic.
"""

from rules.feel.builtins import (
    contexts,
    conversion,
    lists,
    numeric,
    order,
    ranges,
    statistics,
    strings,
    temporal_parts,
)
from rules.feel.builtins.registry import REGISTRY, Signature, as_function, invoke, invoke_named

__all__ = ["REGISTRY", "Signature", "as_function", "invoke", "invoke_named"]
FAMILIES = (contexts, conversion, lists, numeric, order, ranges, statistics, strings, temporal_parts)
