"""Everything that can go wrong with the log, by who has to act.

AuditError
├── MalformedError        what was read is not in its format (note, checkpoint, proof, tile, record, inputs, export)
├── ProofError            well formed, and it does not prove what it should
├── SignatureError        no known key signed this, or a known key's signature is wrong
├── NotInLogError         a leaf, tile or checkpoint that the log does not hold (yet)
├── LeafTooLongError      a record that a C2SP entry bundle cannot carry
├── LostRaceError         another sequencer moved the head first: roll back, and append again
└── LogStoppedError       the sequencer must stop; a person looks before it starts again
    ├── ClockError        the log's clock went back
    ├── RolledBackError   the database knows less than what was already published
    └── ForkError         the database and a published checkpoint tell different histories
"""


class AuditError(Exception):
    """Any failure of this package."""


class MalformedError(AuditError):
    """What was read is not in the form its standard gives."""


class ProofError(AuditError):
    """A proof is well formed and does not lead to the root it should."""


class SignatureError(AuditError):
    """No signature of a known key, or one that does not verify."""


class NotInLogError(AuditError, LookupError):
    """A leaf, tile or checkpoint that the log does not hold, or not yet."""


class LeafTooLongError(AuditError):
    """A leaf that does not fit an entry bundle (65,535 bytes), even with its bulky parts held by digest."""


class LostRaceError(AuditError):
    """Another sequencer moved the head first. Nothing of this transaction may be kept: roll back and append again."""


class LogStoppedError(AuditError):
    """The log may not go on by itself: going on could sign two histories."""


class ClockError(LogStoppedError):
    """The clock reading given is earlier than the last one the log recorded."""


class RolledBackError(LogStoppedError):
    """The database's log is shorter than a checkpoint that was already published."""


class ForkError(LogStoppedError):
    """The database's log does not extend a checkpoint that was already published."""
