"""The durable_rules library behind a fence: the only module that imports it.

What goes in are conditions over property names made here and messages of those names with `true` or `false`; what
comes out are the names of the rules that fired. Measured hazards of the library (each has a regression test in
tests/engine/test_network.py):

- strings, numbers, nulls, arrays, regular expressions, arithmetic and joins can match wrongly or kill the process: only
  equality of a property with true or false is used, joined by `$and`;
- names are compared by a 32-bit hash: every name is checked against all others and the reserved ones before it is used;
- more than 64 conditions matched by one message, 254 properties or 512 conditions at one level fail: a ruleset holds
  at most `MAX_RULES` rules and `MAX_PROPERTIES` properties, checked when it is registered;
- background threads call into the same state: the host starts none, and every call is made under one lock;
- state outlives a call: it is deleted after every evaluation, also after a failed one. Deleting the state of a
  message that no rule matched crashes the process: every ruleset has a sentinel that always fires, which also proves
  that it ran;
- exceptions in actions are swallowed into the state: the state is looked at after every evaluation;
- `run` is removed from the definition that is passed in: definitions are made anew for the library and kept by nobody.
"""

import hashlib
import json
import re
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

import durable_rules_engine as library  # type: ignore[import-not-found]  # a C module without types
from durable import engine as durable

from engine.errors import EngineLimitError

MAX_RULES: Final = 60  # with the sentinel; the library's stack holds 64 matches
MAX_PROPERTIES: Final = 240  # the library holds 254, `id` and `sid` among them
MAX_CONDITIONS: Final = 240  # in one rule
SENTINEL: Final = "ran"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_SESSION: Final = "s"
_IDENTITY: Final = {"sid": _SESSION, "id": "1"}
RESERVED: Final = frozenset({"id", "sid", "$s", "$i", "$m", "m", "label", "chart", "running", "exception"})

Conditions = Mapping[str, bool]  # property name to the value it must have, all of them


class NetworkError(Exception):
    """The network gave no answer that can be trusted; the caller refers the case and raises an alarm."""


def fnv1a(name: str) -> int:
    """Return the 32-bit FNV-1a hash by which the library tells names apart.

    >>> fnv1a("k32728") == fnv1a("k261234")
    True
    """
    value = 0x811C9DC5
    for byte in name.encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


class Names:
    """A vocabulary in which no two names, and no name and a reserved one, have the same hash."""

    def __init__(self, hashed: Callable[[str], int] = fnv1a) -> None:
        self._hashed = hashed
        self._owners = {hashed(name): name for name in (*RESERVED, SENTINEL)}

    def add(self, name: str) -> str:
        """Take `name` in and return it.

        Raises `EngineLimitError` when it is not ours in form, or cannot be told from another.
        """
        if not _NAME.fullmatch(name):
            raise EngineLimitError(f"{name!r} is not a name made by the compiler")
        owner = self._owners.setdefault(self._hashed(name), name)
        if owner != name or name in RESERVED:
            raise EngineLimitError(
                f"the names {name!r} and {owner!r} have the same 32-bit hash; the library cannot tell them apart"
            )
        return name

    def choose(self, stem: str) -> str:
        """Take in and return `stem`, or the first `stem_n` that can be told from all others; the same stem, the same name."""
        for name in (stem, *(f"{stem}_{number}" for number in range(1, 100))):
            if self._owners.get(self._hashed(name), name) == name and name not in RESERVED:
                return self.add(name)
        raise EngineLimitError(f"no name for {stem!r} can be told from the others")


class _Host(durable.Host):  # type: ignore[misc]  # durable_rules ships no types
    """A host without its two timer chains: they would call into the state that an evaluation is using."""

    def _run(self) -> None:
        pass


