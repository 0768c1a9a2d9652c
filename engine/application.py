"""The application, as everything after intake reads it: one frozen value made from one document."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rules.model import EntityKind
from verifiers.model import AddressSubject, NameSubject, PersonSubject, Subjects

KIND_OF_FORM: Mapping[str, EntityKind] = {
    "personal": "individual",
    "family": "individual",
    "sole": "sole_proprietorship",
    "natural_persons": "llc",
    "single_person": "llc",
}
ROLE_OF_POST: Mapping[str, str] = {
    "chair": "chair",
    "director": "director",
    "employee_director": "director",
    "audit_committee": "director",
    "supervisor_chair": "supervisor",
    "supervisor": "supervisor",
    "employee_supervisor": "supervisor",
    "manager": "manager",
    "deputy_manager": "deputy_manager",
    "finance_head": "finance_head",
}
# Who stands behind a name: those to whom an investment relation can lead (企业名称登记管理规定 17).
_INVESTORS = frozenset({"operator", "investor", "shareholder"})
_ADDRESS_PARTS = ("province", "city", "county", "town", "village", "road", "number")


@dataclass(frozen=True, slots=True)
class Application:
    """An application that agrees with the form of its item.

    `document` is the JSON as read and is never changed; `raw_digest` is hex SHA-256 of the bytes received,
    `content_digest` of the RFC 8785 form of the document without `signatures`: what the signers sign and citizens
    confirm.
    """

    document: Mapping[str, Any]
    raw_digest: str
    content_digest: str
    item: str
    kind: EntityKind
    roles: Mapping[str, tuple[str, ...]]  # by person ref, in the order of the form


def application_of(document: Mapping[str, Any], raw: bytes) -> Application:
    """Make the application of a document that passed intake."""
    return Application(
        document=document,
        raw_digest=hashlib.sha256(raw).hexdigest(),
        content_digest=content_digest(document),
        item=document["item"],
        kind=KIND_OF_FORM[document["entity"]["form"]],
        roles=roles(document),
    )


def content_digest(document: Mapping[str, Any]) -> str:
    """Return hex SHA-256 of the RFC 8785 form of the document without `signatures`.

    For documents of our forms (integers up to 2^53-1, ASCII member names) the standard library writes exactly that
    form, ten times faster than a general canonicaliser; a test compares the two.
    """
    signed = {name: value for name, value in document.items() if name != "signatures"}
    canonical = json.dumps(signed, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def mentions(document: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield (pointer, person ref, role) wherever the form gives a person a role, in the order of the form."""
    for member in ("operator", "investor", "entrusted_manager", "legal_representative", "liaison", "agent"):
        if (entry := document.get(member)) is not None:
            yield f"/{member}/person", entry["person"], member
    for member, role in (("family_members", "family_member"), ("shareholders", "shareholder")):
        for index, entry in enumerate(document.get(member) or ()):
            yield f"/{member}/{index}/person", entry["person"], role
    for index, entry in enumerate(document.get("officers") or ()):
        yield f"/officers/{index}/person", entry["person"], ROLE_OF_POST[entry["post"]]


def references(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (pointer, person ref) wherever the form names a person without giving a role."""
    for index, entry in enumerate(document.get("signatures") or ()):
        yield f"/signatures/{index}/person", entry["person"]
    listed = (document.get("beneficial_owner") or {}).get("listed") or ()
    for index, entry in enumerate(listed):
        yield f"/beneficial_owner/listed/{index}/person", entry["person"]
    values = (document.get("articles") or {}).get("values") or {}
    for index, entry in enumerate(values.get("shareholders") or ()):
        yield f"/articles/values/shareholders/{index}/person", entry["person"]


def roles(document: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return the roles of each person by ref, each role once."""
    found: dict[str, dict[str, None]] = {person["ref"]: {} for person in document["people"]}
    for _, ref, role in mentions(document):
        found.setdefault(ref, {})[role] = None
    return {ref: tuple(each) for ref, each in found.items()}


def address_parts(premises: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the parts of the address from the province to the house, without those left out."""
    return tuple(premises[part] for part in _ADDRESS_PARTS if premises.get(part))


def subjects(application: Application) -> Subjects:
    """Return all that verifiers may be asked about: the persons, the name if there is one, and the premises."""
    document = application.document
    people = tuple(
        PersonSubject(
            f"/people/{index}",
            person["name"],
            person["id_type"],
            person["id_number"].upper(),
            application.roles[person["ref"]],
        )
        for index, person in enumerate(document["people"])
    )
    entity, premises = document["entity"], document["premises"]
    name = entity.get("name")
    named = None
    if name is not None:
        behind = tuple(person.id_number for person in people if _INVESTORS & set(person.roles))
        named = NameSubject("/entity/name", name, premises["division_code"], behind, entity.get("name_reservation"))
    parts = address_parts(premises)
    return Subjects(
        content_digest=application.content_digest,
        people=people,
        name=named,
        address=AddressSubject("/premises", premises.get("standard_address_code"), parts),
    )
