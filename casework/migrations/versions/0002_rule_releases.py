"""Rule releases, the switch of an item, and which book a decision was made on."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the schema."""
    op.create_table(
        "rule_bundle",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_rule_bundle")),
    )
    op.create_table(
        "rule_release",
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("manifest_digest", sa.String(length=64), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.Column("book_digest", sa.String(length=64), nullable=False),
        sa.Column("bundle_digest", sa.String(length=64), nullable=False),
        sa.Column("activated_at", sa.BigInteger(), nullable=False),
        sa.Column("activated_by", sa.String(length=200), nullable=False),
        sa.Column("log_index", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bundle_digest"], ["rule_bundle.digest"], name=op.f("fk_rule_release_bundle_digest_rule_bundle")
        ),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_rule_release")),
        sa.UniqueConstraint("log_index", name=op.f("uq_rule_release_log_index")),
        sa.UniqueConstraint("manifest_digest", name=op.f("uq_rule_release_manifest_digest")),
    )
    op.create_table(
        "item_switch",
        sa.Column("log_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item", sa.String(length=40), nullable=False),
        sa.Column("stopped", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("officer", sa.String(length=200), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("log_index", name=op.f("pk_item_switch")),
    )
    with op.batch_alter_table("item_switch", schema=None) as batch_op:
        batch_op.create_index("item_switch_of_item", ["item", "log_index"], unique=False)
    # Announcements were once a rule set; now they are once a rule set and book. What was announced stands in the log, and
    # is announced again, with its book, by the first decision after this.
    op.drop_table("rule_set_use")
    op.create_table(
        "rule_set_use",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("item", sa.String(length=40), nullable=False),
        sa.Column("book", sa.String(length=64), nullable=False),
        sa.Column("first_used_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", "item", "book", name=op.f("pk_rule_set_use")),
    )
    op.add_column("decision", sa.Column("book_digest", sa.String(length=64), nullable=True))


def downgrade() -> None:
    """Refuse: decisions made by releases would lose the name of their book."""
    message = "there is no way back from 0002: restore the backup from before"
    raise NotImplementedError(message)
