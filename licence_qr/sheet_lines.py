"""Breaking a text into lines as Chinese print does (GB/T 15834 5.1, CLREQ 3.1): nothing is cut, nothing is lost."""

from collections.abc import Callable, Iterable, Iterator

# A line never begins with one of the first (GB/T 15834 5.1.1) and never ends with one of the second.
NOT_FIRST = frozenset("、，。；：？！）》〉」』】〕％…—·,.;:?!)]}%”’")
NOT_LAST = frozenset("（《〈「『【〔([{“‘")

Measure = Callable[[str], float]


def break_lines(text: str, width: float, measure: Measure) -> list[str]:
    """Return the lines of `text`, each at most `width` wide by `measure`; joined they are the text again.

    Breaks between any two ideographs, never before closing punctuation or after an opening bracket, and inside a run
    of letters and digits only when the run alone is wider than a line.
    """
    return fill_lines(measured(text, measure), width, measure)


def measured(text: str, measure: Measure) -> list[tuple[str, float]]:
    """Return what stays together and how wide it is: the same for every width that is tried."""
    return [(piece, measure(piece)) for piece in _pieces(text)]


def fill_lines(pieces: Iterable[tuple[str, float]], width: float, measure: Measure) -> list[str]:
    """Return the lines of a measured text."""
    lines: list[str] = []
    line, used = "", 0.0
    for piece, wide in pieces:
        if line and used + wide > width:
            lines.append(line)
            line, used = "", 0.0
        if wide <= width:
            line, used = line + piece, used + wide
            continue
        for character in piece:  # longer than a whole line: broken where it must be
            step = measure(character)
            if line and used + step > width:
                lines.append(line)
                line, used = "", 0.0
            line, used = line + character, used + step
    return [*lines, line] if line else lines


def _pieces(text: str) -> Iterator[str]:
    """Yield what stays together."""
    piece = ""
    for character in text:
        if piece and not _together(piece[-1], character):
            yield piece
            piece = ""
        piece += character
    if piece:
        yield piece


def _together(before: str, after: str) -> bool:
    if before in NOT_LAST or after in NOT_FIRST:
        return True
    return _in_word(before) and _in_word(after)


def _in_word(character: str) -> bool:
    return character.isascii() and not character.isspace()
