"""The sizes that Step Functions allows.

Sources: Step Functions developer guide, "Step Functions service quotas" (payloads, history) and
"Passing data between states with variables" (variables).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

MAX_PAYLOAD_BYTES = 262_144
MAX_HISTORY_EVENTS = 25_000
MAX_VARIABLE_BYTES = 262_144
MAX_ASSIGN_BYTES = 262_144
MAX_STORED_VARIABLES_BYTES = 10 * 1024 * 1024


def payload_bytes(value: Any) -> int:
    """Return the size of a value as compact JSON.

    Parameters
    ----------
    value : object
        Anything that JSON can hold; times count as their ISO 8601 text.

    Returns
    -------
    int
        Bytes in UTF-8.
    """
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=str)
    return len(text.encode("utf-8", "surrogatepass"))


def is_within_payload_limit(value: Any) -> bool:
    """Return whether a state may take, pass on or return this value."""
    return payload_bytes(value) <= MAX_PAYLOAD_BYTES


def variables_problem(assigned: Mapping[str, Any], stored: Mapping[str, Any]) -> str | None:
    """Say which limit an ``Assign`` would break.

    Parameters
    ----------
    assigned : mapping of str to object
        What one ``Assign`` sets.
    stored : mapping of str to object
        What the execution's scope holds before.

    Returns
    -------
    str or None
        What is too large, or None.
    """
    sizes = {name: payload_bytes(value) for name, value in assigned.items()}
    for name, size in sizes.items():
        if size > MAX_VARIABLE_BYTES:
            return f"The variable '{name}' has {size} bytes, more than {MAX_VARIABLE_BYTES}"
    if sum(sizes.values()) > MAX_ASSIGN_BYTES:
        return f"One Assign sets {sum(sizes.values())} bytes, more than {MAX_ASSIGN_BYTES}"
    total = sum(payload_bytes(value) for value in {**stored, **assigned}.values())
    if total > MAX_STORED_VARIABLES_BYTES:
        return f"All variables have {total} bytes, more than {MAX_STORED_VARIABLES_BYTES}"
    return None
