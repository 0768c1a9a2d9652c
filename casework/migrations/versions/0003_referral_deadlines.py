"""Deadlines of referrals count in working days, and say where a calendar is not published yet."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the schema. Referrals from before keep their deadline, which was counted in hours: nothing of it is open."""
    with op.batch_alter_table("referral", schema=None) as batch_op:
        batch_op.add_column(sa.Column("due_provisional", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Refuse, as the version before does."""
    message = "there is no way back from 0003: restore the backup from before"
    raise NotImplementedError(message)
