"""Whatever grant of the template a run uses: without it the run fails, there and by name.

Grants are taken out of the roles' policies one by one, through IAM, between executions of the
deployed state machine. The state at which an execution must then fail is the one in which the
grant was first used. Retries are taken out of the definition: they would only be waited for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.iam.recorder import recording
from embedded_aws.server import EmbeddedAws
from tests.integration.embedded_aws.conftest import Machines
from tests.integration.embedded_aws.iam.deployed_roles import (
    TRUST_POLICY,
    RoleGrant,
    all_grants,
    grants_used,
    without,
)
from tests.planted import amazon_tsv, plant

pytestmark = pytest.mark.slow

HYPERPARAMETERS = {
    "num_factors": 4,
    "epochs": 40,
    "factors_lr": 0.02,
    "linear_lr": 0.03,
    "factors_init_sigma": 0.1,
    "factors_wd": 0.0003,
}
RANGES = {"continuous": {"factors_lr": {"min": 0.015, "max": 0.02, "scaling": "Logarithmic"}}}
INPUTS: dict[str, Any] = {
    "train": {"hyperparameters": HYPERPARAMETERS},
    "tune": {
        "mode": "tune",
        "hyperparameters": {k: v for k, v in HYPERPARAMETERS.items() if k != "factors_lr"},
        "tuning": {"max_jobs": 1, "max_parallel_jobs": 1, "ranges": RANGES},
    },
    "failing": {"filter": {"min_ratings_per_customer": 100_000}},
}
# Asked when a state machine is created or updated.
AT_CREATION = ("events:", "logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery",
               "logs:DeleteLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy",
               "logs:DescribeResourcePolicies", "logs:DescribeLogGroups")  # fmt: skip
# AWS goes on without: the log is missing.
LOGGING = {"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"}
# Why no run here uses these.
UNUSED = {
    "cloudwatch:PutMetricData": "the embedded SageMaker publishes no metrics",
    "logs:DescribeLogStreams": "documented for jobs without a word on when it is asked",
    "s3:DeleteObject": "asked when an earlier attempt of the step has left strays",
    "s3:AbortMultipartUpload": "asked when a part of an upload fails",
    "sagemaker:AddTags": "asked for what is created with tags only",
    "sagemaker:ListTags": "documented for tasks that wait, without a word on when it is asked",
    "sagemaker:StopHyperParameterTuningJob": "asked when an execution is aborted",
    "sagemaker:StopTrainingJob": "asked when an execution is aborted",
    "sagemaker:StopTransformJob": "asked when an execution is aborted",
    "xray:GetSamplingRules": "the embedded AWS has no X-Ray; AWS goes on without traces",
    "xray:GetSamplingTargets": "the embedded AWS has no X-Ray; AWS goes on without traces",
    "xray:PutTelemetryRecords": "the embedded AWS has no X-Ray; AWS goes on without traces",
    "xray:PutTraceSegments": "the embedded AWS has no X-Ray; AWS goes on without traces",
}


def is_of_spark_route(grant: RoleGrant) -> bool:
    """Whether only runs that Spark prepares use it, which take too long to be tried one by one."""
    return (
        "PrepareWithSpark" in grant.role
        or grant.action.startswith("glue:")
        or grant.resource.endswith("/ratings/prepared.json")
    )


@dataclass
class Deployed:
    """The stack, and what its runs use."""

    aws: EmbeddedAws
    machine: str
    bucket: str
    uses: dict[RoleGrant, tuple[str, str]] = field(default_factory=dict)  # mode and state
    at_creation: set[RoleGrant] = field(default_factory=set)

    def run(self, mode: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        client = self.aws.client("stepfunctions")
        started = client.start_execution(
            stateMachineArn=self.machine, input=json.dumps(INPUTS[mode])
        )
        execution = Machines(self.aws).wait(started["executionArn"])
        pages = client.get_paginator("get_execution_history").paginate(
            executionArn=started["executionArn"]
        )
        return execution, [event for page in pages for event in page["events"]]


def state_at(history: list[dict[str, Any]], time: datetime) -> str:
    """State that an execution was in; timestamps are as of milliseconds."""
    entered = [e for e in history if "stateEnteredEventDetails" in e]
    names = [
        str(event["stateEnteredEventDetails"]["name"])
        for event in entered
        if event["timestamp"] <= time
    ]
    return names[-1] if names else str(entered[0]["stateEnteredEventDetails"]["name"])


def failures(history: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """States that failed, with what was reported."""
    found, state = [], ""
    for event in history:
        if "stateEnteredEventDetails" in event:
            state = str(event["stateEnteredEventDetails"]["name"])
        details = event.get("taskFailedEventDetails")
        if details:
            found.append((state, f"{details.get('error')}: {details.get('cause')}"))
    return found


@pytest.fixture(scope="module")
def deployed(assembly: Path) -> Iterator[Deployed]:
    with EmbeddedAws() as aws:
        with recording() as at_deployment:
            outputs = aws.deploy(assembly)
        stack = Deployed(aws, outputs["StateMachineArn"], outputs["DataBucketName"])
        planted = plant(seed=3, n_ratings=3000, n_customers=120, n_videos=60)
        aws.client("s3").put_object(
            Bucket=stack.bucket, Key="raw/ratings/reviews.tsv", Body=amazon_tsv(planted.frame)
        )
        stack.at_creation = set(grants_used(at_deployment))
        _without_retries(stack)
        for mode in INPUTS:
            with recording() as recorded:
                execution, history = stack.run(mode)
            expected = "FAILED" if mode == "failing" else "SUCCEEDED"
            assert execution["status"] == expected, execution.get("cause")
            assert [one for one in recorded if not one.decision.allowed] == []
            for grant, time in grants_used(recorded).items():
                stack.uses.setdefault(grant, (mode, state_at(history, time)))
        yield stack


def _without_retries(stack: Deployed) -> None:
    client = stack.aws.client("stepfunctions")
    described = client.describe_state_machine(stateMachineArn=stack.machine)
    definition = json.loads(described["definition"])
    for state in definition["States"].values():
        state.pop("Retry", None)
    client.update_state_machine(stateMachineArn=stack.machine, definition=json.dumps(definition))


def test_every_grant_that_a_run_uses_is_needed_where_it_is_used(deployed: Deployed) -> None:
    wrong: list[str] = []
    grants = [grant for grant in deployed.uses if grant.action not in LOGGING]
    for grant in sorted(grants):
        mode, expected_state = deployed.uses[grant]
        with without(deployed.aws, grant), recording() as recorded:
            execution, history = deployed.run(mode)
        refused = any(
            one.role_arn.endswith(f"/{grant.role}") and one.request.action == grant.action
            for one in recorded
            if not one.decision.allowed
        )
        failed = failures(history)
        new = [(state, reason) for state, reason in failed if state == expected_state]
        told = any(denied(reason, grant) for _, reason in new)
        if execution["status"] != "FAILED" or not (refused and told):
            wrong.append(f"{grant}: {execution['status']}, not at {expected_state}: {failed}")

    assert wrong == [], "\n".join(wrong)
    assert len(grants) > 35


def denied(reason: str, grant: RoleGrant) -> bool:
    """Whether a failure says in AWS's words that a grant is missing."""
    if grant.policy == TRUST_POLICY:
        words = ("cannot be assumed by Lambda", "Could not assume role", "does not let",
                 "Could not access model data")  # fmt: skip
        return any(word in reason for word in words)
    if grant.action.startswith("ecr:"):
        return "Cannot pull algorithm container" in reason
    words = (f"not authorized to perform: {grant.action} on resource", "AccessDenied",
             "Could not access model data", "(403)")  # fmt: skip
    return any(word.lower() in reason.lower() for word in words)


