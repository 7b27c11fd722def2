"""Checking an execution input before anything is started."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from pydantic import ValidationError

from console.embedded_stack import DeployedStack
from console.errors import EnvironmentProblemError
from console.input_check import check, parse_json, read_input_defaults
from lambdas.resolve_run.cost import TRANSFORM_LIMIT_HOURS
from lambdas.resolve_run.execution_input import ExecutionInput
from tests.execution_inputs import spoiled_inputs, valid_inputs

ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:machine"


def strict_validator() -> jsonschema.Draft202012Validator:
    """Give a validator for whom 1.0 is no integer: to the models it is none, as they are strict."""
    checker = jsonschema.Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    )
    strict = jsonschema.validators.extend(jsonschema.Draft202012Validator, type_checker=checker)
    return strict(ExecutionInput.model_json_schema())


SCHEMA = strict_validator()


@given(valid_inputs() | spoiled_inputs())
def test_the_schema_and_the_models_agree(execution_input: dict[str, Any]) -> None:
    """What the schema refuses is refused; what it lets pass fails in words of our own only."""
    allowed = SCHEMA.is_valid(execution_input)
    refused = set()
    try:
        ExecutionInput.model_validate(execution_input)
    except ValidationError as error:
        refused = {details["type"] for details in error.errors()}

    assert allowed if not refused else not allowed or refused == {"value_error"}


def test_an_input_without_problems_has_its_run_and_its_cost() -> None:
    checked = check(
        {"mode": "tune", "tuning": {"max_jobs": 4}, "training": {"max_runtime_seconds": 1800}},
        {},
        data_bucket="bucket",
    )

    assert checked.problems == ()
    assert checked.run is not None
    assert checked.run.dataset.uri == "s3://bucket/raw/ratings"
    assert checked.hours is not None
    assert checked.hours.learning == 4 * 4 * 0.5
    assert checked.hours.total == 8 + 4 * TRANSFORM_LIMIT_HOURS == checked.run.max_instance_hours
    assert (checked.hours.max_learning_jobs, checked.hours.max_transform_jobs) == (16, 4)


@pytest.mark.parametrize(
    ("execution_input", "paths"),
    [
        ([], {()}),
        ({"moed": 1}, {("moed",)}),
        ({"training": {"instance_count": "two"}}, {("training", "instance_count")}),
        ({"training": {"instance_type": "ml.c5.xlarg"}}, {("training", "instance_type")}),
        ({"split": {"train": 0.5}}, {("split",)}),
        ({"dataset": {"columns": {"customer": "a"}}}, {("dataset", "columns", "customer")}),
        ({"dataset": {"columns": {"rating": ""}}}, {("dataset", "columns", "rating")}),
        (
            {"hyperparameters": {"epochs": 0, "a: b": 1}},
            {("hyperparameters", "epochs"), ("hyperparameters", "a: b")},
        ),
        ({"hyperparameters": {"epochs": [1]}}, {("hyperparameters", "epochs")}),
        ({"tuning": {"max_jobs": 1}}, {("tuning", "max_parallel_jobs")}),
        (
            {"tuning": {"ranges": {"continuous": {"bias_lr": {"min": 2, "max": 1}}}}},
            {("tuning", "ranges", "continuous", "bias_lr")},
        ),
        (
            {"tuning": {"ranges": {"categorical": {"epochs": [0]}}}},
            {("tuning", "ranges", "categorical", "epochs")},
        ),
        (
            {"\ud800": 1, "mode": "\ud800", "dataset": {"uri": "\ud800", "\ud800": 1}},
            {("\ud800",), ("mode",), ("dataset", "uri"), ("dataset", "\ud800")},
        ),
        ({"hyperparameters": {"\ud800": 1}}, {("hyperparameters", "\ud800")}),
        (
            {"training": {"fallback_instance_types": ["\ud800"]}},
            {("training", "fallback_instance_types", "0")},
        ),
        ({"limits": {"max_instance_hours": 1}}, {("limits", "max_instance_hours")}),
        (
            {"training": {"fallback_instance_types": ["ml.m5.large"], "max_restarts": 0}},
            {("training", "fallback_instance_types")},
        ),
    ],
)
def test_a_problem_says_where_it_is(execution_input: Any, paths: set[tuple[str, ...]]) -> None:
    checked = check(execution_input, {})

    assert {problem.path for problem in checked.problems} == paths
    for problem in checked.problems:
        assert str(problem).encode()
    assert checked.run is None
    assert checked.hours is None
    assert not any(p.path and p.text.startswith(p.name) for p in checked.problems)


def test_the_deployments_defaults_are_part_of_it() -> None:
    deployment = {"limits": {"max_instance_hours": 50}}

    assert check({}, {}).problems == ()
    (problem,) = check({}, deployment).problems
    assert problem.path == ("limits", "max_instance_hours")
    assert check({"limits": {"max_instance_hours": 100}}, deployment).problems == ()


@pytest.mark.parametrize("text", ["", "{", "[1]", '"x"', '{"a": NaN}', "[" * 100_000, "\ud800"])
def test_what_is_no_json_object_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        parse_json(text)


def stack_with(definition: dict[str, Any] | ClientError) -> DeployedStack:
    def describe_state_machine(*, stateMachineArn: str) -> dict[str, str]:
        assert stateMachineArn == ARN
        if isinstance(definition, ClientError):
            raise definition
        return {"definition": json.dumps(definition)}

    client = SimpleNamespace(describe_state_machine=describe_state_machine)
    access: Any = SimpleNamespace(client=lambda service: {"stepfunctions": client}[service])
    return DeployedStack(access, "bucket", ARN)


def test_the_deployments_defaults_are_in_the_state_machine() -> None:
    payload = {"execution_input.$": "$$.Execution.Input", "input_defaults": {"mode": "tune"}}
    definition = {"States": {"ResolveRun": {"Parameters": {"Payload": payload}}}}

    assert read_input_defaults(stack_with(definition)) == {"mode": "tune"}


def test_a_state_machine_of_somebody_else_is_refused() -> None:
    with pytest.raises(EnvironmentProblemError, match="expected a state ResolveRun"):
        read_input_defaults(stack_with({"States": {"A": {"Type": "Pass"}}}))


def test_a_denial_is_an_environment_problem() -> None:
    denial = ClientError(
        {"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "DescribeStateMachine"
    )

    with pytest.raises(EnvironmentProblemError, match="AccessDenied"):
        read_input_defaults(stack_with(denial))
