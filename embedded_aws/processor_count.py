"""How many processors there are to use."""

from __future__ import annotations

import os


def processor_count() -> int:
    """Count the processors that this process may use, which may be fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
