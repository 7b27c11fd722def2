"""Where a run begins, goes on after a redrive, and starts a job again: run by the interpreter."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest

from embedded_aws.server import EmbeddedAws
from tests.integration.embedded_aws.conftest import ROLE_ARN

RUN = {
    "run_id": "20261122t063156-1a2b3c",
    "training": {
        "placements": [
            {"instance_type": f"ml.t{number}.large", "is_last": number == 2} for number in range(3)
        ]
    },
    "transform": {
        "placements": [
            {"instance_type": f"ml.i{number}.large", "is_last": number == 1} for number in range(2)
        ]
    },
}
FIRST = {
    "run": RUN,
    "restarts": 0,
    "training_placement": {"instance_type": "ml.t0.large", "is_last": False},
    "transform_placement": {"instance_type": "ml.i0.large", "is_last": False},
    "failure": {"step": "none"},
}
STEPS = (
    "Preprocess",
    "ConvertRecordIO",
    "TrainModel",
    "TuneModel",
    "DescribeBestTrainingJob",
    "CreateModel",
    "TransformTestSet",
    "Evaluate",
    "SummarizeRun",
)
Enter = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def enter(aws: EmbeddedAws, definition: dict[str, Any]) -> Enter:
    """Run the machine from a state on, with jobs that fail for the given reasons, in turn.

    Gives what each attempt of a step saw: its name, restarts and placements.
    """
    client = aws.client("stepfunctions")

    def run(state: str, reasons: tuple[str, ...] = (), **variables: Any) -> list[dict[str, Any]]:
        states = dict(definition["States"])
        for step in STEPS:
            states[step] = reporting(step)
        if reasons:
            states |= failing_job(state)
            variables["reasons"] = [*reasons, "AlgorithmError: the end"]
        states["WaitBeforeRestart"] |= {"Seconds": 0}
        states["TellOfFailure"] = {"Type": "Pass", "Next": "Told"}
        states["Told"] = {"Type": "Fail", "CausePath": "$failure.reason"}
        start = {"Type": "Pass", "Assign": FIRST | variables, "Next": state}
        text = json.dumps({"StartAt": "Start", "States": {"Start": start, **states}})
        machine = client.create_state_machine(
            name=f"resumption-{time.monotonic_ns()}",
            definition=re.sub(r"\$\{[^}]*\}", "x", text.replace("${AWS::Partition}", "aws")),
            roleArn=ROLE_ARN,
        )["stateMachineArn"]
        arn = client.start_execution(stateMachineArn=machine)["executionArn"]
        for _ in range(500):
            if client.describe_execution(executionArn=arn)["status"] != "RUNNING":
                break
            time.sleep(0.02)
        events = client.get_execution_history(executionArn=arn, maxResults=1000)["events"]
        exits = [event.get("stateExitedEventDetails", {}) for event in events]
        return [json.loads(exit["output"]) for exit in exits if "seen" in exit.get("output", "")]

    return run


def reporting(step: str) -> dict[str, Any]:
    seen = {
        "seen": step,
        "restarts.$": "$restarts",
        "training.$": "$training_placement.instance_type",
        "transform.$": "$transform_placement.instance_type",
    }
    return {"Type": "Pass", "Parameters": seen, "End": True}


def failing_job(step: str) -> dict[str, Any]:
    """A job that fails for ``$reasons``, one after the other, as a catcher would hand it on."""
    kind = {"TrainModel": "TrainingJob", "TransformTestSet": "TransformJob"}[step]
    running = {**reporting(step), "Next": f"{step}Described"}
    del running["End"]
    described = {
        "FailureReason.$": "States.ArrayGetItem($reasons, $restarts)",
        f"{kind}Name": "a-job",
    }
    return {
        step: running,
        f"{step}Described": {"Type": "Pass", "Parameters": described, "Next": f"{step}Failed"},
        f"{step}Failed": {
            "Type": "Pass",
            "Parameters": {"Error": "States.TaskFailed", "Cause.$": "States.JsonToString($)"},
            "Assign": {"failed_step": step, "failed_step_links": "x"},
            "Next": "ReadFailure",
        },
    }


def test_a_run_begins_with_its_first_step(enter: Enter) -> None:
    (seen,) = enter("ResumeStep")

    assert seen == {
        "seen": "Preprocess",
        "restarts": 0,
        "training": "ml.t0.large",
        "transform": "ml.i0.large",
    }


@pytest.mark.parametrize("step", [*STEPS[:-1], "AcceptModel"])
def test_a_redriven_run_goes_on_at_the_step_that_failed(enter: Enter, step: str) -> None:
    (seen,) = enter("ResumeStep", failure={"step": step})

    assert seen["seen"] == ("SummarizeRun" if step == "AcceptModel" else step)


def test_a_job_without_capacity_takes_its_placements_in_turn(enter: Enter) -> None:
    seen = enter("TrainModel", ("CapacityError: none", "InternalServerError: oh"))

    assert [(each["restarts"], each["training"]) for each in seen] == [
        (0, "ml.t0.large"),
        (1, "ml.t1.large"),
        (2, "ml.t2.large"),
    ]


@pytest.mark.parametrize(("step", "restarts"), [("TrainModel", 2), ("TransformTestSet", 1)])
def test_a_job_has_no_more_restarts_than_placements(enter: Enter, step: str, restarts: int) -> None:
    seen = enter(step, ("CapacityError: none",) * 9)

    assert [each["restarts"] for each in seen] == list(range(restarts + 1))


@pytest.mark.parametrize("reason", ["AlgorithmError: NaN", "ClientError: CapacityError", "Other"])
def test_a_job_that_failed_by_itself_is_not_started_again(enter: Enter, reason: str) -> None:
    assert len(enter("TrainModel", (reason,))) == 1
