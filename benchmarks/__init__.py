"""Speed and memory, measured with floors in the same run: `python -m benchmarks` (see docs/benchmarks.md)."""
