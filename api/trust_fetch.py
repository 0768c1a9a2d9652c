"""What a checking point keeps of a registry: its keys, its status lists, its word on stolen keys, fetched into a folder.

Everything is fetched and believed first, then written, each file whole: a machine that is switched off in between has the
old files or the new ones. What is pinned narrows by itself and widens by a person's word alone (`api.trust_pinned`); a status
list that is kept gives way to a newer one and never to an older (docs/licence.md 6). The addresses in the index are the
registry's public ones; they are fetched from the address that was given. The first fetch believes that address, for nothing
else says which keys are the registry's.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from api.published_keys import replace_file
from api.scan_trust import DOCUMENTS, KEYS, LISTS
from api.trust_pinned import Pinned, require_document_kept, require_successor
from licence_qr import strict_json
from licence_qr.errors import CodeError, LicenceError
from licence_qr.keys_logged import LARGEST
from licence_qr.status_list import Snapshot, StatusBook, read_list
from licence_qr.trust import LARGEST_LIST, TrustedKey, TrustList

JWKS_PATH, LOGGED_PATH, INDEX_PATH = "/.well-known/jwks.json", "/.well-known/logged/{kid}.json", "/status"
LARGEST_STATUS, MOST_LISTS, WITHIN = 1_000_000, 1000, 30.0  # bytes, lists, seconds for each answer
Get = Callable[[str, int], Awaitable[bytes]]
_STATUS = re.compile(r"(https://[^/?#]+)/status/([0-9]{1,7})", re.ASCII)
_AT_HOME = {"127.0.0.1", "localhost", "::1"}


class FetchError(LicenceError):
    """What a registry sent cannot be had, or must not be believed; nothing was written."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was fetched and believed: the keys and which of them are new, each list and document by the name of its file.

    `lists` are those to go on with; those in `kept` were in the folder already and are newer than what was fetched.
    """

    trust: TrustList
    files: dict[str, bytes] = field(repr=False)
    lists: dict[str, Snapshot]
    added: list[TrustedKey]
    kept: set[str]

    def told(self) -> dict[str, Any]:
        """Return what to tell of it, as JSON values; times in seconds since 1970."""
        return {
            "keys": [
                {"kid": key.kid, "typ": key.typ, "iss": key.iss, "revoked_at": key.revoked_at} for key in self.trust
            ],
            "lists": [
                {"uri": uri, "issued_at": one.issued_at, "expires_at": one.expires_at, "kept": uri in self.kept}
                for uri, one in self.lists.items()
            ],
            "pinned_now": [key.kid for key in self.added],
            "logged": [key.kid for key in self.trust if key.logged is not None],
        }


async def fetch(get: Get, pinned: Pinned | None = None, *, at: int, accepted: Collection[str] = ()) -> Fetched:
    """Return what a registry publishes at `at` (seconds); `get` gives the bytes at a path, of at most so many.

    `accepted` are the kids of new keys that somebody compared. Raises `LicenceError`.
    """
    source = await get(JWKS_PATH, LARGEST_LIST)
    trust = TrustList.from_jwks(source)
    if not len(trust):
        raise FetchError(f"{JWKS_PATH}: the list of keys holds no key that this program can use; is it a registry's?")
    added = require_successor(None if pinned is None else pinned.trust, trust, accepted)
    # Written as it was understood: an entry passed over today is not pinned, and asked about by a program that knows its form.
    files = {KEYS: json.dumps(trust.to_jwks(), indent=1).encode()}
    for key in trust:
        if key.logged_sha256 is None:
            continue
        document = await get(LOGGED_PATH.format(kid=key.kid), LARGEST)
        trust = trust.with_logged([document])
        found = trust.get(key.kid)
        if found is None or found.logged is None:
            raise FetchError(f"{LOGGED_PATH.format(kid=key.kid)}: it is not the document that the list of keys pins")
        require_document_kept(None if pinned is None else pinned.trust.get(key.kid), found)
        files[f"{DOCUMENTS}/{key.kid}.json"] = document
    fetched = Fetched(trust, files, {}, added, set())
    book = StatusBook(trust)
    for uri in _addresses(await get(INDEX_PATH, LARGEST_STATUS), trust):
        number = uri.rpartition("/")[2]
        name, source = f"{number}.jwt", await get(f"{INDEX_PATH}/{number}", LARGEST_STATUS)
        try:
            compact = source.decode("ascii").strip(" \t\r\n")
            read_list(compact, uri=uri, trust=trust)
        except (CodeError, UnicodeDecodeError) as error:
            raise FetchError(f"{INDEX_PATH}/{number}: {error}") from None
        if pinned is not None and name in pinned.lists:
            book.add(uri, pinned.lists[name].strip(" \t\r\n"))
        held = book.get(uri)
        book.add(uri, compact, at=at)
        newest = book.get(uri)
        assert isinstance(newest, Snapshot)  # the one that was fetched is believed
        fetched.lists[uri] = newest
        if newest is held:
            fetched.kept.add(uri)
        else:
            files[f"{LISTS}/{name}"] = source
    return fetched


def keep(folder: Path, fetched: Fetched) -> None:
    """Write what was fetched, each file whole; the keys first, so that nothing newer waits for them."""
    for name in (LISTS, DOCUMENTS):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name, content in fetched.files.items():
        replace_file(folder / name, content)


def fetch_from(url: str, pinned: Pinned | None, *, at: int, accepted: Collection[str] = ()) -> Fetched:
    """Fetch from an address at `at` (seconds): https, or http on this very machine. Raises `LicenceError`."""
    parted = urlsplit(url)
    if parted.scheme != "https" and not (parted.scheme == "http" and parted.hostname in _AT_HOME):
        raise FetchError(f"{url}: keys are fetched over https alone; give https://HOST")
    if parted.path.strip("/") or parted.query or parted.fragment:
        raise FetchError(f"{url}: give the address of the registry alone, https://HOST")
    try:
        return asyncio.run(_fetch(f"{parted.scheme}://{parted.netloc}", pinned, at, accepted))
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise FetchError(f"{url}: no answer ({type(error).__name__}); what was fetched before stays as it is") from None


async def _fetch(base: str, pinned: Pinned | None, at: int, accepted: Collection[str]) -> Fetched:
    timeout = aiohttp.ClientTimeout(total=WITHIN)
    async with aiohttp.ClientSession(timeout=timeout) as session:

        async def get(path: str, most: int) -> bytes:
            async with session.get(base + path, allow_redirects=False) as reply:
                if reply.status != 200:
                    raise FetchError(f"{base}{path}: answered with status {reply.status}")
                found = bytearray()
                async for chunk in reply.content.iter_any():
                    found += chunk
                    if len(found) > most:
                        raise FetchError(f"{base}{path}: more than {most} bytes")
                return bytes(found)

        return await fetch(get, pinned, at=at, accepted=accepted)


def _addresses(source: bytes, trust: TrustList) -> list[str]:
    """Return the addresses of the status lists, each of an issuer whose keys are in the list."""
    try:
        found = strict_json.loads(source, limit=LARGEST_STATUS)["status_lists"]
        matched = [_STATUS.fullmatch(uri) for uri in dict.fromkeys(found)]
    except (CodeError, KeyError, TypeError) as error:
        raise FetchError(f"{INDEX_PATH}: this is no index of status lists ({type(error).__name__})") from None
    issuers = {key.iss for key in trust}
    if len(matched) > MOST_LISTS or any(one is None or one[1] not in issuers for one in matched):
        raise FetchError(
            f"{INDEX_PATH}: it names a list of another issuer than the keys have, or more than {MOST_LISTS}"
        )
    return [one[0] for one in matched if one is not None]
