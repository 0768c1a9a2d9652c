"""A rule set compiled to the network: stage 1 finds the rules with a problem, stage 2 draws the outcome from them.

Stage 1 runs over atoms. `screen` rulesets fire for every rule that is neither satisfied nor out of place: one network
rule for each way in which that can come about. Only when something fired do the `cause` rulesets run, which fire for
the rules that are violated; a problem without a violation is undetermined. Each atom is stated by exactly the names
of the masks that its value lies in.

Stage 2 chains from those findings to the outcome: its message says of every ruleset of stage 1 that it ran, of every
rule that it is clear, and of every ground whether it is there. `approved` asks for all of it, positively.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.atoms import AtomTable, RuleStructure
from engine.boolean import FALSE, MASK_OF, NOT_FALSE, NOT_TRUE, TRUE, UNKNOWN, Sum, both, either, when
from engine.errors import EngineLimitError
from engine.model import Outcome
from engine.network import MAX_PROPERTIES, MAX_RULES, SENTINEL, Conditions, Names, Network, NetworkError

_LETTER = {TRUE: "t", FALSE: "f", UNKNOWN: "n", NOT_TRUE: "x", NOT_FALSE: "y"}
_GROUNDS = ("route", "refer", "wait", "fix")
_OUTCOME_OF_GROUND = {
    "route": Outcome.ROUTED,
    "refer": Outcome.REFERRED,
    "wait": Outcome.WAITING,
    "fix": Outcome.FIX,
}
_GROUND_OF_EFFECT = {"fix": "fix", "refer": "refer", "bar": "refer", "route": "route"}
_APPROVED = "approved"
_CHUNK = 200  # clear rules in one conjunction of stage 2


@dataclass(frozen=True, slots=True)
class Shard:
    """One ruleset of stage 1: its name, which rules each network rule stands for, what to say of each atom."""

    ruleset: str
    owners: Mapping[str, frozenset[int]]
    stated: tuple[tuple[int, Mapping[bool | None, tuple[str, ...]]], ...]

    def fire(self, network: Network, atoms: Sequence[bool | None]) -> set[int]:
        """Return the positions of the rules that fired."""
        message: dict[str, bool] = {}
        for index, names in self.stated:
            for name in names[atoms[index]]:
                message[name] = True
        fired = network.fire(self.ruleset, message)
        return {position for name in fired for position in self.owners[name]}


@dataclass(frozen=True, slots=True)
class NetworkAnswer:
    """What the network makes of one application: rule positions by result, and the outcome."""

    violated: frozenset[int]
    undetermined: frozenset[int]
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled rule set. `verdict` is stage 2; `conjunctions` come before it where one rule cannot ask for all."""

    rules: tuple[RuleStructure, ...]
    screen: tuple[Shard, ...]
    cause: tuple[Shard, ...]
    conjunctions: tuple[str, ...]
    verdict: str

    def run(self, network: Network, atoms: Sequence[bool | None], silent: frozenset[str]) -> NetworkAnswer:
        """Evaluate the atoms of one application; `silent` are the sources that gave no answer yet.

        Raises `NetworkError` when the network contradicts itself or does not answer.
        """
        problems: set[int] = set()
        ran = dict.fromkeys((f"ran_{index}" for index in range(len(self.screen))), False)
        for name, shard in zip(ran, self.screen, strict=True):
            problems |= shard.fire(network, atoms)
            ran[name] = True
        violated: set[int] = set()
        for shard in self.cause if problems else ():
            violated |= shard.fire(network, atoms)
        if not violated <= problems:
            raise NetworkError("a rule is violated and has no problem")
        undetermined = problems - violated
        grounds = {_GROUND_OF_EFFECT.get(self.rules[position].rule.rule.on_violation) for position in violated}
        for position in undetermined:
            rule = self.rules[position].rule
            if rule.rule.on_violation != "inform":
                grounds.add("wait" if rule.sources & silent else "refer")
        outcome = self._outcome(network, problems, grounds, ran)
        return NetworkAnswer(frozenset(violated), frozenset(undetermined), outcome)

    def _outcome(
        self, network: Network, problems: set[int], grounds: set[str | None], ran: Mapping[str, bool]
    ) -> Outcome:
        clear = {
            _clear(position): position not in problems or structure.rule.rule.on_violation == "inform"
            for position, structure in enumerate(self.rules)
        }
        message = {**ran, **{f"ground_{ground}": ground in grounds for ground in _GROUNDS}}
        for index, ruleset in enumerate(self.conjunctions):
            part = dict(list(clear.items())[index * _CHUNK : (index + 1) * _CHUNK])
            message[f"all_clear_{index}"] = "all_clear" in network.fire(ruleset, part)
        if not self.conjunctions:
            message |= clear
        fired = network.fire(self.verdict, message)
        if len(fired) != 1:
            raise NetworkError(f"{len(fired)} outcomes fired: {', '.join(sorted(fired))}")
        return Outcome(next(iter(fired)))

    @property
    def rulesets(self) -> tuple[str, ...]:
        """Every ruleset that this program registered."""
        return (*(shard.ruleset for shard in (*self.screen, *self.cause)), *self.conjunctions, self.verdict)


