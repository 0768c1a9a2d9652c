"""The page without scripts: a form for the number printed on a licence, and what the registry's server says of it.

Here the server verifies, and it learns which number was asked for; the page says both. The licence is the same public
content as in its code (行政许可法 40: whoever asks may see what was permitted). No script, nothing inline: the policy of the scan page holds.
"""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any
from urllib.parse import urlencode

from licence_qr.claims import is_ngo
from licence_qr.covered_items import barred_items, covered
from licence_qr.page import HEADERS
from licence_qr.particulars import CHINESE_ROWS, china_time, particulars
from licence_qr.permit_words import headline_notes, left_out, permit_told, permit_word
from licence_qr.sentences import sentence
from licence_qr.verify import Verification

NUMBER_PATH = "/v/number"
NUMBER_HEADERS: Mapping[str, str] = {**HEADERS, "Cache-Control": "no-store", "Vary": "Accept-Language"}
_MARKS = {"valid": "✓", "not_valid": "✕", "cannot_say": "?", "not_held": "○", "void": "–", "unsure": "–"}
_CODES = frozenset({"uscc", "identifier", "log"})  # rows of figures, set in one width
_HEADINGS = {True: ("may", "may_with_permit"), False: ("general", "licensed")}


def number_page(
    code: str, found: Verification | None, language: str, *, fault: str | None = None, chosen: bool = False
) -> bytes:
    """Return the page as UTF-8: the form, and above it the answer when a `code` was asked for.

    `found` is None when no licence has this code; `fault` is the key of a note that says why the code cannot be one.
    With `chosen` the form keeps the language, which somebody asked for.
    """
    ngo = found is not None and found.claims is not None and is_ngo(found.claims["licence"])
    said = _Said("en" if language.lower().startswith("en") else "zh", ngo=ngo)
    if not code:
        answered = ""
    elif found is None:
        answered = said.band("cannot_say", said.note(fault or "number_unknown"), "number_unknown")
    else:
        answered = said.licence(found, code)
    return said.whole(answered, code, chosen=chosen).encode()


