"""Make the attacks on the log: `tests/attacks/log_<name>_fail/`, each with a README and the files that must be refused.

`attack.json` says which check to run and what it must answer: `proof` (with `leaf`, `proof.tlog-proof` and `log.vkey`)
gives the error and words of its message; `export` (with `export/`, and `earlier` where the auditor kept a checkpoint)
gives the steps that must find a fault, or the error with which the folder cannot be read at all. An attack that is
added by hand as a folder is run like these. All keys can be computed by anybody: their seeds are one repeated byte or a
small number. Run it from the root of the repository: `python -m tests.audit.make_attacks`.
"""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.base64_strict import encode
from audit.canonical import canonical
from audit.checkpoint import Checkpoint
from audit.merkle import inclusion_proof, leaf_hash, node_hash, root_of, subtrees_of
from audit.note import NoteSigner
from audit.proof import LogProof
from tests.support.licence_signing import LicenceKey

ORIGIN = "log.test.invalid/attacked"
FOLDER = Path(__file__).resolve().parents[1] / "attacks"
ATTACKS: dict[str, tuple[str, Callable[[Path], dict[str, Any]]]] = {}


def _signer(seed: int = 0) -> NoteSigner:
    return NoteSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


def attack(description: str) -> Callable[[Callable[[Path], dict[str, Any]]], None]:
    """Enter an attack under the name of its function."""

    def enter(make: Callable[[Path], dict[str, Any]]) -> None:
        ATTACKS[make.__name__.strip("_")] = description, make

    return enter


# A log of eleven leaves, and a proof of the fifth.

LEAVES = [b"leaf %d" % number for number in range(11)]
HASHES = [leaf_hash(leaf) for leaf in LEAVES]
ROOT = root_of(HASHES)
PATH = tuple(inclusion_proof(4, 11, subtrees_of(HASHES)))
GOOD = Checkpoint(ORIGIN, 11, ROOT).sign(_signer())


def _proof(
    folder: Path, says: str, error: str, *, leaf=LEAVES[4], index=4, path=PATH, checkpoint=GOOD
) -> dict[str, Any]:
    (folder / "leaf").write_bytes(leaf)
    (folder / "proof.tlog-proof").write_bytes(LogProof(index, tuple(path), checkpoint).to_bytes())
    (folder / "log.vkey").write_bytes(_signer().key.to_text().encode() + b"\n")
    return {"check": "proof", "error": error, "says": says}


def _signed(text: bytes) -> bytes:
    return _signer().sign(text)


@attack("The proof is of another leaf than the one it is shown with.")
def _proof_other_leaf(folder):
    return _proof(folder, "another root", "ProofError", leaf=b"leaf 5")


@attack("An inner node of the tree is offered as an entry, with the rest of its path.")
def _proof_inner_node_as_leaf(folder):
    return _proof(folder, "shorter than the tree", "ProofError", leaf=HASHES[4] + HASHES[5], index=2, path=PATH[1:])


@attack("The index is that of a neighbour.")
def _proof_other_index(folder):
    return _proof(folder, "another root", "ProofError", index=5)


@attack("The index lies beyond the tree.")
def _proof_index_beyond_tree(folder):
    return _proof(folder, "not in a tree of 11", "ProofError", index=11)


@attack("The last hash of the path is left out.")
def _proof_short_path(folder):
    return _proof(folder, "shorter than the tree", "ProofError", path=PATH[:-1])


@attack("A hash is added to the path, and the checkpoint is forged to fit it, without the log's key.")
def _proof_long_path(folder):
    forged = Checkpoint(ORIGIN, 11, node_hash(ROOT, ROOT)).sign(_signer(9))
    return _proof(folder, "no known key", "SignatureError", path=(*PATH, ROOT), checkpoint=forged)


@attack("A hash is added to the path under the true checkpoint.")
def _proof_extra_hash(folder):
    return _proof(folder, "longer than the tree", "ProofError", path=(*PATH, ROOT))


