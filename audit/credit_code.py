"""Both check characters of a 统一社会信用代码 (GB 32100-2015, with GB 11714-1997 inside it), for the auditor.

Written apart from the code that issues licences (`licence_qr.uscc`), as the check of signatures is: an auditor does not
trust the issuer's reader. A test holds the two together.
"""

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I O S V Z
_INNER = (3, 7, 9, 10, 5, 8, 4, 2)
_OUTER = tuple(3**place % 31 for place in range(17))


def fault_of_code(text: str) -> str | None:
    """Say why `text` is no credit code that anybody could have allotted, None when nothing speaks against it.

    >>> fault_of_code("91110000600037341L")
    >>> fault_of_code("91110000600037341M")
    'character 18 is M, GB 32100 gives L'
    """
    if len(text) != 18:
        return f"it has {len(text)} characters, a credit code has 18"
    strange = next((one for one in text if one not in ALPHABET), None)
    if strange is not None:
        return f"the character {strange!r} is not used (digits and capital letters without I O S V Z)"
    if not text[2:8].isdigit():
        return f"characters 3 to 8 are a division (GB/T 2260), six digits; here {text[2:8]}"
    inner = 11 - sum(int(one, 36) * weight for one, weight in zip(text[8:16], _INNER, strict=True)) % 11
    if text[16] != "0123456789X0"[inner]:
        return f"character 17 is {text[16]}, GB 11714 gives {'0123456789X0'[inner]}"
    outer = ALPHABET[-sum(ALPHABET.index(one) * weight for one, weight in zip(text, _OUTER, strict=False)) % 31]
    return None if text[17] == outer else f"character 18 is {text[17]}, GB 32100 gives {outer}"
