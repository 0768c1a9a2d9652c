"""The public log of decisions: records, proofs, export, replay, and the auditor's own command."""
