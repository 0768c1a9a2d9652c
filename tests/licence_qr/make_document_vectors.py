"""Make `docs/vectors/licence.json` and the tables of `docs/licence.md`: `python -m tests.licence_qr.make_document_vectors`.

With `--check` nothing is written, and any difference is an error. In the document, what stands between `<!-- made: NAME -->`
and `<!-- end -->` comes from here; the rest is written by hand.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

from licence_qr import shape, transport
from licence_qr.claim_labels import LABELS, PRIVATE_LABELS
from licence_qr.lints import LINTS
from licence_qr.print_advice import advice_for
from licence_qr.text import FORBIDDEN
from tests.licence_qr.attack_cases import attack_cases
from tests.licence_qr.forge import JWKS, LIST_URI, Case, case, link, with_claims
from tests.licence_qr.genuine_cases import genuine_cases
from tests.licence_qr.specimens import AT, COMPANY, PAGE, REVOKED, SHOP, SUSPENDED, licence, status_token

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT, VECTORS = ROOT / "docs" / "licence.md", ROOT / "docs" / "vectors" / "licence.json"

GENUINE = (
    "individual business without a name", "the digits alone", "the compact JWS", "an app appended &appinstall=0",
    "the second permit revoked", "a stale list says nothing", "a stale list that says revoked is enough", "no list at hand",
    "an index outside the list", "a list signed by a stranger", "a list that is good for seven days", "the term is over", "a clock 121 seconds behind",
    "not in force yet", "the second permit ended yesterday", "the second permit begins tomorrow", "a permit in short form",
    "a retired key answers for its own time", "the list of keys is empty", "the list of keys does not know the key",
    "the key was stolen", "a type of a later version", "a later transport", "a later dictionary", "one digit missing", "words",
    "an NGO with two permits held", "an NGO that is a partnership, without permits", "the second permit of an NGO suspended",
    "an NGO that is replaced",
)  # fmt: skip
ATTACKS = (
    "alg_none", "embedded_jwk", "duplicate_header_member", "signed_by_status_key", "foreign_signature", "tampered_premises",
    "malleated_signature", "zero_signature", "other_issuer", "key_outside_window", "duplicate_payload_member", "payload_nan",
    "payload_space", "payload_escape", "payload_bom", "trailing_bytes", "truncated_deflate", "inflation_bomb", "unknown_suffix",
    "scope_beyond_items", "scope_not_rising", "scope_not_integer", "scope_true_as_position", "scope_empty", "scope_null",
    "scope_of_a_permit_that_is_due", "group_overflow", "padding", "base64url_spelling", "hidden_permit",
    "digest_without_missing_permit", "digest_of_fewer_permits", "digest_not_text", "ngo_authority_not_text", "ngo_authority_bidi",
    "ngo_authority_twice", "ngo_type_of_its_own", "unknown_member", "milliseconds", "name_bidi",
    "status_list_as_licence", "status_list_of_another_address", "kid_path", "kid_prefix", "deep_nesting_at_seventeen",
    "digit_of_a_later_unicode_as_name", "name_of_another_plane", "key_list_with_a_private_key", "key_list_member_twice", "key_list_exponent",
    "key_for_encryption", "licence_by_a_permit_authority", "permit_of_another_licence", "stolen_key_not_logged", "stolen_key_logged_twice",
    "stolen_key_logged_version", "dictionary_rolled_back", "status_list_rolled_back", "status_list_displaced_by_a_stranger",
    "status_list_displaced_from_the_future", "status_list_from_the_future", "status_list_in_milliseconds", "status_list_padded", "two_fragments",
    "status_list_displaced_by_another_issuer", "status_list_kept_out_by_another_issuer", "status_list_by_an_issuer_below_another",
    "status_list_by_another_issuer", "status_list_by_a_retired_key", "status_list_good_for_a_second_too_long",
)  # fmt: skip


def vectors() -> dict[str, Any]:
    """Every case of the published file: what is at hand, and what a verifier must answer."""
    text = licence(COMPANY).link(PAGE)
    fresh = {LIST_URI: status_token()}
    made: dict[str, Case] = {"valid": case(text, "authentic", "current", ("held", "held", "not_held"))}
    for name, value, reason in (("suspended permit", SUSPENDED, "suspended"), ("revoked permit", REVOKED, "revoked")):
        lists = {LIST_URI: status_token({100: value})}
        made[name] = case(text, "authentic", "current", (reason, "held", "not_held"), lists=lists)
    for name, value, reason in (("suspended licence", SUSPENDED, "suspended"), ("revoked licence", REVOKED, "revoked")):
        lists = {LIST_URI: status_token({7: value})}
        made[name] = case(text, "authentic", reason, ("held", "held", "not_held"), lists=lists)
    made["replaced licence"] = case(
        text, "authentic", "replaced", ("held", "held", "not_held"), lists={LIST_URI: status_token({7: 3})}
    )
    made["permits left out, with a digest"] = case(
        link(with_claims(_left_out)), "authentic", "current", ("held", "held", "not_held")
    )
    genuine = dict(genuine_cases())
    made |= {name: genuine[name] for name in GENUINE}
    attacks = {name: given for name, _, given in attack_cases()}
    made |= {name.replace("_", " "): attacks[name] for name in ATTACKS}
    lists = sorted(
        {token for given in made.values() for had in given["lists"].values() for token in texts(had)}
        | set(fresh.values())
    )
    cases = [
        {"name": name, **given, "jwks": None if given["jwks"] == JWKS else given["jwks"],
         "lists": {uri: [lists.index(token) for token in texts(had)] for uri, had in given["lists"].items()}}
        for name, given in made.items()
    ]  # fmt: skip
    return {"about": "docs/licence.md 13", "jwks": JWKS, "lists": lists, "example": example(), "cases": cases}


def texts(had: str | list[str]) -> list[str]:
    """The texts that were had of a list, one after another; most cases give one."""
    return [had] if isinstance(had, str) else had


def _left_out(claims: Case) -> None:
    claims["permits_total"], claims["permits_digest"] = 5, "A" * 43


def example() -> dict[str, Any]:
    """One code taken apart, step by step."""
    made = licence(SHOP)
    raw = transport.from_digits(made.digits)
    return {
        "link": made.link(PAGE), "digits": len(made.digits), "first_group": made.digits[:53], "first_bytes": raw[:22].hex(),
        "last_group": made.digits[-(len(made.digits) % 53 or 53):], "bytes": raw.hex(), "version": raw[0], "dictionary": raw[1],
        "header": made.parts.header.decode(), "payload": made.parts.payload.decode(), "signature": made.parts.signature.hex(),
        "jws": made.jws,
    }  # fmt: skip


def tables() -> dict[str, str]:
    """Every table of the document that is made from code, by its name."""
    return {"claims": _claims(), "lints": _lints(), "print": _print(), "dictionaries": _dictionaries(), "example": _example(),
            "characters": _characters()}  # fmt: skip


def _claims() -> str:
    schema = shape.schema()
    rows = ["| claim | zh | en | form | |", "|---|---|---|---|---|"]
    for path, (zh, en) in LABELS.items():
        member, needed = _member(schema, path)
        rows.append(f"| `{_way(path)}` | {zh} | {en} | {_form(member)} | {'required' if needed else 'optional'} |")
    rows += [
        f"| `{_way(path)}` | {zh} | {en} | download alone (section 10) | |" for path, (zh, en) in PRIVATE_LABELS.items()
    ]
    return "\n".join(rows)


def _way(path: tuple[str | None, ...]) -> str:
    return re.sub(r"\.\[\]", "[]", ".".join("[]" if step is None else step for step in path))


def _member(schema: dict[str, Any], path: tuple[str | None, ...]) -> tuple[dict[str, Any], bool]:
    """The schema of a claim, and whether it must be there (in every form of its object)."""
    forms, needed = [schema], True
    for step in path:
        forms = [one for form in forms for one in (form, *form.get("oneOf", []))]
        if step is None:
            forms, needed = [form["items"] for form in forms if "items" in form], True
            continue
        objects = [form for form in forms if "properties" in form]
        needed = all(step in form["required"] for form in objects)
        forms = [form["properties"][step] for form in objects if step in form["properties"]]
    words = [value for form in forms for value in form.get("enum", [])]
    return ({"enum": words} if words else forms[0]), needed


def _form(member: dict[str, Any]) -> str:  # noqa: PLR0911  (one line a form)
    if "enum" in member or "const" in member:
        return "true or false" if "const" in member else " or ".join(f"`{value}`" for value in member["enum"])
    if member.get("format") == "date":
        return "day YYYY-MM-DD, 1900 to 2199"
    if "pattern" in member:
        return "matches `" + member["pattern"].removesuffix(r"(?!\n)").replace("|", "\\|") + "`"
    if member.get("type") == "string":
        return f"text of 1 to {member['maxLength']} characters"
    if member.get("type") == "integer":
        return f"{member['minimum']} to {member['maximum']}"
    if member.get("type") == "array":
        each = f", each {_form(member['items'])}" if member["items"].get("type") in {"string", "integer"} else ""
        return f"list of {member['minItems']} to {member['maxItems']}{each}"
    return "object"


def _lints() -> str:
    rows = ["| lint | source | citation | since | 要求 | demands |", "|---|---|---|---|---|---|"]
    rows += [
        f"| {one.name} | {one.source} | {one.citation} | {one.effective_from} | {one.demands['zh']} | {one.demands['en']} |"
        for one in LINTS
    ]
    return "\n".join(rows)


def _print() -> str:
    office, fine = (advice_for(97, dpi=dpi).row for dpi in (300, 600))
    sides = f"least side: {office.dots} dots at 300 dpi, {fine.dots} at 600 | advised at 300 dpi: {office.advised_dots} dots"
    sides += f" | advised at 600 dpi: {fine.advised_dots} dots | GS1: {office.gs1_dots} dots at 300 dpi, {fine.gs1_dots} at 600"
    rows = [f"| version | modules with margin | {sides} |", "|---|---:|---:|---:|---:|---:|"]
    for version in (12, 14, 16, 18, 19, 20, 22):
        office, fine = (advice_for(17 + 4 * version, dpi=dpi).row for dpi in (300, 600))
        told = (office.side_mm, office.advised_side_mm, fine.advised_side_mm, office.gs1_side_mm)
        modules = advice_for(17 + 4 * version).modules
        rows.append(f"| {version}-M | {modules} | {' | '.join(f'{side:.2f} mm' for side in told)} |")
    return "\n".join(rows)


def _dictionaries() -> str:
    rows = ["| id | bytes | SHA-256 |", "|---|---:|---|"]
    rows += [
        f"| {number} | {len(transport.dictionary(number))} | `{digest}` |"
        for number, digest in transport.DICTIONARIES.items()
    ]
    return "\n".join(rows)


def _characters() -> str:
    return ", ".join(f"U+{first:04X}–{last:04X}" if first != last else f"U+{first:04X}" for first, last, _ in FORBIDDEN)


def _example() -> str:
    told = example()
    raw = told["bytes"]
    lines = [
        f"digits in all      {told['digits']}",
        f"first 53 digits    {told['first_group']}",
        f"are the 22 bytes   {told['first_bytes']}",
        f"  transport        {raw[:2]}   dictionary {raw[2:4]}   then DEFLATE from {raw[4:24]}…",
        f"last {len(told['last_group'])} digits     {told['last_group']}",
        f"signature          {told['signature']}",
        f"inflated, line 1   {told['header']}",
        f"inflated, line 2   {told['payload'][:96]}…",
        f"JWS                {told['jws'][:64]}… ({len(told['jws'])} characters)",
    ]
    return "\n".join(("```text", *lines, "```"))


def files() -> dict[Path, str]:
    """Both files and what they should say."""
    text = DOCUMENT.read_text("utf-8")
    for name, table in tables().items():
        text, count = re.subn(
            rf"(<!-- made: {name} -->\n)(?:.*?\n)??(<!-- end -->)",
            lambda found, table=table: f"{found[1]}{table}\n{found[2]}",
            text,
            flags=re.DOTALL,
        )
        if count != 1:
            raise ValueError(f"docs/licence.md has {count} places for the table {name!r}, one is wanted")
    return {DOCUMENT: text, VECTORS: json.dumps(vectors(), ensure_ascii=True, indent=1) + "\n"}


def main() -> int:
    """Write the files, or with --check say which differ."""
    found = {path: text for path, text in files().items() if not path.exists() or path.read_text("utf-8") != text}
    for path, text in found.items():
        if "--check" not in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        sys.stdout.write(f"differs: {path.relative_to(ROOT)}\n")
    return 1 if found and "--check" in sys.argv else 0


if __name__ == "__main__":
    assert AT
    sys.exit(main())
