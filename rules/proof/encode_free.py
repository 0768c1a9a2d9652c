"""Symbols for what has no exact term: free to be anything of the expression's type, and noted as outside of the proof."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import z3

from rules.feel import tree as t
from rules.feel import types
from rules.feel.errors import FeelError
from rules.feel.infer import infer
from rules.proof.symbols import Outside, SBool, SDate, SList, SNum, SRecord, SStr, Sym
from rules.working_days import TYPES

if TYPE_CHECKING:
    from rules.proof.encode import Encoder

Env = Mapping[str, Sym]


def free_symbol(encoder: "Encoder", node: t.Node, env: Env, reason: str) -> Sym:
    """Return a symbol that may be anything of the node's type, and note it. Raises `Outside` for a list."""
    try:
        declared = infer(node, {**encoder.space.schema.scope, **TYPES, "parameters": types.ANY,
                                **{name: type_of(value) for name, value in env.items()}})  # fmt: skip
    except FeelError:
        declared = types.ANY
    used = sorted({part.name for part in t.walk(node) if isinstance(part, t.Name) and part.name in env})
    encoder.held.extend(env[name] for name in used)  # their identity stays theirs, so no other value gets this symbol
    place = f"outside {node!r} {[id(env[name]) for name in used]}"
    makers: Mapping[types.Type, Callable[[Any], Sym]] = {
        types.BOOLEAN: lambda null: SBool(null, z3.Bool(place)),
        types.NUMBER: lambda null: SNum(null, z3.Real(place)),
        types.STRING: lambda null: SStr(null, z3.String(place)),
        types.DATE: lambda null: SDate(null, lambda: z3.Int(place)),
    }
    if declared not in makers:
        raise Outside(reason)
    encoder.outside.setdefault(node, reason)
    return makers[declared](z3.Bool(f"{place}?"))


def type_of(value: Sym) -> types.Type:  # noqa: PLR0911 (one for each kind of value)
    """Return the FEEL type of a symbolic value, as far as it can be told."""
    match value:
        case SBool():
            return types.BOOLEAN
        case SNum():
            return types.NUMBER
        case SStr():
            return types.STRING
        case SDate():
            return types.DATE
        case SList(_, entries):
            return types.ListType(type_of(entries[0][1]) if entries else types.ANY)
        case SRecord(_, names, _get):
            return types.ContextType(dict.fromkeys(names, types.ANY))
    return types.ANY
