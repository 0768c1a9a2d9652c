"""Make another application out of an example: another name, another content, signed anew.

One confirmation serves one application and one name one business, so whoever wants many applications (tests,
measurements) needs many that differ.
"""

import copy
from typing import Any

from engine.application import content_digest
from verifiers.registries.words import FREE, SECOND

Document = dict[str, Any]
_TOWN = "安丘市"
# Two characters each; 松原 and 玉溪 are cities, and a name with a city in it goes to a person.
_PAIRS = [first + second for first in SECOND for second in SECOND if first + second not in {"松原", "玉溪"}]
_DECLARED = 2  # characters of the 字号 in an example's name


def vary(document: Document, number: int) -> Document:
    """Return variant `number` (from 1) of an example's document; equal numbers give equal documents.

    A business with a name gets a 字号 of three characters that nobody bears; one without gets other staff.
    """
    made = copy.deepcopy(document)
    name = made["entity"].get("name")
    if name is None or not name.startswith(_TOWN):
        made["employees"] += number
    else:
        made["entity"]["name"] = _TOWN + _trade_name(number) + name[len(_TOWN) + _DECLARED :]
        if "articles" in made:
            made["articles"]["values"]["company_name"] = made["entity"]["name"]
    digest = content_digest(made)
    for signature in made["signatures"]:
        signature["content_digest"] = digest
    return made


def _trade_name(number: int) -> str:
    first, pair = divmod(number, len(_PAIRS))
    return FREE[first % len(FREE)] + _PAIRS[pair]