@attack("The checkpoint is signed by another key under the name of the log.")
def _checkpoint_stranger(folder):
    return _proof(folder, "no known key", "SignatureError", checkpoint=Checkpoint(ORIGIN, 11, ROOT).sign(_signer(9)))


@attack("The checkpoint carries the key id of the log's key before a signature that is not its own.")
def _checkpoint_stolen_key_id(folder):
    body, line = Checkpoint(ORIGIN, 11, ROOT).to_text(), _signer().key
    forged = body + b"\n" + f"\u2014 {ORIGIN} {encode(line.id + bytes(64))}\n".encode()
    return _proof(folder, "does not belong", "SignatureError", checkpoint=forged)


@attack("The root was replaced after signing.")
def _checkpoint_other_root(folder):
    changed = GOOD.replace(encode(ROOT).encode(), encode(HASHES[0]).encode())
    return _proof(folder, "does not belong", "SignatureError", checkpoint=changed)


@attack("The size was replaced after signing.")
def _checkpoint_other_size(folder):
    return _proof(folder, "does not belong", "SignatureError", checkpoint=GOOD.replace(b"\n11\n", b"\n12\n"))


@attack("The checkpoint is truly signed, for another log.")
def _checkpoint_other_origin(folder):
    return _proof(
        folder, "is wanted", "MalformedError", checkpoint=_signed(b"other\n11\n" + encode(ROOT).encode() + b"\n")
    )


@attack("The checkpoint is truly signed and has an extension line, which no monitor could audit.")
def _checkpoint_extension_line(folder):
    text = Checkpoint(ORIGIN, 11, ROOT).to_text() + b"extension\n"
    return _proof(folder, "extension lines", "MalformedError", checkpoint=_signed(text))


@attack("The checkpoint is truly signed and writes its size with a leading zero: two texts for one state.")
def _checkpoint_leading_zero(folder):
    text = f"{ORIGIN}\n011\n{encode(ROOT)}\n".encode()
    return _proof(folder, "leading zeros", "MalformedError", checkpoint=_signed(text))


@attack("The signature is written in another Base64 spelling of the same bytes.")
def _note_loose_base64(folder):
    loose = GOOD.rstrip(b"=\n")
    loose = loose[:-1] + bytes([loose[-1] + 1]) + b"=\n"
    return _proof(folder, "canonical Base64", "MalformedError", checkpoint=loose)


@attack("Lines end as on Windows.")
def _note_carriage_returns(folder):
    return _proof(folder, "control character", "MalformedError", checkpoint=GOOD.replace(b"\n", b"\r\n"))


# Exports of a small log of records.


def _decision(application: str, outcome: str) -> bytes:
    return canonical(
        {
            "kind": "decision",
            "v": 1,
            "application_id": application,
            "outcome": outcome,
            "rule_set": "0" * 64,
            "findings": [],
        }
    )


def _officer(decision: int, act: str = "approval") -> bytes:
    record = {"kind": "officer", "v": 1, "act": act, "decision": decision, "officer": "0" * 64, "reasons": "0" * 64}
    return canonical({**record, "articles": [], "remedies": [], "at": "2026-11-22T08:00:00.000000Z"})


def _token(number: int, decision: int, *, seed: int = 7, **header: str) -> bytes:
    return LicenceKey(seed).licence(f"L-{number}", f"U{number}", ORIGIN, decision, **header).encode()


def _licence(number: int, decision: int, token: bytes | None = None) -> bytes:
    digest = hashlib.sha256(token or _token(number, decision)).hexdigest()
    record = {"kind": "licence", "v": 1, "jti": f"L-{number}", "uscc": f"U{number}", "decision": decision}
    return canonical({**record, "jws_sha256": digest, "issued_at": "2026-11-22T08:00:00.000000Z"})


RECORDS = [
    _decision("A1", "approved"),
    _decision("A2", "fix"),
    _licence(1, 0),
    _decision("A3", "approved"),
    _licence(2, 3),
]
LICENCES = {2: _token(1, 0), 4: _token(2, 3)}


