"""Step 3 over HTTP: the questions of an application to the sources that its rule set reads."""

from dataclasses import dataclass, field
from datetime import timedelta

from casework.ports import Ports
from engine.application import Application, subjects
from verifiers.breaker import Breakers
from verifiers.catalogue import questions
from verifiers.client import Ask
from verifiers.gather import gather
from verifiers.keys import SourceKeys
from verifiers.model import Evidence


@dataclass(slots=True)
class HttpGatherer:
    """Asks the real sources; one circuit breaker a source is shared by all applications of the process."""

    client: Ask
    keys: SourceKeys
    ports: Ports
    deadline: timedelta
    breakers: Breakers = field(default_factory=Breakers)

    async def gather(self, application: Application, sources: frozenset[str]) -> tuple[Evidence, ...]:
        """Return the evidence of these sources in a fixed order; never raises for what a source does."""
        asked = [query for query in questions(subjects(application)) if query.verifier in sources]
        return await gather(
            asked,
            client=self.client,
            keys=self.keys,
            clock=self.ports.now,
            breakers=self.breakers,
            deadline=self.deadline,
        )
