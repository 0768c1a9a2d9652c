"""What case would kill a mutant that survives, in Chinese and English, with values where they can be computed."""

from collections.abc import Callable, Mapping

from engine.coverage import sampled
from engine.mutation import Corpus, Verdict, readers_of
from rules.feel import tree as t
from rules.mutation.model import Mutant
from rules.mutation.text import written_node

Hint = tuple[str, str]


def hint_of(verdict: Verdict, corpus: Corpus) -> Hint:
    """Return the sentence (zh, en) that tells an author which case to write."""
    mutant, shows = verdict.mutant, verdict.shows_in
    zh, en = _HINTS.get(mutant.kind, _differing)(mutant, corpus)
    if shows is not None:
        zh += f"；案例“{shows.case}”的申请即可：规则为 {shows.stands}，变异体为 {shows.becomes}"
        en += (
            f"; the application of «{shows.case}» will do: the rule is {shows.stands} there, the mutant {shows.becomes}"
        )
    return zh, en


def _entities(mutant: Mutant, _corpus: Corpus) -> Hint:
    assert mutant.of is not None
    assert mutant.rule is not None
    before, after = set(mutant.of.rule.entities), set(mutant.rule.rule.entities)
    if before - after:
        kind = (before - after).pop()
        return f"写一个以 {kind} 为基础申请的案例", f"a case on the base application of {kind}"
    kind = (after - before).pop()
    return (
        f"写一个以 {kind} 为基础申请的案例，预期 rule: absent（不适用于该主体）",
        f"a case on the base application of {kind} that expects `rule: absent`",
    )


def _effect(mutant: Mutant, _corpus: Corpus) -> Hint:
    return (
        f"写一个违反该规则的案例，预期 effect: {mutant.original}",
        f"a case that violates the rule and expects `effect: {mutant.original}`",
    )


def _in_force(mutant: Mutant, corpus: Corpus) -> Hint:
    day = mutant.hint.get("day", mutant.original)
    readers = ", ".join(_readers(mutant, corpus))
    of = f" of {readers}" if readers else ""
    return f"写一个决定日为 {day} 的案例{of}", f"a case{of} decided on {day}"


def _element(mutant: Mutant, corpus: Corpus) -> Hint:
    before, after = mutant.hint["values"]
    gone = next(value for value in before if value not in after)
    readers = ", ".join(_readers(mutant, corpus))
    return (
        f"写一个案例（{readers}），其中只有“{gone}”起作用；一个案例可以含几个元素，用 places 区分",
        f"a case of {readers} that turns on “{gone}”; one case may hold several elements, told apart by `places`",
    )


def _parameter(mutant: Mutant, corpus: Corpus) -> Hint:
    readers = ", ".join(_readers(mutant, corpus)) or "no rule (nothing reads it 没有规则引用)"
    return (
        f"写案例（{readers}）：恰好在 {mutant.original} 上，以及相差一个单位",
        f"cases of {readers} exactly at {mutant.original} and one step off it",
    )


def _readers(mutant: Mutant, corpus: Corpus) -> list[str]:
    return sorted({rule.rule.id for rule in readers_of(mutant, corpus.book)})


def _limit(mutant: Mutant, corpus: Corpus) -> Hint:
    spot = mutant.hint.get("spot")
    if spot is None:
        return _differing(mutant, corpus)
    node = spot.node
    if not isinstance(node, t.Compare):
        return _differing(mutant, corpus)
    own = corpus.by_rule.get(mutant.owner)
    value = sampled(spot, node, own[0].facts.scope if own else None)
    now = f" = {value}" if value else ""
    left, right = written_node(node.left), written_node(node.right)
    return (
        f"写案例：{left} 恰好等于、以及刚好大于和小于 {right}{now}，并由它决定结果",
        f"cases with {left} exactly at, just above and just below {right}{now}, where this decides",
    )


def _dropped(mutant: Mutant, corpus: Corpus) -> Hint:
    if "spot" not in mutant.hint:
        return _differing(mutant, corpus)
    node, kept = mutant.hint["spot"].node, mutant.hint["new"]
    assert isinstance(node, t.And | t.Or)
    gone = written_node(node.right if kept == node.left else node.left)
    word = "false" if isinstance(node, t.And) else "true"
    rest = "true" if isinstance(node, t.And) else "false"
    return (
        f"写一个案例：只有“{gone}”为 {word}，其余为 {rest}",
        f"a case in which only “{gone}” is {word} and the rest {rest}",
    )


def _condition(mutant: Mutant, _corpus: Corpus) -> Hint:
    opposite = "false" if mutant.changed == "true" else "true"
    return (
        f"写一个案例：“{mutant.original}”为 {opposite}，并由它决定结果",
        f"a case in which “{mutant.original}” is {opposite} and decides",
    )


def _quantifier(_mutant: Mutant, _corpus: Corpus) -> Hint:
    return (
        "写一个案例：有两个元素，只有第二个不合（或者只有第二个符合）；以及一个没有元素的案例",
        "a case with two elements of which only the second is bad (or good), or a case with none",
    )


def _connective(_mutant: Mutant, _corpus: Corpus) -> Hint:
    return (
        "写一个案例：两部分一真一假，并由它决定结果",
        "a case in which one of the two parts holds, the other not, and this decides",
    )


def _differing(mutant: Mutant, corpus: Corpus) -> Hint:
    if mutant.function is not None:
        readers = ", ".join(_readers(mutant, corpus))
        return (
            f"写一个案例（{readers}）：“{mutant.original}”改为“{mutant.changed}”后结果不同",
            f"a case of {readers} on which “{mutant.changed}” in place of “{mutant.original}” gives another result",
        )
    return (
        f"写一个案例：“{mutant.original}”与“{mutant.changed}”的值不同，并由它决定结果",
        f"a case in which “{mutant.original}” and “{mutant.changed}” differ and this decides",
    )


_HINTS: Mapping[str, Callable[[Mutant, Corpus], Hint]] = {
    "entities": _entities,
    "effect": _effect,
    "in_force": _in_force,
    "element": _element,
    "parameter": _parameter,
    "comparison": _limit,
    "boundary": _limit,
    "dropped": _dropped,
    "condition": _condition,
    "quantifier": _quantifier,
    "connective": _connective,
}
