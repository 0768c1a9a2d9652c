"""What a well-behaved source says, and an application to ask it about."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from verifiers.model import AddressSubject, NameSubject, PersonSubject, Subjects
from verifiers.registries import County

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
CONTENT = "ab" * 32

GOOD: dict[str, dict[str, Any]] = {
    "population": {"found": True, "name_matches": True, "alive": True, "id_valid": True},
    "real_name": {"confirmed": True, "content_matches": True, "roles_match": True, "face_consent_refused": False},
    "court": {
        "dishonest": False,
        "dishonest_for_debt": False,
        "capacity": "full",
        "economic_crime_until": None,
        "economic_crime_serving": False,
        "probation_ended_on": None,
        "political_rights_restored_on": None,
        "political_rights_deprived": False,
        "bankruptcy_liable_on": None,
        "pending_suit_on_materials": False,
    },
    "earlier_registrations": {
        "revoked_as_representative_on": None,
        "false_registration_on": None,
        "seriously_illegal_on": "2024-02-29",
        "individual_businesses": 0,
        "registered_last_30_days": 0,
    },
    "name_registry": {
        "same": [],
        "recently_given_up": [],
        "full_name_of_another": [],
        "similar": [],
        "reservation": None,
    },
    "address_library": {
        "exists": True,
        "class": "commercial",
        "division_code": "370784",
        "restricted": False,
        "entities": 0,
        "flagged_uncontactable": False,
    },
}


def subjects_of(county: County, people: Sequence[int] = (0, 1), digest: str = CONTENT) -> Subjects:
    """An application of some people, with a free name at a free place."""
    persons = [county.person(index) for index in people]
    place = county.free_address("commercial")
    return Subjects(
        content_digest=digest,
        people=tuple(
            PersonSubject(f"/people/{i}", p.name, p.id_type, p.id_number, ("shareholder",))
            for i, p in enumerate(persons)
        ),
        name=NameSubject(
            "/entity/name", county.free_business_name(3, company=True)[0], "370784", (persons[0].id_number,), None
        ),
        address=AddressSubject("/premises", place.code, place.parts),
    )