class _Said:
    """Markup in one language, in the words for a business or for an NGO. Every value is escaped where it enters."""

    def __init__(self, language: str, *, ngo: bool) -> None:
        self.language, self.ngo = language, ngo

    def label(self, key: str) -> str:
        return escape(sentence("labels", key, self.language, ngo=self.ngo))

    def note(self, key: str) -> str:
        return escape(sentence("notes", key, self.language, ngo=self.ngo))

    def _other_language(self, code: str) -> str:
        other, tag = ("en", "en") if self.language == "zh" else ("zh", "zh-CN")
        query = escape(urlencode({"lang": other} | ({"code": code} if code else {})))
        return (
            f'<a class="switch" href="{NUMBER_PATH}?{query}" lang="{tag}" hreflang="{tag}">{self.label("switch")}</a>'
        )

    def whole(self, answered: str, code: str, *, chosen: bool) -> str:
        kept = f'<input type="hidden" name="lang" value="{self.language}">' if chosen else ""
        title, tag = self.label("title"), "zh-CN" if self.language == "zh" else "en"
        return f"""<!doctype html>
<html lang="{tag}">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>{title}</title>
  <link rel="icon" href="/v/icon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/v/style.css">
</head>
<body>
  <header><h1>{title}</h1>{self._other_language(code)}</header>
  <main>
{answered}
    <section class="empty">
      <form action="{NUMBER_PATH}" method="get">{kept}
        <label for="code">{self.label("number_field")}</label>
        <input id="code" name="code" value="{escape(code)}" maxlength="120" autocomplete="off" autocapitalize="characters" spellcheck="false" required>
        <button class="check" type="submit">{self.label("check")}</button>
      </form>
    </section>
  </main>
  <footer>{self.note("by_number")}</footer>
</body>
</html>
"""

    def band(self, verdict: str, why: str, reason: str, more: str = "") -> str:
        word = escape(sentence("verdicts", verdict, self.language))
        mark = f'<span class="mark" aria-hidden="true">{_MARKS[verdict]}</span>'
        return (
            f'<section class="verdict {verdict}" data-verdict="{verdict}" data-reason="{reason}">'
            f'<h2 class="word">{mark}{word}</h2><p class="why">{why}</p>{more}</section>'
        )

    def licence(self, found: Verification, code: str) -> str:
        headline = found.headline
        why = escape(sentence("reasons", headline.reason, self.language, ngo=self.ngo))
        as_of = headline.as_of
        told = headline_notes(found, self.language).items()
        when = "".join(f'<p class="{key.removeprefix("permits_")}">{escape(note)}</p>' for key, note in told)
        if as_of is not None and headline.reason != "clock":  # a clock that is wrong dates nothing
            when += f'<p class="when">{self.label("as_of")} {china_time(as_of, self.language)}</p>'
        band = self.band(headline.verdict.value, why, headline.reason, when)
        claims = found.claims
        if claims is None:
            return band
        return (
            band
            + self._business(claims)
            + self._scope(claims, barred_items(found, self.language), stands=headline.verdict.value == "valid")
            + self._permits(claims, found)
            + self._particulars(claims, by_credit_code=code == claims["sub"])
        )

    def _business(self, claims: Mapping[str, Any]) -> str:
        licence = claims["licence"]
        name = escape(licence["name"]) if "name" in licence else self.label("no_name") + escape(licence["operator"])
        return (
            f'<section class="business"><h2 lang="zh-CN">{name}</h2>'
            f'<p class="address" lang="zh-CN">{escape(licence["premises"])}</p>'
            f'<p class="here">{self.label("here")}</p></section>'
        )

    def _scope(self, claims: Mapping[str, Any], barred: Mapping[int, list[str]], *, stands: bool) -> str:
        headings = dict(zip(("general", "licensed"), _HEADINGS[stands], strict=True))
        halves = ""
        place = 0
        for half in claims["licence"]["scope"]:
            items = ""
            for item in half["items"]:
                items += f"<li>{escape(item)}{_told_barred(barred.get(place, ()), self.language)}</li>"
                place += 1
            halves += f'<h3>{self.label(headings[half["kind"]])}</h3><ul class="scope" lang="zh-CN">{items}</ul>'
            halves += f'<p class="note" lang="zh-CN">（{escape(half["note"])}）</p>'
        return f"<section>{halves}</section>"

    def _permits(self, claims: Mapping[str, Any], found: Verification) -> str:
        rows = ""
        for permit, answer in zip(claims["permits"], found.permits, strict=True):
            word = permit_word(found, answer)
            state = escape(sentence("permit_verdicts", word, self.language, ngo=self.ngo))
            mark = f'<span class="mark" aria-hidden="true">{_MARKS[word]}</span>'
            told = escape(permit_told(word, answer, self.language, ngo=self.ngo))
            facts = [
                (name, permit.get(member))
                for name, member in (("number", "number"), ("authority", "authority"), ("valid_until", "valid_to"))
            ]
            facts.append(("covers", "；".join(covered(permit, claims["licence"]))))
            shown = "".join(
                f'<p class="facts">{self.label(name)} <span lang="zh-CN">{escape(value)}</span></p>'
                for name, value in facts
                if value
            )
            rows += (
                f'<li class="permit {word}" data-reason="{answer.reason}"><p class="kind"><span lang="zh-CN">{escape(permit["type"])}</span>'
                f'<span class="state">{mark}{state}</span></p><p class="told">{told}</p>{shown}</li>'
            )
        left = left_out(
            found
        )  # only where the register does not give them: of an older version, or when it is out of order
        more = f'<p class="note">{self.note("permits_untold").replace("{n}", str(left))}</p>' if left else ""
        none = "" if rows or left else f'<p class="note">{self.label("no_permits")}</p>'
        return f'<section><h3>{self.label("permits")}</h3><ul class="permits">{rows}</ul>{more}{none}</section>'

    def _particulars(self, claims: Mapping[str, Any], *, by_credit_code: bool) -> str:
        """Return the rows; a credit code names whatever version stands now, so that the paper is to be compared with it."""
        rows = ""
        for key, value in particulars(claims, self.language):
            kind = " code" if key in _CODES else ""
            tongue = ' lang="zh-CN"' if key in CHINESE_ROWS else ""
            rows += f'<div class="row{kind}"><dt>{self.label(key)}</dt><dd{tongue}>{escape(value)}</dd></div>'
        other = f'<p class="note">{self.note("other_version")}</p>' if by_credit_code else ""
        return f"<section><h3>{self.label('particulars')}</h3>{other}<dl>{rows}</dl></section>"


def _told_barred(told: Iterable[str], language: str) -> str:
    tag = "zh-CN" if language == "zh" else "en"  # the items around it are Chinese
    return "".join(f'<p class="item-barred" lang="{tag}">{escape(one)}</p>' for one in told)
