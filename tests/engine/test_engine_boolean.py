import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.boolean import (
    FALSE,
    MASK_OF,
    NOT_FALSE,
    NOT_TRUE,
    TRUE,
    UNKNOWN,
    Atom,
    Both,
    Either,
    Fixed,
    Negated,
    when,
)
from engine.errors import EngineLimitError

ATOMS = 4
structures = st.recursive(
    st.builds(Atom, st.integers(0, ATOMS - 1)) | st.builds(Fixed, st.sampled_from([TRUE, FALSE, UNKNOWN])),
    lambda inner: st.builds(Both, inner, inner) | st.builds(Either, inner, inner) | st.builds(Negated, inner),
    max_leaves=7,
)
values = st.lists(st.sampled_from([True, False, None]), min_size=ATOMS, max_size=ATOMS)


def kleene(structure, atoms):
    match structure:
        case Atom(index):
            return atoms[index]
        case Fixed(value):
            return {TRUE: True, FALSE: False, UNKNOWN: None}[value]
        case Negated(operand):
            value = kleene(operand, atoms)
            return None if value is None else not value
        case Both(left, right):
            both = {kleene(left, atoms), kleene(right, atoms)}
            return False if False in both else None if None in both else True
        case Either(left, right):
            both = {kleene(left, atoms), kleene(right, atoms)}
            return True if True in both else None if None in both else False


def holds(products, atoms):
    return any(all(MASK_OF[atoms[index]] & mask for index, mask in product.items()) for product in products)


@given(structures, values, st.sampled_from([TRUE, FALSE, UNKNOWN, NOT_TRUE, NOT_FALSE]))
def test_the_sum_holds_exactly_where_the_value_lies_in_the_mask(structure, atoms, mask):
    assert holds(when(structure, mask), atoms) == bool(MASK_OF[kleene(structure, atoms)] & mask)


def test_a_condition_with_too_many_ways_is_refused():
    def wide(first):
        either = Atom(first)
        for index in range(first + 1, first + 8):
            either = Either(either, Atom(index))
        return either

    with pytest.raises(EngineLimitError, match="split it"):
        when(Both(wide(0), wide(8)), TRUE)


def test_equal_products_are_kept_once():
    assert when(Either(Atom(0), Both(Atom(0), Atom(1))), TRUE) == ({0: TRUE},)
