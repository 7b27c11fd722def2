"""What a rule's target gets of an event."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from jsonpath_ng.ext.parser import parse

_VARIABLE = re.compile(r"<(?P<name>[A-Za-z0-9_.-]+)>")


def target_input(target: Mapping[str, Any], event: Mapping[str, Any]) -> str:
    """Make what a target gets: its constant, a part of the event, a text made of it, or all.

    Source: EventBridge user guide, "Amazon EventBridge input transformation". A template of
    several quoted lines stays what it is, quotes included, as AWS delivers it.
    """
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        return json.dumps(_find(target["InputPath"], event))
    transformer = target.get("InputTransformer")
    if transformer is None:
        return json.dumps(event)
    values = {
        "aws.events.event.json": event,
        "aws.events.event.ingestion-time": event.get("time"),
        **{name: _find(path, event) for name, path in transformer.get("InputPathsMap", {}).items()},
    }

    def fill(found: re.Match[str]) -> str:
        value = values.get(found["name"])
        if value is None:
            return ""
        return value if isinstance(value, str) else json.dumps(value)

    return _VARIABLE.sub(fill, transformer["InputTemplate"])


def _find(path: str, event: Mapping[str, Any]) -> Any:
    found = parse(path).find(event)
    return found[0].value if found else None
