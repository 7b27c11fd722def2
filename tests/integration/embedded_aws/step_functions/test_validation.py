"""ValidateStateMachineDefinition passes what can be created and locates what is wrong."""

import copy
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from embedded_aws.server import EmbeddedAws
from embedded_aws.step_functions.validation import diagnostics, validate
from tests.conftest import PROJECT_ROOT

SNAPSHOT = PROJECT_ROOT / "tests" / "snapshots" / "state_machine.asl.json"
END = {"Type": "Pass", "End": True}
GOOD: dict[str, Any] = {
    "StartAt": "A",
    "States": {
        "A": {"Type": "Pass", "Next": "B"},
        "B": {
            "Type": "Parallel",
            "Branches": [{"StartAt": "C", "States": {"C": END}}],
            "Next": "D",
        },
        "D": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sns:publish",
            "Parameters": {},
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "E"}],
            "End": True,
        },
        "E": {"Type": "Fail"},
    },
}


def project_definition() -> str:
    """Return the project's state machine with what deployment puts into it."""
    return SNAPSHOT.read_text().replace("${AWS::Partition}", "aws")


def changed(path: str, value: Any) -> str:
    """Return GOOD with another value at ``States/A/Next``; None removes the member."""
    machine = copy.deepcopy(GOOD)
    *parents, last = path.split("/")
    place: Any = machine
    for parent in parents:
        place = place[int(parent)] if parent.isdigit() else place[parent]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return json.dumps(machine)


def test_projects_definition_is_valid(aws: EmbeddedAws) -> None:
    answer = aws.client("stepfunctions").validate_state_machine_definition(
        definition=project_definition(), severity="WARNING"
    )

    assert (answer["result"], answer["diagnostics"], answer["truncated"]) == ("OK", [], False)


def test_good_definition_has_no_diagnostics() -> None:
    assert validate(json.dumps(GOOD), severity="WARNING") == {
        "result": "OK",
        "diagnostics": [],
        "truncated": False,
    }


@pytest.mark.parametrize(
    ("definition", "code", "location"),
    [
        ("", "MISSING_DESCRIPTION", ""),
        ("{", "INVALID_JSON_DESCRIPTION", ""),
        ("[]", "SCHEMA_VALIDATION_FAILED", ""),
        ("{}", "SCHEMA_VALIDATION_FAILED", "/States"),
        (changed("StartAt", None), "SCHEMA_VALIDATION_FAILED", "/StartAt"),
        (changed("StartAt", "X"), "MISSING_TRANSITION_TARGET", "/StartAt"),
        (changed("States/A/Next", "X"), "MISSING_TRANSITION_TARGET", "/States/A/Next"),
        (
            changed("States/D/Catch/0/Next", "X"),
            "MISSING_TRANSITION_TARGET",
            "/States/D/Catch[0]/Next",
        ),
        (
            changed("States/B/Branches/0/StartAt", "A"),
            "MISSING_TRANSITION_TARGET",
            "/States/B/Branches[0]/StartAt",
        ),
        (changed("States/A/Type", "Pas"), "SCHEMA_VALIDATION_FAILED", "/States/A/Type"),
        (changed("States/A/Next", None), "SCHEMA_VALIDATION_FAILED", "/States/A"),
        (changed("States/X", END), "SCHEMA_VALIDATION_FAILED", "/States/X"),
        (changed("States/A/Next", "A"), "MISSING_END_STATE", "/States"),
        (changed("States/D/Resource", "sns"), "INVALID_RESOURCE", "/States/D/Resource"),
        (
            changed("States/D/Resource", "arn:aws:states:::sns:publish.later"),
            "INVALID_RESOURCE",
            "/States/D/Resource",
        ),
        (
            changed("States/B/Branches/0/States/A", END),
            "DUPLICATE_STATE_NAME",
            "/States/B/Branches[0]/States/A",
        ),
        (changed("States/" + "x" * 81, END), "INVALID_STATE_NAME", "/States/" + "x" * 81),
        (changed("States/A/NoSuchField", 1), "SCHEMA_VALIDATION_FAILED", ""),
        (
            changed("States/D/Retry", [{"ErrorEquals": ["States.ALL"], "MaxAttempts": -1}]),
            "SCHEMA_VALIDATION_FAILED",
            "",
        ),
    ],
)
def test_problem_is_named_and_located(definition: str, code: str, location: str) -> None:
    found = [(diagnostic.code, diagnostic.location) for diagnostic in diagnostics(definition)]

    assert (code, location) in found
    assert validate(definition)["result"] == "FAIL"


def test_all_problems_come_at_once_up_to_the_most_that_are_asked_for(aws: EmbeddedAws) -> None:
    states = {f"S{index}": {"Type": "Nothing"} for index in range(5)}
    definition = json.dumps({"StartAt": "S0", "States": states})
    validate_definition = aws.client("stepfunctions").validate_state_machine_definition

    whole = validate_definition(definition=definition)
    part = validate_definition(definition=definition, maxResults=3)

    assert {d["location"] for d in whole["diagnostics"]} >= {f"/States/S{n}/Type" for n in range(5)}
    assert (whole["truncated"], part["truncated"]) == (False, True)
    assert part["diagnostics"] == whole["diagnostics"][:3]
    assert {d["severity"] for d in whole["diagnostics"]} == {"ERROR"}


@pytest.mark.parametrize(
    ("definition", "result"), [(project_definition(), "OK"), (changed("StartAt", "X"), "FAIL")]
)
def test_the_aws_cli_gets_the_answer(
    aws: EmbeddedAws, tmp_path: Path, definition: str, result: str
) -> None:
    path = tmp_path / "definition.json"
    path.write_text(definition)
    completed = subprocess.run(
        [
            sys.executable,
            "-m",
            "awscli",
            "stepfunctions",
            "validate-state-machine-definition",
            "--definition",
            f"file://{path}",
        ],
        env={
            **os.environ,
            "AWS_ENDPOINT_URL": aws.endpoint_url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": aws.region,
        },
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert completed.returncode == 0, completed.stderr
    assert json.loads(completed.stdout)["result"] == result
