"""The five reasons why there is no usable answer."""

from enum import StrEnum


class Failure(StrEnum):
    """Why there is no usable answer; five kinds and no more."""

    UNAVAILABLE = "unavailable"  # no answer in time, connection refused, 5xx: ask again later
    STALE = "stale"  # answered with a state of affairs older than the verifier allows
    MISMATCH = "mismatch"  # answered for another subject, request or application, or contradicts itself
    UNREADABLE = "unreadable"  # not the agreed form: garbage, wrong types, missing members
    UNTRUSTED = "untrusted"  # signature absent, wrong, by an unknown key, or by another source's key

    @property
    def title_zh(self) -> str:
        """Name the failure for a Chinese reader."""
        return _TITLES[self][0]

    @property
    def title_en(self) -> str:
        """Name the failure for an English reader."""
        return _TITLES[self][1]


_TITLES = {
    Failure.UNAVAILABLE: ("核验源暂时没有应答", "the source did not answer in time"),
    Failure.STALE: ("核验源的数据已过时", "the source answered with outdated data"),
    Failure.MISMATCH: (
        "核验源的应答与所问不符或自相矛盾",
        "the answer does not fit the question or contradicts itself",
    ),
    Failure.UNREADABLE: ("核验源的应答不符合约定格式", "the answer is not in the agreed form"),
    Failure.UNTRUSTED: ("核验源的签名不可信", "the answer is not signed by the source's own key"),
}
