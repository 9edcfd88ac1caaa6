"""Page faults of work that takes and frees the same memory again and again."""

from __future__ import annotations

import resource


def page_faults() -> int:
    """How many pages the system gives this process for ten times 2 MB; few, where free memory is kept."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        _blocks = [bytes(100_000) for _ in range(20)]
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
