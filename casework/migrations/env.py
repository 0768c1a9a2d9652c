"""Alembic's entry: migrations run on the connection they are given; nothing is read from an ini file."""

from alembic import context

import casework.tables  # noqa: F401 (its tables join the metadata)
from audit.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
