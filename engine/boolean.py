"""Boolean structure over atoms, and its three-valued meaning as sums of products.

An atom is true, false or unknown; a set of these three values is a mask. A product asks of some atoms that their
value lies in a mask; a sum is a list of products, one of which must hold. `when(structure, mask)` gives the sum that
holds exactly where the structure's value, by the three-valued logic of DMN 1.5 (Kleene), lies in the mask.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.errors import EngineLimitError

TRUE, FALSE, UNKNOWN = 1, 2, 4
NOT_TRUE, NOT_FALSE, ANY = FALSE | UNKNOWN, TRUE | UNKNOWN, TRUE | FALSE | UNKNOWN
MAX_PRODUCTS = 48  # per rule: a condition that needs more belongs in two rules


@dataclass(frozen=True, slots=True)
class Atom:
    """The atom with this index."""

    index: int


@dataclass(frozen=True, slots=True)
class Fixed:
    """A value that does not depend on the facts: TRUE, FALSE or UNKNOWN."""

    value: int


@dataclass(frozen=True, slots=True)
class Both:
    """Three-valued `and`."""

    left: "Structure"
    right: "Structure"


@dataclass(frozen=True, slots=True)
class Either:
    """Three-valued `or`."""

    left: "Structure"
    right: "Structure"


@dataclass(frozen=True, slots=True)
class Negated:
    """Three-valued `not`."""

    operand: "Structure"


Structure = Atom | Fixed | Both | Either | Negated
Product = Mapping[int, int]  # atom index to mask; absent means any value
Sum = tuple[Product, ...]

ALWAYS: Sum = ({},)
NEVER: Sum = ()


MASK_OF: Mapping[bool | None, int] = {True: TRUE, False: FALSE, None: UNKNOWN}


def when(structure: Structure, mask: int) -> Sum:
    """Return the sum that holds exactly where the value of `structure` lies in `mask`.

    `mask` is one of TRUE, FALSE, UNKNOWN, NOT_TRUE, NOT_FALSE. Raises `EngineLimitError` beyond `MAX_PRODUCTS`.
    """
    match structure:
        case Atom(index):
            return ({index: mask},)
        case Fixed(value):
            return ALWAYS if value & mask else NEVER
        case Negated(operand):
            return when(operand, _mirrored(mask))
        case Both(left, right) | Either(left, right) if mask == UNKNOWN:
            # Unknown is what is neither true nor false.
            return both(when(structure, NOT_TRUE), when(structure, NOT_FALSE))
        case Both(left, right):
            # `and` is true (not false) where both sides are, and false (not true) where one side is.
            join = both if mask in {TRUE, NOT_FALSE} else either
            return join(when(left, mask), when(right, mask))
        case Either(left, right):
            join = either if mask in {TRUE, NOT_FALSE} else both
            return join(when(left, mask), when(right, mask))


def _mirrored(mask: int) -> int:
    return (mask & UNKNOWN) | (FALSE if mask & TRUE else 0) | (TRUE if mask & FALSE else 0)


def either(first: Sum, second: Sum) -> Sum:
    """Return the sum that holds where one of the two does."""
    return _absorbed([*first, *second])


def both(first: Sum, second: Sum) -> Sum:
    """Return the sum that holds where both do."""
    products: list[Product] = []
    for left in first:
        for right in second:
            product = _intersection(left, right)
            if product is not None:
                products.append(product)
    return _absorbed(products)


def _intersection(left: Product, right: Product) -> Product | None:
    merged = dict(left)
    for index, mask in right.items():
        common = merged.get(index, ANY) & mask
        if not common:
            return None
        merged[index] = common
    return merged


def _absorbed(products: list[Product]) -> Sum:
    """Drop every product that another one implies; the rest keep their order, so that equal rules compile alike."""
    kept: list[Product] = []
    for product in products:
        if any(_implies(product, other) for other in kept):
            continue
        kept = [other for other in kept if not _implies(other, product)]
        kept.append(product)
        if len(kept) > MAX_PRODUCTS:
            raise EngineLimitError(
                f"the condition has more than {MAX_PRODUCTS} alternative ways to hold; split it into several rules"
            )
    return tuple(kept)


def _implies(product: Product, other: Product) -> bool:
    return all(product.get(index, ANY) & ~mask == 0 for index, mask in other.items())
