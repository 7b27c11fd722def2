"""Deployment settings: typed, and refused with everything that is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from aws_cdk import aws_logs as logs

from console.input_check import input_defaults_in
from infra.application import PROJECT_ROOT
from infra.settings import DeploymentSettings, RetentionDays, SettingsError
from infra.snapshots import readable_definition
from tests.infrastructure.deployments import app_of


def test_nothing_said_means_the_defaults() -> None:
    settings = DeploymentSettings.from_context(None)

    assert settings == DeploymentSettings.from_context({}) == DeploymentSettings.from_context("{}")
    assert settings.removal_policy == "retain"
    assert settings.lambda_architecture == "arm64"
    assert settings.destroys_data is False


def test_text_of_the_command_line_is_read_as_json() -> None:
    settings = DeploymentSettings.from_context('{"removal_policy": "destroy", "tags": {"a": "b"}}')

    assert settings.destroys_data is True
    assert settings.tags == {"a": "b"}


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        DeploymentSettings.from_context(
            {
                "removal_polcy": "destroy",
                "log_retention_days": 8,
                "run_expiration_days": 0,
                "dataset_uris": ["https://shared/reviews"],
            }
        )

    message = str(caught.value)
    assert "removal_polcy: unknown key; known keys are name_prefix" in message
    assert "log_retention_days" in message
    assert "found 8" in message
    assert "run_expiration_days" in message
    assert "dataset_uris.0" in message
    assert message.count("\n  - ") == 4


@pytest.mark.parametrize("value", ["{removal_policy", "[]", 3, '"destroy"'])
def test_anything_but_an_object_is_refused(value: object) -> None:
    with pytest.raises(SettingsError, match="expected a JSON object"):
        DeploymentSettings.from_context(value)


@pytest.mark.parametrize("days", get_args(RetentionDays))
def test_every_retention_has_its_name_in_the_cdk(days: RetentionDays) -> None:
    settings = DeploymentSettings(log_retention_days=days)

    assert isinstance(settings.cdk_log_retention, logs.RetentionDays)


def test_retention_names_mean_those_days() -> None:
    assert DeploymentSettings().log_retention_days == 30
    assert DeploymentSettings().cdk_log_retention is logs.RetentionDays.ONE_MONTH
    assert DeploymentSettings(log_retention_days=365).cdk_log_retention is (
        logs.RetentionDays.ONE_YEAR
    )


def test_a_file_is_read_and_the_command_line_wins(tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text('{"removal_policy": "destroy", "name_prefix": "a-"}')

    settings = DeploymentSettings.from_context('{"name_prefix": "b-"}', str(file))

    assert settings.destroys_data
    assert settings.name_prefix == "b-"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{")

    with pytest.raises(SettingsError, match=r"cannot read .*missing\.json"):
        DeploymentSettings.from_context(None, str(tmp_path / "missing.json"))
    with pytest.raises(SettingsError, match=r"broken\.json: expected a JSON object"):
        DeploymentSettings.from_context(None, str(broken))


@pytest.mark.parametrize("name", ["development", "production"])
def test_the_examples_are_valid(name: str) -> None:
    file = PROJECT_ROOT / "settings" / f"{name}.json"

    assert DeploymentSettings.from_context(None, str(file)).tags == {"environment": name}


def test_a_network_needs_subnets_and_groups() -> None:
    with pytest.raises(SettingsError) as caught:
        DeploymentSettings.from_context(
            {"network": {"vpc_id": "vpc-1"}, "kms_key": "mine", "functions": {"Other": {}}}
        )

    message = str(caught.value)
    for part in ("network.vpc_id", "network.subnet_ids", "network.security_group_ids", "kms_key"):
        assert part in message
    assert "'Preprocess', 'ConvertRecordIO' or 'Evaluate', found 'Other'" in message


def test_the_schedule_of_uploads_has_its_name_for_itself() -> None:
    with pytest.raises(SettingsError, match="after-upload is the name of the schedule of start_on"):
        DeploymentSettings.from_context(
            {
                "start_on_upload": {},
                "schedules": [{"name": "after-upload", "expression": "rate(1 day)"}],
            }
        )


def test_wrong_schedules_are_refused_with_all_that_is_wrong() -> None:
    with pytest.raises(SettingsError) as caught:
        DeploymentSettings.from_context(
            {
                "schedules": [
                    {"name": "a", "expression": "cron(0 3 * * * *)", "timezone": "Mars/Base"},
                    {"name": "b", "expression": "rate(1 day)", "input": {"mode": "trian"}},
                ]
            }
        )

    message = str(caught.value)
    for part in ("schedules.0.expression", "schedules.0.timezone", "schedules.1.input", "trian"):
        assert part in message


def test_a_budget_needs_somebody_to_warn() -> None:
    with pytest.raises(SettingsError, match="monthly_budget_usd needs notification_emails"):
        DeploymentSettings.from_context({"monthly_budget_usd": 100.0})


def test_input_defaults_reach_resolve_run(tmp_path: Path) -> None:
    defaults = {"training": {"instance_type": "ml.m5.xlarge", "use_spot": True}}
    app = app_of(DeploymentSettings(input_defaults=defaults), tmp_path)

    template = app.synth().get_stack_by_name("VideoRecommender").template

    definition = readable_definition(template)
    resolve_run = definition["States"]["ResolveRun"]
    assert resolve_run["Parameters"]["Payload"]["input_defaults"] == defaults
    assert input_defaults_in(definition) == defaults


def test_wrong_input_defaults_are_refused_alone_and_with_a_schedules_input() -> None:
    with pytest.raises(SettingsError, match=r"input_defaults: .*training\.instance_type"):
        DeploymentSettings.from_context({"input_defaults": {"training": {"instance_type": "big"}}})
    with pytest.raises(SettingsError, match=r"daily with input_defaults: .*max_instance_hours"):
        DeploymentSettings.from_context(
            {
                "input_defaults": {"limits": {"max_instance_hours": 100}},
                "schedules": [
                    {
                        "name": "daily",
                        "expression": "rate(1 day)",
                        "input": {"training": {"instance_count": 2}},
                    }
                ],
            }
        )
