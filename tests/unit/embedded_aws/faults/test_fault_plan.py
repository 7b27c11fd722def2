"""Plans of faults as people write them."""

import pytest

from embedded_aws.faults import FaultPlan, FaultPlanError
from embedded_aws.faults.kinds import FAULT_KINDS, StateKind, applicable
from embedded_aws.faults.machine import kind_of, task_kinds

ARN = "arn:aws:states:::"
DEFINITION = {
    "StartAt": "Prepare",
    "States": {
        "Prepare": {"Type": "Task", "Resource": f"{ARN}lambda:invoke"},
        "Train": {"Type": "Task", "Resource": f"{ARN}sagemaker:createTrainingJob.sync"},
        "Model": {"Type": "Task", "Resource": f"{ARN}sagemaker:createModel"},
        "Wait": {"Type": "Wait", "Seconds": 1},
        "Both": {
            "Type": "Parallel",
            "Branches": [
                {"States": {"Put": {"Type": "Task", "Resource": f"{ARN}aws-sdk:s3:putObject"}}}
            ],
        },
    },
}


def parse(*texts: str) -> list[str]:
    return [str(fault) for fault in FaultPlan.parse(texts).faults]


def problems(*texts: str) -> tuple[str, ...]:
    with pytest.raises(FaultPlanError) as raised:
        FaultPlan.parse(texts)
    return raised.value.problems


def misfits(*texts: str) -> tuple[str, ...]:
    plan = FaultPlan.parse(texts)
    with pytest.raises(FaultPlanError) as raised:
        plan.check(DEFINITION)
    return raised.value.problems


@pytest.mark.parametrize(
    "text",
    [
        "Train:CapacityError",
        "Train:ThrottlingException*2",
        "Prepare:Slow(2.5)",
        "Prepare:MissingObject(ratings/test)*3",
    ],
)
def test_plan_is_read_as_it_is_written(text: str) -> None:
    assert parse(text) == [text]


def test_error_names_of_step_functions_are_understood() -> None:
    assert parse("Prepare:Lambda.TooManyRequestsException*2") == [
        "Prepare:TooManyRequestsException*2"
    ]


def test_all_problems_of_the_texts_are_told_at_once() -> None:
    found = problems(
        "Train", "Train:Explosion", "Train:Slow", "Train:Stopped(3)", "Train:Stopped*0"
    )

    assert len(found) == 5
    assert "expected <State>:<Fault>" in found[0]
    assert "unknown fault Explosion" in found[1]
    assert "CapacityError" in found[1]
    assert "expected Slow(<seconds>)" in found[2]
    assert "takes nothing in parentheses" in found[3]
    assert "Train:Stopped*0" in found[4]


@pytest.mark.parametrize("seconds", ["0", "-1", "soon"])
def test_slow_needs_seconds(seconds: str) -> None:
    assert len(problems(f"Train:Slow({seconds})")) == 1


def test_unknown_states_and_faults_that_cannot_happen_are_told_at_once() -> None:
    found = misfits("Nowhere:Timeout", "Wait:Timeout", "Prepare:CapacityError", "Put:Slow(1)")

    assert len(found) == 3
    assert "has no task state Nowhere; it has Prepare, Train, Model, Put" in found[0]
    assert "Wait" in found[1]
    assert "CapacityError cannot happen in Prepare, a function" in found[2]
    assert "OutOfMemory" in found[2]


def test_states_are_told_apart_by_what_they_call() -> None:
    assert task_kinds(DEFINITION) == {
        "Prepare": StateKind.FUNCTION,
        "Train": StateKind.TRAINING_JOB,
        "Model": StateKind.SAGEMAKER_CALL,
        "Put": StateKind.CALL,
    }
    assert kind_of("arn:aws:states:::glue:startJobRun.sync") is StateKind.GLUE_JOB


def test_every_fault_can_happen_somewhere_and_every_state_can_fail() -> None:
    assert all(kind.states for kind in FAULT_KINDS.values())
    assert all("Timeout" in applicable(kind) for kind in StateKind)
