"""What is held against the statement of an authority that is calling, whatever it is about; before anything is written."""

from typing import Protocol

from audit.authorities import Authority
from audit.signed_statement import OLDEST, timely
from casework.parts import Parts
from licence_qr.lint import LintError
from licence_qr.text import fault_of

Problem = tuple[str, str, str, str]


class Said(Protocol):
    """A statement that was opened."""

    @property
    def authority(self) -> Authority:
        """Whose it is."""

    @property
    def made_at(self) -> int:
        """When it was made, in seconds."""


def at_statement(problems: list[Problem]) -> list[Problem]:
    """Return problems of a statement with their places as seen from the body of the request."""
    return [(f"/statement{at}", value, zh, en) for at, value, zh, en in problems]


def caller_and_age(parts: Parts, found: Said, caller: Authority) -> list[Problem]:
    """Return what speaks against a statement sent by this authority, now."""
    problems: list[Problem] = []
    if found.authority.code != caller.code:
        english = f"it is {found.authority.code!r}'s statement, and the token speaks for {caller.code!r}"
        problems.append(("/statement/iss", found.authority.code, "声明与令牌不是同一机关", english))
    if not timely(found.made_at, int(parts.ports.now().timestamp())):
        english = f"it was made more than {OLDEST // 3600} hours ago, or its clock is ahead; sign a new one"
        problems.append(("/statement/iat", str(found.made_at), "声明已过时或时钟超前，请重新签署", english))
    return problems


def unprintable(places: dict[str, str]) -> list[Problem]:
    """Return which of these texts, by place, a licence cannot hold (controls, hidden or look-alike characters)."""
    return [
        (at, text[:60], "含有证照不能印制的字符", why)
        for at, text in places.items()
        if (why := fault_of(text)) is not None
    ]


def refused_by_lint(error: LintError) -> list[Problem]:
    """Return every duty that the licence would break."""
    return [
        (
            f"/licence{one.fault.at}",
            str(one.fault.value)[:60],
            one.sentence("zh"),
            f"{one.sentence('en')}: {one.fault.why}",
        )
        for one in error.breaches
    ]
