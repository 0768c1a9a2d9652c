"""The JSON that answers have, as schemas of the OpenAPI description (JSON Schema 2020-12). Tests hold answers against them.

Sentences are in the language that was negotiated, hence plain strings here.
"""

from api.shape_parts import (
    CASE_ID,
    COUNT,
    DAY,
    DIGEST,
    INDEX,
    MOMENT,
    OUTCOMES,
    POINTER,
    TEXT,
    Schema,
    listing,
    record,
    ref,
)
from api.shapes_permits import PASS, PERMIT, STATUS, STATUS_CHANGE, VERSION

_ERROR = {
    "type": "object",
    "required": ["why"],
    "properties": {
        "pointer": {"type": "string", "description": "JSON pointer (RFC 6901) of the field in the body"},
        "parameter": {"type": "string", "description": "or the name of the header, path or query parameter"},
        "in": {"enum": ["header", "path", "query", "cookie"]},
        "value": {"description": "what was sent, masked when personal"},
        "why": TEXT,
        "mend": TEXT,
    },
    "anyOf": [{"required": ["pointer"]}, {"required": ["parameter"]}],
    "additionalProperties": False,
}
_BASIS = record(
    {"law": TEXT},
    {
        "article": TEXT,
        "version": TEXT,
        "paragraph": {"type": "integer"},
        "item": {"type": "integer"},
        "note": TEXT,
        "url": TEXT,
    },
)
_ITEM = record({"code": TEXT, "name": TEXT})
_PLACE = record({"at": POINTER, "observed": {"type": "object"}, "notice": TEXT, "remedy": TEXT})
_ENTRY = record({"rule": TEXT, "at": POINTER, "notice": TEXT, "observed": {"type": "object"}, "required": TEXT,
                 "basis": TEXT, "remedy": TEXT})  # fmt: skip
_FINDING = {
    "rule": TEXT,
    "in_force_from": DAY,
    "result": {"enum": ["satisfied", "violated", "undetermined", "not_applicable"]},
    "effect": {"enum": ["none", "fix", "refer", "bar", "route", "inform", "wait"]},
    "required": TEXT,
    "basis": listing(_BASIS),
    "places": listing(_PLACE),
    "unanswered": listing(TEXT),
}
_NOTICE = record(
    {
        "outcome": {"enum": OUTCOMES},
        "headline": TEXT,
        **{name: listing(_ENTRY) for name in ("defects", "elsewhere", "with_a_person", "waiting", "informed")},
        "human": TEXT,
    }
)
_PRECHECKED = {
    "item": _ITEM,
    "outcome": {"enum": OUTCOMES},
    "decided_at": MOMENT,
    "decided_on": DAY,
    "rule_set": DIGEST,
    "waiting_for": listing(TEXT),
    "notice": ref("Notice"),
    "findings": listing(ref("Finding")),
    "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
}
_DECISION = {
    "id": CASE_ID,
    **_PRECHECKED,
    "links": {"type": "object", "additionalProperties": TEXT},
    "log_index": INDEX,
}
_RULING = {
    "title": TEXT, "application_id": CASE_ID, "item": _ITEM, "organ": {"type": "object"}, "ruled_at": MOMENT,
    "officer": TEXT, "verdict": {"enum": ["approve", "refuse"]}, "facts": listing(ref("Finding")), "reasons": TEXT,
    "articles": listing(_BASIS),
}  # fmt: skip
_REFERRAL = {"referred_at": MOMENT, "due_at": MOMENT, "due_provisional": {"type": "boolean"}, "grounds": listing(TEXT)}
_CASE = {
    "id": CASE_ID,
    "state": {"enum": ["open", "approved", "referred", "closed", "unreadable"]},
    "outcome": {"enum": [*OUTCOMES, "refused", "unreadable", "stated", None]},
    "received_at": MOMENT,
    "item": {"type": ["string", "null"]},
}
_CASE_LATER = {
    "decision": ref("Decision"),
    "referral": record({**_REFERRAL, "closed": {"type": "boolean"}}),
    "ruling": ref("Ruling"),
    "licence": record({"identifier": TEXT, "uscc": TEXT, "issued_at": MOMENT, "token": TEXT, "log_index": INDEX,
                       "links": {"type": "object", "additionalProperties": TEXT}}),
    "problem": TEXT,
    "errors": listing(_ERROR),
}  # fmt: skip
_RELEASE: dict[str, Schema] = {
    "sequence": {"type": "integer", "minimum": 1}, "live": {"type": "boolean"}, "manifest_digest": DIGEST, "book": DIGEST,
    "bundle": DIGEST, "activated_at": MOMENT, "log_index": INDEX,
    "links": {"type": "object", "additionalProperties": TEXT},
}  # fmt: skip
_STOPPED = {"item": TEXT, "stopped": {"type": "boolean"}, "since": MOMENT, "log_index": INDEX}
_SWITCH = record({**_STOPPED, "reason": TEXT})
_JWK = {"type": "object", "required": ["kty", "kid", "alg"], "not": {"required": ["d"]}}

