"""Where log lines go: to stderr, always, so that what a command prints on stdout is its answer and nothing else."""

import logging
import sys
from typing import Any

import structlog


def to_stderr(*, as_json: bool = False) -> None:
    """Log readable lines to a person, JSON lines to a program; both without personal values."""
    renderer = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=_logger,
    )


def to_stderr_by_default() -> None:
    """Log to a person on stderr, unless something else was chosen before."""
    if not structlog.is_configured():
        to_stderr()


def _logger(*_names: Any) -> Any:
    return structlog.PrintLogger(sys.stderr)  # looked up at each line: whoever runs a command may replace the stream
