"""The durable_rules library behind a fence: the only module that imports it.

What goes in are conditions over property names made here and messages of those names with `true` or `false`; what
comes out are the names of the rules that fired. The functions of its C module are called directly: the Python host
around them costs more than the matching, starts threads and leaves garbage in cycles. Measured hazards of the library
(each has a regression test in tests/engine/test_engine_network.py):

- strings, numbers, nulls, arrays, regular expressions, arithmetic and joins can match wrongly or kill the process: only
  equality of a property with true or false is used, joined by `$and`;
- names are compared by a 32-bit hash: every name is checked against all others and the reserved ones before it is used;
- more than 64 conditions matched by one message, 254 properties or 512 conditions at one level fail: a ruleset holds
  at most `MAX_RULES` rules and `MAX_PROPERTIES` properties, checked when it is registered;
- its host calls into the same state from background threads: there is no host, and every evaluation is one lock long;
- state outlives a call: it is deleted after every evaluation. Deleting a state of which no fired rule was asked for,
  as when none matched, corrupts memory: every ruleset has a sentinel that always fires, which also proves that it ran,
  and a ruleset that failed before its first fired rule keeps that one state and is never used again;
- exceptions in actions are swallowed: there are no actions. The library is asked for what fired, one rule after the
  other, and each answer must be a rule of this ruleset that was not named before.
"""

import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NewType

import durable_rules_engine as library  # type: ignore[import-not-found]  # a C module without types

from engine.errors import EngineLimitError

MAX_RULES: Final = 60  # with the sentinel; the library's stack holds 64 matches
MAX_PROPERTIES: Final = 240  # the library holds 254, `id` and `sid` among them
MAX_CONDITIONS: Final = 240  # in one rule
SENTINEL: Final = "ran"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_SESSION: Final = "s"
_HEAD: Final = f'{{"{SENTINEL}":true,"sid":"{_SESSION}","id":"1"'
_HANDLED, _UNHANDLED = 0, 1  # result codes of the library
RESERVED: Final = frozenset({"id", "sid", "$s", "$i", "$m", "m", "label", "chart", "running", "exception"})

Conditions = Mapping[str, bool]  # property name to the value it must have, all of them
Written = NewType("Written", str)  # part of a message to one ruleset; only `Network.write` makes it


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


@dataclass(slots=True)
class _Ruleset:
    """A compiled ruleset: its handle in the library, its rules, and how each property is written in a message."""

    handle: int
    rules: frozenset[str]
    written: Mapping[str, tuple[str, str]]  # property name to its text when false and when true
    uses: int = 0
    broken: bool = False


