"""Notes, keys, checkpoints, proofs: what is accepted, and that no byte of them can change."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.errors import AuditError, MalformedError, ProofError, SignatureError
from audit.merkle import EMPTY_ROOT, inclusion_proof, leaf_hash, root_of, subtrees_of
from audit.note import MAX_NOTE, MAX_SIGNATURES, NoteKey, NoteSigner, open_note, signature_line
from audit.proof import LogProof, verify_proof

ORIGIN = "log.test.invalid/anqiu"
SIGNER = NoteSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32)))
OTHER = NoteSigner("witness.test.invalid", Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32))
GREASE = signature_line("grease.test.invalid", b"\xde\xad\xbe\xef", bytes(range(70)))

# The key pair and note that golang.org/x/mod/sumdb/note gives as its example (package documentation).
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = b"If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_NOTE = (
    GO_TEXT
    + (
        "\n\u2014 PeterNeumann "
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    ).encode()
)


def test_a_note_of_another_implementation_opens():
    key = NoteKey.from_text(GO_KEY)
    assert key.to_text() == GO_KEY
    assert open_note(GO_NOTE, [key]).text == GO_TEXT


def test_unknown_signatures_are_ignored_and_known_ones_named():
    note = SIGNER.sign(b"text\n") + GREASE + OTHER.sign(b"text\n").split(b"\n\n")[1]
    assert open_note(note, [SIGNER.key]).signed_by == (ORIGIN,)
    assert open_note(note, [OTHER.key, SIGNER.key]).signed_by == (ORIGIN, OTHER.key.name)
    assert open_note(note + GREASE * 13, [SIGNER.key]).text == b"text\n"


def test_same_name_with_another_key_is_unknown():
    impostor = NoteSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes([9]) * 32))
    with pytest.raises(SignatureError, match="no known key"):
        open_note(impostor.sign(b"text\n"), [SIGNER.key])


def test_one_bad_signature_of_a_known_key_condemns_the_note():
    note = SIGNER.sign(b"text\n") + signature_line(OTHER.key.name, OTHER.key.id, bytes(64))
    with pytest.raises(SignatureError, match="does not belong"):
        open_note(note, [SIGNER.key, OTHER.key])


def test_a_text_may_hold_blank_lines():
    assert open_note(SIGNER.sign(b"a\n\nb\n"), [SIGNER.key]).text == b"a\n\nb\n"


GOOD = SIGNER.sign(b"text\n")
LINE = GOOD.split(b"\n\n")[1]


@pytest.mark.parametrize(
    "note",
    {
        "nothing": b"",
        "no blank line": b"text\n" + LINE,
        "no signature": b"text\n\n",
        "no newline at the end": GOOD[:-1],
        "not UTF-8": b"te\xffxt\n\n" + LINE,
        "carriage return": GOOD.replace(b"\n", b"\r\n"),
        "control character": b"te\x07xt\n\n" + LINE,
        "hyphen for the dash": GOOD.replace("\u2014".encode(), b"-"),
        "two spaces": GOOD.replace(b" " + ORIGIN.encode(), b"  " + ORIGIN.encode()),
        "no name": b"text\n\n" + "\u2014  AAAAAAAA\n".encode(),
        "plus in the name": b"text\n\n" + "\u2014 a+b AAAAAAAA\n".encode(),
        "wide space in the name": b"text\n\n" + "\u2014 a\u3000b AAAAAAAA\n".encode(),
        "not base64": b"text\n\n" + "\u2014 a AAA*AAAA\n".encode(),
        "base64 without padding": GOOD.replace(b"=\n", b"\n"),
        "too short for a key id": b"text\n\n" + "\u2014 a AAAA\n".encode(),
        "a line between signatures": GOOD + b"remark\n" + LINE,
        "too many signatures": GOOD + LINE * MAX_SIGNATURES,
        "too long": b"a" * MAX_NOTE + GOOD,
    }.items(),
    ids=lambda pair: pair[0],
)
def test_malformed_notes_are_refused_before_any_key(note):
    with pytest.raises(MalformedError):
        open_note(note[1], [SIGNER.key])


@pytest.mark.parametrize("text", [b"no newline", b"control\x01\n", b"\xff\n", b""])
def test_a_text_that_no_note_holds_is_not_signed(text):
    with pytest.raises(MalformedError):
        SIGNER.sign(text)


def test_a_key_with_a_space_or_of_other_length_is_no_key():
    with pytest.raises(MalformedError, match="spaces"):
        NoteKey("a b", SIGNER.key.public_key)
    with pytest.raises(MalformedError, match="32 bytes"):
        NoteKey("a", b"short")
    other_type = base64.b64encode(b"\x02" + SIGNER.key.public_key).decode()
    with pytest.raises(MalformedError, match="type byte"):
        NoteKey.from_text(f"a+00000000+{other_type}")


def _mutations(raw: bytes):
    """Every byte replaced by a near and by a far one, every byte left out, every byte doubled."""
    for place, byte in enumerate(raw):
        for changed in {byte ^ 1, byte ^ 0x20, (byte + 128) % 256, 0x0A}:
            if changed != byte:
                yield raw[:place] + bytes([changed]) + raw[place + 1 :]
        yield raw[:place] + raw[place + 1 :]
        yield raw[: place + 1] + raw[place:]


def test_no_byte_of_a_checkpoint_note_can_change():
    note = Checkpoint(ORIGIN, 5, bytes(range(32))).sign(SIGNER)
    for mutated in _mutations(note):
        if mutated != note:
            with pytest.raises(AuditError):
                open_checkpoint(mutated, ORIGIN, [SIGNER.key])


def test_no_byte_of_a_key_can_change():
    text = SIGNER.key.to_text()
    note = SIGNER.sign(b"text\n")
    for mutated in _mutations(text.encode()):
        with pytest.raises(AuditError):
            open_note(note, [NoteKey.from_text(mutated.decode("utf-8", errors="replace"))])


LEAVES = [f"leaf {number}".encode() for number in range(11)]
HASHES = [leaf_hash(leaf) for leaf in LEAVES]
CHECKPOINT = Checkpoint(ORIGIN, 11, root_of(HASHES)).sign(SIGNER)
PROOF = LogProof(4, tuple(inclusion_proof(4, 11, subtrees_of(HASHES))), CHECKPOINT)


def test_a_proof_verifies_offline_with_the_key_alone():
    index, checkpoint = verify_proof(PROOF.to_bytes(), LEAVES[4], ORIGIN, [SIGNER.key])
    assert (index, checkpoint.size, checkpoint.root) == (4, 11, root_of(HASHES))
    extra = LogProof(PROOF.index, PROOF.path, PROOF.checkpoint, extra=b"context")
    assert LogProof.from_bytes(extra.to_bytes()) == extra
    verify_proof(extra.to_bytes(), LEAVES[4], ORIGIN, [SIGNER.key])


def test_no_byte_of_a_proof_can_change():
    text = PROOF.to_bytes()
    for mutated in _mutations(text):
        if mutated != text:
            with pytest.raises(AuditError):
                verify_proof(mutated, LEAVES[4], ORIGIN, [SIGNER.key])


def test_a_proof_is_for_its_leaf_and_its_log_only():
    with pytest.raises(ProofError):
        verify_proof(PROOF.to_bytes(), LEAVES[5], ORIGIN, [SIGNER.key])
    with pytest.raises(MalformedError, match="is of the log"):
        verify_proof(PROOF.to_bytes(), LEAVES[4], "another.invalid/log", [SIGNER.key])
    with pytest.raises(SignatureError):
        verify_proof(PROOF.to_bytes(), LEAVES[4], ORIGIN, [OTHER.key])


def test_a_log_of_one_leaf_has_an_empty_path():
    checkpoint = Checkpoint(ORIGIN, 1, HASHES[0]).sign(SIGNER)
    proof = LogProof(0, (), checkpoint).to_bytes()
    assert verify_proof(proof, LEAVES[0], ORIGIN, [SIGNER.key])[0] == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "blank line"),
        (b"other@v1\nindex 0\n\n" + CHECKPOINT, "begins with"),
        (b"c2sp.org/tlog-proof@v1\n\n" + CHECKPOINT, "index"),
        (b"c2sp.org/tlog-proof@v1\nindex 01\n\n" + CHECKPOINT, "leading zeros"),
        (b"c2sp.org/tlog-proof@v1\nindex -1\n\n" + CHECKPOINT, "leading zeros"),
        (b"c2sp.org/tlog-proof@v1\nindex 1\nAAAA\n\n" + CHECKPOINT, "32 bytes"),
        (b"c2sp.org/tlog-proof@v1\nindex 1\n" + b"A" * 43 + b"=\n" + (b"A" * 43 + b"=\n") * 63 + b"\n", "at most 63"),
        (b"c2sp.org/tlog-proof@v1\nextra *\nindex 1\n\n" + CHECKPOINT, "Base64"),
        ("c2sp.org/tlog-proof@v1\nindex \u0661\n\n".encode() + CHECKPOINT, "ASCII"),
    ],
)
def test_malformed_proofs_are_refused(text, says):
    with pytest.raises(MalformedError, match=says):
        LogProof.from_bytes(text)


@pytest.mark.parametrize(
    "text",
    [
        b"a\n0\n", b"a\n1\n%s\nextension\n", b"\n1\n%s\n", b"a\n01\n%s\n", b"a\n+1\n%s\n", b"a\n1\nAAAA\n",
        b"a\n99999999999999999999\n%s\n", b"a\n9223372036854775808\n%s\n", b"a\n0\n%s\n", b"a\n1\n%s",
    ],
)  # fmt: skip
def test_malformed_checkpoints_are_refused(text):
    with pytest.raises(MalformedError):
        Checkpoint.from_text(text.replace(b"%s", base64.b64encode(bytes(32))))


def test_the_empty_log_has_the_root_of_nothing():
    assert Checkpoint.from_text(Checkpoint("a", 0, EMPTY_ROOT).to_text()).size == 0
