"""Who has to sign what, and whose signature is missing (细则 15; 电子签名法 13-14; 公司法 46(2), 83).

The operator, the investor, or the legal representative and every shareholder sign the application; an agent signs it
too. Every shareholder signs the articles, the consent to have no supervisor and the mandate; where there are no
shareholders, the operator or the investor signs the mandate. A signature over another content than the final one
counts as absent.
"""

from collections.abc import Iterator
from typing import Any

from engine.application import Application


def signatures_missing(application: Application) -> list[str]:
    """Return `person/document` for each required signature that is absent or covers another content, in a fixed order."""
    signed = {
        (signature["person"], signature["document"])
        for signature in application.document["signatures"]
        if signature["content_digest"].lower() == application.content_digest
    }
    required = dict.fromkeys(_required(application.document))
    return [f"{person}/{document}" for person, document in required if (person, document) not in signed]


def _required(document: Any) -> Iterator[tuple[str, str]]:
    principals = [document[member]["person"] for member in ("operator", "investor") if document.get(member)]
    representative = [document["legal_representative"]["person"]] if document.get("legal_representative") else []
    shareholders = [entry["person"] for entry in document.get("shareholders") or ()]
    agents = [document["agent"]["person"]] if document.get("agent") else []
    signers = {
        "application": [*principals, *representative, *shareholders, *agents],
        "articles": shareholders if document.get("articles") else [],
        "no_supervisor_consent": shareholders if document.get("supervision") == "none" else [],
        "mandate": (principals or shareholders) if agents else [],
    }
    for name, persons in signers.items():
        yield from ((person, name) for person in persons)
