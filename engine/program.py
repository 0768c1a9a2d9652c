"""A rule set compiled to the network: stage 1 finds the rules with a problem, stage 2 draws the outcome from them.

Stage 1 runs over atoms. `screen` rulesets fire for every rule that is neither satisfied nor out of place: one network
rule for each way in which that can come about. Only when something fired do the `cause` rulesets run, which fire for
the rules that are violated; a problem without a violation is undetermined. Each atom is stated by exactly the names
of the masks that its value lies in.

Stage 2 (`engine.verdict`) chains from those findings to the outcome.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.atoms import AtomTable, RuleStructure
from engine.boolean import FALSE, MASK_OF, NOT_FALSE, NOT_TRUE, TRUE, UNKNOWN, Sum, both, either, when
from engine.errors import EngineLimitError
from engine.model import Outcome
from engine.network import MAX_PROPERTIES, MAX_RULES, SENTINEL, Conditions, Names, Network, NetworkError, Written
from engine.verdict import Verdict, compile_verdict

_LETTER = {TRUE: "t", FALSE: "f", UNKNOWN: "n", NOT_TRUE: "x", NOT_FALSE: "y"}
_GROUND_OF_EFFECT = {"fix": "fix", "refer": "refer", "bar": "refer", "route": "route"}


@dataclass(frozen=True, slots=True)
class Shard:
    """One ruleset of stage 1: its name, which rules each network rule stands for, what to say of each atom."""

    ruleset: str
    owners: Mapping[str, frozenset[int]]
    stated: tuple[tuple[int, Mapping[bool | None, Written]], ...]

    def fire(self, network: Network, atoms: Sequence[bool | None]) -> set[int]:
        """Return the positions of the rules that fired."""
        fired = network.fire_written(self.ruleset, [texts[atoms[index]] for index, texts in self.stated])
        return {position for name in fired for position in self.owners[name]}


@dataclass(frozen=True, slots=True)
class NetworkAnswer:
    """What the network makes of one application: rule positions by result, and the outcome."""

    violated: frozenset[int]
    undetermined: frozenset[int]
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled rule set: the shards of stage 1, and stage 2."""

    rules: tuple[RuleStructure, ...]
    screen: tuple[Shard, ...]
    cause: tuple[Shard, ...]
    verdict: Verdict

    def run(self, network: Network, atoms: Sequence[bool | None], silent: frozenset[str]) -> NetworkAnswer:
        """Evaluate the atoms of one application; `silent` are the sources that gave no answer yet.

        Raises `NetworkError` when the network contradicts itself or does not answer.
        """
        problems: set[int] = set()
        ran = 0
        for shard in self.screen:
            problems |= shard.fire(network, atoms)
            ran += 1
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
        unclear = {position for position in problems if self.rules[position].rule.rule.on_violation != "inform"}
        outcome = self.verdict.outcome(network, unclear, grounds, ran)
        return NetworkAnswer(frozenset(violated), frozenset(undetermined), outcome)

    @property
    def rulesets(self) -> tuple[str, ...]:
        """Every ruleset that this program registered."""
        return (*(shard.ruleset for shard in (*self.screen, *self.cause)), *self.verdict.rulesets)


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
    verdict = compile_verdict(len(table.structures), len(screen_shards), network)
    return Program(table.structures, screen_shards, tuple(_shards(cause, network)), verdict)


def _problem(structure: RuleStructure) -> Sum:
    """Everything but: does not apply, or applies and holds. Whether a rule applies must be known."""
    return both(
        when(structure.applies, NOT_FALSE), either(when(structure.applies, NOT_TRUE), when(structure.holds, NOT_TRUE))
    )


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
    ruleset = network.register(rules)
    by_atom: dict[int, dict[bool | None, dict[str, bool]]] = {}
    for name, (index, mask) in stated.items():
        said = by_atom.setdefault(index, {True: {}, False: {}, None: {}})
        for value, names in said.items():
            if MASK_OF[value] & mask:
                names[name] = True
    texts = tuple(
        (index, {value: network.write(ruleset, names) for value, names in said.items()})
        for index, said in by_atom.items()
    )
    return Shard(ruleset, owners, texts)
