"""The synthesized template, deployed as it is, runs: both branches, and the ways to fail."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from embedded_aws.deployment import deploy
from embedded_aws.errors import DeploymentError
from embedded_aws.server import EmbeddedAws
from tests.integration.deployed_workflow import (
    FAST,
    run,
    states_entered,
    upload_planted_ratings,
)

BEGIN = '"Default":"ResumeStep"'  # of SkipIfRunning


def largest_payload(aws: EmbeddedAws, execution_arn: str) -> int:
    """Give the bytes of the largest input, output or variables of a state; 256 KiB may be."""
    pages = aws.client("stepfunctions").get_paginator("get_execution_history")
    details = [
        value
        for page in pages.paginate(executionArn=execution_arn)
        for event in page["events"]
        for name, value in event.items()
        if name.endswith("EventDetails")
    ]
    texts = [text for detail in details for text in detail.values() if isinstance(text, str)]
    assigned = [detail["assignedVariables"] for detail in details if "assignedVariables" in detail]
    together = ["".join(variables.values()) for variables in assigned]
    return max(len(text.encode()) for text in [*texts, *together])


def read_json(aws: EmbeddedAws, bucket: str, key: str) -> Any:
    return json.loads(aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())


@pytest.fixture(scope="module")
def trained_run(aws: EmbeddedAws, stack: dict[str, str]) -> dict[str, Any]:
    execution = run(aws, stack, FAST)
    assert execution["status"] == "SUCCEEDED", execution.get("cause")
    return execution


def test_training_run_beats_both_baselines_and_is_accepted(
    aws: EmbeddedAws, stack: dict[str, str], trained_run: dict[str, Any]
) -> None:
    output = json.loads(trained_run["output"])
    metrics = output["metrics"]
    assert output["outcome"] == "accepted"
    assert metrics["rmse"] < 0.9 * metrics["bias_baseline_rmse"] < metrics["global_mean_rmse"]
    entered = states_entered(aws, trained_run["executionArn"])
    assert entered[:8] == [
        "ResolveRun",
        "ClaimRun",
        "SkipIfRunning",
        "ResumeStep",
        "PreparationRoute",
        "Preprocess",
        "ConvertRecordIO",
        "TrainOrTune",
    ]
    assert "TrainModel" in entered
    assert "TuneModel" not in entered
    bucket = stack["DataBucketName"]
    accepted = read_json(aws, bucket, "models/accepted.json")
    assert accepted["run_id"] == output["run_id"]
    evaluation = read_json(aws, bucket, f"runs/{output['run_id']}/metrics/evaluation.json")
    assert evaluation["metrics"]["rmse"] == metrics["rmse"]


def test_accounting_covers_every_row(trained_run: dict[str, Any]) -> None:
    accounting = json.loads(trained_run["output"])["ratings"]["accounting"]
    assert accounting["rows_read"] == 5000
    assert accounting["rows_read"] == accounting["kept"] + sum(accounting["rejected"].values())


def test_same_input_and_seed_give_the_same_model(
    aws: EmbeddedAws, stack: dict[str, str], trained_run: dict[str, Any]
) -> None:
    first, second = (
        json.loads(execution["output"]) for execution in (trained_run, run(aws, stack, FAST))
    )

    assert first["run_id"] != second["run_id"]
    assert first["metrics"] == second["metrics"]


def test_tuning_run_carries_on_with_the_best_trial(aws: EmbeddedAws, stack: dict[str, str]) -> None:
    hyperparameters = {k: v for k, v in FAST["hyperparameters"].items() if k != "factors_lr"}
    ranges = {"continuous": {"factors_lr": {"min": 0.001, "max": 0.02, "scaling": "Logarithmic"}}}

    execution = run(
        aws,
        stack,
        {
            "mode": "tune",
            "hyperparameters": hyperparameters,
            "tuning": {"max_jobs": 3, "ranges": ranges},
        },
    )

    assert execution["status"] == "SUCCEEDED", execution.get("cause")
    output = json.loads(execution["output"])
    entered = states_entered(aws, execution["executionArn"])
    assert "DescribeBestTrainingJob" in entered
    assert "TrainModel" not in entered
    sagemaker = aws.client("sagemaker")
    tuning_job = sagemaker.list_hyper_parameter_tuning_jobs()["HyperParameterTuningJobSummaries"][0]
    trials = sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=tuning_job["HyperParameterTuningJobName"]
    )["TrainingJobSummaries"]
    best = min(trials, key=lambda t: t["FinalHyperParameterTuningJobObjectiveMetric"]["Value"])
    assert len(trials) == 3
    assert output["model"]["training_job_name"] == best["TrainingJobName"]
    assert 4096 < largest_payload(aws, execution["executionArn"]) < 64 * 1024


def test_bad_input_fails_at_once_and_names_every_problem(
    aws: EmbeddedAws, stack: dict[str, str]
) -> None:
    execution = run(aws, stack, {"mode": "tun", "no_such_key": 1, "hyperparameters": {"epochs": 0}})

    assert execution["status"] == "FAILED"
    assert execution["error"] == "InvalidInputError"
    assert execution["cause"].startswith("ResolveRun failed: ")
    for name in ("mode", "no_such_key", "epochs"):
        assert name in execution["cause"]


def test_failed_step_is_named_with_its_reason(aws: EmbeddedAws, stack: dict[str, str]) -> None:
    execution = run(aws, stack, {"filter": {"min_ratings_per_customer": 100000}})

    assert execution["error"] == "EmptyRatingsError"
    assert execution["cause"].startswith("Preprocess failed: ")
    assert "min_ratings_per_customer" in execution["cause"]


def test_missing_data_set_is_named(aws: EmbeddedAws, stack: dict[str, str]) -> None:
    execution = run(aws, stack, {"dataset": {"uri": "raw/nothing-here"}})

    assert execution["error"] == "InvalidInputError"
    assert "raw/nothing-here" in execution["cause"]


@pytest.mark.usefixtures("trained_run")
def test_model_worse_than_the_gate_is_rejected_and_changes_nothing(
    aws: EmbeddedAws, stack: dict[str, str]
) -> None:
    bucket = stack["DataBucketName"]
    before = read_json(aws, bucket, "models/accepted.json")

    execution = run(aws, stack, {**FAST, "quality_gate": {"max_rmse": 0.0001}})

    output = json.loads(execution["output"])
    assert execution["status"] == "SUCCEEDED"
    assert output["outcome"] == "rejected"
    assert "0.0001" in " ".join(output["reasons"])
    assert read_json(aws, bucket, "models/accepted.json") == before


def test_classifier_run_succeeds(aws: EmbeddedAws, stack: dict[str, str]) -> None:
    hyperparameters = {**FAST["hyperparameters"], "predictor_type": "binary_classifier"}

    execution = run(aws, stack, {"hyperparameters": hyperparameters})

    assert execution["status"] == "SUCCEEDED", execution.get("cause")
    metrics = json.loads(execution["output"])["metrics"]
    assert metrics["accuracy"] > 0.7


def test_changed_template_changes_the_run(
    aws: EmbeddedAws, assembly: Path, stack: dict[str, str], tmp_path: Path
) -> None:
    """What runs is the template, not a second definition of the workflow."""
    changed = tmp_path / "assembly"
    shutil.copytree(assembly, changed)
    path = changed / "VideoRecommender.template.json"
    template = json.loads(path.read_text())
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::StepFunctions::StateMachine":
            parts = resource["Properties"]["DefinitionString"]["Fn::Join"][1]
            assert any(BEGIN in part for part in parts if isinstance(part, str))
            resource["Properties"]["DefinitionString"]["Fn::Join"][1] = [
                part.replace(BEGIN, '"Default":"ModelRejected"') if isinstance(part, str) else part
                for part in parts
            ]
    path.write_text(json.dumps(template))
    (changed / "manifest.json").write_text(
        (changed / "manifest.json").read_text().replace('"VideoRecommender"', '"Changed"')
    )
    (changed / "VideoRecommender.assets.json").rename(changed / "Changed.assets.json")

    outputs = aws.deploy(changed)
    upload_planted_ratings(aws, outputs["DataBucketName"])
    execution = run(aws, outputs, {})

    assert states_entered(aws, execution["executionArn"]) == [
        "ResolveRun",
        "ClaimRun",
        "SkipIfRunning",
        "ModelRejected",
    ]


def test_resource_types_that_are_not_offered_are_named(
    aws: EmbeddedAws, assembly: Path, tmp_path: Path
) -> None:
    changed = tmp_path / "assembly"
    shutil.copytree(assembly, changed)
    path = changed / "VideoRecommender.template.json"
    template = json.loads(path.read_text())
    template["Resources"]["Odd"] = {"Type": "AWS::No::Such", "Properties": {}}
    path.write_text(json.dumps(template))

    with pytest.raises(DeploymentError, match="AWS::No::Such"):
        aws.deploy(changed)


def test_folder_without_assembly_is_named(aws: EmbeddedAws, tmp_path: Path) -> None:
    with pytest.raises(DeploymentError, match=r"no manifest\.json"):
        deploy(tmp_path, aws.client, account_id="123456789012", region="us-east-1")