class Network:
    """All rulesets of this program. Use `network()`; a second instance is for tests."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rulesets: dict[str, _Ruleset] = {}

    def register(self, rules: Mapping[str, Conditions]) -> str:
        """Compile rules into a ruleset and return its name, a hash of its content; equal content is compiled once.

        Raises `EngineLimitError` when the ruleset cannot be held safely.
        """
        properties = _checked(rules)
        content = json.dumps([[name, sorted(conditions.items())] for name, conditions in rules.items()])
        ruleset = "m" + hashlib.sha256(content.encode()).hexdigest()[:40]
        with self._lock:
            if ruleset not in self._rulesets:
                definition = {name: _definition(conditions) for name, conditions in rules.items()}
                definition[SENTINEL] = _definition({SENTINEL: True})
                handle = library.create_ruleset(ruleset, json.dumps(definition))
                written = {name: (f',"{name}":false', f',"{name}":true') for name in sorted(properties)}
                self._rulesets[ruleset] = _Ruleset(handle, frozenset(definition), written)
            self._rulesets[ruleset].uses += 1
        return ruleset

    def forget(self, ruleset: str) -> None:
        """Give a registration back; the last one frees the ruleset.

        Its states are gone already, because each evaluation deletes its own: else a megabyte would leak here.
        """
        with self._lock:
            self._rulesets[ruleset].uses -= 1
            if not self._rulesets[ruleset].uses:
                library.delete_ruleset(self._rulesets.pop(ruleset).handle)

    def write(self, ruleset: str, message: Mapping[str, bool]) -> Written:
        """Return a message, or part of one, as `fire_written` takes it: checked once, used for many evaluations.

        Raises `NetworkError` for a property that the ruleset does not have, or a value that is not true or false.
        """
        written, parts = self._ruleset(ruleset).written, []
        for name, value in message.items():
            texts = written.get(name)
            if texts is None or (value is not True and value is not False):
                raise NetworkError("a property that the compiler did not make was about to reach the network")
            parts.append(texts[value])
        return Written("".join(parts))

    def fire(self, ruleset: str, message: Mapping[str, bool]) -> frozenset[str]:
        """Evaluate one message and return the names of the rules that fired, without the sentinel.

        A property that is left out matches no condition. Raises `NetworkError` when the answer cannot be trusted.
        """
        return self.fire_written(ruleset, (self.write(ruleset, message),))

    def fire_written(self, ruleset: str, parts: Iterable[Written]) -> frozenset[str]:
        """Evaluate a message of parts written for this ruleset, of which no two state the same property; see `fire`."""
        message = "".join((_HEAD, *parts, "}"))
        with self._lock:
            fired = _evaluate(self._ruleset(ruleset), message)
        if SENTINEL not in fired:
            raise NetworkError("the sentinel did not fire: the ruleset did not run")
        fired.remove(SENTINEL)
        return frozenset(fired)

    def _ruleset(self, name: str) -> _Ruleset:
        known = self._rulesets.get(name)
        if known is None or known.broken:
            raise NetworkError("this ruleset was given back, or failed before and is not used again")
        return known


def _evaluate(ruleset: _Ruleset, message: str) -> set[str]:
    """Match one message and return what fired, the sentinel among it."""
    handle = ruleset.handle
    try:
        state, action = _started(handle, message)
    except Exception as error:
        ruleset.broken = True  # and its state stays: deleting it now would corrupt memory
        raise _told(error) from error
    fired: set[str] = set()
    try:
        while action:
            # {"p7":{"m": ...}}: the name comes first, and all that follows is our own message again.
            name = action[2 : action.index('"', 2)]
            _check_fired(name, fired, ruleset)
            fired.add(name)
            action = library.complete_and_start_action(handle, state)
    except Exception as error:
        ruleset.broken = True
        _delete_state(ruleset)
        raise _told(error) from error
    _delete_state(ruleset)
    return fired


def _started(handle: int, message: str) -> tuple[int, str]:
    """Match a message; return its state and the first of the rules that fired."""
    code, state = library.assert_fact(handle, message)
    if code == _UNHANDLED:
        raise NetworkError("nothing matched, not even the sentinel")
    if code != _HANDLED:
        raise NetworkError(f"the library answers {code} to a message of its own session")
    started = library.start_action_for_state(handle, state)
    if not started:
        raise NetworkError("the library names no rule that fired, not even the sentinel")
    return state, started[1]


def _check_fired(name: str, fired: set[str], ruleset: _Ruleset) -> None:
    if name not in ruleset.rules or name in fired:
        raise NetworkError(f"the library names {name[:40]!r}, which cannot have fired now")


def _told(error: Exception) -> NetworkError:
    return error if isinstance(error, NetworkError) else NetworkError(f"the library failed: {error}")


def _delete_state(ruleset: _Ruleset) -> None:
    try:
        library.delete_state(ruleset.handle, _SESSION)
    except Exception as error:
        ruleset.broken = True
        raise NetworkError(f"the state could not be deleted: {error}") from error


def _definition(conditions: Conditions) -> dict[str, Any]:
    tests = [{wanted: value} for wanted, value in conditions.items()]
    return {"all": [{"m": tests[0] if len(tests) == 1 else {"$and": tests}}]}


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
