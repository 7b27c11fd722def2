"""When a rating was given: whole seconds since 1970 UTC, in int64 arrays."""

from typing import Final

# Stands for an unknown time, and sorts as the oldest.
NO_TIMESTAMP: Final = -(2**63)
