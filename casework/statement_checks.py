"""What is held against the statement of an authority that is calling, whatever it is about; before anything is written."""

from typing import Protocol

from audit.authorities import Authority, AuthorityKey
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

    @property
    def key(self) -> AuthorityKey:
        """The key that signed it."""

    @property
    def until(self) -> int | None:
        """The last second of the right that it was made by, None while that stands."""

    @property
    def id(self) -> str:
        """Its jti."""

    @property
    def after(self) -> str | None:
        """The jti of the statement that a change was made upon."""


def at_statement(problems: list[Problem]) -> list[Problem]:
    """Return problems of a statement with their places as seen from the body of the request."""
    return [(f"/statement{at}", value, zh, en) for at, value, zh, en in problems]


def caller_and_age(parts: Parts, found: Said, caller: Authority) -> list[Problem]:
    """Return what speaks against a statement sent by this authority, now."""
    problems: list[Problem] = []
    if found.authority.code != caller.code:
        english = f"it is {found.authority.code!r}'s statement, and the token speaks for {caller.code!r}"
        problems.append(("/statement/iss", found.authority.code, "声明与令牌不是同一机关", english))
    return problems + at_arrival(found, int(parts.ports.now().timestamp()))


def at_arrival(found: Said, now: int) -> list[Problem]:
    """Return what speaks against taking a statement up at this second: its age, and a key or a right that has ended.

    Asked before anything is written, and again with the time of the leaf: an auditor knows that one alone. A key that ended
    may be in other hands, and whoever holds it writes any `iat`.
    """
    problems: list[Problem] = []
    if not timely(found.made_at, now):
        english = f"it was made more than {OLDEST // 3600} hours ago, or its clock is ahead; sign a new one"
        problems.append(("/statement/iat", str(found.made_at), "声明已过时或时钟超前，请重新签署", english))
    if not found.key.covers(now):
        english = "its key signs nothing now (nbf and exp in the list of authorities); sign with the key of today"
        problems.append(("/statement", found.key.kid, "签名密钥现已不在有效期内，请用现行密钥重新签署", english))
    if found.until is not None and now > found.until:
        english = f"the right of the authority to state this ended at second {found.until}"
        problems.append(("/statement/iss", found.authority.code, "该机关的此项权限已终止", english))
    return problems


def overtaken(found: Said, newest: str) -> list[Problem]:
    """Return what speaks against a change that was not made upon the newest statement, whose jti is given."""
    if found.after == newest:
        return []
    english = f"it was changed meanwhile; read it and sign anew (`after`: {newest!r}, the statement that stands)"
    chinese = f"其间已有变更；请读取最新内容后重新签署（after 须为现行声明 {newest}）"
    return [("/statement/after", str(found.after), chinese, english)]


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
            "" if one.fault.value is None else str(one.fault.value)[:60],
            one.sentence("zh"),
            f"{one.sentence('en')}: {one.fault.why}",
        )
        for one in error.breaches
    ]
