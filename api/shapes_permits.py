"""The JSON of permits, passes and what is done to their status."""

from api.shape_parts import CASE_ID, DAY, INDEX, MOMENT, TEXT, Schema, listing, record

STATUS: Schema = {"enum": ["valid", "invalid", "suspended", "replaced"]}
STATUS_CHANGE = record(
    {
        "permit": {"type": ["integer", "null"]},
        "act": {"enum": ["suspend", "restore", "revoke"]},
        "status": STATUS,
        "by": TEXT,
        "since": MOMENT,
        "log_index": INDEX,
    },
    {"reason": TEXT},  # told to officers, auditors and who acted
)
PERMIT = record(
    {
        "n": {"type": "integer", "minimum": 1},
        "status": STATUS,
        "authority": record({"code": TEXT, "name": TEXT}),
        "type": TEXT,
        "number": TEXT,
        "valid_from": DAY,
        "scope": listing(TEXT),
        "statement": TEXT,
        "since": MOMENT,
        "log_index": INDEX,
    },
    {"valid_to": DAY, "identifier": TEXT},
)
_TERM = record({"kind": {"enum": ["long", "until"]}}, {"until": DAY})
_CERTIFICATE = record(
    {
        "name": TEXT, "form": {"enum": ["legal_person", "partnership", "individual"]}, "representative": TEXT,
        "capital_fen": {"type": "integer", "minimum": 1}, "supervising_authority": TEXT, "premises": TEXT,
        "scope": listing(record({"code": TEXT, "text": TEXT})), "established_on": DAY, "term": _TERM,
    }
)  # fmt: skip
VERSION = record({"identifier": TEXT, "token": TEXT, "log_index": INDEX})
PASS = record(
    {
        "id": CASE_ID, "uscc": TEXT, "status": STATUS, "authority": record({"code": TEXT, "name": TEXT}),
        "certificate": _CERTIFICATE, "statement": TEXT, "since": MOMENT, "log_index": INDEX,
    }
)  # fmt: skip