def test_every_grant_for_rules_and_logs_is_needed_to_create_the_state_machine(
    deployed: Deployed,
) -> None:
    client = deployed.aws.client("stepfunctions")
    described = client.describe_state_machine(stateMachineArn=deployed.machine)
    definition = described["definition"]
    grants = [g for g in deployed.at_creation if g.action.startswith(AT_CREATION)]
    for grant in grants:
        with without(deployed.aws, grant), pytest.raises(ClientError, match="AccessDenied"):
            client.update_state_machine(stateMachineArn=deployed.machine, definition=definition)

    assert len(grants) == 3 * 3 + 8


def test_function_without_grants_for_its_log_runs_and_leaves_none(deployed: Deployed) -> None:
    logs = deployed.aws.client("logs")
    grants = [
        grant
        for grant, (_, state) in deployed.uses.items()
        if grant.action in LOGGING and state in ("ResolveRun", "Preprocess")
    ]
    for grant in grants:
        group = grant.resource.split(":")[6]
        before = _n_streams(logs, group)
        with without(deployed.aws, grant):
            _, history = deployed.run("failing")
        assert "EmptyRatingsError" in str(history)
        assert _n_streams(logs, group) == before

    assert len(grants) >= 4, "two actions of each function that runs"


def _n_streams(logs: Any, group: str) -> int:
    return len(logs.describe_log_streams(logGroupName=group)["logStreams"])


def test_grants_that_no_run_uses_are_known(deployed: Deployed) -> None:
    used = {*deployed.uses, *deployed.at_creation}
    unused = [
        g
        for g in all_grants(deployed.aws) - used
        if "CustomResource" not in g.role and not is_of_spark_route(g)
    ]

    assert sorted(str(g) for g in unused if g.action not in UNUSED) == []
