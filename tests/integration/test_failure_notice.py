"""Of every run that fails, people hear once, and can read it; run by the embedded AWS."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from infra.node import use_found_node

use_found_node()  # before the CDK is imported

from embedded_aws.server import EmbeddedAws  # noqa: E402
from tests.infrastructure.observed import STACK_NAME, synthesize  # noqa: E402
from tests.integration.embedded_aws.conftest import Machines, make_role  # noqa: E402
from tests.integration.embedded_aws.listener import SECONDS, Listener  # noqa: E402

CONSOLE = "https://us-east-1.console.aws.amazon.com"
LOG = f"{CONSOLE}/cloudwatch/home?region=us-east-1#logsV2:log-groups/log-group/"


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with EmbeddedAws() as embedded:
        make_role(embedded)
        yield embedded


@dataclass
class Observed:
    """The deployed stack."""

    aws: EmbeddedAws
    listener: Listener
    machine: str

    def run(self, execution_input: dict[str, Any], *, stop: bool = False) -> dict[str, Any]:
        client = self.aws.client("stepfunctions")
        arn = client.start_execution(
            stateMachineArn=self.machine, input=json.dumps(execution_input)
        )["executionArn"]
        if stop:
            time.sleep(0.5)  # until it runs
            client.stop_execution(executionArn=arn)
        return Machines(self.aws).wait(arn)

    def told(self, at_least: int = 1) -> list[dict[str, Any]]:
        """Give what was said of runs; alarms write JSON."""
        found = self.listener.messages(at_least)
        return [m for m in found if not m["Message"].startswith("{")]


@pytest.fixture(scope="module")
def observed(aws: EmbeddedAws) -> Observed:
    aws.client("cloudformation").create_stack(
        StackName=STACK_NAME,
        TemplateBody=json.dumps(without_bootstrap(synthesize())),
        Capabilities=["CAPABILITY_IAM"],
    )
    aws.client("cloudformation").get_waiter("stack_create_complete").wait(
        StackName=STACK_NAME, WaiterConfig={"Delay": 1}
    )
    (topic,) = aws.client("sns").list_topics()["Topics"]
    (machine,) = aws.client("stepfunctions").list_state_machines()["stateMachines"]
    return Observed(aws, Listener(aws, "on-call", topic["TopicArn"]), machine["stateMachineArn"])


def without_bootstrap(template: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in template.items() if k not in ("Parameters", "Rules")}


def alarm_states(aws: EmbeddedAws) -> dict[str, str]:
    alarms = aws.client("cloudwatch").describe_alarms()["MetricAlarms"]
    return {a["AlarmName"].removeprefix(f"{STACK_NAME}-"): a["StateValue"] for a in alarms}


def test_a_failing_run_raises_the_alarm_and_delivers_one_readable_message(
    aws: EmbeddedAws, observed: Observed
) -> None:
    reason = 'raw/x: "stars" isn\'t a column;\nfound {user}, <item>'

    execution = observed.run({"reason": reason})

    (message,) = observed.told()
    assert message["Subject"] == "Observed: run failed in Preprocess"
    log_group = aws.client("logs").describe_log_groups(logGroupNamePrefix=STACK_NAME)
    (group,) = [g["logGroupName"] for g in log_group["logGroups"] if "Log" in g["logGroupName"]]
    assert message["Message"] == (
        f"A run of Observed failed: execution {execution['name']}\n\n"
        "Step: Preprocess\n"
        f"Why: {reason}\n"
        "Error: EmptyRatingsError\n"
        "What to do: Mend what the reason names. If that is the input, start a new execution; "
        "otherwise redrive this one, which goes on at this step.\n\n"
        f"Execution: {CONSOLE}/states/home?region=us-east-1#/v2/executions/details/"
        f"{execution['executionArn']}\n"
        f"Log: {LOG}{group}\n"
        "Runbook: docs/operating.md, section When a run fails\n"
    )
    assert execution["error"] == "EmptyRatingsError"
    assert execution["cause"].startswith(f"Preprocess failed: {reason}\nWhat to do: ")
    end = time.monotonic() + SECONDS
    while alarm_states(aws)["ExecutionsFailed"] != "ALARM" and time.monotonic() < end:
        time.sleep(0.05)
    states = alarm_states(aws)
    assert states["ExecutionsFailed"] == states["PreprocessErrors"] == "ALARM"
    assert states["ExecutionsTimedOut"] == states["PreprocessThrottles"] == "OK"


def test_a_run_that_succeeds_says_nothing(observed: Observed) -> None:
    observed.listener.clear()

    assert observed.run({})["status"] == "SUCCEEDED"

    assert observed.told(at_least=0) == []


@pytest.mark.parametrize(
    ("execution_input", "stop", "status", "why"),
    [
        ({"sleep": 1}, True, "ABORTED", "it was stopped by hand or by another program"),
        ({"sleep": 4}, False, "TIMED_OUT", "it ran longer than the state machine allows."),
        ({"break": True}, False, "FAILED", "Step Functions ended it: States."),
    ],
)
def test_a_run_that_cannot_tell_itself_is_told_of_once(
    observed: Observed, execution_input: dict[str, Any], stop: bool, status: str, why: str
) -> None:
    observed.listener.clear()

    execution = observed.run(execution_input, stop=stop)

    assert execution["status"] == status
    (message,) = observed.told()
    # EventBridge delivers each line in quotes.
    what, reason, to_do, link, runbook = map(json.loads, message["Message"].splitlines())
    assert what == f"A run of Observed ended {status}: execution {execution['name']}"
    assert reason.startswith(f"Why: {why}")
    assert to_do.startswith("What to do: ")
    assert link == (
        f"Execution: {CONSOLE}/states/home?region=us-east-1#/v2/executions/details/"
        f"{execution['executionArn']}"
    )
    assert runbook == "Runbook: docs/operating.md, section When a run fails"


def failure_states(observed: Observed) -> dict[str, Any]:
    client = observed.aws.client("stepfunctions")
    definition = json.loads(
        client.describe_state_machine(stateMachineArn=observed.machine)["definition"]
    )
    caught = {"failed_step": "TrainModel", "failed_step_links": "Log: somewhere"}
    return {
        "StartAt": "Failed",
        "TimeoutSeconds": 30,
        "States": {
            "Failed": {"Type": "Pass", "Assign": caught, "Next": "ReadFailure"},
            **{
                name: state
                for name, state in definition["States"].items()
                if name not in ("Route", "Break")
            },
        },
    }


@pytest.mark.parametrize(
    ("kind", "page", "log"),
    [
        ("TrainingJob", "jobs", "TrainingJobs"),
        ("HyperParameterTuningJob", "hyper-tuning-jobs", "TrainingJobs"),
        ("TransformJob", "transform-jobs", "TransformJobs"),
    ],
)
def test_message_of_a_failed_job_leads_to_the_job_and_its_log(
    aws: EmbeddedAws, observed: Observed, kind: str, page: str, log: str
) -> None:
    observed.listener.clear()
    described = {f"{kind}Name": "20261122t063156-1a2b3c-0-0", "FailureReason": "ClientError: x"}

    Machines(aws).run(
        failure_states(observed), {"Error": "States.TaskFailed", "Cause": json.dumps(described)}
    )

    (message,) = observed.told()
    assert "Step: TrainModel\nWhy: ClientError: x\nError: JobFailed\n" in message["Message"]
    assert (
        f"\nJob: {CONSOLE}/sagemaker/home?region=us-east-1#/{page}/20261122t063156-1a2b3c-0-0"
        f"\nLog: {LOG}$252Faws$252Fsagemaker$252F{log}$3FlogStreamNameFilter$3D"
        "20261122t063156-1a2b3c-0-0\n"
    ) in message["Message"]


@pytest.mark.parametrize(
    ("error_output", "error", "advice"),
    [
        ({"Error": "States.Timeout"}, "StepTimedOut", "See in the log how far"),
        ({"Error": "States.Permissions"}, "StepFailed", "If the reason names a quota"),
        (
            {"Error": "SageMaker.ResourceLimitExceededException", "Cause": "no instances"},
            "SageMaker.ResourceLimitExceededException",
            "If the reason names a quota",
        ),
    ],
)
def test_every_kind_of_failure_comes_with_advice(
    aws: EmbeddedAws, observed: Observed, error_output: dict[str, Any], error: str, advice: str
) -> None:
    observed.listener.clear()

    ended = Machines(aws).run(failure_states(observed), error_output)

    assert ended["error"] == error
    (message,) = observed.told()
    assert f"\nError: {error}\nWhat to do: {advice}" in message["Message"]
    assert "\nLog: somewhere\n" in message["Message"]


def test_a_message_that_cannot_be_sent_does_not_hide_the_failure(
    aws: EmbeddedAws, observed: Observed
) -> None:
    definition = failure_states(observed)
    definition["States"]["TellOfFailure"]["Parameters"]["TopicArn"] += "-gone"

    ended = Machines(aws).run(definition, {"Error": "States.Timeout"})

    assert (ended["status"], ended["error"]) == ("FAILED", "StepTimedOut")
    assert ended["cause"].startswith("TrainModel failed: it ran longer than its time limit\n")
