"""The first tables: applications, decisions, licences, claims, the log."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the schema."""
    op.create_table(
        "application",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("client", sa.String(length=200), nullable=False),
        sa.Column("idempotency_key", sa.String(length=255), nullable=False),
        sa.Column("body_fingerprint", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("item", sa.String(length=40), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.Column("problems", sa.Text(), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application")),
        sa.UniqueConstraint("client", "idempotency_key", name="application_once_per_key"),
    )
    with op.batch_alter_table("application", schema=None) as batch_op:
        batch_op.create_index("application_due", ["state", "due_at"], unique=False)

    op.create_table(
        "log_checkpoint",
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_log_checkpoint")),
    )
    op.create_table(
        "log_head",
        sa.Column("origin", sa.String(length=200), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("frontier", sa.LargeBinary(), nullable=False),
        sa.Column("epoch", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("origin", name=op.f("pk_log_head")),
    )
    op.create_table(
        "log_leaf",
        sa.Column(
            "leaf_index", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("leaf_index", name=op.f("pk_log_leaf")),
    )
    op.create_table(
        "log_tile",
        sa.Column("level", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "number", name=op.f("pk_log_tile")),
    )
    op.create_table(
        "rule_set_use",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("item", sa.String(length=40), nullable=False),
        sa.Column("first_used_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", "item", name=op.f("pk_rule_set_use")),
    )
    op.create_table(
        "status_entry",
        sa.Column("list", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("jti", sa.String(length=120), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("list", "position", name=op.f("pk_status_entry")),
    )
    op.create_table(
        "status_list",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_status_list")),
    )
    op.create_table(
        "content_claim",
        sa.Column("content_digest", sa.String(length=64), nullable=False),
        sa.Column("application_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_content_claim_application_id_application")
        ),
        sa.PrimaryKeyConstraint("content_digest", name=op.f("pk_content_claim")),
        sa.UniqueConstraint("application_id", name=op.f("uq_content_claim_application_id")),
    )
    op.create_table(
        "credit_code",
        sa.Column("code", sa.String(length=18), nullable=False),
        sa.Column("pool", sa.String(length=2), nullable=False),
        sa.Column("application_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_credit_code_application_id_application")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_credit_code")),
        sa.UniqueConstraint("application_id", name=op.f("uq_credit_code_application_id")),
    )
    with op.batch_alter_table("credit_code", schema=None) as batch_op:
        batch_op.create_index("credit_code_free", ["pool", "application_id", "code"], unique=False)

    op.create_table(
        "decision",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("application_id", sa.String(length=36), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("log_index", sa.BigInteger(), nullable=False),
        sa.Column("rule_set_digest", sa.String(length=64), nullable=False),
        sa.Column("view", sa.Text(), nullable=False),
        sa.Column("inputs", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_decision_application_id_application")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
        sa.UniqueConstraint("log_index", name=op.f("uq_decision_log_index")),
    )
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.create_index("decision_of_application", ["application_id", "decided_at"], unique=False)
        batch_op.create_index(
            "decision_once",
            ["application_id"],
            unique=True,
            sqlite_where=sa.text("final = 1"),
            postgresql_where=sa.text("final"),
        )

    op.create_table(
        "licence",
        sa.Column("application_id", sa.String(length=36), nullable=False),
        sa.Column("jti", sa.String(length=120), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("serial", sa.String(length=32), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("decision_log_index", sa.BigInteger(), nullable=False),
        sa.Column("log_index", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_licence_application_id_application")
        ),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_licence")),
        sa.UniqueConstraint("jti", name=op.f("uq_licence_jti")),
        sa.UniqueConstraint("log_index", name=op.f("uq_licence_log_index")),
        sa.UniqueConstraint("serial", name=op.f("uq_licence_serial")),
        sa.UniqueConstraint("uscc", name=op.f("uq_licence_uscc")),
    )
    op.create_table(
        "name_claim",
        sa.Column("application_id", sa.String(length=36), nullable=False),
        sa.Column("trade_name", sa.String(length=200), nullable=False),
        sa.Column("full", sa.String(length=200), nullable=False),
        sa.Column("claimed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_name_claim_application_id_application")
        ),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_name_claim")),
    )
    with op.batch_alter_table("name_claim", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_name_claim_trade_name"), ["trade_name"], unique=False)

    op.create_table(
        "referral",
        sa.Column("application_id", sa.String(length=36), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("grounds", sa.Text(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_referral_application_id_application")
        ),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_referral")),
    )
    with op.batch_alter_table("referral", schema=None) as batch_op:
        batch_op.create_index("referral_queue", ["closed", "opened_at"], unique=False)

    op.create_table(
        "ruling",
        sa.Column("application_id", sa.String(length=36), nullable=False),
        sa.Column("officer", sa.String(length=200), nullable=False),
        sa.Column("verdict", sa.String(length=8), nullable=False),
        sa.Column("ruled_at", sa.BigInteger(), nullable=False),
        sa.Column("log_index", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_ruling_application_id_application")
        ),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_ruling")),
        sa.UniqueConstraint("log_index", name=op.f("uq_ruling_log_index")),
    )


def downgrade() -> None:
    """Undo it."""
    op.drop_table("ruling")
    with op.batch_alter_table("referral", schema=None) as batch_op:
        batch_op.drop_index("referral_queue")

    op.drop_table("referral")
    with op.batch_alter_table("name_claim", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_name_claim_trade_name"))

    op.drop_table("name_claim")
    op.drop_table("licence")
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.drop_index("decision_once", sqlite_where=sa.text("final = 1"), postgresql_where=sa.text("final"))
        batch_op.drop_index("decision_of_application")

    op.drop_table("decision")
    with op.batch_alter_table("credit_code", schema=None) as batch_op:
        batch_op.drop_index("credit_code_free")

    op.drop_table("credit_code")
    op.drop_table("content_claim")
    op.drop_table("status_list")
    op.drop_table("status_entry")
    op.drop_table("rule_set_use")
    op.drop_table("log_tile")
    op.drop_table("log_leaf")
    op.drop_table("log_head")
    op.drop_table("log_checkpoint")
    with op.batch_alter_table("application", schema=None) as batch_op:
        batch_op.drop_index("application_due")

    op.drop_table("application")
