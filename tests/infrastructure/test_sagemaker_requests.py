"""The requests to SageMaker are valid, with values as ResolveRun really gives them."""

from __future__ import annotations

import fnmatch
import re
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.validate import ParamValidator

from lambdas.resolve_run.execution_input import ExecutionInput
from lambdas.resolve_run.resolution import make_run_id, resolve
from workflow.sagemaker_tasks import JOB_NAME_ARN_PATTERN

REQUESTS = {
    "TrainModel": "CreateTrainingJob",
    "TuneModel": "CreateHyperParameterTuningJob",
    "CreateModel": "CreateModel",
    "TransformTestSet": "CreateTransformJob",
    "DescribeBestTrainingJob": "DescribeTrainingJob",
}
EXECUTION_ARN = "arn:aws:states:us-east-1:123456789012:execution:machine:name"


@pytest.fixture(
    params=[
        {},
        {"mode": "tune", "training": {"use_spot": True}},
        {
            "mode": "tune",
            "tuning": {
                "strategy": "Grid",
                "max_jobs": 2,
                "max_parallel_jobs": 1,
                "ranges": {"categorical": {"epochs": [10, 20]}},
            },
        },
        {"hyperparameters": {"predictor_type": "binary_classifier"}},
        {
            "mode": "tune",
            "hyperparameters": dict.fromkeys(("bias_wd", "bias_init_scale"), 1e-300),
            "limits": {"max_instance_hours": 1e12},
            "training": {
                "instance_type": "ml.p4de.24xlarge",
                "instance_count": 100,
                "volume_size_gb": 16384,
                "max_runtime_seconds": 28 * 24 * 3600,
                "use_spot": True,
                "max_restarts": 9,
                "fallback_instance_types": ["ml.m5.large"] * 8,
            },
            "tuning": {
                "max_jobs": 750,
                "max_parallel_jobs": 100,
                "ranges": {"continuous": {"factors_lr": {"min": 1e-8, "max": 512}}},
            },
            "transform": {
                "instance_type": "ml.p3.16xlarge",
                "instance_count": 100,
                "max_payload_mb": 100,
                "max_restarts": 9,
            },
        },
    ],
    ids=["defaults", "tune", "grid", "classifier", "extreme"],
)
def run(request: pytest.FixtureRequest) -> dict[str, Any]:
    run_id = make_run_id(EXECUTION_ARN, datetime(2026, 11, 22, 6, 31, 56, tzinfo=UTC))
    given = ExecutionInput.model_validate(request.param)
    return resolve(given, run_id=run_id, data_bucket="the-bucket").model_dump(mode="json")


@pytest.mark.parametrize("state", REQUESTS)
def test_request_is_valid(state: str, run: dict[str, Any], definition: dict[str, Any]) -> None:
    parameters = evaluate(definition["States"][state]["Parameters"], Scope(run))
    service = boto3.Session().client("sagemaker", region_name="us-east-1")
    shape = service.meta.service_model.operation_model(REQUESTS[state]).input_shape

    report = ParamValidator().validate(parameters, shape)

    assert not report.has_errors(), report.generate_report()
    assert wrong_values(parameters, shape) == []


def test_run_ids_match_the_pattern_of_the_permissions(run: dict[str, Any]) -> None:
    for suffix in ("-0-0-0", "-1-0-12", "-0-0-0-001-9f8e7d6c"):  # the last is a tuning job's trial
        assert fnmatch.fnmatchcase(run["run_id"] + suffix, JOB_NAME_ARN_PATTERN)


def test_too_large_values_and_wrong_texts_are_found() -> None:
    service = boto3.Session().client("sagemaker", region_name="us-east-1")
    shape = service.meta.service_model.operation_model("CreateTrainingJob").input_shape
    wrong = {
        "TrainingJobName": "a_b" + "c" * 61,
        "HyperParameters": {"epochs": "1" * 2501},
        "InputDataConfig": [{"InputMode": "Files"}] * 21,
        "StoppingCondition": {"MaxRuntimeInSeconds": 0},
    }

    found = wrong_values(wrong, shape)

    assert [problem.partition(": ")[0] for problem in found] == [
        ".TrainingJobName",
        ".TrainingJobName",
        ".HyperParameters[epochs]",
        ".InputDataConfig",
        *(f".InputDataConfig[{index}].InputMode" for index in range(21)),
        ".StoppingCondition.MaxRuntimeInSeconds",
    ]


