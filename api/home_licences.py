"""Licences read from the files of a home, also while its service runs: nothing is locked and nothing is changed."""

from sqlalchemy import Engine, or_, select

from api.home_issuer import require_issuer
from api.settings import Settings
from audit.checkpoint import Checkpoint
from audit.errors import AuditError
from audit.note import read_signatures
from casework import database
from casework.reissue import claims_of
from casework.tables import licence

_NEWEST = select(licence.c.token).order_by(licence.c.log_index.desc()).limit(1)


def newest_issuer(engine: Engine) -> str | None:
    """Return who issued the newest licence, None where there is none."""
    with engine.connect() as connection:
        token = connection.execute(_NEWEST).scalar()
    return None if token is None else str(claims_of(token)["iss"])


def token_of(settings: Settings, named: str) -> str:
    """Return the token of the licence that an id, a credit code or an identifier names.

    Raises `RuntimeError`: no home, no such licence, or one whose leaf is not under the published checkpoint yet, for
    nothing is told, and nothing printed, that the public log does not hold; `IssuerError` where the settings name another.
    """
    require_issuer(settings)
    if not settings.database.exists():
        message = (
            f"--home {settings.home}: {settings.database} does not exist; give the home of a service, or a token file"
        )
        raise RuntimeError(message)
    try:
        published = Checkpoint.from_text(read_signatures(settings.checkpoint.read_bytes())[0]).size
    except (OSError, AuditError) as error:
        message = (
            f"{settings.checkpoint}: the published checkpoint cannot be read ({error}); put it back from the backup"
        )
        raise RuntimeError(message) from None
    engine = database.open_engine(settings.database, read_only=True)
    try:
        with engine.connect() as connection:
            wanted = or_(licence.c.application_id == named, licence.c.uscc == named, licence.c.jti == named)
            row = connection.execute(select(licence.c.token, licence.c.log_index).where(wanted)).first()
    finally:
        engine.dispose()
    if row is None:
        message = (
            f"LICENCE {named[:60]}: neither a file nor a licence of {settings.home}; give the id, the credit code of the "
            "holder, the identifier on the licence, or a file with its token"
        )
        raise RuntimeError(message)
    if row.log_index >= published:
        message = f"LICENCE {named[:60]}: its leaf {row.log_index} is not under the published checkpoint yet; ask again"
        raise RuntimeError(message)
    return str(row.token)
