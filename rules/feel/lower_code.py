"""Straight-line Python under construction: blocks of assignments, and loops that run together over the same list.

Everything that is assigned is a pure and total expression, so it may stand anywhere after its operands: what does not
depend on a loop's element is assigned outside the loop, what is written twice is assigned once, and all loops over one
list become one. A block has stages: the assignments of a stage, then its loops; what uses a loop's result is assigned
in the stage after it. No text of an author enters the source: names and values of expressions are bound as constants.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Value:
    """Something assigned: its variable, the block and stage from which on it can be read.

    `truth` tells that it can only be true, false or null; `fixed` that it is a constant, and then `value` is it.
    """

    text: str
    block: "Block"
    stage: int = 0
    truth: bool = False
    fixed: bool = False
    value: Any = None


@dataclass(slots=True, eq=False)
class Loop:
    """One pass through a list: `start` sets up each result, `block` runs for each element, `close` ends each turn."""

    source: str
    element: Value
    start: list[str] = field(default_factory=list)
    close: list[str] = field(default_factory=list)
    results: list[str] = field(default_factory=list)

    @property
    def block(self) -> "Block":
        """Return the block that runs for each element."""
        return self.element.block


@dataclass(slots=True, eq=False)
class Block:
    """Assignments and loops, by stage. `depth` counts the loops around it."""

    depth: int
    lines: list[list[str]] = field(default_factory=lambda: [[]])
    loops: list[dict[str, Loop]] = field(default_factory=lambda: [{}])
    known: dict[tuple[str, int], Value] = field(default_factory=dict)

    def reach(self, stage: int) -> None:
        """Make sure that `stage` exists."""
        while len(self.lines) <= stage:
            self.lines.append([])
            self.loops.append({})


class Code:
    """The body of one function `run(s)` over a scope `s`, with the constants that it uses."""

    def __init__(self, constants: dict[str, Any]) -> None:
        self.top = Block(0)
        self.constants = constants
        self._bound: dict[tuple[type, Any], str] = {}
        self._count = 0

    def _variable(self, letter: str) -> str:
        self._count += 1
        return f"{letter}{self._count}"

    def bind(self, value: Any) -> str:
        """Return the name of a constant that is hashable, bound once for each type and value."""
        key = (type(value), value)
        if key not in self._bound:
            self._bound[key] = self._variable("k")
            self.constants[self._bound[key]] = value
        return self._bound[key]

    def bind_object(self, value: Any) -> str:
        """Return the name of a constant of any kind, bound once for each object."""
        name = next((known for known, bound in self.constants.items() if bound is value), None)
        if name is None:
            name = self._variable("k")
            self.constants[name] = value
        return name

    def fixed(self, value: Any) -> Value:
        """Return a constant as a value."""
        truth = value is None or value is True or value is False
        bind = self.bind_object if isinstance(value, list | dict) else self.bind
        text = repr(value) if truth else bind(value)
        return Value(text, self.top, 0, truth, fixed=True, value=value)

    def assign(self, text: str, *operands: Value, truth: bool = False) -> Value:
        """Assign an expression over `operands` where the deepest of them is; the same expression is assigned once."""
        block = max((operand.block for operand in operands), key=lambda one: one.depth, default=self.top)
        stage = max((operand.stage for operand in operands if operand.block is block), default=0)
        found = block.known.get((text, stage))
        if found is None:
            found = Value(self._variable("v"), block, stage, truth)
            block.reach(stage)
            block.lines[stage].append(f"{found.text} = {text}")
            block.known[text, stage] = found
        return found

    def loop(self, block: Block, stage: int, source: Value) -> Loop:
        """Return the loop over `source` in a stage of `block`."""
        block.reach(stage)
        found = block.loops[stage].get(source.text)
        if found is None:
            element = Value(self._variable("e"), Block(block.depth + 1))
            found = block.loops[stage][source.text] = Loop(source.text, element)
        return found

    def result(self, loop: Loop, block: Block, stage: int, start: str, close: str, body: Value) -> Value:
        """Let `loop` compute a result: `start` before it, `close` at the end of each turn, `{}` being the result.

        `body` is what `close` reads. The same result of the same loop is computed once.
        """
        key = (f"{loop.element.text} {start} {close} {body.text}", stage + 1)
        found = block.known.get(key)
        if found is None:
            found = Value(self._variable("r"), block, stage + 1, truth=start in {"True", "False"})
            block.reach(stage + 1)
            loop.start.append(f"{found.text} = {start}")
            loop.close.append(close.replace("{}", found.text))
            loop.results.append(found.text)
            block.known[key] = found
        return found

    def source(self, returned: str, longest: int) -> str:
        """Return the text of the function; a list beyond `longest`, and what is no list, is left to the walker."""
        return "\n".join(["def run(s):", *_indented(_written(self.top, longest)), f"    return {returned}", ""])


def _written(block: Block, longest: int) -> Iterator[str]:
    for lines, loops in zip(block.lines, block.loops, strict=True):
        yield from lines
        for loop in loops.values():
            yield f"if type({loop.source}) is list or type({loop.source}) is tuple:"
            yield f"    if len({loop.source}) > {longest}:"
            yield "        raise Beyond"
            yield from _indented(iter(loop.start))
            yield f"    for {loop.element.text} in {loop.source}:"
            yield from _indented(_indented(_written(loop.block, longest)))
            yield from _indented(_indented(iter(loop.close)))
            yield f"elif {loop.source} is None:"
            yield f"    {' = '.join(loop.results)} = None"
            yield "else:"
            yield "    raise Beyond"


def _indented(lines: Iterator[str]) -> Iterator[str]:
    return (f"    {line}" for line in lines)
