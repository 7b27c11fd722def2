"""The synthesized assembly, made once for all test processes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT_ROOT = Path(__file__).resolve().parents[2]


def synthesize(directory: Path) -> Path:
    """Run the CDK app the way a person without the CDK CLI does."""
    environment = {**os.environ, "CDK_OUTDIR": str(directory)}
    subprocess.run(
        [sys.executable, "app.py"], cwd=PROJECT_ROOT, env=environment, check=True, timeout=120
    )
    return directory


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthesize(tmp_path_factory.mktemp("assembly"))


@pytest.fixture(scope="session")
def definition_of_assembly(assembly: Path) -> str:
    template = json.loads((assembly / "VideoRecommender.template.json").read_text())
    machines = [
        resource
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::StepFunctions::StateMachine"
    ]
    return json.dumps(machines[0]["Properties"]["DefinitionString"])