def compile_program(table: AtomTable, network: Network) -> Program:
    """Compile the rules of a table. Raises `EngineLimitError`, naming the rule that the network cannot hold."""
    if not table.structures:
        raise EngineLimitError("the rule set has no rules; nothing may be approved by it")
    screen: list[tuple[int, Sum]] = []
    cause: list[tuple[int, Sum]] = []
    for position, structure in enumerate(table.structures):
        try:
            screen.append((position, _problem(structure)))
            cause.append((position, both(when(structure.applies, TRUE), when(structure.holds, FALSE))))
        except EngineLimitError as error:
            raise EngineLimitError(f"rule {structure.rule.rule.id}: {error}") from error
    screen_shards = tuple(_shards(screen, network))
    clear = [_clear(position) for position in range(len(table.structures))]
    chunks = [clear[start : start + _CHUNK] for start in range(0, len(clear), _CHUNK)] if len(clear) > _CHUNK else []
    conjunctions = tuple(network.register({"all_clear": dict.fromkeys(chunk, True)}) for chunk in chunks)
    asked = [f"all_clear_{index}" for index in range(len(chunks))] or clear
    verdict = network.register(_verdict_rules(len(screen_shards), asked))
    return Program(table.structures, screen_shards, tuple(_shards(cause, network)), conjunctions, verdict)


def _problem(structure: RuleStructure) -> Sum:
    """Everything but: does not apply, or applies and holds. Whether a rule applies must be known."""
    return both(
        when(structure.applies, NOT_FALSE), either(when(structure.applies, NOT_TRUE), when(structure.holds, NOT_TRUE))
    )


def _clear(position: int) -> str:
    return f"clear_{position}"


def _verdict_rules(shards: int, clear: Sequence[str]) -> dict[str, Conditions]:
    rules: dict[str, Conditions] = {}
    above: dict[str, bool] = {}
    for ground in _GROUNDS:
        rules[_OUTCOME_OF_GROUND[ground].value] = {**above, f"ground_{ground}": True}
        above[f"ground_{ground}"] = False
    ran = {f"ran_{index}": True for index in range(shards)}
    rules[_APPROVED] = {**above, **ran, **dict.fromkeys(clear, True)}
    return rules


def _shards(sums: Sequence[tuple[int, Sum]], network: Network) -> Iterator[Shard]:
    """Cut the products of all rules into rulesets within the library's limits; equal products stand once, for all."""
    owned: dict[frozenset[tuple[int, int]], set[int]] = {}
    for position, products in sums:
        for product in products:
            owned.setdefault(frozenset(product.items()), set()).add(position)
    names = Names()
    rules: dict[str, Conditions] = {}
    owners: dict[str, frozenset[int]] = {}
    stated: dict[str, tuple[int, int]] = {}
    for literals, positions in owned.items():
        wanted = _named(literals, names)
        if len(rules) == MAX_RULES - 1 or len(stated.keys() | wanted.keys()) > MAX_PROPERTIES:
            yield _shard(rules, owners, stated, network)
            rules, owners, stated = {}, {}, {}
        name = f"p{len(rules)}"
        # A product that asks nothing always holds: the sentinel's property is true in every message.
        rules[name] = dict.fromkeys(wanted, True) or {SENTINEL: True}
        owners[name] = frozenset(positions)
        stated |= wanted
    if rules:
        yield _shard(rules, owners, stated, network)


def _named(literals: frozenset[tuple[int, int]], names: Names) -> dict[str, tuple[int, int]]:
    """Name each atom and mask of a product."""
    return {names.choose(f"a{index}{_LETTER[mask]}"): (index, mask) for index, mask in sorted(literals)}


def _shard(
    rules: dict[str, Conditions],
    owners: dict[str, frozenset[int]],
    stated: dict[str, tuple[int, int]],
    network: Network,
) -> Shard:
    by_atom: dict[int, dict[bool | None, tuple[str, ...]]] = {}
    for name, (index, mask) in stated.items():
        names = by_atom.setdefault(index, {True: (), False: (), None: ()})
        for value in names:
            if MASK_OF[value] & mask:
                names[value] = (*names[value], name)
    return Shard(network.register(rules), owners, tuple(by_atom.items()))
