"""The workflow's definition: what a reviewer would look for in every state."""

from __future__ import annotations

import json
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser

from infra.snapshots import render
from recommender import errors
from recommender.run_layout import MAX_RUN_ID_LENGTH
from tests.infrastructure.conftest import Template, resources_of

LAMBDAS = Path(__file__).resolve().parents[2] / "lambdas"
SAGEMAKER_STATES = {"TrainModel", "TuneModel", "CreateModel", "TransformTestSet"}
LONGEST_TUNING_JOB_NAME = 32
# More than an execution of 25,000 events can have had.
MOST_REDRIVES = 9999
MOST_RESTARTS = 9


@pytest.fixture
def states(definition: dict[str, Any]) -> dict[str, Any]:
    return dict(definition["States"])


@pytest.fixture
def tasks(states: dict[str, Any]) -> dict[str, Any]:
    found = {name: state for name, state in states.items() if state["Type"] == "Task"}
    assert len(found) >= 10
    return found


def test_snapshots_are_up_to_date(template: Template) -> None:
    for path, content in render(template).items():
        assert path.read_text("utf-8") == content, f"{path.name} is stale: run `make snapshot`"


def test_definition_is_valid_for_the_embedded_interpreter(definition: dict[str, Any]) -> None:
    AmazonStateLanguageParser.parse(json.dumps(definition).replace("${AWS::Partition}", "aws"))


def test_every_state_is_explained(states: dict[str, Any]) -> None:
    assert [name for name, state in states.items() if not state.get("Comment")] == []


def test_every_choice_explains_its_rules_and_has_a_default(states: dict[str, Any]) -> None:
    choices = {name: state for name, state in states.items() if state["Type"] == "Choice"}

    assert choices
    for name, state in choices.items():
        assert "Default" in state, name
        assert all(rule.get("Comment") for rule in state["Choices"]), name


def test_every_task_has_a_time_limit_retries_and_a_catch_all(tasks: dict[str, Any]) -> None:
    for name, state in tasks.items():
        assert state["TimeoutSeconds"] > 0, name
        assert state["Retry"], name
        if name == "RunFailed":  # which ends the run, unless it is redriven
            redriven, refused = state["Catch"]
            assert (redriven["ErrorEquals"], redriven["Next"]) == (["Redriven"], "RedriveRun")
            assert "States.ALL" not in refused["ErrorEquals"]
            assert refused["Next"] == state["Next"] == "EndWithoutRedrive"
            continue
        (catcher,) = state["Catch"]
        assert catcher["ErrorEquals"] == ["States.ALL"], name
        if name == "TellOfFailure":  # the run has failed already
            assert catcher["Next"] == state["Next"] == "RunFailed"
            continue
        assert catcher["Next"] == "ReadFailure", name
        assert catcher["Assign"]["failed_step"] == name
        assert catcher["Assign"]["failed_step_links"].startswith("Log: "), name


def test_nothing_that_repeats_itself_is_retried(tasks: dict[str, Any]) -> None:
    ours = {name for name, value in vars(errors).items() if isinstance(value, type)}
    hopeless = ours | {"States.ALL", "States.TaskFailed", "States.Timeout", "States.Permissions"}
    for name, state in tasks.items():
        retried = set(chain.from_iterable(retry["ErrorEquals"] for retry in state["Retry"]))
        assert not retried & hopeless, name


def test_waiting_for_quota_is_patient_and_other_retries_are_short(tasks: dict[str, Any]) -> None:
    for name in SAGEMAKER_STATES:
        quota, service = tasks[name]["Retry"]
        assert quota["ErrorEquals"] == ["SageMaker.ResourceLimitExceededException"]
        assert longest_wait(quota) > 12 * 3600
        assert service["MaxAttempts"] <= 5  # the name stands for refused parameters as well
        assert service["JitterStrategy"] == "FULL"
        assert longest_wait(service) < 600


def longest_wait(retry: dict[str, Any]) -> float:
    waits = (
        retry["IntervalSeconds"] * retry["BackoffRate"] ** attempt
        for attempt in range(retry["MaxAttempts"])
    )
    return sum(min(wait, retry["MaxDelaySeconds"]) for wait in waits)


def test_job_names_are_new_for_every_attempt_and_short_enough(tasks: dict[str, Any]) -> None:
    for name in SAGEMAKER_STATES:
        (job_name,) = (
            value
            for key, value in tasks[name]["Parameters"].items()
            if key.endswith("Name.$") and "Format" in value
        )
        assert job_name == (
            "States.Format('{}-{}-{}-{}', $run.run_id, $$.Execution.RedriveCount, $restarts, "
            "$$.State.RetryCount)"
        )
        retries = sum(retry["MaxAttempts"] for retry in tasks[name]["Retry"])
        suffix = f"-{MOST_REDRIVES}-{MOST_RESTARTS}-{retries}"
        assert MAX_RUN_ID_LENGTH + len(suffix) <= LONGEST_TUNING_JOB_NAME


