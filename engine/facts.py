"""From an application and its evidence to the facts that rules speak of: those of `rules/facts.yaml`, exactly.

Everything here is computed from its arguments: what the applicant wrote, what the sources attested, the rule set's
catalogue of standard expressions, and the moment. A fact that the applicant may leave out is null when left out; a
record of a source is null when the source gave no usable answer for that subject.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any

from engine.application import Application
from engine.articles import articles_facts
from engine.governance import governance_facts, officer_facts, representative_facts
from engine.people import people_facts
from engine.signatures import signatures_missing
from rules.typed import RuleSet
from verifiers.business_name import describe
from verifiers.model import Evidence

Records = Mapping[tuple[str, str], Mapping[str, Any] | None]
# One time without daylight saving since 1991: a fixed offset needs no time-zone files and cannot change with them.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
_PREMISES = (
    "division_code", "province", "city", "county", "town", "village", "road", "number", "landmark",
    "standard_address_code", "tenure", "use", "interested_owners_consented", "hosted_at",
)  # fmt: skip
_DECLARATIONS = (
    "truthful", "premises", "name_infringement", "permits_understood", "personal_data_notice",
    "automated_decision_understood", "unlimited_liability_understood", "wants_human",
)  # fmt: skip
_MARKS = ("pre_approval", "post_permit", "legal_person_only", "prohibited", "special_consultation", "online")


NO_CASE_FACTS: Mapping[str, Any] = MappingProxyType({})


def decision_day(at: datetime) -> date:
    """Return the day of a moment in Asia/Shanghai: the day of establishment is the day of issue (公司法 33, 条例 21).

    Raises `ValueError` for a clock reading without a time zone.
    """
    if at.tzinfo is None:
        raise ValueError(f"the clock reading {at.isoformat()} has no time zone; give it in UTC")
    return at.astimezone(UTC).astimezone(SHANGHAI).date()


def facts(
    application: Application,
    evidence: Sequence[Evidence],
    rule_set: RuleSet,
    at: datetime,
    case: Mapping[str, Any] = NO_CASE_FACTS,
) -> dict[str, Any]:
    """Return all facts of `rules/facts.yaml` for this application at this moment."""
    document = application.document
    day = decision_day(at)
    records = joined(evidence)
    people = people_facts(application, records, day)
    by_ref = {person["ref"]: person for person in people}
    beneficial_owners = {entry["person"] for entry in (document.get("beneficial_owner") or {}).get("listed", ())}
    shareholders = [
        {
            "at": f"/shareholders/{index}",
            "person": by_ref[entry["person"]],
            "subscribed_fen": entry["subscribed_fen"],
            "method": entry["method"],
            "due_on": date.fromisoformat(entry["due_on"]),
            "valuation": entry.get("valuation"),
            "guardian_acts": entry.get("guardian_acts"),
            "listed_as_beneficial_owner": entry["person"] in beneficial_owners,
        }
        for index, entry in enumerate(document.get("shareholders") or ())
    ]  # fmt: skip
    family_members = [
        {"at": f"/family_members/{index}", "person": by_ref[entry["person"]], "relation": entry["relation"]}
        for index, entry in enumerate(document.get("family_members") or ())
    ]
    officers = officer_facts(document, by_ref)
    entity, scope = document["entity"], document["scope"]
    owner = document.get("beneficial_owner")
    return {
        "decided_on": day,
        "item": application.item,
        "item_published": rule_set.item.code == application.item and rule_set.item.in_force.holds_on(day),
        "entity": {"kind": application.kind, "form": entity["form"], "name": entity.get("name")},
        "name": _name(document),
        "name_record": _name_record(records.get(("name_registry", "/entity/name")), case),
        "premises": _premises(document["premises"]),
        "address": records.get(("address_library", "/premises")),
        "contact": {name: document["contact"].get(name) for name in ("phone", "postcode", "email")},
        "scope": _scope(scope, rule_set.scope_catalogue),
        "term": {"kind": document["term"]["kind"], "until": _date(document["term"].get("until"))},
        "people": people,
        "operator": _person(document.get("operator"), by_ref),
        "family_members": family_members,
        "investor": _person(document.get("investor"), by_ref),
        "entrusted_manager": _person(document.get("entrusted_manager"), by_ref),
        "shareholders": shareholders,
        "officers": officers,
        "legal_representative": representative_facts(document, by_ref),
        "governance": governance_facts(document, officers),
        "articles": articles_facts(document),
        "beneficial_owner": None if owner is None else {
            "exemption_claimed": owner["exemption_claimed"], "listed": len(owner["listed"]),
        },
        "capital": _capital(document),
        "employees": document["employees"],
        "liaison": by_ref[document["liaison"]["person"]],
        "agent": _agent(document.get("agent"), by_ref),
        "declarations": {name: bool(document["declarations"].get(name)) for name in _DECLARATIONS},
        "signatures": [
            # To the minute: a leap second (:60) is a valid date-time that Python does not read.
            {"at": f"/signatures/{index}", "signed_on": decision_day(datetime.fromisoformat(f"{entry['signed_at'][:16]}Z"))}
            for index, entry in enumerate(document["signatures"])
        ],
        "signatures_missing": signatures_missing(application),
    }  # fmt: skip


def _name_record(attested: Mapping[str, Any] | None, case: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Add the names of our own approvals, which the name registry may not know yet, to what it attested."""
    own = case.get("own_names")
    if attested is None or not own:
        return attested
    known = {match["full"] for match in attested["same"]}
    added = [{**match, "since": _date(match["since"])} for match in own if match["full"] not in known]
    return {**attested, "same": [*attested["same"], *added]}


