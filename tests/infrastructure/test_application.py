"""The app: one template, whoever asks for it, and from a bare machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.infrastructure.conftest import Template, load_template
from tests.infrastructure.synthesis import synthesize


def test_bare_machine_gets_the_same_template_without_a_word(
    template: Template, tmp_path: Path
) -> None:
    completed = synthesize(tmp_path)

    assert completed.returncode == 0, completed.stderr
    assert completed.stdout == ""
    assert completed.stderr == ""
    assert load_template(tmp_path / "assembly") == template


def test_bad_settings_are_refused_in_plain_words(tmp_path: Path) -> None:
    context = {"settings": {"removal_policy": "keep"}}

    completed = synthesize(tmp_path, CDK_CONTEXT_JSON=json.dumps(context))

    assert completed.returncode == 1
    assert "Traceback" not in completed.stderr
    assert "removal_policy" in completed.stderr
    assert "found 'keep'" in completed.stderr
    assert not (tmp_path / "assembly" / "manifest.json").exists()


def test_outputs_are_what_people_need(template: Template) -> None:
    outputs = template["Outputs"]

    assert set(outputs) == {
        "DataBucketName",
        "StateMachineArn",
        "StateMachineConsoleUrl",
        "DashboardUrl",
        "NotificationTopicArn",
    }
    assert all(output["Description"] for output in outputs.values())


@pytest.mark.parametrize(
    ("partition", "region", "domain"),
    [
        ("aws", "eu-central-1", "console.aws.amazon.com"),
        ("aws-cn", "cn-north-1", "console.amazonaws.cn"),
        ("aws-us-gov", "us-gov-west-1", "console.amazonaws-us-gov.com"),
    ],
)
def test_console_link_fits_the_partition(
    template: Template, partition: str, region: str, domain: str
) -> None:
    conditions = {
        name: condition["Fn::Equals"] == [{"Ref": "AWS::Partition"}, partition]
        for name, condition in template["Conditions"].items()
    }

    def resolve(value: Any) -> str:
        match value:
            case str():
                return value
            case {"Fn::Join": [separator, parts]}:
                return str(separator).join(map(resolve, parts))
            case {"Fn::If": [condition, then, otherwise]}:
                return resolve(then if conditions[condition] else otherwise)
            case {"Ref": "AWS::Region"}:
                return region
            case {"Ref": _}:
                return "the-arn"
        raise AssertionError(value)

    assert resolve(template["Outputs"]["StateMachineConsoleUrl"]["Value"]) == (
        f"https://{region}.{domain}/states/home?region={region}#/statemachines/view/the-arn"
    )


def test_stack_is_bound_to_no_account_and_no_region(assembly: Path) -> None:
    manifest = json.loads((assembly / "manifest.json").read_text("utf-8"))

    assert manifest["artifacts"]["VideoRecommender"]["environment"] == (
        "aws://unknown-account/unknown-region"
    )
