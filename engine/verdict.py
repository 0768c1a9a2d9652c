"""Stage 2 of the network: from what stage 1 found to the outcome.

Its message says of every ruleset of stage 1 whether it ran, of every rule whether it is clear, and of every ground
whether it is there. `approved` asks for all of it, positively: what was not said is not approved.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from engine.model import Outcome
from engine.network import Conditions, Network, NetworkError, Written

_OUTCOME_OF_GROUND = {
    "route": Outcome.ROUTED,
    "refer": Outcome.REFERRED,
    "wait": Outcome.WAITING,
    "fix": Outcome.FIX,
}
_CHUNK = 200  # clear rules in one conjunction


@dataclass(frozen=True, slots=True)
class Clearance:
    """A run of rules that one ruleset is told of: the text for each when it is not clear and when it is, and for all."""

    ruleset: str
    first: int
    texts: tuple[tuple[Written, Written], ...]
    all_clear: Written

    def message(self, unclear: AbstractSet[int]) -> Sequence[Written]:
        """Return what to say, given the positions of the rules that are not clear."""
        if not unclear:
            return (self.all_clear,)
        return [texts[position not in unclear] for position, texts in enumerate(self.texts, self.first)]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The ruleset that draws the outcome; `conjunctions` come before it where one rule cannot ask for all."""

    ruleset: str
    ran: tuple[Written, ...]  # by how many shards ran
    grounds: tuple[tuple[str, Written, Written], ...]  # each with its text when it is not there and when it is
    clear: Clearance | None
    conjunctions: tuple[tuple[Clearance, Written, Written], ...]

    def outcome(
        self, network: Network, unclear: AbstractSet[int], grounds: AbstractSet[str | None], ran: int
    ) -> Outcome:
        """Return the outcome, given the rules that are not clear, the grounds that are there, and the shards that ran.

        Raises `NetworkError` unless exactly one outcome fires.
        """
        message = [self.ran[ran], *(there if ground in grounds else absent for ground, absent, there in self.grounds)]
        for clearance, failed, held in self.conjunctions:
            message.append(held if network.fire_written(clearance.ruleset, clearance.message(unclear)) else failed)
        if self.clear is not None:
            message += self.clear.message(unclear)
        fired = network.fire_written(self.ruleset, message)
        if len(fired) != 1:
            raise NetworkError(f"{len(fired)} outcomes fired: {', '.join(sorted(fired))}")
        return Outcome(next(iter(fired)))

    @property
    def rulesets(self) -> tuple[str, ...]:
        """Every ruleset that this verdict registered."""
        return (*(clearance.ruleset for clearance, _, _ in self.conjunctions), self.ruleset)


def compile_verdict(rules: int, shards: int, network: Network) -> Verdict:
    """Compile stage 2 for `rules` rules whose problems `shards` rulesets look for."""
    positions = range(rules)
    chunks = [positions[start : start + _CHUNK] for start in positions[::_CHUNK]] if rules > _CHUNK else []
    asked = [f"all_clear_{index}" for index in range(len(chunks))] or [_clear(position) for position in positions]
    ruleset = network.register(_rules(shards, asked))
    conjunctions = []
    for index, chunk in enumerate(chunks):
        conjunction = network.register({"all_clear": {_clear(position): True for position in chunk}})
        conjunctions.append((_clearance(conjunction, chunk, network), *_either(ruleset, f"all_clear_{index}", network)))
    ran = [
        network.write(ruleset, {f"ran_{index}": index < ran for index in range(shards)}) for ran in range(shards + 1)
    ]
    grounds = [(ground, *_either(ruleset, f"ground_{ground}", network)) for ground in _OUTCOME_OF_GROUND]
    clear = None if chunks else _clearance(ruleset, positions, network)
    return Verdict(ruleset, tuple(ran), tuple(grounds), clear, tuple(conjunctions))


def _either(ruleset: str, name: str, network: Network) -> tuple[Written, Written]:
    return network.write(ruleset, {name: False}), network.write(ruleset, {name: True})


def _clearance(ruleset: str, positions: range, network: Network) -> Clearance:
    texts = tuple(_either(ruleset, _clear(position), network) for position in positions)
    all_clear = network.write(ruleset, {_clear(position): True for position in positions})
    return Clearance(ruleset, positions.start, texts, all_clear)


def _clear(position: int) -> str:
    return f"clear_{position}"


def _rules(shards: int, clear: Sequence[str]) -> dict[str, Conditions]:
    rules: dict[str, Conditions] = {}
    above: dict[str, bool] = {}
    for ground, outcome in _OUTCOME_OF_GROUND.items():
        rules[outcome.value] = {**above, f"ground_{ground}": True}
        above[f"ground_{ground}"] = False
    ran = {f"ran_{index}": True for index in range(shards)}
    rules[Outcome.APPROVED.value] = {**above, **ran, **dict.fromkeys(clear, True)}
    return rules
