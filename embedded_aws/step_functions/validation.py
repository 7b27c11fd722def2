"""ValidateStateMachineDefinition: what is wrong with a definition, and where.

Source: API reference, ValidateStateMachineDefinition and ValidateStateMachineDefinitionDiagnostic
(the codes). Problems that AWS would find and neither moto's parser nor the checks here know are not
reported; how AWS words its messages is not documented.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import (
    Resource,
)
from moto.stepfunctions.parser.asl.parse.asl_parser import (
    AmazonStateLanguageParser,
    ASLParserException,
)

_STATE_TYPES = {"Task", "Pass", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"}
_MOST_DIAGNOSTICS = 100
_LONGEST_STATE_NAME = 80


@dataclass(frozen=True)
class Diagnostic:
    """One problem of a definition.

    Attributes
    ----------
    severity : str
        ``ERROR`` prevents a state machine from being created, ``WARNING`` does not.
    code : str
        AWS's code of the problem.
    message : str
        What is wrong.
    location : str
        Where, for example ``/States/TrainModel/Next``; empty for the whole definition.
    """

    severity: Literal["ERROR", "WARNING"]
    code: str
    message: str
    location: str = ""


def _schema(message: str, location: str) -> Diagnostic:
    return Diagnostic("ERROR", "SCHEMA_VALIDATION_FAILED", message, location)


def validate(
    definition: str, *, severity: str = "ERROR", max_results: int = _MOST_DIAGNOSTICS
) -> dict[str, Any]:
    """Answer ValidateStateMachineDefinition.

    Parameters
    ----------
    definition : str
        A state machine in Amazon States Language.
    severity : str, optional
        ``WARNING`` to see warnings, too.
    max_results : int, optional
        The most diagnostics to return; 0 for AWS's 100.

    Returns
    -------
    dict
        ``result`` ("OK" or "FAIL"), ``diagnostics`` and ``truncated``.
    """
    found = diagnostics(definition)
    failed = any(diagnostic.severity == "ERROR" for diagnostic in found)
    shown = [d for d in found if severity == "WARNING" or d.severity == "ERROR"]
    most = max_results or _MOST_DIAGNOSTICS
    return {
        "result": "FAIL" if failed else "OK",
        "diagnostics": [
            {name: value for name, value in asdict(d).items() if value} for d in shown[:most]
        ],
        "truncated": len(shown) > most,
    }


def diagnostics(definition: str) -> list[Diagnostic]:
    """Return every problem that is found in a definition.

    Parameters
    ----------
    definition : str
        A state machine in Amazon States Language.
    """
    if not definition.strip():
        return [Diagnostic("ERROR", "MISSING_DESCRIPTION", "The definition is empty")]
    try:
        machine = json.loads(definition)
    except ValueError as error:
        return [Diagnostic("ERROR", "INVALID_JSON_DESCRIPTION", f"The JSON is invalid: {error}")]
    if not isinstance(machine, dict):
        return [_schema("The definition must be a JSON object", "")]
    found = [*_program(machine, ""), *_repeated_names(machine)]
    if not any(diagnostic.severity == "ERROR" for diagnostic in found):
        found += _syntax(definition)
    return found


def _syntax(definition: str) -> Iterator[Diagnostic]:
    """Ask the interpreter itself, whose messages name lines rather than states."""
    try:
        AmazonStateLanguageParser.parse(definition)
    except ASLParserException as error:
        yield from (_schema(message, "") for message in error.errors)
    except Exception as error:
        yield _schema(f"{type(error).__name__}: {error}", "")


def _program(program: dict[str, Any], at: str) -> Iterator[Diagnostic]:
    states = program.get("States")
    if not isinstance(states, dict) or not states:
        yield _schema("'States' must be an object with at least one state", f"{at}/States")
        return
    start = program.get("StartAt")
    if not isinstance(start, str):
        yield _schema("'StartAt' must be the name of a state", f"{at}/StartAt")
    elif start not in states:
        yield _missing(start, f"{at}/StartAt")
    for name, state in states.items():
        location = f"{at}/States/{name}"
        if len(name) > _LONGEST_STATE_NAME:
            message = f"A state's name has at most {_LONGEST_STATE_NAME} characters"
            yield Diagnostic("ERROR", "INVALID_STATE_NAME", message, location)
        if not isinstance(state, dict):
            yield _schema("A state must be an object", location)
            continue
        yield from _state(state, states, location)
    yield from _reach(start, states, at)


def _state(state: dict[str, Any], siblings: dict[str, Any], at: str) -> Iterator[Diagnostic]:
    kind = state.get("Type")
    if kind not in _STATE_TYPES:
        yield _schema(f"'{kind}' is no type of a state", f"{at}/Type")
        return
    for target, location in _targets(state):
        if target not in siblings:
            yield _missing(target, f"{at}{location}")
    if kind in ("Task", "Pass", "Wait", "Parallel", "Map") and (
        ("Next" in state) == (state.get("End") is True)
    ):
        yield _schema("A state must have either 'Next' or 'End'", at)
    if kind == "Task" and not _is_resource(state.get("Resource")):
        message = f"'{state.get('Resource')}' is no ARN of something that a task can call"
        yield Diagnostic("ERROR", "INVALID_RESOURCE", message, f"{at}/Resource")
    for program, location in _children(state):
        yield from _program(program, f"{at}{location}")


def _is_resource(resource: Any) -> bool:
    try:
        return isinstance(resource, str) and Resource.from_resource_arn(resource) is not None
    except RuntimeError:  # an integration pattern that does not exist
        return False


def _missing(target: Any, location: str) -> Diagnostic:
    message = f"There is no state '{target}'"
    return Diagnostic("ERROR", "MISSING_TRANSITION_TARGET", message, location)


def _targets(state: dict[str, Any]) -> Iterator[tuple[Any, str]]:
    for member in ("Next", "Default"):
        if member in state:
            yield state[member], f"/{member}"
    for member in ("Choices", "Catch"):
        for index, rule in enumerate(state.get(member) or []):
            if isinstance(rule, dict) and "Next" in rule:
                yield rule["Next"], f"/{member}[{index}]/Next"


def _children(state: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    for index, branch in enumerate(state.get("Branches") or []):
        if isinstance(branch, dict):
            yield branch, f"/Branches[{index}]"
    for member in ("ItemProcessor", "Iterator"):
        if isinstance(state.get(member), dict):
            yield state[member], f"/{member}"


def _reach(start: Any, states: dict[str, Any], at: str) -> Iterator[Diagnostic]:
    """Find states that nothing leads to, and a program that can never end."""
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name in states and name not in reached and isinstance(states[name], dict):
            reached.add(name)
            waiting += [target for target, _ in _targets(states[name])]
    for name in states.keys() - reached if reached else ():
        yield _schema("No state leads here", f"{at}/States/{name}")
    if reached and not any(
        states[name].get("End") is True or states[name].get("Type") in ("Succeed", "Fail")
        for name in reached
    ):
        yield Diagnostic("ERROR", "MISSING_END_STATE", "No state ends the workflow", f"{at}/States")


def _repeated_names(machine: dict[str, Any]) -> Iterator[Diagnostic]:
    """A name is unique in the whole state machine, branches and iterations included."""
    seen: set[str] = set()

    def walk(program: dict[str, Any], at: str) -> Iterator[Diagnostic]:
        states = program.get("States")
        for name, state in states.items() if isinstance(states, dict) else ():
            location = f"{at}/States/{name}"
            if name in seen:
                message = f"The name '{name}' appears more than once"
                yield Diagnostic("ERROR", "DUPLICATE_STATE_NAME", message, location)
            seen.add(name)
            for child, place in _children(state) if isinstance(state, dict) else ():
                yield from walk(child, f"{location}{place}")

    yield from walk(machine, "")