def test_test_split_is_kept_from_training_and_instances_share_the_work(
    tasks: dict[str, Any],
) -> None:
    for name, path in (("TrainModel", []), ("TuneModel", ["TrainingJobDefinition"])):
        request = tasks[name]["Parameters"]
        for key in path:
            request = request[key]
        channels = {
            channel["ChannelName"]: channel["DataSource"]["S3DataSource"]
            for channel in request["InputDataConfig"]
        }
        assert {name: source["S3Uri.$"] for name, source in channels.items()} == {
            "train": "$run.uris.recordio_train_uri",
            "test": "$run.uris.recordio_validation_uri",
        }
        assert {name: source["S3DataDistributionType"] for name, source in channels.items()} == {
            "train": "ShardedByS3Key",
            "test": "FullyReplicated",
        }
    transform_input = tasks["TransformTestSet"]["Parameters"]["TransformInput"]
    assert transform_input["DataSource"]["S3DataSource"]["S3Uri.$"] == "$run.uris.recordio_test_uri"


def test_a_job_that_was_stopped_fails_the_run(states: dict[str, Any]) -> None:
    for job in ("TrainModel", "TuneModel", "TransformTestSet"):
        check = states[states[job]["Next"]]
        (rule,) = (rule for rule in check["Choices"] if rule["Comment"] == "stopped")
        assert rule["Not"]["Variable"].endswith("JobStatus")
        assert rule["Not"]["StringEquals"] == "Completed"
        assert rule["Next"] == "TellOfFailure"
        assert rule["Assign"]["failure"]["step"] == job


def test_tuning_without_a_best_job_fails_the_run(states: dict[str, Any]) -> None:
    rule = states["HasBestTrainingJob?"]["Choices"][1]

    assert rule["Not"] == {"Variable": "$.BestTrainingJob.TrainingJobName", "IsPresent": True}
    assert rule["Assign"]["failure"]["error"] == "NoBestTrainingJob"
    assert rule["Next"] == "TellOfFailure"


def test_both_branches_assign_the_same_model(states: dict[str, Any]) -> None:
    trained, tuned = (
        states[name]["Assign"]["model"]
        for name in ("TrainingCompleted?", "DescribeBestTrainingJob")
    )

    assert trained == tuned


def test_function_folders_constructs_and_states_are_the_same_set(
    template: Template, states: dict[str, Any]
) -> None:
    folders = {path.parent.name for path in LAMBDAS.glob("*/handler.py")} - {"debounce_upload"}
    handlers = {
        function["Metadata"]["aws:cdk:path"].split("/")[1]: function["Properties"]["Handler"]
        for function in pipeline_functions(template).values()
    }
    invoked = {
        name
        for name, state in states.items()
        if state.get("Resource", "").endswith(":lambda:invoke")
    }

    assert {handler.split(".")[1] for handler in handlers.values()} == folders
    assert {name.lower() for name in handlers} == {name.replace("_", "") for name in folders}
    assert set(handlers) == invoked


def pipeline_functions(template: Template) -> dict[str, dict[str, Any]]:
    functions = resources_of(template, "AWS::Lambda::Function")
    return {
        logical_id: function
        for logical_id, function in functions.items()
        if function["Properties"]["Handler"].startswith("lambdas.")
    }


def test_machine_is_standard_logged_traced_and_limited(template: Template) -> None:
    (machine,) = resources_of(template, "AWS::StepFunctions::StateMachine").values()
    properties = machine["Properties"]

    assert properties["StateMachineType"] == "STANDARD"
    assert properties["TracingConfiguration"] == {"Enabled": True}
    assert properties["LoggingConfiguration"]["Level"] == "ALL"
    assert properties["LoggingConfiguration"]["IncludeExecutionData"] is True
    log_group = properties["LoggingConfiguration"]["Destinations"][0]["CloudWatchLogsLogGroup"]
    log_id = log_group["LogGroupArn"]["Fn::GetAtt"][0]
    assert template["Resources"][log_id]["Properties"]["RetentionInDays"] == 30


def test_machine_is_created_after_its_permissions(template: Template) -> None:
    """Step Functions tries the managed rules' permissions out when the machine is created."""
    (machine,) = resources_of(template, "AWS::StepFunctions::StateMachine").values()
    policies = {
        logical_id
        for logical_id, policy in resources_of(template, "AWS::IAM::Policy").items()
        if "events:PutRule" in str(policy)
    }

    assert policies
    assert policies <= set(machine["DependsOn"])


def test_partition_is_never_spelled_out(template: Template) -> None:
    (machine,) = resources_of(template, "AWS::StepFunctions::StateMachine").values()

    assert "arn:aws" not in str(machine)


def test_diagram_names_every_state(template: Template, states: dict[str, Any]) -> None:
    (diagram,) = (text for path, text in render(template).items() if path.suffix == ".mmd")

    assert [name for name in states if f'"{name}"' not in diagram] == []