def wrong_values(value: Any, shape: Any, where: str = "") -> list[str]:
    """What breaks a pattern, an enumeration or a limit: botocore leaves that to the service."""
    return [*wrong_size(value, shape, where), *wrong_members(value, shape, where)]


def wrong_size(value: Any, shape: Any, where: str) -> list[str]:
    size = len(value) if isinstance(value, (str, list, dict)) else value
    smallest, largest = shape.metadata.get("min"), shape.metadata.get("max")
    if (smallest is not None and size < smallest) or (largest is not None and size > largest):
        return [f"{where}: expected {smallest} to {largest}, found {size}"]
    return []


def wrong_members(value: Any, shape: Any, where: str) -> list[str]:
    match shape.type_name:
        case "structure":
            parts = [(f"{where}.{name}", value[name], shape.members[name]) for name in value]
        case "list":
            parts = [(f"{where}[{i}]", item, shape.member) for i, item in enumerate(value)]
        case "map":
            parts = [(f"{where}[{key}]", value[key], shape.value) for key in value]
        case "string":
            return wrong_text(value, shape, where)
        case _:
            return []
    return [
        problem
        for part_where, part, part_shape in parts
        for problem in wrong_values(part, part_shape, part_where)
    ]


def wrong_text(value: str, shape: Any, where: str) -> list[str]:
    enumeration = shape.metadata.get("enum")
    if enumeration and value not in enumeration:
        return [f"{where}: {value!r} is not one of the API's values"]
    pattern = shape.metadata.get("pattern")
    if pattern and not re.fullmatch(in_python(pattern), value):
        return [f"{where}: {value!r} does not match {pattern}"]
    return []


def in_python(pattern: str) -> str:
    """ASCII instead of the Unicode classes that `re` does not know: stricter, never laxer."""
    for unicode_class, characters in ((r"\p{L}", "A-Za-z"), (r"\p{Z}", " "), (r"\p{N}", "0-9")):
        pattern = pattern.replace(unicode_class, characters)
    return pattern


class Scope:
    """Values of the paths that the states refer to."""

    def __init__(self, run: dict[str, Any]) -> None:
        self.variables = {
            "run": run,
            "features": {"hyperparameters": {"feature_dim": "2625"}},
            "restarts": 9,
            "training_placement": run["training"]["placements"][-1],
            "transform_placement": run["transform"]["placements"][0],
            "best_training_job_name": f"{run['run_id']}-0-0-0-001-9f8e7d6c",
            "model_name": f"{run['run_id']}-0-0-0",
            "model": {
                "training_image": "382416733822.dkr.ecr.us-east-1.amazonaws.com/fm:1",
                "model_data_uri": "s3://the-bucket/runs/x/model/y/output/model.tar.gz",
            },
            "$": {
                "Execution": {"RedriveCount": 9999},
                "State": {"RetryCount": 94},
            },
        }

    def path(self, path: str) -> Any:
        root, *keys = path.removeprefix("$").split(".")
        value = self.variables[root]
        for key in keys:
            value = value[key]
        return value


def evaluate(template: Any, scope: Scope) -> Any:
    """Fill in a payload template; knows what the workflow uses, and refuses the rest."""
    if isinstance(template, dict):
        return {
            key.removesuffix(".$"): (
                evaluate_expression(value, scope) if key.endswith(".$") else evaluate(value, scope)
            )
            for key, value in template.items()
        }
    if isinstance(template, list):
        return [evaluate(item, scope) for item in template]
    if isinstance(template, str):
        return deployed(template)
    return template


def deployed(text: str) -> str:
    """Put values for CloudFormation's tokens."""
    account = "${AlgorithmImageRegistry.AWS::Region.Account}"
    return (
        text.replace(account, "382416733822")
        .replace("${AlgorithmImageRegistry.AWS::Region.DomainSuffix}", "amazonaws.com")
        .replace("${AWS::Region}", "us-east-1")
        .replace("${SageMakerExecution/Role.Arn}", "arn:aws:iam::123456789012:role/execution")
    )


def evaluate_expression(expression: str, scope: Scope) -> Any:
    if merged := re.fullmatch(r"States\.JsonMerge\((\S+), (\S+), false\)", expression):
        return {**scope.path(merged[1]), **scope.path(merged[2])}
    if formatted := re.fullmatch(r"States\.Format\('([^']*)', (.*)\)", expression):
        arguments = [scope.path(path) for path in formatted[2].split(", ")]
        return formatted[1].format(*arguments)
    return scope.path(expression)
