"""Pre-issuance lint: everything a licence must satisfy before a key sees it.

The duties stand in `lints/`, one module a source, each with its citation and the day it took effect. All run on the
very bytes that will be signed, read back by the strict reader; all faults are told at once.
"""

from licence_qr.claims import issue_day
from licence_qr.code_size import PAGE_PATH
from licence_qr.lints import LINTS
from licence_qr.lints.model import Breach, Draft, Lint, LintError

__all__ = ["LINTS", "PAGE_PATH", "Breach", "Draft", "Lint", "LintError", "lint"]


def lint(draft: Draft) -> tuple[Breach, ...]:
    """Return every breach of a duty in force on the day of issue, in the order of LINTS; none: it may be signed.

    The closed shape comes first: the other lints may then rely on every member being there.
    """
    found = tuple(Breach(LINTS[0], fault) for fault in LINTS[0].faults(draft))
    if found:
        return found
    issued = issue_day(draft.claims["iat"])
    return tuple(Breach(one, fault) for one in LINTS[1:] if one.effective_from <= issued for fault in one.faults(draft))
