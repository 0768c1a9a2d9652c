"""Pre-issuance lints, one module a source of duty; `LINTS` holds them all, the closed shape first."""

from licence_qr.lints import (
    gb_32100,
    gb_t_36904,
    jwt,
    ngo_regulation,
    ours,
    personal_information,
    registration_regulation,
)
from licence_qr.lints.model import Lint

LINTS: tuple[Lint, ...] = (
    ours.SHAPE,
    *gb_t_36904.LINTS,
    *gb_32100.LINTS,
    *registration_regulation.LINTS,
    *ngo_regulation.LINTS,
    *jwt.LINTS,
    *personal_information.LINTS,
    *ours.LINTS,
)
