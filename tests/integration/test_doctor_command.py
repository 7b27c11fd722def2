"""``recommender doctor`` against the embedded AWS, found by AWS_ENDPOINT_URL alone."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from console.commands.doctor import doctor
from console.exit_codes import ExitCode
from embedded_aws.server import EmbeddedAws

Doctor = Callable[..., Result]


@pytest.fixture(scope="module")
def aws(assembly: Path) -> Iterator[EmbeddedAws]:
    with EmbeddedAws() as embedded:
        outputs = embedded.deploy(assembly)
        embedded.client("s3").put_object(
            Bucket=outputs["DataBucketName"], Key="raw/ratings/u.data", Body=b"1\t2\t3\t4\n"
        )
        yield embedded


@pytest.fixture
def run_doctor(aws: EmbeddedAws, assembly: Path, monkeypatch: Any, tmp_path: Path) -> Doctor:
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.endpoint_url)

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(doctor, ["--assembly", str(assembly), *arguments])

    return invoke


def statuses(result: Result) -> dict[str, str]:
    return {check["check"]: check["status"] for check in json.loads(result.stdout)["checks"]}


def test_deployed_stack_with_ratings_is_fine(run_doctor: Doctor) -> None:
    result = run_doctor("--json")

    assert result.exit_code == ExitCode.SUCCEEDED
    assert json.loads(result.stdout)["status"] == "SUCCEEDED"
    found = statuses(result)
    fine = ["credentials", "region", "CDK bootstrap", "stack", "code", "input", "ratings"]
    assert {name: found[name] for name in fine} == dict.fromkeys(fine, "ok")
    assert found["quotas"] == found["image"] == found["permissions"] == "skipped"


def test_every_problem_is_found_at_once(run_doctor: Doctor, tmp_path: Path) -> None:
    result = run_doctor(
        "--json",
        "--region",
        "mx-central-1",  # moto has it, SageMaker's algorithm is not known there
        "--input",
        '{"dataset": {"uri": "s3://gone/x"}}',
    )

    assert result.exit_code == ExitCode.ENVIRONMENT
    assert json.loads(result.stdout)["status"] == "FAILED"
    found = statuses(result)
    bad = ["region", "CDK bootstrap", "ratings"]
    assert {name: found[name] for name in bad} == dict.fromkeys(bad, "problem")
    assert found["stack"] == "warning"


def test_stack_that_differs_from_the_code(
    run_doctor: Doctor, assembly: Path, tmp_path: Path
) -> None:
    import shutil

    other = tmp_path / "cdk.out"
    shutil.copytree(assembly, other)
    path = other / "VideoRecommender.template.json"
    template = json.loads(path.read_text())
    template["Resources"]["Extra"] = {"Type": "AWS::SNS::Topic"}
    path.write_text(json.dumps(template))

    result = run_doctor("--assembly", str(other))

    assert result.exit_code == ExitCode.SUCCEEDED
    assert "warning  code: Extra (AWS::SNS::Topic) is in the code only" in result.stdout


def test_nobody_answers(run_doctor: Doctor, monkeypatch: Any) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")

    result = run_doctor("--input", "{bad")

    assert result.exit_code == ExitCode.ENVIRONMENT
    assert "problem  credentials: http://127.0.0.1:9 cannot be reached" in result.stdout
    assert "problem  input: --input: expected JSON" in result.stdout
    assert "2 problems" in result.stdout


def test_what_an_input_says_cannot_steer_the_terminal(run_doctor: Doctor) -> None:
    result = run_doctor("--input", '{"\\u001b]0;owned\\u0007": 1}')

    assert "\x1b" not in result.stdout
    assert "\\x1b]0;owned\\x07" in result.stdout
