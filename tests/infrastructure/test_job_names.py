"""Names of jobs and models: new in every attempt, as long as each service allows."""

from __future__ import annotations

import fnmatch
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.resolve_run.resolution import make_run_id
from workflow.sagemaker_tasks import JOB_NAME, JOB_NAME_ARN_PATTERN

NAMES = {
    "CreateTrainingJob": "TrainingJobName",
    "CreateHyperParameterTuningJob": "HyperParameterTuningJobName",
    "CreateTransformJob": "TransformJobName",
    "CreateModel": "ModelName",
}
# SageMaker names a tuning job's trials itself: the job's name, three digits, eight others.
TRIAL_SUFFIX = "-750-9f8e7d6c"
# Four digits of redrives: an execution has 25,000 events, a redrive takes seven or more of them.
redrives = st.integers(0, 3571)
restarts = st.integers(0, 9)
retries = st.integers(0, 94)
MOMENT = datetime(2026, 11, 22, 6, 31, 56, tzinfo=UTC)


def job_name(run_id: str, redrive: int, restart: int, retry: int) -> str:
    formatted = re.fullmatch(r"States\.Format\('([^']*)', (.*)\)", JOB_NAME)
    assert formatted
    assert formatted[2].split(", ") == [
        "$run.run_id",
        "$$.Execution.RedriveCount",
        "$restarts",
        "$$.State.RetryCount",
    ]
    return formatted[1].format(run_id, redrive, restart, retry)


def run_ids(n_runs: int, *, at_once: bool) -> list[str]:
    """Of runs that start in the same second, or a second each."""
    arn = "arn:aws:states:us-east-1:123456789012:execution:machine:run-{}"
    return [
        make_run_id(arn.format(run), MOMENT + timedelta(seconds=0 if at_once else run))
        for run in range(n_runs)
    ]


def limits_of_names() -> dict[str, tuple[int, str]]:
    model = boto3.Session().client("sagemaker", region_name="us-east-1").meta.service_model
    members = {
        operation: model.operation_model(operation).input_shape.members[name].metadata
        for operation, name in NAMES.items()
    }
    return {name: (each["max"], each["pattern"]) for name, each in members.items()}


LIMITS = limits_of_names()
assert min(longest for longest, _ in LIMITS.values()) == 32


@given(
    arn=st.text(min_size=1),
    started_at=st.datetimes(datetime(2000, 1, 1), datetime(2999, 12, 31)),
    redrive=redrives,
    restart=restarts,
    retry=retries,
)
def test_every_name_fits_every_service(
    arn: str, started_at: datetime, redrive: int, restart: int, retry: int
) -> None:
    name = job_name(make_run_id(arn, started_at), redrive, restart, retry)

    for longest, pattern in LIMITS.values():
        assert len(name) <= longest
        assert re.fullmatch(pattern, name)
    assert fnmatch.fnmatchcase(name, JOB_NAME_ARN_PATTERN)
    longest, pattern = LIMITS["CreateTrainingJob"]
    assert len(name + TRIAL_SUFFIX) <= longest
    assert re.fullmatch(pattern, name + TRIAL_SUFFIX)


@settings(max_examples=20)
@given(attempts=st.sets(st.tuples(redrives, restarts, retries), min_size=1, max_size=30))
def test_names_of_a_thousand_runs_never_clash(attempts: set[tuple[int, int, int]]) -> None:
    for at_once in (False, True):
        names = [
            job_name(run, *attempt)
            for run in run_ids(1000, at_once=at_once)
            for attempt in attempts
        ]

        assert len(set(names)) == len(names) == 1000 * len(attempts)


def test_no_state_makes_a_name_in_another_way(definition: dict[str, Any]) -> None:
    made = {
        name: parameters[key]
        for name, state in definition["States"].items()
        for parameters in [state.get("Parameters", {})]
        for key in (f"{each}.$" for each in NAMES.values())
        if key in parameters and not parameters[key].startswith("$")
    }

    assert set(made) == {"TrainModel", "TuneModel", "CreateModel", "TransformTestSet"}
    assert set(made.values()) == {JOB_NAME}
    assert "States.UUID" not in json.dumps(definition)
