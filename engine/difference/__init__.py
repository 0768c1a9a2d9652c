"""What a new rule book does to applications that the old one does not: `differences`, for commands, gates and tests."""

from engine.difference.compare import differences
from engine.difference.model import Report

__all__ = ["Report", "differences"]
