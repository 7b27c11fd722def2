"""What the simulator says of the caller."""

import re
from pathlib import Path

import pytest

from console.doctor.finding import Status, checked
from console.doctor.permissions import COMMAND_ACTIONS, check_permissions

MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:M"
USER = "arn:aws:iam::123456789012:user/ada"
ROLE = "arn:aws:iam::123456789012:role/path/Admin"
SESSION = "arn:aws:sts::123456789012:assumed-role/Admin/ada"


def look(iam, caller_arn):
    return checked(
        "permissions",
        lambda: check_permissions(iam, caller_arn, state_machine_arn=MACHINE, data_bucket="b"),
    )


def plan(stubber, source, denied=()):
    resources = [MACHINE, "arn:aws:states:eu-west-1:123456789012:execution:M:*",
                 "arn:aws:s3:::b", "arn:aws:s3:::b/*", "*"]  # fmt: skip
    for actions, resource in zip(COMMAND_ACTIONS.values(), resources, strict=True):
        results = [
            {
                "EvalActionName": action,
                "EvalDecision": "implicitDeny" if action in denied else "allowed",
            }
            for action in actions
        ]
        stubber.add_response(
            "simulate_principal_policy",
            {"EvaluationResults": results},
            {
                "PolicySourceArn": source,
                "ActionNames": list(actions),
                "ResourceArns": [resource],
            },
        )


def test_everything_is_allowed(stub):
    iam, stubber = stub("iam")
    plan(stubber, USER)

    (finding,) = look(iam, USER)

    assert finding.status is Status.OK


def test_denied_actions_are_named(stub):
    iam, stubber = stub("iam")
    plan(stubber, USER, denied={"s3:GetObject", "logs:GetLogEvents"})

    (finding,) = look(iam, USER)

    assert finding.status is Status.WARNING
    assert "s3:GetObject, logs:GetLogEvents" in finding.found


def test_session_of_a_role_is_simulated_as_the_role_with_its_path(stub):
    iam, stubber = stub("iam")
    role = {"Path": "/path/", "RoleName": "Admin", "RoleId": "A" * 16, "Arn": ROLE,
            "CreateDate": "2026-01-01"}  # fmt: skip
    stubber.add_response("get_role", {"Role": role}, {"RoleName": "Admin"})
    plan(stubber, ROLE)

    (finding,) = look(iam, SESSION)

    assert finding.status is Status.OK


@pytest.mark.parametrize("operation", ["get_role", "simulate_principal_policy"])
def test_simulation_that_is_not_allowed(stub, operation):
    iam, stubber = stub("iam")
    stubber.add_client_error(operation, "AccessDenied")

    (finding,) = look(iam, SESSION if operation == "get_role" else USER)

    assert finding.status is Status.SKIPPED


def test_root_cannot_be_simulated(stub):
    iam, _ = stub("iam")

    (finding,) = look(iam, "arn:aws:iam::123456789012:root")

    assert finding.status is Status.SKIPPED
    assert "no user or role" in finding.found


def test_every_call_of_the_commands_against_real_aws_is_simulated():
    """A new call in the modules of these commands must get its permission here."""
    console = Path(__file__).parents[4] / "console"
    modules = ["executions", "history", "run_details", "run_identity", "run_record",
               "sagemaker_jobs", "schedules", "training_log", "tuning_trials"]  # fmt: skip
    text = "".join((console / f"{name}.py").read_text() for name in modules)
    called = set(re.findall(r"\.(describe_\w+|get_\w+|list_\w+|start_\w+)\(", text))
    called |= set(re.findall(r'get_paginator\("(\w+)"\)', text)) - {"get_paginator"}
    known = {
        action.partition(":")[2].lower()
        for actions in COMMAND_ACTIONS.values()
        for action in actions
    }

    assert {name for name in called if name.replace("_", "") not in known} == {
        "get_paginator",  # botocore's own
        "get_schedule",  # part of listing them
    }