class Network:
    """All rulesets of this program, on one host. Use `network()`; a second instance is for tests."""

    def __init__(self) -> None:
        self._host = _Host()
        self._lock = threading.Lock()
        self._fired: list[str] = []
        self._known: dict[str, frozenset[str]] = {}
        self._uses: dict[str, int] = {}
        self._broken: set[str] = set()

    def register(self, rules: Mapping[str, Conditions]) -> str:
        """Compile rules into a ruleset and return its name, a hash of its content; equal content is compiled once.

        Raises `EngineLimitError` when the ruleset cannot be held safely.
        """
        properties = _checked(rules)
        content = json.dumps([[name, sorted(conditions.items())] for name, conditions in rules.items()])
        ruleset = "m" + hashlib.sha256(content.encode()).hexdigest()[:40]
        with self._lock:
            if ruleset not in self._known:
                definition = {name: self._rule(name, conditions) for name, conditions in rules.items()}
                definition[SENTINEL] = self._rule(SENTINEL, {SENTINEL: True})
                self._host.set_rulesets({ruleset: definition})
                self._known[ruleset] = properties
            self._uses[ruleset] = self._uses.get(ruleset, 0) + 1
        return ruleset

    def forget(self, ruleset: str) -> None:
        """Give a registration back; the last one frees the ruleset.

        Its states are gone already, because each evaluation deletes its own: else a megabyte would leak here.
        """
        with self._lock:
            self._uses[ruleset] -= 1
            if self._uses[ruleset]:
                return
            del self._uses[ruleset], self._known[ruleset]
            # The host offers no call for this, only the C module does.
            freed = self._host._ruleset_directory.pop(ruleset)  # noqa: SLF001 - see above
            self._host._ruleset_list.remove(freed)  # noqa: SLF001 - see above
            library.delete_ruleset(freed._handle)  # noqa: SLF001 - see above

    def fire(self, ruleset: str, message: Mapping[str, bool]) -> frozenset[str]:
        """Evaluate one message and return the names of the rules that fired, without the sentinel.

        A property that is left out matches no condition. Raises `NetworkError` when the answer cannot be trusted.
        """
        with self._lock:
            known = self._known.get(ruleset)
            if known is None or ruleset in self._broken:
                raise NetworkError("this ruleset was given back, or failed before and is not used again")
            fact: dict[str, Any] = {SENTINEL: True, **_IDENTITY}
            for name, value in message.items():
                if name not in known or (value is not True and value is not False):
                    raise NetworkError("a property that the compiler did not make was about to reach the network")
                fact[name] = value
            self._fired.clear()
            state = self._evaluate(ruleset, fact)
            fired = frozenset(self._fired)
        if state is None or "exception" in state:
            raise NetworkError(f"an action failed: {state}")
        if SENTINEL not in fired:
            raise NetworkError("the sentinel did not fire: the ruleset did not run")
        return fired - {SENTINEL}

    def _evaluate(self, ruleset: str, fact: Mapping[str, Any]) -> Any:
        try:
            state = self._host.assert_fact(ruleset, dict(fact))
        except durable.MessageNotHandledException as error:
            # Nothing matched, not even the sentinel. Deleting the state now would crash the process, so it stays and
            # the ruleset is never used again.
            self._broken.add(ruleset)
            raise NetworkError("nothing matched, not even the sentinel") from error
        except Exception as error:
            self._broken.add(ruleset)
            self._delete_state(ruleset)
            raise NetworkError(f"the library failed: {error}") from error
        self._delete_state(ruleset)
        return state

    def _delete_state(self, ruleset: str) -> None:
        try:
            self._host.delete_state(ruleset, _SESSION)
        except Exception as error:
            self._broken.add(ruleset)
            raise NetworkError(f"the state could not be deleted: {error}") from error

    def _rule(self, name: str, conditions: Conditions) -> dict[str, Any]:
        fired = self._fired

        def run(_closure: Any) -> None:
            fired.append(name)

        tests = [{wanted: value} for wanted, value in conditions.items()]
        return {"all": [{"m": tests[0] if len(tests) == 1 else {"$and": tests}}], "run": run}


def _checked(rules: Mapping[str, Conditions]) -> frozenset[str]:
    """Return the property names of a ruleset, after checking everything that the library would get wrong."""
    if len(rules) > MAX_RULES - 1:
        raise EngineLimitError(f"{len(rules)} rules in one ruleset; at most {MAX_RULES - 1} and the sentinel are safe")
    names = Names()
    properties: dict[str, None] = {}
    for rule, conditions in rules.items():
        if rule == SENTINEL or not _NAME.fullmatch(rule):
            raise EngineLimitError(f"{rule!r} is not a rule name made by the compiler")
        if not conditions or len(conditions) > MAX_CONDITIONS:
            raise EngineLimitError(f"rule {rule} has {len(conditions)} conditions; 1 to {MAX_CONDITIONS} are safe")
        for name, value in conditions.items():
            if value is not True and value is not False:
                raise EngineLimitError(f"rule {rule} compares {name} with {value!r}; only true and false are safe")
            if name != SENTINEL:
                properties.setdefault(names.add(name))
    if len(properties) > MAX_PROPERTIES:
        raise EngineLimitError(f"{len(properties)} properties in one ruleset; at most {MAX_PROPERTIES} are safe")
    return frozenset(properties)


_shared: list[Network] = []
_sharing = threading.Lock()


def network() -> Network:
    """Return the network of this program, made at first use."""
    with _sharing:
        if not _shared:
            _shared.append(Network())
        return _shared[0]
