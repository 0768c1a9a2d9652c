"""`docs/rule-authors.md` as a script: its commands in order, what each must print, and the edits between them.

On the page `…` stands for what differs from run to run or from book to book; a line of `…` alone for lines left out. `①` to `⑨` stand
for one digest each, the same wherever it occurs on the page (the page shows it whole or its beginning). The rest is as printed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"(?ms)^```(\w+) ?([^\n]*)\n(.*?)^```$|^(#{2,3} [^\n]*)$|^- ▸ ([^\n]*)$")
_SIGN = re.compile(r"…|[①-⑨]")


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `kind` is command, diff, yaml, heading or event; `text` is what stands there, `more` the output or the file."""

    kind: str
    text: str
    more: str
    line: int


def steps(page: str) -> Iterator[Step]:
    """Yield the steps of the page in order."""
    for found in _BLOCK.finditer(page):
        line = page.count("\n", 0, found.start()) + 1
        kind, info, body, heading, event = found.groups()
        if heading:
            yield Step("heading", heading, "", line)
        elif event:
            yield Step("event", event, "", line)
        elif kind == "console":
            for command, output in re.findall(r"(?ms)^\$ ((?:[^\n]*\\\n)*[^\n]*)\n(.*?)(?=^\$ |\Z)", body):
                yield Step("command", command.replace("\\\n", " "), output, line)
        elif kind in {"diff", "yaml"} and info:
            yield Step(kind, body, info, line)


def edit(step: Step, folder: Path) -> None:
    """Apply an edit: what a `diff` shows without its + lines stands once in the file and is replaced; `yaml` is added at the end."""
    path = folder / step.more
    if step.kind == "yaml":
        path.parent.mkdir(exist_ok=True)
        with path.open("a") as file:
            file.write(step.text)
        return
    text = path.read_text()
    lines = [line for line in step.text.splitlines(keepends=True) if line.strip() != "…"]
    before = "".join(line[1:] for line in lines if line[0] in " -")
    after = "".join(line[1:] for line in lines if line[0] in " +")
    assert text.count(before) == 1, (
        f"line {step.line}: this stands {text.count(before)} times in {step.more}:\n{before}"
    )
    path.write_text(text.replace(before, after))


def differs(expected: str, printed: str, digests: dict[str, str]) -> str:
    """Return what is wrong with the output, empty when it is as the page says; digests met for the first time are kept."""
    pattern, signs = [], []
    lines = expected.rstrip("\n").split("\n") if expected.strip() else []
    for line in lines:
        if line.strip() == "…":
            pattern.append(r"(?:[^\n]*\n)*?")
            continue
        at = 0
        for found in _SIGN.finditer(line):
            pattern.append(re.escape(line[at : found.start()]))
            signs += [found[0]] if found[0] != "…" else []
            pattern.append("[^\n]*?" if found[0] == "…" else "([0-9a-f]{16,64})")
            at = found.end()
        pattern.append(re.escape(line[at:]) + "\n")
    printed = "".join(line.rstrip() + "\n" for line in printed.splitlines())
    matched = re.fullmatch("".join(pattern), printed)
    if matched is None:
        return f"the page says:\n{expected}\nit printed:\n{printed}"
    for sign, digest in zip(signs, matched.groups(), strict=True):
        known = digests.setdefault(sign, digest)
        if known[:16] != digest[:16]:
            return f"{sign} was {known} and is {digest} now"
    if len({digest[:16] for digest in digests.values()}) < len(digests):
        return f"two signs stand for one digest: {digests}"
    return ""