def joined(evidence: Sequence[Evidence]) -> Records:
    """Return the attested values by (verifier, subject). Two answers about one subject that differ are no answer."""
    records: dict[tuple[str, str], Mapping[str, Any] | None] = {}
    for one in evidence:
        key = (one.verifier, one.subject)
        # The expression language knows contexts as plain dicts; whatever mapping a verifier used becomes one here.
        value = dict(one.value) if one.failure is None and one.value is not None else None
        records[key] = value if key not in records or records[key] == value else None
    return records


def _name(document: Mapping[str, Any]) -> dict[str, Any] | None:
    name = document["entity"].get("name")
    if name is None:
        return None
    division, industry = document["premises"]["division_code"], document["scope"]["main_industry_code"]
    return describe(name, premises_division=division, main_industry=industry)


def _premises(premises: Mapping[str, Any]) -> dict[str, Any]:
    network = premises.get("network")
    place = None if network is None else {
        name: network[name] for name in ("platform_name", "url", "attestation_number")
    }  # fmt: skip
    return {**{name: premises.get(name) for name in _PREMISES}, "network": place}


def _scope(scope: Mapping[str, Any], catalogue: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    items = [_scope_item(index, item, catalogue.get(item["code"])) for index, item in enumerate(scope["items"])]
    return {
        "items": items,
        "main": scope["main"],
        "main_industry_code": scope["main_industry_code"],
        "mains": sum(item["code"] == scope["main"] for item in items),
    }


def _scope_item(index: int, item: Mapping[str, Any], entry: Mapping[str, Any] | None) -> dict[str, Any]:
    """Join one item with the published catalogue. An unknown code has no marks at all: null, never a harmless false."""
    approval = item.get("approval")
    known = entry is not None
    entry = entry or {}
    text = entry.get("text")
    return {
        "at": f"/scope/items/{index}",
        "code": item["code"],
        "text": item["text"],
        "kind": item["kind"],
        "known": known,
        "text_is_standard": known and item["text"] == (text["zh"] if isinstance(text, Mapping) else text),
        "kind_is_standard": known and item["kind"] == entry.get("kind"),
        "industry_code": entry.get("industry_code"),
        **{mark: entry.get(mark) for mark in _MARKS},
        "minimum_capital_fen": entry.get("minimum_capital_fen"),
        "approval": None if approval is None else {
            "number": approval["number"],
            "authority": approval["authority"],
            "issued_on": date.fromisoformat(approval["issued_on"]),
            "valid_to": _date(approval.get("valid_to")),
            "confirmed_on": _date(approval.get("confirmed_on")),
        },
    }  # fmt: skip


def _capital(document: Mapping[str, Any]) -> dict[str, Any]:
    contribution = document.get("contribution") or {}
    shareholders = document.get("shareholders")
    amounts = (document.get("registered_capital_fen"), contribution.get("amount_fen"), document.get("funds_fen"))
    return {
        "amount_fen": next((amount for amount in amounts if amount is not None), None),
        "source": contribution.get("source"),
        "shareholders_sum_fen": None
        if shareholders is None
        else sum(entry["subscribed_fen"] for entry in shareholders),
    }


def _agent(agent: Mapping[str, Any] | None, by_ref: Mapping[str, dict[str, Any]]) -> dict[str, Any] | None:
    if agent is None:
        return None
    return {
        "person": by_ref[agent["person"]],
        "powers": list(agent["powers"]),
        "valid_from": date.fromisoformat(agent["valid_from"]),
        "valid_to": date.fromisoformat(agent["valid_to"]),
        "agency_name": agent.get("agency_name"),
        "is_intermediary": agent["is_intermediary"],
        "agent_status_disclosed": agent["agent_status_disclosed"],
    }


def _person(entry: Mapping[str, Any] | None, by_ref: Mapping[str, dict[str, Any]]) -> dict[str, Any] | None:
    return None if entry is None else by_ref[entry["person"]]


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
