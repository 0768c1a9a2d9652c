"""Selective disclosure (RFC 9901), the format alone: digests in a payload, disclosures beside it, read strictly.

What is hidden stands in the payload as a digest; whoever holds the disclosure can show it. `opened` puts shown values
back in their places, as deep as any JSON here may be, and refuses everything RFC 9901 section 7.1 refuses: a disclosure that fits no digest (it is of
another token), one that is given twice or fits two places, one that overwrites a claim, `_sd` that is no list of text,
reserved names, another hash. What a licence holds, and who signed it, is for `sd_jwt_licence.py`.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from licence_qr import strict_json
from licence_qr.errors import CodeError
from licence_qr.keys import base64url
from licence_qr.token import decoded

HASH = "sha-256"
MOST_DISCLOSURES, LONGEST_DISCLOSURE = 64, 16_384
RESERVED = {"_sd", "...", "_sd_alg"}


def disclosure(salt: str, name: str, value: Any) -> str:
    """Return the disclosure of a member `name` (RFC 9901 4.2.1); `salt` is base64url of 16 random bytes or more."""
    if name in RESERVED:
        raise CodeError("format", f"{name} is a reserved name and cannot be disclosed")
    return base64url(strict_json.write([salt, name, value]))


def digest(text: str) -> str:
    """Return the digest of a disclosure as it stands in `_sd`: over its text, not over its JSON (RFC 9901 4.2.3)."""
    return base64url(sha256(text.encode("ascii")).digest())


def opened(payload: Mapping[str, Any], disclosures: Iterable[str]) -> dict[str, Any]:
    """Return the payload with every disclosed value in its place and no digests; raises CodeError(format)."""
    given = list(disclosures)
    if len(given) > MOST_DISCLOSURES:
        raise _refused(f"{len(given)} disclosures, at most {MOST_DISCLOSURES} are read")
    if payload.get("_sd_alg", HASH) != HASH:
        raise _refused(f"_sd_alg {payload['_sd_alg']!r} is not known here, only {HASH}")
    shown = {digest(text): _parts(text) for text in given}
    if len(shown) != len(given):
        raise _refused("a disclosure is given twice")
    reader = _Opening(shown)
    found = reader.object({name: value for name, value in payload.items() if name != "_sd_alg"})
    if reader.used != set(shown):
        raise _refused(f"{len(set(shown) - reader.used)} disclosures belong to no digest of this token")
    return found


class _Opening:
    """One walk through a payload: the disclosures by digest, and which digests were met."""

    def __init__(self, shown: Mapping[str, list[Any]]) -> None:
        self._shown = shown
        self._met: set[str] = set()
        self.used: set[str] = set()

    def object(self, value: Mapping[str, Any], depth: int = 1) -> dict[str, Any]:
        """Return an object with its digests replaced by what is disclosed; `depth` is its own, the outermost is 1."""
        if "_sd_alg" in value or "..." in value:
            raise _refused("_sd_alg or ... stands where it may not")
        found = {name: self.any(member, depth + 1) for name, member in value.items() if name != "_sd"}
        for one in self._digests(value.get("_sd", [])):
            parts = self._take(one)
            if parts is None:
                continue
            if len(parts) != 3 or not isinstance(parts[1], str) or parts[1] in RESERVED:
                raise _refused("the disclosure of a member is [salt, name, value] with a name that is not reserved")
            if parts[1] in value or parts[1] in found:
                raise _refused(f"a disclosure would overwrite the claim {parts[1]!r}")
            found[parts[1]] = self.any(parts[2], depth + 1)
        return found

    def any(self, value: Any, depth: int) -> Any:
        """Return a value of any kind with its digests replaced."""
        if depth > strict_json.DEEPEST and isinstance(
            value, (dict, list)
        ):  # each disclosure is held to it, not all in each other
            raise _refused(
                f"objects and lists stand more than {strict_json.DEEPEST} deep once disclosures are in place"
            )
        if isinstance(value, dict):
            return self.object(value, depth)
        if not isinstance(value, list):
            return value
        found = []
        for element in value:
            if isinstance(element, dict) and "..." in element:
                if set(element) != {"..."} or not isinstance(element["..."], str):
                    raise _refused("... stands beside other members, or is no text")
                parts = self._take(element["..."])
                if parts is not None and len(parts) != 2:
                    raise _refused("the disclosure of an element is [salt, value]")
                found += [] if parts is None else [self.any(parts[1], depth + 1)]
            else:
                found.append(self.any(element, depth + 1))
        return found

    def _digests(self, value: Any) -> list[str]:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise _refused("_sd is no list of digests")
        return value

    def _take(self, one: str) -> list[Any] | None:
        """Return the disclosure of a digest, None for one that is not shown (or a decoy); each digest stands once."""
        if one in self._met:
            raise _refused("a digest stands twice in the token")
        self._met.add(one)
        if one not in self._shown:
            return None
        self.used.add(one)
        return self._shown[one]


def _parts(text: str) -> list[Any]:
    if len(text) > LONGEST_DISCLOSURE:
        raise _refused(f"a disclosure has {len(text)} characters, at most {LONGEST_DISCLOSURE} are read")
    # Disclosures may be written with spaces (RFC 9901 4.2.1): the digest is over their text, so spelling is not checked.
    found = strict_json.loads(decoded(text), limit=LONGEST_DISCLOSURE)
    if not isinstance(found, list) or len(found) not in {2, 3} or not isinstance(found[0], str) or not found[0]:
        raise _refused("a disclosure is a list of salt, name and value, or of salt and value")
    return found


def _refused(why: str) -> CodeError:
    return CodeError("format", why)