def _export(
    folder: Path, steps: list[str], *, leaves=RECORDS, licences=LICENCES, signed=None, keys=None, extra=None, **manifest
) -> dict[str, Any]:
    """Write an export of these leaves; `signed` are the leaves that the checkpoint is over, if others."""
    hashes = [leaf_hash(leaf) for leaf in leaves]
    over = [leaf_hash(leaf) for leaf in signed] if signed is not None else hashes
    checkpoint = Checkpoint(ORIGIN, len(over), root_of(over))
    bundle = b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)
    files = {
        "checkpoint": checkpoint.sign(_signer()),
        "log.vkey": _signer().key.to_text().encode() + b"\n",
        "sources.json": b"{}",
        "jwks.json": canonical(keys or LicenceKey().jwks()),
        "rule_sets.json": b"{}",
        f"tile/0/000.p/{len(leaves)}": b"".join(hashes),
        f"tile/entries/000.p/{len(leaves)}": bundle,
        **{f"licences/{index:03d}.jws": licence for index, licence in licences.items()},
        **(extra or {}),
    }
    listed = {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}
    content = {
        "schema": "miaopi/export/1", "origin": ORIGIN, "size": checkpoint.size, "root": checkpoint.root.hex(),
        "exported_at": "2026-11-22T08:00:00.000000Z", "withheld": ["inputs"], "files": listed,
    }  # fmt: skip
    files["manifest.json"] = canonical({**content, **manifest})
    for path, raw in files.items():
        (folder / "export" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "export" / path).write_bytes(raw)
    # The rule books are left out of these small exports, so that step finds a fault in every one of them.
    return {"check": "export", "steps": sorted(steps if "entries" in steps else {*steps, "rule sets"})}


@attack("An entry was rewritten and its tile with it; the checkpoint is the true one.")
def _export_rewritten_leaf(folder):
    return _export(folder, ["root"], leaves=[RECORDS[0], _decision("A2", "approved"), *RECORDS[2:]], signed=RECORDS)


@attack("The last entry was taken out, and the names of tile and bundle say so; the checkpoint still counts it.")
def _export_removed_leaf(folder):
    return _export(folder, ["entries", "licences", "root", "tiles"], leaves=RECORDS[:-1], signed=RECORDS)


@attack("An entry was added that the checkpoint does not cover.")
def _export_added_leaf(folder):
    added = [*RECORDS, _decision("A4", "fix")]
    return _export(folder, ["entries", "licences", "root", "tiles"], leaves=added, signed=RECORDS)


@attack("Whoever holds the log's key rewrote history and signed it; only the checkpoint that the auditor kept tells.")
def _export_rewritten_and_signed(folder):
    hashes = [leaf_hash(leaf) for leaf in RECORDS]
    (folder / "earlier").write_bytes(Checkpoint(ORIGIN, 3, root_of(hashes[:3])).sign(_signer()))
    return _export(folder, ["root"], leaves=[RECORDS[0], _decision("A2", "referred"), *RECORDS[2:]])


@attack("The log is shorter than the checkpoint that the auditor kept: its tail was lost or cut off.")
def _export_lost_tail(folder):
    hashes = [leaf_hash(leaf) for leaf in RECORDS]
    (folder / "earlier").write_bytes(Checkpoint(ORIGIN, 5, root_of(hashes)).sign(_signer()))
    return _export(folder, ["root"], leaves=RECORDS[:3], licences={2: LICENCES[2]})


@attack("A licence rests on a decision that did not approve.")
def _export_licence_without_approval(folder):
    return _export(folder, ["records"], leaves=[*RECORDS[:4], _licence(2, 1)], licences={**LICENCES, 4: _token(2, 1)})


@attack("A licence was logged before the decision it names.")
def _export_licence_before_decision(folder):
    leaves = [*RECORDS[:2], _licence(1, 3), RECORDS[3], _licence(2, 0)]
    return _export(folder, ["records"], leaves=leaves, licences={2: _token(1, 3), 4: _token(2, 0)})


