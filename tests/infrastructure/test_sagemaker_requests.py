"""The requests to SageMaker are valid, with values as ResolveRun really gives them."""

from __future__ import annotations

import fnmatch
import json
import re
from typing import Any

import boto3
import pytest
from botocore.validate import ParamValidator

from lambdas.resolve_run.handler import lambda_handler
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
    ],
    ids=["defaults", "tune", "grid", "classifier"],
)
def run(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("DATA_BUCKET", "the-bucket")
    event = {
        "execution_input": request.param,
        "execution_arn": EXECUTION_ARN,
        "started_at": "2026-11-22T06:31:56.123Z",
    }
    resolved: dict[str, Any] = json.loads(json.dumps(lambda_handler(event, None)))
    return resolved


@pytest.mark.parametrize("state", REQUESTS)
def test_request_is_valid(state: str, run: dict[str, Any], definition: dict[str, Any]) -> None:
    parameters = evaluate(definition["States"][state]["Parameters"], Scope(run))
    service = boto3.Session().client("sagemaker", region_name="us-east-1")
    shape = service.meta.service_model.operation_model(REQUESTS[state]).input_shape

    report = ParamValidator().validate(parameters, shape)

    assert not report.has_errors(), report.generate_report()
    assert wrong_texts(parameters, shape) == []


def test_run_ids_match_the_pattern_of_the_permissions(run: dict[str, Any]) -> None:
    for suffix in ("-0-0", "-1-12", "-0-0-001-9f8e7d6c"):  # the last is a tuning job's trial
        assert fnmatch.fnmatchcase(run["run_id"] + suffix, JOB_NAME_ARN_PATTERN)


def wrong_texts(value: Any, shape: Any, where: str = "") -> list[str]:
    """Texts that break a pattern or an enumeration, which botocore leaves to the service."""
    if shape.type_name == "structure":
        return [
            problem
            for name, member in value.items()
            for problem in wrong_texts(member, shape.members[name], f"{where}.{name}")
        ]
    if shape.type_name == "list":
        return [
            problem
            for index, item in enumerate(value)
            for problem in wrong_texts(item, shape.member, f"{where}[{index}]")
        ]
    if shape.type_name != "string":
        return []
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
            "model_name": f"{run['run_id']}-0-0",
            "model": {
                "training_image": "382416733822.dkr.ecr.us-east-1.amazonaws.com/fm:1",
                "model_data_uri": "s3://the-bucket/runs/x/model/y/output/model.tar.gz",
            },
            "$": {
                "Execution": {"RedriveCount": 0},
                "State": {"RetryCount": 1},
            },
            "": {"BestTrainingJob": {"TrainingJobName": f"{run['run_id']}-0-0-001-9f8e7d6c"}},
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