SCHEMAS: dict[str, Schema] = {
    "Problem": {
        "type": "object",
        "description": "RFC 9457. `type` answers a GET: it explains the kind of problem.",
        "required": ["type", "title", "status", "detail", "instance"],
        "properties": {
            "type": {"type": "string", "pattern": "^/problems/[a-z-]+$"},
            "title": TEXT,
            "status": {"type": "integer"},
            "detail": TEXT,
            "instance": TEXT,
            "reason": {"type": "string", "description": "code of the reason why a rule release is refused"},
            "application": {"type": "string", "description": "where the submission that this is about can be read"},
            "errors": listing(_ERROR),
        },
        "additionalProperties": False,
    },
    "ProblemKind": record({"type": TEXT, "status": {"type": "integer"}, "title": TEXT, "advice": TEXT}),
    "Application": {
        "type": "object",
        "required": ["item"],
        "properties": {"item": {"type": "string"}},
        "description": "an application on the form of its item: GET /v1/items/{code}/schema",
    },
    "Finding": record(_FINDING),
    "Notice": _NOTICE,
    "Decision": record(_DECISION, {"application_id": CASE_ID}),
    "DecisionRecord": {"type": "object", "required": ["kind"], "description": "canonical JSON (RFC 8785) without personal values"},
    "Precheck": record({**_PRECHECKED, "submitted": {"const": False}}),
    "Ruling": record(_RULING, {"remedies": listing({"type": "object"}), "log_index": INDEX, "note": TEXT, "procedure": TEXT}),
    "Case": record(_CASE, _CASE_LATER),
    "ReferredCase": record(
        {**_CASE, "application": {"type": "object"}, "explanation": ref("Explanation")}, _CASE_LATER
    ),
    "Queue": record(
        {"referrals": listing(record({"application_id": CASE_ID, "item": TEXT, "received_at": MOMENT, **_REFERRAL}))}
    ),
    "Explanation": record(
        {
            "id": CASE_ID, "application_id": CASE_ID, "item": _ITEM, "outcome": {"enum": OUTCOMES}, "decided_at": MOMENT,
            "notice": ref("Notice"), "counts": {"type": "object"}, "how": TEXT, "rule_set": DIGEST,
            "rule_set_held": {"type": "boolean"}, "findings": listing({"type": "object"}),
        },
        {"evidence": listing({"type": "object"})},
    ),
    "Register": record(
        {
            "registered": listing(
                record({"identifier": TEXT, "uscc": TEXT, "issued_at": MOMENT, "log_index": INDEX, "decision_log_index": INDEX})
            )
        }
    ),
    "Form": {"type": "object", "required": ["$schema", "properties"]},
    "Items": record(
        {
            "items": listing(
                record({"code": TEXT, "name": TEXT, "in_force": {"type": "object"}, "in_force_today": {"type": "boolean"},
                        "item_class": TEXT, "links": {"type": "object"}})
            )
        }
    ),
    "Item": {"type": "object", "required": ["code", "name", "organ", "basis", "materials", "rule_set"]},
    "Rules": record({"rule_set": DIGEST, "rules": listing({"type": "object", "required": ["id", "title", "basis", "effect"]})}),
    "Releases": record(
        {
            "registry": TEXT,
            "releases": listing(record(_RELEASE)),
            "next": {"type": ["string", "null"], "description": "the page of older releases"},
            "stopped_items": listing(record(_STOPPED)),
            "signers": listing(record({"name": TEXT, "role": TEXT, "key": TEXT}, {"until": TEXT})),
        }
    ),
    "Release": record(
        {**_RELEASE, "manifest": TEXT, "note": TEXT, "signed_by": listing(record({"name": TEXT, "key": TEXT}))}
    ),
    "Switch": _SWITCH,
    "StatusChange": STATUS_CHANGE,
    "StatusIndex": record(
        {
            "status_lists": listing(TEXT),
            "lists": listing(record({"uri": TEXT, "size": INDEX, "issued_at": INDEX, "expires_at": INDEX, "ttl": INDEX, "sha256": DIGEST})),
            "signed": TEXT,
        }
    ),
    "Permits": record(
        {
            "identifier": TEXT, "uscc": TEXT, "status": STATUS, "permits": listing(PERMIT),
            "changes_of_status": listing(STATUS_CHANGE),
        }
    ),
    "Endorsed": record({"permit": PERMIT, "licence": VERSION}),
    "Pass": record({"pass": PASS, "licence": VERSION}),
    "Keys": record({"keys": listing(_JWK)}),
    "Logged": record({"v": {"const": 1}, "kid": TEXT, "revoked_at": {"type": "integer"}, "before": listing(TEXT), "after": listing(TEXT)}),
    "KeyNote": record(
        {
            "schema": {"const": "miaopi/key-note/1"},
            "issuer": TEXT, "kid": TEXT, "compromised_since": {"type": "integer"}, "followed_by": TEXT,
            "published_at": {"type": "integer"}, "keys": TEXT, "logged": TEXT, "logged_sha256": TEXT,
            "counts": record(dict.fromkeys(("before", "after", "unlogged", "reissued", "left"), COUNT)),
            "unlogged_sha256": listing(DIGEST),
            "reissued": listing(record({"from": TEXT, "to": TEXT, "log_index": INDEX})),
            "text": record({"zh": TEXT, "en": TEXT}),
        }
    ),
    "TypeMetadata": {
        "type": "object",
        "required": ["vct", "name", "description", "display", "claims", "schema", "transport"],
        "description": "SD-JWT VC type metadata (draft-ietf-oauth-sd-jwt-vc), with the JSON Schema of the claims",
    },
    "Download": record(
        {
            "format": {"const": "dc+sd-jwt"},
            "credential": {"type": "string", "description": "SD-JWT VC (RFC 9901): JWS~disclosure~…~"},
            "sm2": {"type": "object", "required": ["state"], "properties": {"state": {"enum": ["not_configured", "signed"]}}},
        }
    ),
    "PrintAdvice": record(
        {
            "version": COUNT, "modules": COUNT, "error_correction": {"const": "M"}, "smallest_mm": TEXT, "gs1_mm": TEXT,
            "recommended_mm": TEXT, "module_mm": TEXT, "dpi": COUNT, "sentence": TEXT,
            "table": listing(record({"dpi": COUNT, "dots": COUNT, "side_mm": TEXT, "advised_dots": COUNT, "advised_side_mm": TEXT, "gs1_dots": COUNT, "gs1_side_mm": TEXT})),
        }
    ),
    "Readiness": record({"ready": {"type": "boolean"}, "faults": listing(TEXT)}),
}  # fmt: skip
