"""What `vct` leads to: the type of this credential, published at its own address (draft-ietf-oauth-sd-jwt-vc 4, 5).

The document extends no other type. It names every claim in Chinese and English, says which ones the holder alone
discloses, carries the JSON Schema of the claims (the draft left schemas to the ecosystem: the member is ours), and the
SHA-256 of every dictionary that codes are printed with. It is made from the tables that are checked and shown: shape,
labels, dictionaries. The page may show it; no verifier needs it, and none fetches it for a code that was scanned.
"""

import json
from functools import cache
from hashlib import sha256
from typing import Any

from licence_qr import shape
from licence_qr.claim_labels import LABELS, PRIVATE_LABELS, Path
from licence_qr.claims import VCT_PATH
from licence_qr.transport import DICTIONARIES, VERSION
from licence_qr.trust import LICENCE_TYP

MEDIA_TYPE = "application/json"
MAX_AGE = 86_400  # seconds; the type never changes its claims, only its wording
HOLDER_SCHEMA = {
    "type": "object",
    "properties": {name: {"type": "string", "minLength": 1} for name in ("id_number", "phone", "home_address")},
    "additionalProperties": False,
}


def type_metadata(iss: str) -> dict[str, Any]:
    """Return the type metadata of the licences of `iss`, an https origin without a path."""
    claims = [_claim(path, labels, "never") for path, labels in LABELS.items()]
    for path, labels in PRIVATE_LABELS.items():
        claims.append(_claim(path, labels, "always" if path[0] == "holder" and len(path) > 1 else "never"))
    return {
        "vct": iss + VCT_PATH,
        "name": "Business licence with its permits",
        "description": "营业执照（或民办非企业单位登记证书）与附随许可 (type 1): one signed document, printed as one code. See docs/licence.md.",
        "display": [
            {
                "locale": "zh-CN",
                "name": "营业执照（附许可）",
                "description": "营业执照或民办非企业单位登记证书，和所附的每一项许可。",
            },
            {
                "locale": "en",
                "name": "Business licence",
                "description": "The licence, or the registration certificate of an NGO, and every permit attached to it.",
            },
        ],
        "claims": claims,
        "schema": shape.schema(),
        "transport": {
            "typ": LICENCE_TYP,
            "version": VERSION,
            "dictionaries": [
                {"id": number, "sha256": digest, "uri": f"{iss}/v/dictionary-{number}.bin"}
                for number, digest in DICTIONARIES.items()
            ],
        },
    }


@cache
def document(iss: str) -> tuple[bytes, dict[str, str]]:
    """Return body and headers to serve at `VCT_PATH`: type, a day of caching, an ETag, readable from any origin."""
    body = json.dumps(type_metadata(iss), ensure_ascii=False, indent=1).encode()
    return body, {
        "Content-Type": MEDIA_TYPE,
        "Cache-Control": f"public, max-age={MAX_AGE}",
        "ETag": f'"{sha256(body).hexdigest()[:32]}"',
        "Access-Control-Allow-Origin": "*",
        "X-Content-Type-Options": "nosniff",
    }


def claim_paths(schema: dict[str, Any], way: Path = ()) -> list[Path]:
    """Return the path of every claim that a schema of ours allows, each once, in its order."""
    found: list[Path] = []
    for one in [schema, *schema.get("oneOf", [])]:
        for name, member in one.get("properties", {}).items():
            found += [(*way, name), *claim_paths(member, (*way, name))]
        if one.get("items", {}).get("type") == "object" or "oneOf" in one.get("items", {}):
            found += claim_paths(one["items"], (*way, None))
    return list(dict.fromkeys(found))


def _claim(path: Path, labels: tuple[str, str], disclosed: str) -> dict[str, Any]:
    zh, en = labels
    entry: dict[str, Any] = {"path": list(path), "sd": disclosed}
    if path in _MANDATORY:
        entry["mandatory"] = True
    return {**entry, "display": [{"locale": "zh-CN", "label": zh}, {"locale": "en", "label": en}]}


_MANDATORY: set[Path] = {(name,) for name in shape.schema()["required"]}
