"""What the code synthesizes, as people review it: the template, the state machine, its picture.

``python -m infra.snapshots`` writes the files, which are kept in the repository; a test compares
them. Asset hashes are left out, so that they change only when the infrastructure does.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections import deque
from pathlib import Path
from typing import Any

from infra.node import use_found_node
from workflow.diagram import mermaid

PROJECT_ROOT = Path(__file__).resolve().parents[1]
ASL_SNAPSHOT = PROJECT_ROOT / "tests" / "snapshots" / "state_machine.asl.json"
TEMPLATE_SNAPSHOT = PROJECT_ROOT / "tests" / "snapshots" / "template.json"
DIAGRAM = PROJECT_ROOT / "docs" / "state_machine.mmd"

_HASH = re.compile(r"[0-9A-F]{8}$")
_ASSET = re.compile(r"\b[0-9a-f]{64}\b")
_FIRST_FIELDS = ("Type", "Comment", "Resource", "Parameters", "Assign", "Choices", "Default")


def readable_definition(template: dict[str, Any]) -> dict[str, Any]:
    """State machine of a template, with names such as ``${Preprocess/Function.Arn}`` for tokens.

    Parameters
    ----------
    template : dict
        Synthesized, with one state machine.

    Returns
    -------
    dict
        In the Amazon States Language; states in the order in which a run can reach them.
    """
    (machine,) = (
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::StepFunctions::StateMachine"
    )
    separator, parts = machine["DefinitionString"]["Fn::Join"]
    text = separator.join(
        part if isinstance(part, str) else f"${{{_token(part, template)}}}" for part in parts
    )
    definition = json.loads(text)
    states = definition.pop("States")
    order = _reachable(definition["StartAt"], states)
    return {**definition, "States": {name: _in_order(states[name]) for name in order}}


def readable_template(template: dict[str, Any]) -> dict[str, Any]:
    """Template without asset hashes, and without the definition that has a file of its own."""
    readable: dict[str, Any] = json.loads(_ASSET.sub("<asset>", json.dumps(template)))
    for resource in readable["Resources"].values():
        resource.pop("Metadata", None)
        if resource["Type"] == "AWS::StepFunctions::StateMachine":
            resource["Properties"]["DefinitionString"] = f"see {ASL_SNAPSHOT.name}"
    return readable


def render(template: dict[str, Any]) -> dict[Path, str]:
    """Contents of the files that show `template`."""
    definition = readable_definition(template)
    return {
        TEMPLATE_SNAPSHOT: _pretty(readable_template(template)),
        ASL_SNAPSHOT: _pretty(definition),
        DIAGRAM: mermaid(definition),
    }


def _pretty(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Synthesize and write the files."""
    use_found_node()
    from infra.application import create_app  # starts Node.js

    with tempfile.TemporaryDirectory() as folder:
        assembly = create_app(Path(folder)).synth()
        (stack,) = assembly.stacks
        template = stack.template
    for path, content in render(template).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8", newline="\n")


def _token(part: dict[str, Any], template: dict[str, Any]) -> str:
    (function, argument), *_ = part.items()
    if function == "Ref":
        return _name(argument, template)
    if function == "Fn::GetAtt":
        return f"{_name(argument[0], template)}.{argument[1]}"
    if function == "Fn::FindInMap":
        return ".".join(
            key if isinstance(key, str) else _token(key, template)
            for key in (_HASH.sub("", argument[0]), *argument[1:])
        )
    if function == "Fn::If":
        _, then, otherwise = argument
        return " or ".join(
            choice if isinstance(choice, str) else _token(choice, template)
            for choice in (then, otherwise)
        )
    if function == "Fn::Select":
        index, split = argument
        _, whole = split["Fn::Split"]
        return f"{_token(whole, template)}[{index}]"
    raise ValueError(f"the definition uses {function}, which has no readable form yet")


def _name(logical_id: str, template: dict[str, Any]) -> str:
    if logical_id.startswith("AWS::"):
        return logical_id
    path = template["Resources"][logical_id]["Metadata"]["aws:cdk:path"]
    return str(path).partition("/")[2].removesuffix("/Resource")


def _reachable(start: str, states: dict[str, Any]) -> list[str]:
    """Breadth first, so that the main path comes first and what errors lead to comes last."""
    order: list[str] = []
    queues = deque([start]), deque[str]()  # the second one waits for the first
    while any(queues):
        name = next(queue for queue in queues if queue).popleft()
        if name in order:
            continue
        order.append(name)
        state = states[name]
        ways = [state.get("Next"), state.get("Default")]
        ways += [rule["Next"] for rule in state.get("Choices", [])]
        for way in ways:
            if way is not None:
                queues[states[way]["Type"] == "Fail"].append(way)
        queues[1].extend(catcher["Next"] for catcher in state.get("Catch", []))
    return order


def _in_order(state: dict[str, Any]) -> dict[str, Any]:
    first = {field: state[field] for field in _FIRST_FIELDS if field in state}
    return {**first, **{field: value for field, value in state.items() if field not in first}}


if __name__ == "__main__":
    main()
