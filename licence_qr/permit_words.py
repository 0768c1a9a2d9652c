"""In which words a permit is told beside its licence.

The verdicts stay those of docs/licence.md 7; a permit that stands by itself on a licence that does not is not shown as held,
for nobody may rely on it there.
"""

from licence_qr.sentences import permit_sentence, sentence
from licence_qr.verify import Answer, Verdict, Verification

_NOTES = {"void": "permit_void", "unsure": "permit_unsure"}


def permit_word(found: Verification, answer: Answer) -> str:
    """Return the key of the word for a permit: a verdict, `not_held`, or `void` and `unsure` for what its licence does to it."""
    standing = found.headline.verdict
    if answer.verdict is Verdict.VALID and standing is not Verdict.VALID:
        return "void" if standing is Verdict.NOT_VALID else "unsure"
    return "not_held" if answer.reason == "not_held" else answer.verdict.value


def permit_told(word: str, answer: Answer, language: str, *, ngo: bool) -> str:
    """Return the sentence for a permit that has this word."""
    note = _NOTES.get(word)
    return permit_sentence(answer.reason, language) if note is None else sentence("notes", note, language, ngo=ngo)


def left_out(found: Verification) -> int:
    """Return how many permits the code counts and does not list: their status is not known here."""
    claims = found.claims
    return 0 if claims is None else claims["permits_total"] - len(claims["permits"])


def headline_notes(found: Verification, language: str, *, below: bool = True) -> dict[str, str]:
    """Return what to say beside the headline of permits that may not be used: by `permits_barred` and `permits_due`.

    Nothing under a licence that is not valid as a whole. `below` says that the permits follow; a line of a batch has no below.
    """
    if found.headline.verdict is Verdict.NOT_VALID:
        return {}
    counted = {
        "permits_barred": found.barred,
        "permits_due": sum(answer.reason == "not_held" for answer in found.permits),
    }
    where = sentence("notes", "below", language) if below else ""
    return {key: sentence("notes", key, language).format(n=n, below=where) for key, n in counted.items() if n}
