"""The layers of a licence code, each a mutation of its own; one case in five is changed in two of them at once."""

import json
from collections.abc import Callable

from tests.licence_qr.forge import FRESH, JWKS
from tests.licence_qr.fuzz_claim_layers import (
    header_members,
    header_spelling,
    payload_spelling,
    payload_times,
    payload_values,
    permits,
)
from tests.licence_qr.fuzz_code_layers import deflate, digits, groups, link_text, raw_bytes, signature
from tests.licence_qr.fuzz_key_layers import clock, dictionary, key_spelling, key_values, logged_lists
from tests.licence_qr.fuzz_specimens import Case, Rng, printed
from tests.licence_qr.fuzz_status_layers import status_claims, status_rollback, status_streams, status_values
from tests.licence_qr.specimens import AT

COMMON_KEYS = json.dumps(JWKS)
Layer = Callable[[Rng], Case]
TEXTS: tuple[Layer, ...] = (link_text, digits, groups, raw_bytes, deflate, signature, header_spelling, header_members, payload_spelling, payload_values,
                            payload_values, payload_times, permits, permits)  # fmt: skip
SURROUNDINGS: tuple[Layer, ...] = (
    key_spelling,
    key_values,
    logged_lists,
    status_values,
    status_values,
    status_rollback,
    status_streams,
    status_claims,
    clock,
    dictionary,
)


def mutation(rng: Rng) -> tuple[str, Case]:
    """One mutated case and the layer it belongs to; one in five is changed in two layers at once."""
    first = rng.choice((*TEXTS, *SURROUNDINGS))
    made: Case = {"text": None, "at": AT, "oldest_status": None, "jwks": COMMON_KEYS, "lists": FRESH}
    if first in TEXTS:
        made |= first(rng)
        if rng.random() < 0.2:
            made |= {name: value for name, value in rng.choice(SURROUNDINGS)(rng).items() if name != "text"}
    else:
        made |= {"text": rng.choice(printed())[rng.randrange(2)]}
        if rng.random() < 0.4:
            made |= rng.choice((payload_times, permits))(rng)
        made |= first(rng)
    return first.__name__, made
