"""The rows of casework. They share one `MetaData` with the log, so that a decision and its leaf commit together.

Times are integer microseconds since 1970 UTC (no time zone to misread, ordered, exact). Ids are our own UUIDv7 texts: no
sequences, so that the same statements run on PostgreSQL and what speaks its protocol.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from audit.tables import metadata

# The states of a case. `open` is still to be decided; `approved` has its decision and lacks its licence; `referred` is
# with a person; `closed` needs nothing more. Only forward moves exist: open -> approved | referred | closed,
# referred -> approved | closed, approved -> closed.
OPEN: Final = "open"
APPROVED: Final = "approved"
REFERRED: Final = "referred"
CLOSED: Final = "closed"
# The outcome of what no rule decided: a pass, carried on the word of its authority. Its row is closed from the start.
STATED: Final = "stated"

application = Table(
    "application",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("client", String(200), nullable=False),
    Column("idempotency_key", String(255), nullable=False),
    Column("body_fingerprint", String(64), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("item", String(40), nullable=True),
    Column("state", String(12), nullable=False),
    Column("outcome", String(12), nullable=True),
    Column("problems", Text, nullable=True),  # what intake found, when the body could not be read as an application
    Column("received_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("epoch", Integer, nullable=False),  # fencing: every worker write names the epoch of its claim
    Column("lease_until", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    UniqueConstraint("client", "idempotency_key", name="application_once_per_key"),
)
Index("application_due", application.c.state, application.c.due_at)

decision = Table(
    "decision",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("application_id", String(36), ForeignKey("application.id"), nullable=False),
    Column("final", Boolean, nullable=False),
    Column("outcome", String(12), nullable=False),
    Column("decided_at", BigInteger, nullable=False),
    Column("log_index", BigInteger, nullable=False, unique=True),
    Column("rule_set_digest", String(64), nullable=False),
    Column("view", Text, nullable=False),  # what the applicant is told, as it was told
    Column("inputs", LargeBinary, nullable=False),  # everything a replay needs; private
    Column("book_digest", String(64), nullable=True),  # the released book it was made on; null only before releases
)
# Decided once: the database refuses a second final decision whatever the code believes.
Index(
    "decision_once",
    decision.c.application_id,
    unique=True,
    sqlite_where=text("final = 1"),
    postgresql_where=text("final"),
)
Index("decision_of_application", decision.c.application_id, decision.c.decided_at)

rule_set_use = Table(
    "rule_set_use",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("item", String(40), primary_key=True),
    Column("book", String(64), primary_key=True),
    Column("first_used_at", BigInteger, nullable=False),
)

rule_bundle = Table(  # by content: a rollback stores no second copy
    "rule_bundle",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

rule_release = Table(  # the newest is live
    "rule_release",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("manifest_digest", String(64), nullable=False, unique=True),
    Column("note", LargeBinary, nullable=False),
    Column("book_digest", String(64), nullable=False),
    Column("bundle_digest", String(64), ForeignKey("rule_bundle.digest"), nullable=False),
    Column("activated_at", BigInteger, nullable=False),
    Column("activated_by", String(200), nullable=False),
    Column("log_index", BigInteger, nullable=False, unique=True),
)

item_switch = Table(  # the newest of an item holds; none is ever changed
    "item_switch",
    metadata,
    Column("log_index", BigInteger, primary_key=True, autoincrement=False),
    Column("item", String(40), nullable=False),
    Column("stopped", Boolean, nullable=False),
    Column("reason", Text, nullable=False),  # while stopped, this is what an applicant is told
    Column("officer", String(200), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("salt", LargeBinary, nullable=False),  # opens the commitments of the leaf; private
)
Index("item_switch_of_item", item_switch.c.item, item_switch.c.log_index)

content_claim = Table(
    "content_claim",
    metadata,
    Column("content_digest", String(64), primary_key=True),
    Column("application_id", String(36), ForeignKey("application.id"), nullable=False, unique=True),
)

name_claim = Table(
    "name_claim",
    metadata,
    Column("application_id", String(36), ForeignKey("application.id"), primary_key=True),
    Column("trade_name", String(200), nullable=False, index=True),
    Column("full", String(200), nullable=False),
    Column("claimed_at", BigInteger, nullable=False),
)

ruling = Table(
    "ruling",
    metadata,
    Column("application_id", String(36), ForeignKey("application.id"), primary_key=True),
    Column("officer", String(200), nullable=False),
    Column("verdict", String(8), nullable=False),  # approve | refuse
    Column("ruled_at", BigInteger, nullable=False),
    Column("log_index", BigInteger, nullable=False, unique=True),
    Column("document", Text, nullable=False),
    Column("salt", LargeBinary, nullable=False),  # opens the commitments of the leaf; private
)

referral = Table(
    "referral",
    metadata,
    Column("application_id", String(36), ForeignKey("application.id"), primary_key=True),
    Column("opened_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column(
        "due_provisional", Boolean, nullable=False, server_default=false()
    ),  # a year on the way had no published calendar yet
    Column("grounds", Text, nullable=False),  # rule ids, in order, as JSON
    Column("closed", Boolean, nullable=False),
)
Index("referral_queue", referral.c.closed, referral.c.opened_at)

credit_code = Table(
    "credit_code",
    metadata,
    Column("code", String(18), primary_key=True),
    Column("pool", String(2), nullable=False),  # the first two characters: 91 enterprise, 92 个体工商户
    Column("application_id", String(36), ForeignKey("application.id"), nullable=True, unique=True),
)
Index("credit_code_free", credit_code.c.pool, credit_code.c.application_id, credit_code.c.code)

licence = Table(
    "licence",
    metadata,
    Column("application_id", String(36), ForeignKey("application.id"), primary_key=True),
    Column("jti", String(120), nullable=False, unique=True),
    Column("uscc", String(18), nullable=False, unique=True),
    Column("serial", String(32), nullable=False, unique=True),  # day and number, as in the identifier (GB/T 36904)
    Column("token", Text, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("decision_log_index", BigInteger, nullable=False),
    Column("log_index", BigInteger, nullable=False, unique=True),
)

licence_past = Table(  # every version that another has replaced; `licence` holds the current one
    "licence_past",
    metadata,
    Column("jti", String(120), primary_key=True),
    Column("application_id", String(36), ForeignKey("application.id"), nullable=False),
    Column("token", Text, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("decision_log_index", BigInteger, nullable=False),
    Column("log_index", BigInteger, nullable=False, unique=True),
    Column("replaced_at", BigInteger, nullable=False),
    Column("reason", String(40), nullable=False),  # why it was replaced, a code
)
Index("licence_past_of_application", licence_past.c.application_id, licence_past.c.log_index)

status_list = Table(
    "status_list",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("used", Integer, nullable=False),  # places given out; the others are decoys
)

status_entry = Table(
    "status_entry",
    metadata,
    Column("list", Integer, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("value", Integer, nullable=False),  # 0 VALID, 1 INVALID, 2 SUSPENDED, 3 REPLACED
    Column("jti", String(120), nullable=False),
    Column("subject", String(80), nullable=False),  # "licence", or the permit's key
)
Index("status_entry_of_version", status_entry.c.jti, status_entry.c.subject)  # a drill asks for each of thousands

permit_act = Table(  # what authorities added and changed, never changed itself; the newest of a permit holds
    "permit_act",
    metadata,
    Column("log_index", BigInteger, primary_key=True, autoincrement=False),
    Column("application_id", String(36), ForeignKey("application.id"), nullable=False),
    Column("permit", Integer, nullable=False),  # its number on the licence, from 1
    Column("act", String(8), nullable=False),  # add | change
    Column("authority", String(40), nullable=False),
    Column("authority_name", String(60), nullable=False),  # as the licence shows it
    Column("statement_id", String(64), nullable=False),
    Column("statement", Text, nullable=False),  # the authority's own JWS: the evidence
    Column("stated", Text, nullable=False),  # the permit as stated, as JSON
    Column("at", BigInteger, nullable=False),
    UniqueConstraint("authority", "statement_id", name="permit_act_once_per_statement"),
)
Index("permit_act_of_application", permit_act.c.application_id, permit_act.c.permit, permit_act.c.log_index)

pass_act = Table(  # statements of civil affairs on 民办非企业单位; the newest of a pass holds, none is changed
    "pass_act",
    metadata,
    Column("log_index", BigInteger, primary_key=True, autoincrement=False),
    Column("application_id", String(36), ForeignKey("application.id"), nullable=False),
    Column("act", String(8), nullable=False),  # add | change
    Column("authority", String(40), nullable=False),
    Column("registry", Text, nullable=False),  # as the pass shows it: name, uscc, division, as JSON
    Column("type_code", String(21), nullable=False),  # of the identifier (GB/T 36904)
    Column("statement_id", String(64), nullable=False),
    Column("statement", Text, nullable=False),  # the authority's own JWS: the evidence
    Column("certificate", Text, nullable=False),  # as stated, as JSON
    Column("made_at", BigInteger, nullable=False),  # by the authority's clock, in seconds
    Column("at", BigInteger, nullable=False),
    UniqueConstraint("authority", "statement_id", name="pass_act_once_per_statement"),
)
Index("pass_act_of_application", pass_act.c.application_id, pass_act.c.log_index)

status_act = Table(  # every suspension, restoration and revocation; none is ever changed
    "status_act",
    metadata,
    Column("log_index", BigInteger, primary_key=True, autoincrement=False),
    Column("application_id", String(36), ForeignKey("application.id"), nullable=False),
    Column("permit", Integer, nullable=True),  # null: the licence itself
    Column("act", String(8), nullable=False),  # suspend | restore | revoke
    Column("reason", Text, nullable=False),
    Column("officer", String(200), nullable=False),
    Column("authority", String(40), nullable=True),  # null: the registry
    Column("at", BigInteger, nullable=False),
    Column("salt", LargeBinary, nullable=False),  # opens the commitments of the leaf; private
)
Index("status_act_of_application", status_act.c.application_id, status_act.c.log_index)

key_act = Table(  # rotations and compromises of the keys that sign licences, as their leaves say; none is ever changed
    "key_act",
    metadata,
    Column("log_index", BigInteger, primary_key=True, autoincrement=False),
    Column("kid", String(43), nullable=False),
    Column("act", String(12), nullable=False),
    Column("at", BigInteger, nullable=False),
)
Index("key_act_of_key", key_act.c.kid, key_act.c.act)
