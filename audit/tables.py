"""The tables of the log. Casework adds its own tables to the same `metadata`.

Nothing here needs a sequence, a trigger or a lock of its own: the head row is moved by compare-and-swap, and everything
else is inserted once and never changed. Times are whole microseconds since 1970 in UTC, hashes are raw bytes.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, SmallInteger, String, Table

metadata = MetaData(
    naming_convention={  # names of constraints, so that migrations can speak of them on every database
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Count = BigInteger().with_variant(Integer, "sqlite")  # SQLite keeps rows by their key only if it is an INTEGER

leaf = Table(
    "log_leaf",
    metadata,
    Column("leaf_index", Count, primary_key=True, autoincrement=False),
    Column("leaf", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

tile = Table(  # full tiles only: a partial one is read from the level below
    "log_tile",
    metadata,
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    Column("number", Count, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),
    Column("root", LargeBinary, nullable=False),
)

head = Table(  # one row a log; `epoch` counts its moves and is what the compare-and-swap compares
    "log_head",
    metadata,
    Column("origin", String(200), primary_key=True),
    Column("size", Count, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("frontier", LargeBinary, nullable=False),
    Column("epoch", Count, nullable=False),
    Column("at", Count, nullable=False),
)

checkpoint = Table(  # every checkpoint that was ever signed
    "log_checkpoint",
    metadata,
    Column("size", Count, primary_key=True, autoincrement=False),
    Column("note", LargeBinary, nullable=False),
    Column("at", Count, nullable=False),
)

BytesColumn = Column[bytes]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(moment: datetime) -> int:
    """Return a moment as the tables hold it. The moment must know its time zone."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(stored: int) -> datetime:
    """Return a stored time as a moment in UTC."""
    return _EPOCH + stored * _MICROSECOND
