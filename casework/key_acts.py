"""What is done about a key, as work for the writer: each act is a leaf of kind `key` and a row, together."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, insert, select

from audit.canonical import parse_json
from audit.key_record import MOST_TOKENS, key_record
from casework.parts import Parts
from casework.ports import micros, moment
from casework.reissue import KEY_COMPROMISED
from casework.tables import key_act, licence, licence_past
from casework.versions import next_version
from licence_qr import strict_json
from licence_qr.keys_logged import Logged
from licence_qr.token import parts_of
from licence_qr.transport import MOST_JSON


@dataclass(frozen=True, slots=True)
class Renewed:
    """A licence that was issued anew: the identifiers of the old and the new version, and the leaf of the new one."""

    replaces: str
    jti: str
    log_index: int


def announce(parts: Parts, kid: str, follows: str, signs_from: int, follows_until: int) -> Callable[[Connection], int]:
    """Return the work that announces a key; its result is the leaf. Times are in seconds since 1970."""
    return _act(parts, "rotate", kid, follows=follows, signs_from=signs_from, follows_until=follows_until)


def report(parts: Parts, logged: Logged) -> Callable[[Connection], int]:
    """Return the work that reports a key as compromised, once; its result is the leaf."""
    return _act(
        parts,
        "compromise",
        logged.kid,
        since=logged.revoked_at,
        logged_sha256=logged.sha256,
        before=len(logged.before),
        after=len(logged.after),
    )


def report_unlogged(parts: Parts, kid: str, digests: Iterable[str]) -> Callable[[Connection], list[int]]:
    """Return the work that reports licences which a key signed and the log does not hold, by their SHA-256 (hex).

    What an earlier run reported is not reported again.
    """
    every = sorted(set(digests) - reported_unlogged(parts, kid))
    groups = [every[start : start + MOST_TOKENS] for start in range(0, len(every), MOST_TOKENS)]
    return lambda connection: [_act(parts, "unlogged", kid, tokens=group)(connection) for group in groups]


def close(parts: Parts, kid: str, note_sha256: str, reissued: int, left: int) -> Callable[[Connection], int]:
    """Return the work that puts the digest of the note to the public into the log."""
    return _act(parts, "note", kid, note_sha256=note_sha256, reissued=reissued, left=left)


def reported_unlogged(parts: Parts, kid: str) -> set[str]:
    """Return the digests (SHA-256, hex) of all licences of a key that leaves report as not logged, whichever run found them."""
    asked = select(key_act.c.log_index).where(key_act.c.kid == kid, key_act.c.act == "unlogged")
    with parts.reader.connect() as connection:
        leaves = [parts.log.leaf(connection, index) for index in connection.execute(asked).scalars()]
    return {digest for leaf in leaves for digest in parse_json(leaf, "leaf")["tokens"]}


def renewals(reader: Engine, kid: str) -> list[Renewed]:
    """Return every licence of a compromised key that was issued anew, whichever run did it, in the order of the log."""
    found = []
    with reader.connect() as connection:
        for past in connection.execute(select(licence_past).where(licence_past.c.reason == KEY_COMPROMISED)):
            if kid_of(past.token) == kid:
                following = next_version(connection, past.application_id, past.log_index)
                found.append(Renewed(past.jti, following.jti, following.log_index))
    return sorted(found, key=lambda one: one.log_index)


def done(reader: Engine, kid: str, act: str) -> bool:
    """Tell whether an act on a key stands in the log."""
    asked = select(key_act.c.log_index).where(key_act.c.kid == kid, key_act.c.act == act).limit(1)
    with reader.connect() as connection:
        return connection.execute(asked).first() is not None


def tokens_of(reader: Engine, kid: str) -> Iterator[tuple[str, int]]:
    """Yield every licence that a key signed and the log holds, with the second it was issued; past versions too."""
    with reader.connect() as connection:
        for table in (licence, licence_past):
            for token, issued_at in connection.execute(select(table.c.token, table.c.issued_at)):
                if kid_of(token) == kid:
                    yield token, int(moment(issued_at).timestamp())


def kid_of(token: str) -> str:
    """Return the kid in the header of a licence that we keep."""
    header = strict_json.read(parts_of(token).header, limit=MOST_JSON, reason="format")
    return str(header["kid"])


def _act(parts: Parts, act: str, kid: str, **members: Any) -> Callable[[Connection], int]:
    def work(connection: Connection) -> int:
        now = parts.ports.now()
        index = parts.log.append(connection, [key_record(act, kid, now, **members).leaf], now)[0]
        connection.execute(insert(key_act).values(log_index=index, kid=kid, act=act, at=micros(now)))
        return index

    return work
