"""What others check: cfn-lint, cdk-nag's AwsSolutions, statelint, asl-validator."""

from __future__ import annotations

import copy
import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App
from cdk_nag import AwsSolutionsChecks
from constructs import IConstruct
from statelint.config import Config
from statelint.linter import Linter
from statelint.problem import ProblemType

import infra.nag
from infra.application import PROJECT_ROOT
from infra.node import find_node, npx_command
from infra.settings import DeploymentSettings
from tests.infrastructure.conftest import Template
from tests.infrastructure.deployments import EVERYTHING, app_of

NODE_TOOLS = PROJECT_ROOT / "requirements" / "node"


@pytest.fixture(params=[DeploymentSettings(), EVERYTHING], ids=["default", "all"])
def settings(request: pytest.FixtureRequest) -> DeploymentSettings:
    found: DeploymentSettings = request.param
    return found


def cfn_lint(template: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("cfn-lint")
    return subprocess.run(
        [str(program), "--include-checks", "I", "--", str(template)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_cfn_lint_finds_nothing(settings: DeploymentSettings, tmp_path: Path) -> None:
    app_of(settings, tmp_path).synth()

    completed = cfn_lint(tmp_path / "VideoRecommender.template.json")

    assert completed.stdout == ""
    assert completed.returncode == 0, completed.stderr


def test_cfn_lint_would_find_a_wrong_property(template: Template, tmp_path: Path) -> None:
    wrong = copy.deepcopy(template)
    for resource in wrong["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Function":
            resource["Properties"]["Timeout"] = 901
    path = tmp_path / "template.json"
    path.write_text(json.dumps(wrong), "utf-8")

    assert "901 is greater than the maximum of 900" in cfn_lint(path).stdout


def findings(app: App) -> set[tuple[str, str]]:
    """Rule and construct of everything that cdk-nag's AwsSolutions pack finds."""
    report = AwsSolutionsChecks(app).validate_scope(app)
    return {
        (violation.rule_name, str(resource.construct_path))
        for violation in report.violations
        for resource in violation.violating_resources
    }


def test_cdk_nag_finds_nothing(settings: DeploymentSettings, tmp_path: Path) -> None:
    assert findings(app_of(settings, tmp_path)) == set()


def test_every_finding_that_is_kept_arises_and_has_a_reason(
    settings: DeploymentSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[tuple[str, str, str]] = []

    class Recorder:
        def __init__(self, scope: IConstruct) -> None:
            self._path = scope.node.path

        of = classmethod(lambda cls, scope: cls(scope))

        def acknowledge(self, rule: Any) -> None:
            kept.append((rule.id, self._path, rule.reason))

    monkeypatch.setattr(infra.nag, "Validations", Recorder)
    found = findings(app_of(settings, tmp_path))

    assert kept
    for rule, path, reason in kept:
        assert (rule, True) in {(r, where.startswith(f"{path}/")) for r, where in found}, path
        assert len(reason.split()) >= 5, reason


@pytest.fixture
def deployed_definition(definition: dict[str, Any]) -> dict[str, Any]:
    """The definition with ARNs in place of CloudFormation's tokens."""
    text = json.dumps(definition).replace("${AWS::Partition}", "aws")
    text = re.sub(r"\$\{[^}]*Arn\}", "arn:aws:lambda:us-east-1:123456789012:function:name", text)
    found: dict[str, Any] = json.loads(re.sub(r"\$\{[^}]*\}", "token", text))
    return found


def broken(definition: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Definitions with a mistake each that Step Functions refuses."""

    def copied(state: str, **fields: Any) -> dict[str, Any]:
        mutant = copy.deepcopy(definition)
        mutant["States"][state].update(fields)
        return mutant

    yield "a state that is not there", copied("Preprocess", Next="Nowhere")
    yield "an unknown type", copied("Preprocess", Type="Job")
    yield "no more than one way on", copied("Preprocess", End=True)
    yield "a number as text", copied("TrainModel", TimeoutSeconds="1")
    yield "a field of another type of state", copied("ModelRejected", Resource="arn:aws:x")
    yield "no such start", {**definition, "StartAt": "Nowhere"}


def statelint(definition: dict[str, Any]) -> list[str]:
    """Check as statelint does, which knows the language as it was before variables.

    Variables become places in the input, BackoffRate may be 2, not only 2.0, and a text in an
    intrinsic function may have several lines.
    """
    config = Config(ignored_problem_types={ProblemType.FLOAT})
    problems: list[str] = Linter.validate(without_variables(definition), config)
    return problems


def without_variables(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: without_variables(v) for k, v in value.items() if k != "Assign"}
    if isinstance(value, list):
        return [without_variables(item) for item in value]
    if isinstance(value, str):
        return re.sub(r"(?<![\w$.'])\$(?=[A-Za-z_])", "$.", value.replace("\n", " "))
    return value


def test_statelint_finds_nothing(deployed_definition: dict[str, Any]) -> None:
    assert statelint(deployed_definition) == []


def test_statelint_would_find_mistakes(deployed_definition: dict[str, Any]) -> None:
    unnoticed = [name for name, mutant in broken(deployed_definition) if not statelint(mutant)]

    assert unnoticed == []


@pytest.fixture(scope="module")
def asl_validator() -> list[str]:
    """Install asl-validator as locked, once; give its command line."""
    lock = (NODE_TOOLS / "package-lock.json").read_bytes()
    folder = PROJECT_ROOT / ".cache" / f"node-{hashlib.sha256(lock).hexdigest()[:16]}"
    node = find_node()
    assert node is not None
    program = folder / "node_modules" / "asl-validator" / "dist" / "bin" / "asl-validator.js"
    if not program.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(NODE_TOOLS / name, folder)
        npm = Path(npx_command(node)[-1]).with_name("npm-cli.js")
        subprocess.run(
            [str(node), str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=folder,
            check=True,
            capture_output=True,
            timeout=120,
        )
    return [str(node), str(program)]


def validated(command: list[str], definitions: list[dict[str, Any]], folder: Path) -> list[str]:
    """Check as asl-validator does; give its line for each definition."""
    arguments = []
    for number, definition in enumerate(definitions):
        path = folder / f"{number}.json"
        path.write_text(json.dumps(definition), "utf-8")
        arguments += ["--json-path", str(path)]
    completed = subprocess.run(
        [*command, *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    lines = (completed.stdout + completed.stderr).splitlines()
    return [line for line in lines if "State machine definition" in line]


def test_asl_validator_finds_nothing_and_would_find_mistakes(
    asl_validator: list[str], deployed_definition: dict[str, Any], tmp_path: Path
) -> None:
    mistakes = [mutant for _, mutant in broken(deployed_definition)]

    lines = validated(asl_validator, [deployed_definition, *mistakes], tmp_path)

    verdicts = [re.search(r"(\d+)\.json\" is (\w+)", line) for line in lines]
    found = {match[1]: match[2] for match in verdicts if match}
    assert found == {"0": "valid", **{str(n + 1): "invalid" for n in range(len(mistakes))}}
