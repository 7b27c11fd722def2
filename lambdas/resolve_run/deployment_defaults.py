"""What the deployment says where an execution input says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def with_defaults(execution_input: Any, defaults: Mapping[str, Any]) -> Any:
    """Put an execution input over the deployment's defaults.

    Sections are merged member by member. A member is taken whole: ranges of tuning that are given
    replace those of the defaults.

    Parameters
    ----------
    execution_input : object
        As a person wrote it: whatever is not an object comes back as it is, to be refused.
    defaults : mapping
        An execution input as well.
    """
    if not isinstance(execution_input, Mapping):
        return execution_input
    merged = {**defaults, **execution_input}
    for name in defaults.keys() & execution_input.keys():
        default, given = defaults[name], execution_input[name]
        if isinstance(default, Mapping) and isinstance(given, Mapping):
            merged[name] = {**default, **given}
    return merged
