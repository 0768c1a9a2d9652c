"""All verifiers, in the order in which evidence is kept. A new source is one module and one line here."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from verifiers import address_library, court, earlier_registrations, name_registry, population, real_name
from verifiers.keys import SourceKeys
from verifiers.model import Evidence, Query, Subjects, Verifier

VERIFIERS: tuple[Verifier, ...] = (
    population.VERIFIER,
    real_name.VERIFIER,
    court.VERIFIER,
    earlier_registrations.VERIFIER,
    name_registry.VERIFIER,
    address_library.VERIFIER,
)
BY_KEY: Mapping[str, Verifier] = MappingProxyType({verifier.key: verifier for verifier in VERIFIERS})


def questions(subjects: Subjects) -> tuple[Query, ...]:
    """Return every question that an application raises: by verifier, then in the order of the subjects."""
    return tuple(query for verifier in VERIFIERS for query in verifier.queries(subjects))


def attest_again(evidence: Evidence, keys: SourceKeys) -> Evidence:
    """Make the evidence anew from the stored question and answer alone, as replay does.

    Where nothing usable arrived there is nothing to repeat, and the evidence is returned as it is. Raises `KeyError`
    for a verifier that is not in the catalogue.
    """
    if evidence.response is None:
        return evidence
    verifier = BY_KEY[evidence.verifier]
    query = Query(evidence.verifier, evidence.subject, evidence.request)
    times = {"asked_at": evidence.asked_at, "answered_at": evidence.answered_at}
    return replace(verifier.attest(query, evidence.response, keys=keys, **times), attempts=evidence.attempts)
