"""Rotations and compromises of the keys that sign licences."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the schema."""
    op.create_table(
        "key_act",
        sa.Column("log_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kid", sa.String(length=43), nullable=False),
        sa.Column("act", sa.String(length=12), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("log_index", name=op.f("pk_key_act")),
    )
    with op.batch_alter_table("key_act", schema=None) as batch_op:
        batch_op.create_index("key_act_of_key", ["kid", "act"], unique=False)


def downgrade() -> None:
    """Refuse: the log names acts that would have no row."""
    message = "there is no way back from 0006: restore the backup from before"
    raise NotImplementedError(message)
