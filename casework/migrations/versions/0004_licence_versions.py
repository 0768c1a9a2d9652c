"""Versions of a licence: those that another has replaced are kept beside the current one."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the schema."""
    op.create_table(
        "licence_past",
        sa.Column("jti", sa.String(length=120), nullable=False),
        sa.Column("application_id", sa.String(length=36), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("decision_log_index", sa.BigInteger(), nullable=False),
        sa.Column("log_index", sa.BigInteger(), nullable=False),
        sa.Column("replaced_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_licence_past_application_id_application")
        ),
        sa.PrimaryKeyConstraint("jti", name=op.f("pk_licence_past")),
        sa.UniqueConstraint("log_index", name=op.f("uq_licence_past_log_index")),
    )
    with op.batch_alter_table("licence_past", schema=None) as batch_op:
        batch_op.create_index("licence_past_of_application", ["application_id", "log_index"], unique=False)


def downgrade() -> None:
    """Refuse: licences on paper would lose their record here."""
    message = "there is no way back from 0004: restore the backup from before"
    raise NotImplementedError(message)
