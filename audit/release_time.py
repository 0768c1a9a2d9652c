"""When a release was made and by whom: in use is taken only what was made lately, by signers who are in office now."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from audit.plain import moment_text
from audit.release_errors import ReleaseError

if TYPE_CHECKING:
    from audit.rule_release import Release, Signers

MAX_AGE = timedelta(days=30)  # from making to publishing: what the backtest said is old by then
MAX_AHEAD = timedelta(minutes=5)  # by which the author's clock may go before the service's


def require_timely(release: "Release", signers: "Signers", now: datetime, before: str | None) -> None:
    """Raise `ReleaseError` unless a release may be taken into use at `now`; `before` is `made_at` of the live one.

    Not for a release that is live already: it stays what it is when a signer leaves or the years go by.
    """
    require_in_office(release.signed_by, signers, moment_text(now))
    made = release.manifest.made_at
    if made > moment_text(now + MAX_AHEAD):
        raise ReleaseError("wrong-moment", f"it says that it was made at {made}, and now it is {moment_text(now)}")
    if made < moment_text(now - MAX_AGE):
        raise ReleaseError(
            "wrong-moment", f"it was made at {made}, more than {MAX_AGE.days} days before now ({moment_text(now)})"
        )
    if before is not None and made < before:
        raise ReleaseError("wrong-moment", f"it was made at {made}, before the live release ({before})")


def require_in_office(signed_by: tuple[tuple[str, str], ...], signers: "Signers", at: str) -> None:
    """Raise `ReleaseError` when somebody who signed was retired before the moment `at`."""
    for name, role in signed_by:
        until = signers.by_name[name].until
        if until is not None and at > until:
            raise ReleaseError("retired-signer", f"{name} ({role}) was retired on {until}; it is {at}")
