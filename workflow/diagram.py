"""The state machine as a picture, drawn from its definition."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

# Mermaid's node shapes by state type: a rhombus decides, a stadium ends.
_SHAPES = {
    "Choice": ("{", "}"),
    "Succeed": ("([", "])"),
    "Fail": ("([", "])"),
    "Pass": ("(", ")"),
}
_DEFAULT_SHAPE = ("[", "]")
_ANY_TASK = "every task"


def mermaid(definition: dict[str, Any]) -> str:
    """Draw a state machine as a Mermaid flowchart.

    All tasks but those that the failure itself leads to catch their errors in the same way, so
    that one dotted arrow stands for them.

    Parameters
    ----------
    definition : dict
        In the Amazon States Language.

    Returns
    -------
    str
        Mermaid text, in the order of `definition`, ending in a newline.

    Raises
    ------
    ValueError
        If a task catches no errors.
    """
    states = definition["States"]
    catchers = _catchers(states)
    (common, _), *_ = Counter(catchers.values()).most_common(1)
    (common_target,) = common
    lines = ["flowchart TD", f"    Start((start)) --> {_node(definition['StartAt'])}"]
    for name, state in states.items():
        opening, closing = _SHAPES.get(state["Type"], _DEFAULT_SHAPE)
        lines.append(f'    {_node(name)}{opening}"{name}"{closing}')
        lines += [f"    {_node(name)} {arrow} {_node(target)}" for arrow, target in _arrows(state)]
    lines += [
        f'    {_node(_ANY_TASK)}["{_ANY_TASK}"]',
        f"    {_node(_ANY_TASK)} -. on error .-> {_node(common_target)}",
        *(
            f"    {_node(name)} -. on error .-> {_node(target)}"
            for name, targets in catchers.items()
            if targets != common
            for target in targets
        ),
    ]
    return "\n".join(lines) + "\n"


def _arrows(state: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for rule in state.get("Choices", []):
        yield f'-- "{rule["Comment"]}" -->', rule["Next"]
    if "Default" in state:
        yield '-- "otherwise" -->', state["Default"]
    if "Next" in state:
        yield "-->", state["Next"]


def _catchers(states: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """Where the errors of each task lead."""
    found = {}
    for name, state in states.items():
        if state["Type"] == "Task":
            found[name] = tuple(catcher["Next"] for catcher in state.get("Catch", []))
            if not found[name]:
                raise ValueError(f"{name}: expected a state that catches errors, found none")
    return found


def _node(name: str) -> str:
    return re.sub(r"\W", "", name.title() if name == _ANY_TASK else name)
