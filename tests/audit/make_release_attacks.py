"""Make the attacks on rule releases: `tests/attacks/release_<name>_fail/`, each with a README and what must be refused.

A folder holds `manifest.note` and `bundle.tar` as sent, `signers.json` (the pinned list), and `attack.json`: the registry,
the live release and when it was made, the moment at which all this is sent, and the reason with which the release is refused. An attack that is added by hand as a folder is run like
these. All keys can be computed by anybody: their seeds are one repeated byte. Run it from the root of the repository:
`python -m tests.audit.make_release_attacks`.
"""

import io
import json
import shutil
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.local_signers import signature_of, signed
from audit.canonical import canonical
from audit.note import NoteSigner
from audit.release_manifest import GATE, ROLES, Acknowledgement, Manifest, Report
from audit.rule_release import SIGNERS_SCHEMA
from rules.bundle import _header, digest_of, pack

FOLDER = Path(__file__).resolve().parents[1] / "attacks"
REGISTRY = "log.test.invalid/attacked"
LIVE = (1, "1" * 64)
FILES = {
    "facts.yaml": b"facts: {}\n",
    "law/company.yaml": b"- id: LLC-C04\n",
    "parameters/company.yaml": b"value: P5Y\n",
}
LIVE_MADE, NOW = "2026-11-20T02:00:00.000000Z", "2026-11-22T03:00:00.000000Z"
REPORT = Report(digest="2" * 64, ok=True)


def gate(**compared: Any) -> dict[Any, Report]:
    """All four checks green; `compared` replaces figures of the backtest."""
    figures = {"against": LIVE[1], "book": "3" * 64, "compared": 5, "flips": 0, **compared}
    return {**dict.fromkeys(GATE, REPORT), "backtest": Report(digest="2" * 64, ok=True, figures=figures)}