@attack("Two licences rest on one approval. The first is in order; only the second is not.")
def _export_two_licences_for_one_approval(folder):
    leaves = [*RECORDS[:4], _licence(2, 0)]
    return _export(folder, ["records"], leaves=leaves, licences={**LICENCES, 4: _token(2, 0)})


@attack("One application was approved twice.")
def _export_application_approved_twice(folder):
    return _export(folder, ["records"], leaves=[*RECORDS[:3], _decision("A1", "approved"), _licence(2, 3)])


@attack("An application was finally decided, not approved, and then approved under the same number.")
def _export_approved_after_a_final_decision(folder):
    return _export(folder, ["records"], leaves=[*RECORDS[:3], _decision("A2", "approved"), _licence(2, 3)])


@attack("A licence by the rules and a second one by an officer: both approvals are of one application.")
def _export_two_licences_by_rules_and_officer(folder):
    leaves = [*RECORDS[:3], _officer(0), _licence(2, 3)]
    return _export(folder, ["records"], leaves=leaves)


@attack("An officer approves a decision that asked for corrections and was never referred.")
def _export_officer_on_what_was_not_referred(folder):
    leaves = [*RECORDS[:3], _officer(1), _licence(2, 3)]
    return _export(folder, ["records"], leaves=leaves)


@attack("Two officers act on one referred application; each approval has its licence. Only the second act is at fault.")
def _export_two_acts_on_one_application(folder):
    leaves = [_decision("A1", "referred"), _officer(0), _licence(1, 1), _officer(0), _licence(2, 3)]
    return _export(folder, ["records"], leaves=leaves, licences={2: _token(1, 1), 4: _token(2, 3)})


@attack("An officer refused, and the rules approved the same application afterwards.")
def _export_approved_after_a_refusal(folder):
    leaves = [
        _decision("A1", "waiting"),
        _officer(0, "refusal"),
        RECORDS[1],
        _decision("A1", "approved"),
        _licence(2, 3),
    ]
    return _export(folder, ["records"], leaves=leaves, licences={4: LICENCES[4]})


@attack("An officer acts on a record that said waiting, though the application was decided after it.")
def _export_officer_on_a_stale_decision(folder):
    leaves = [_decision("A1", "waiting"), _decision("A1", "fix"), RECORDS[1], _officer(0), _licence(2, 3)]
    return _export(folder, ["records"], leaves=leaves, licences={4: LICENCES[4]})


@attack("A licence rests on an officer's refusal.")
def _export_licence_on_a_refusal(folder):
    leaves = [_decision("A1", "referred"), RECORDS[1], _decision("A3", "fix"), _officer(0, "refusal"), _licence(2, 3)]
    return _export(folder, ["records"], leaves=leaves, licences={4: LICENCES[4]})


def _second_licence(folder: Path, token: bytes, **named) -> dict[str, Any]:
    """The second of two licences is `token`, and its digest is in the log."""
    leaves = [*RECORDS[:4], _licence(2, 3, token)]
    return _export(folder, ["licences"], leaves=leaves, licences={**LICENCES, 4: token}, **named)


@attack("The second licence is signed by a key that is not ours, under the number of one that is.")
def _export_licence_by_a_stranger(folder):
    return _second_licence(folder, _token(2, 3, seed=8, kid=LicenceKey().kid))


@attack("The second licence names a key that the list of licence keys does not hold.")
def _export_licence_by_an_unknown_key(folder):
    return _second_licence(folder, _token(2, 3, seed=8))


@attack("The second licence has no signature and says so: alg none.")
def _export_licence_alg_none(folder):
    return _second_licence(folder, _token(2, 3, alg="none").rpartition(b".")[0] + b".")


@attack("The second token is signed by the licence key and is a status list, not a licence.")
def _export_licence_of_another_typ(folder):
    return _second_licence(folder, _token(2, 3, typ="statuslist+jwt"))


