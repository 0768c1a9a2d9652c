"""Permits that authorities endorse, and every change of status of a licence or permit."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the schema."""
    op.create_table(
        "permit_act",
        sa.Column("log_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("application_id", sa.String(length=36), nullable=False),
        sa.Column("permit", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=8), nullable=False),
        sa.Column("authority", sa.String(length=40), nullable=False),
        sa.Column("authority_name", sa.String(length=60), nullable=False),
        sa.Column("statement_id", sa.String(length=64), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("stated", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_permit_act_application_id_application")
        ),
        sa.PrimaryKeyConstraint("log_index", name=op.f("pk_permit_act")),
        sa.UniqueConstraint("authority", "statement_id", name="permit_act_once_per_statement"),
    )
    with op.batch_alter_table("permit_act", schema=None) as batch_op:
        batch_op.create_index("permit_act_of_application", ["application_id", "permit", "log_index"], unique=False)
    op.create_table(
        "status_act",
        sa.Column("log_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("application_id", sa.String(length=36), nullable=False),
        sa.Column("permit", sa.Integer(), nullable=True),
        sa.Column("act", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("officer", sa.String(length=200), nullable=False),
        sa.Column("authority", sa.String(length=40), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_status_act_application_id_application")
        ),
        sa.PrimaryKeyConstraint("log_index", name=op.f("pk_status_act")),
    )
    with op.batch_alter_table("status_act", schema=None) as batch_op:
        batch_op.create_index("status_act_of_application", ["application_id", "log_index"], unique=False)


def downgrade() -> None:
    """Refuse: permits on paper would lose their record here."""
    message = "there is no way back from 0005: restore the backup from before"
    raise NotImplementedError(message)
