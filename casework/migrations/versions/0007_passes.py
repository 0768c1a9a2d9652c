"""Passes of 民办非企业单位, as their civil-affairs authorities stated them; entries of the status lists are found by their licence."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the schema."""
    op.create_table(
        "pass_act",
        sa.Column("log_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("application_id", sa.String(length=36), nullable=False),
        sa.Column("act", sa.String(length=8), nullable=False),
        sa.Column("authority", sa.String(length=40), nullable=False),
        sa.Column("registry", sa.Text(), nullable=False),
        sa.Column("type_code", sa.String(length=21), nullable=False),
        sa.Column("statement_id", sa.String(length=64), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_pass_act_application_id_application")
        ),
        sa.PrimaryKeyConstraint("log_index", name=op.f("pk_pass_act")),
        sa.UniqueConstraint("authority", "statement_id", name="pass_act_once_per_statement"),
    )
    with op.batch_alter_table("pass_act", schema=None) as batch_op:
        batch_op.create_index("pass_act_of_application", ["application_id", "log_index"], unique=False)
    with op.batch_alter_table("status_entry", schema=None) as batch_op:
        batch_op.create_index("status_entry_of_version", ["jti", "subject"], unique=False)


def downgrade() -> None:
    """Refuse: the log names passes that would have no row."""
    message = "there is no way back from 0007: restore the backup from before"
    raise NotImplementedError(message)