def signer(name: str, seed: int) -> NoteSigner:
    return NoteSigner(name, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


AUTHOR, APPROVER, SECOND_AUTHOR, STRANGER = signer("li", 1), signer("wang", 2), signer("zhao", 3), signer("mallory", 9)
PINNED = [
    {"name": "li", "role": "author", "key": AUTHOR.key.to_text()},
    {"name": "wang", "role": "approver", "key": APPROVER.key.to_text()},
    {"name": "zhao", "role": "author", "key": SECOND_AUTHOR.key.to_text()},
    {
        "name": "chen",
        "role": "approver",
        "key": signer("chen", 4).key.to_text(),
        "until": "2026-01-01T00:00:00.000000Z",
    },
]


def manifest(**changed: Any) -> Manifest:
    members: dict[str, Any] = {
        "registry": REGISTRY, "sequence": 2, "previous": LIVE[1], "kind": "release", "book": "3" * 64,
        "bundle": digest_of(pack(FILES)), "files": {path: digest_of(content) for path, content in FILES.items()},
        "made_at": "2026-11-22T02:00:00.000000Z", "gate": gate(), "skipped": {},
        "signer_roles": list(ROLES), **changed,
    }  # fmt: skip
    return Manifest(**members)


def note(found: Manifest | None = None, signers: tuple[NoteSigner, ...] = (AUTHOR, APPROVER)) -> bytes:
    return signed(found or manifest(), list(signers))


def over(text: bytes) -> bytes:
    """A note over any text, truly signed by both."""
    return AUTHOR.sign(text) + signature_of(text, APPROVER)


def _edited(**changed: Any) -> bytes:
    content = json.loads(manifest().text)
    content.update(changed)
    return over(canonical(content) + b"\n")


def _member(name: str, content: bytes = b"x\n", **changed: Any) -> bytes:
    """A tar file with one strange member after the true ones, as any `tar` would write it."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path, true in FILES.items():
            archive.addfile(tarfile.TarInfo(path), io.BytesIO(true))
        strange = tarfile.TarInfo(name)
        strange.size = len(content)
        for attribute, value in changed.items():
            setattr(strange, attribute, value)
        archive.addfile(strange, io.BytesIO(content))
    return written.getvalue()


def _raw(path: str) -> bytes:
    return pack(FILES)[:-1024] + _header(path, 2) + b"x\n" + bytes(510) + bytes(1024)


def attacks() -> dict[str, tuple[str, str, Callable[[], tuple[bytes, bytes]]]]:
    """Return by name: what is done, the reason it is refused with, and what makes (note, bundle)."""
    good, bundle = note(), pack(FILES)
    text = manifest().text
    author_line = signature_of(text, AUTHOR)
    changed = {**FILES, "parameters/company.yaml": b"value: P9Y\n"}
    missing = {path: content for path, content in FILES.items() if path != "law/company.yaml"}
    bomb = zlib.compress(bytes(64 * 1024 * 1024), 9)
    flips = {"approved-to-referred": 3}
    two = Acknowledgement(
        flip="approved-to-referred", count=2, name="Li", role="处长", reason="meant so by the new law"
    )
    return {
        "no_note": ("No signed manifest is sent at all.", "no-signature", lambda: (b"", bundle)),
        "no_signature": ("The signature lines are cut off; the blank line is there.", "no-signature", lambda: (text + b"\n", bundle)),
        "stripped": ("Only the bare manifest is sent, its signatures stripped off (as in OPA GHSA-g2pf-6v5v-qcc8).", "stripped", lambda: (text, bundle)),
        "truncated_manifest": ("The note ends within the manifest.", "truncated", lambda: (good[:200], bundle)),
        "truncated_signature": ("The note ends within the last signature.", "truncated", lambda: (good[:-20], bundle)),
        "truncated_with_newline": ("A signature is cut, and the line ended again.", "note-malformed", lambda: (good[:-22] + b"\n", bundle)),
        "second_signature_cut_off": ("The second signature line is cut off cleanly.", "too-few-signers", lambda: (note(signers=(AUTHOR,)), bundle)),
        "one_signer_twice": ("One person's signature stands twice.", "one-signer-twice", lambda: (good + author_line, bundle)),
        "one_signer_twice_other_key": ("One name signs twice, with two keys.", "one-signer-twice", lambda: (AUTHOR.sign(text) + signature_of(text, signer("li", 7)), bundle)),
        "two_authors": ("Two authors sign, and nobody who may approve.", "wrong-role", lambda: (note(signers=(AUTHOR, SECOND_AUTHOR)), bundle)),
        "roles_lowered": ("The manifest asks for one role alone.", "wrong-role", lambda: (note(manifest(signer_roles=["author"])), bundle)),
        "unknown_signer": ("The second signer is on nobody's list.", "unknown-signer", lambda: (note(signers=(AUTHOR, STRANGER)), bundle)),
        "two_strangers": ("Both signers are on nobody's list.", "unknown-signer", lambda: (note(signers=(STRANGER, signer("eve", 8))), bundle)),
        "wrong_key": ("A known name signs with a key of its own making.", "wrong-key", lambda: (note(signers=(AUTHOR, signer("wang", 7))), bundle)),
        "stolen_key_id": ("A stranger's signature carries the key id of a known signer.", "bad-signature", lambda: (good.rpartition(b"\xe2\x80\x94")[0] + _stolen(text), bundle)),
        "retired_signer": ("The second signer was retired before this was made.", "retired-signer", lambda: (note(signers=(AUTHOR, signer("chen", 4))), bundle)),
        "manifest_changed": ("A figure of the manifest is changed after signing.", "bad-signature", lambda: (good.replace(b'"sequence":2', b'"sequence":3', 1), bundle)),
        "signatures_of_another_release": ("True signatures over another manifest.", "bad-signature", lambda: (text + note(manifest(book="4" * 64)).partition(b"}\n")[2], bundle)),
        "not_canonical": ("The signed manifest has spaces.", "manifest-not-canonical", lambda: (over(json.dumps(json.loads(text)).encode() + b"\n"), bundle)),
        "member_twice": ("A member of the signed manifest stands twice.", "manifest-malformed", lambda: (over(text.replace(b'"sequence":2', b'"sequence":1,"sequence":2', 1)), bundle)),
        "float_in_manifest": ("The sequence is 2.0.", "manifest-malformed", lambda: (over(text.replace(b'"sequence":2', b'"sequence":2.0', 1)), bundle)),
        "sequence_is_text": ("The sequence is text.", "manifest-malformed", lambda: (_edited(sequence="2"), bundle)),
        "unknown_member": ("The manifest has a member that nobody knows.", "manifest-malformed", lambda: (_edited(skip_verification=True), bundle)),
        "future_schema": ("The manifest is of a later schema.", "future-schema", lambda: (_edited(schema="miaopi/rule-release/2"), bundle)),
        "not_a_manifest": ("The signed text is not JSON.", "manifest-malformed", lambda: (over(b"all rules are fine\n"), bundle)),
        "other_registry": ("A true release of another registry.", "other-registry", lambda: (note(manifest(registry="log.test.invalid/neighbour")), bundle)),
        "replayed": ("A true, older release is sent again.", "replayed", lambda: (note(manifest(sequence=1, previous=None)), bundle)),
        "sequence_gap": ("A release in between was left out.", "sequence-gap", lambda: (note(manifest(sequence=4)), bundle)),
        "wrong_predecessor": ("It was prepared against another release than the live one.", "wrong-predecessor", lambda: (note(manifest(previous="5" * 64)), bundle)),
        "no_gate": ("No check of the gate was run.", "gate-missing", lambda: (note(manifest(gate={})), bundle)),
        "gate_skipped": ("A release skips the proof, which only a rollback may.", "gate-missing", lambda: (note(manifest(gate={name: one for name, one in gate().items() if name != "prove"}, skipped={"prove": "no time"})), bundle)),
        "gate_failed": ("A check of the gate failed.", "gate-missing", lambda: (note(manifest(gate={**gate(), "test": Report(digest="2" * 64, ok=False)})), bundle)),
        "packaged": ("It says that it came with the software and needs no gate.", "gate-missing", lambda: (note(manifest(kind="packaged", gate={})), bundle)),
        "rollback_to_nothing": ("A rollback that names nothing to restore.", "gate-missing", lambda: (note(manifest(kind="rollback")), bundle)),
        "unacknowledged": ("Changed outcomes that nobody accepted.", "unacknowledged", lambda: (note(manifest(flips=flips, gate=gate(flips=3))), bundle)),
        "acknowledged_in_part": ("Two of three changed outcomes are accepted.", "unacknowledged", lambda: (note(manifest(flips=flips, gate=gate(flips=3), acknowledgements=[two])), bundle)),
        "flips_left_out": ("The backtest found three changes; the manifest names none of them.", "gate-missing", lambda: (note(manifest(gate=gate(flips=3))), bundle)),
        "backtest_against_itself": ("The backtest compared the new book with another release than the live one.", "gate-missing", lambda: (note(manifest(gate=gate(against="6" * 64))), bundle)),
        "backtest_of_another_book": ("The backtest was of another new book.", "gate-missing", lambda: (note(manifest(gate=gate(book="6" * 64))), bundle)),
        "backtest_of_nothing": ("The backtest compared not one decision.", "gate-missing", lambda: (note(manifest(gate=gate(compared=0))), bundle)),
        "accepted_by_a_hidden_name": ("A name that is shown otherwise than it is written accepts the changes.", "manifest-malformed", lambda: (_edited(acknowledgements=[{"flip": "approved-to-referred", "count": 3, "name": "\u202eiL", "role": "x", "reason": "x"}]), bundle)),
        "accepted_by_nobody": ("A blank name accepts the changes.", "manifest-malformed", lambda: (_edited(acknowledgements=[{"flip": "approved-to-referred", "count": 3, "name": " ", "role": "x", "reason": "x"}]), bundle)),
        "backdated_by_a_retired_signer": ("A retired signer writes a day on which they were still in office.", "retired-signer", lambda: (note(manifest(made_at="2025-12-31T00:00:00.000000Z"), (AUTHOR, signer("chen", 4))), bundle)),
        "made_before_the_live_one": ("It says that it was made before the release that it follows.", "wrong-moment", lambda: (note(manifest(made_at="2026-11-19T00:00:00.000000Z")), bundle)),
        "made_in_the_future": ("It says that it was made in 2099.", "wrong-moment", lambda: (note(manifest(made_at="2099-01-01T00:00:00.000000Z")), bundle)),
        "made_long_ago": ("It was signed and kept for half a year.", "wrong-moment", lambda: (note(manifest(made_at="2026-05-22T00:00:00.000000Z")), bundle)),
        "changed_file": ("A threshold is changed in the bundle.", "changed-file", lambda: (good, pack(changed))),
        "extra_file": ("A file more is in the bundle.", "extra-file", lambda: (good, pack({**FILES, "law/zz.yaml": b"- id: X\n"}))),
        "missing_file": ("A file is missing from the bundle.", "missing-file", lambda: (good, pack(missing))),
        "bundle_cut": ("The bundle is cut short.", "bundle-malformed", lambda: (good, bundle[:-1024])),
        "bundle_with_tail": ("Something follows the end of the bundle.", "bundle-malformed", lambda: (good, bundle + b"x")),
        "bundle_of_another_order": ("The files of the bundle are in another order.", "bundle-malformed", lambda: (good, _member("a.yaml"))),
        "bundle_with_link": ("A member of the bundle is a symbolic link.", "bundle-malformed", lambda: (good, _member("z.yaml", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd"))),
        "bundle_with_owner": ("A member has an owner: two byte strings for one content.", "bundle-malformed", lambda: (good, _member("z.yaml", uid=1000))),
        "path_absolute": ("A path is absolute.", "unsafe-path", lambda: (good, _raw("/etc/cron.d/x"))),
        "path_escape": ("A path leads out of the folder.", "unsafe-path", lambda: (good, _raw("parameters/../../x"))),
        "path_backslash": ("A path holds a backslash.", "unsafe-path", lambda: (good, _raw("x\\..\\y"))),
        "path_case_clash": ("Two paths differ in case alone.", "unsafe-path", lambda: (good, _clash())),
        "zip_bomb": ("The bundle is compressed: 64 MiB of zeros.", "compressed", lambda: (good, b"\x1f\x8b\x08\x00" + bomb[:4000])),
        "oversized_member": ("A file says that it has 8 GiB.", "oversized", lambda: (good, _header("a.yaml", 8 * 1024**3 - 1) + bytes(512))),
        "empty_bundle": ("The bundle is empty.", "bundle-malformed", lambda: (good, b"")),
    }  # fmt: skip


def _stolen(text: bytes) -> bytes:
    line = signature_of(text, signer("wang", 7)).decode()
    from audit.base64_strict import decode, encode  # noqa: PLC0415 (one use)

    blob = decode(line.split()[2], "it")
    return f"\u2014 wang {encode(APPROVER.key.id + blob[4:])}\n".encode()


def _clash() -> bytes:
    packed = b""
    for path in ("LAW.yaml", "law.yaml"):
        packed += _header(path, 2) + b"x\n" + bytes(510)
    return packed + bytes(1024)


def main(folder: Path = FOLDER) -> None:
    """Write every attack into `folder`."""
    for name, (what, reason, make) in attacks().items():
        target = folder / f"release_{name}_fail"
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        sent, bundle = make()
        (target / "manifest.note").write_bytes(sent)
        (target / "bundle.tar").write_bytes(bundle)
        (target / "signers.json").write_text(json.dumps({"schema": SIGNERS_SCHEMA, "signers": PINNED}, indent=1) + "\n")
        told = {"registry": REGISTRY, "live": list(LIVE), "live_made_at": LIVE_MADE, "now": NOW, "reason": reason}
        (target / "attack.json").write_text(json.dumps(told, indent=1) + "\n")
        title = name.replace("_", " ")
        (target / "README.md").write_text(
            f"# release {title}\n\n{what}\n\nExpected: ReleaseError with the reason `{reason}`; never live.\n"
        )


if __name__ == "__main__":
    main()
