"""The persons of an application: what they wrote, what their numbers say, and what four sources attest of them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from engine.application import Application
from verifiers.resident_id import born_on, full_years, well_formed

# Only these numbers hold a date of birth; a passport of 18 digits would be read as one.
_NUMBERS_WITH_BIRTH = frozenset({"resident_id", "hmt_residence", "foreign_permanent_residence"})


def people_facts(
    application: Application, records: Mapping[tuple[str, str], Mapping[str, Any] | None], day: date
) -> list[dict[str, Any]]:
    """Return one `person` record for each person of the form, in its order."""
    people = []
    for index, person in enumerate(application.document["people"]):
        place = f"/people/{index}"
        id_type, number = person["id_type"], person["id_number"].upper()
        valid_to = person.get("id_valid_to")
        born = born_on(number) if id_type in _NUMBERS_WITH_BIRTH else None
        people.append(
            {
                "at": place,
                "ref": person["ref"],
                "name": person["name"],
                "roles": list(application.roles[person["ref"]]),
                "nationality": person["nationality"],
                "id_type": id_type,
                "id_number": number,
                "id_well_formed": well_formed(id_type, number, day),
                "id_valid_to": None if valid_to is None else date.fromisoformat(valid_to),
                "born_on": born,
                # A birth in the future has no age; the number is then not well formed either.
                "age": None if born is None or born > day else full_years(born, day),
                "supports_self": person.get("supports_self"),
                "barred_office": person.get("barred_office"),
                "population": records.get(("population", place)),
                "real_name": records.get(("real_name", place)),
                "court": records.get(("court", place)),
                "history": records.get(("earlier_registrations", place)),
            }
        )
    return people
