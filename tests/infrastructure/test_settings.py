"""Deployment settings: typed, and refused with everything that is wrong."""

from __future__ import annotations

from typing import get_args

import pytest
from aws_cdk import aws_logs as logs

from infra.settings import DeploymentSettings, RetentionDays, SettingsError


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
    assert "removal_polcy: unknown key; known keys are removal_policy" in message
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