@attack("The second licence carries its own key in the header.")
def _export_licence_brings_its_key(folder):
    return _second_licence(folder, _token(2, 3, jwk="{}"))


@attack("The second licence bears another code than its record.")
def _export_licence_of_another_code(folder):
    return _second_licence(folder, LicenceKey().licence("L-2", "U9", ORIGIN, 3).encode())


@attack("The second licence bears another number than its record.")
def _export_licence_of_another_number(folder):
    return _second_licence(folder, LicenceKey().licence("L-9", "U2", ORIGIN, 3).encode())


@attack("The second licence names another leaf as its ground than its record does.")
def _export_licence_of_another_leaf(folder):
    return _second_licence(folder, LicenceKey().licence("L-2", "U2", ORIGIN, 0).encode())


@attack("The second licence names another log.")
def _export_licence_of_another_log(folder):
    return _second_licence(folder, LicenceKey().licence("L-2", "U2", "log.test.invalid/other", 3).encode())


@attack("The key that signed the licences is listed as one for status lists.")
def _export_licence_key_for_something_else(folder):
    return _export(folder, ["licences"], keys=LicenceKey().jwks(typ="statuslist+jwt"))


@attack("The list of licence keys holds a private key.")
def _export_licence_key_that_is_private(folder):
    return _export(folder, ["licences"], keys=LicenceKey().jwks(d="Bw"))


@attack("The licence shown is not the one whose digest was logged.")
def _export_swapped_licence(folder):
    return _export(folder, ["licences"], licences={**LICENCES, 4: _token(3, 3)})


@attack("A licence lies in the export that was never logged.")
def _export_unlogged_licence(folder):
    return _export(folder, ["licences"], licences={**LICENCES, 9: _token(9, 3)})


@attack("A leaf names a member twice: two programs may read two different decisions out of it.")
def _export_member_twice(folder):
    twice = RECORDS[1].replace(b'"kind"', b'"outcome":"approved","kind"')
    return _export(folder, ["records"], leaves=[RECORDS[0], twice, *RECORDS[2:]])


@attack("A leaf is JSON with a space: two byte strings for one record.")
def _export_loose_leaf(folder):
    return _export(folder, ["records"], leaves=[RECORDS[0], RECORDS[1].replace(b",", b", ", 1), *RECORDS[2:]])


@attack("The manifest names another root than the signed checkpoint.")
def _export_manifest_other_root(folder):
    return _export(folder, ["checkpoint", "root"], root="0" * 64)


@attack("A file of the manifest is missing.")
def _export_missing_file(folder):
    answer = _export(folder, ["manifest", "licences"])
    (folder / "export" / "licences" / "004.jws").unlink()
    return answer


@attack("A file lies in the folder that the manifest does not list.")
def _export_stray_file(folder):
    answer = _export(folder, ["manifest"])
    (folder / "export" / "licences" / "005.jws").write_bytes(_token(5, 3))
    return answer


@attack("The manifest lists a path that leads out of the folder.")
def _export_path_escape(folder):
    _export(folder, [], files={"../../outside": "0" * 64})
    return {"check": "export", "error": "MalformedError", "says": "no path of an export"}


@attack("The manifest names a member twice.")
def _export_manifest_member_twice(folder):
    _export(folder, [])
    path = folder / "export" / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b'"size"', b'"size":1,"size"'))
    return {"check": "export", "error": "MalformedError", "says": "stands twice"}


def main(target: Path = FOLDER, attacks: Any = None) -> None:
    """Write every attack anew; those of this file, or those given."""
    for name, (description, make) in (attacks or ATTACKS).items():
        folder = target / f"log_{name}_fail"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        expected = make(folder)
        title = name.replace("_", " ")
        answer = expected.get("error") or "a fault in the steps " + ", ".join(expected["steps"])
        readme = f"# {title}\n\n{description}\n\nExpected: {answer}; never a check that holds.\n"
        (folder / "README.md").write_text(readme, "utf-8")
        (folder / "attack.json").write_text(json.dumps(expected, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
