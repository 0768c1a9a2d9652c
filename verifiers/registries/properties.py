"""What may be held against a made person, one kind a row; eight people have each. Days count back from the anchor."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

EACH = 8


@dataclass(frozen=True, slots=True)
class Held:
    """What the sources hold of a person.

    `court` and `history` map a kind of entry to how many days before the anchor it lies (negative: after it).
    """

    id_type: str = "resident_id"
    alive: bool = True
    id_valid: bool = True
    face_consent_refused: bool = False
    court: Mapping[str, int] = field(default_factory=dict)
    history: Mapping[str, int] = field(default_factory=dict)
    individual_businesses: int = 0
    registered_last_30_days: int = 0


PROPERTIES: Mapping[str, Held] = MappingProxyType(
    {
        "deceased": Held(alive=False, id_valid=False),
        "id_expired": Held(id_valid=False),
        "face_consent_refused": Held(face_consent_refused=True),
        "dishonest": Held(court={"dishonest": 100}),
        "dishonest_for_debt": Held(court={"dishonest": 100, "dishonest_for_debt": 100}),
        "limited_capacity": Held(court={"limited_capacity": 500}),
        "no_capacity": Held(court={"no_capacity": 500}),
        "economic_crime_recent": Held(court={"economic_crime_until": 700}),
        "economic_crime_old": Held(court={"economic_crime_until": 2500}),
        "economic_crime_serving": Held(court={"economic_crime_until": -400, "economic_crime_serving": 300}),
        "probation_recent": Held(court={"probation_ended_on": 200}),
        "political_rights_deprived": Held(court={"political_rights_deprived": 300}),
        "political_rights_restored_recently": Held(court={"political_rights_restored_on": 600}),
        "bankruptcy_liable_recently": Held(court={"bankruptcy_liable_on": 400}),
        "pending_suit": Held(court={"pending_suit_on_materials": 30}),
        "revoked_representative": Held(history={"revoked_as_representative_on": 500}),
        "revoked_representative_old": Held(history={"revoked_as_representative_on": 1500}),
        "false_registration": Held(history={"false_registration_on": 400}),
        "seriously_illegal": Held(history={"seriously_illegal_on": 300}),
        "one_business": Held(individual_businesses=1),
        "many_businesses": Held(individual_businesses=12),
        "frequent_registrations": Held(individual_businesses=3, registered_last_30_days=9),
        "hk_macao_resident": Held(id_type="hk_macao_permit"),
        "foreigner": Held(id_type="passport"),
    }
)
