"""What tests of several tiers need."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is no bug.
settings.register_profile("project", deadline=None)
settings.load_profile("project")

PROJECT_ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give what the CDK app synthesizes, run the way a person without the CDK CLI runs it."""
    folder = tmp_path_factory.mktemp("assembly") / "cdk.out"
    synthesize(folder)
    return folder


def synthesize(folder: Path) -> None:
    """Write the assembly to a folder."""
    subprocess.run(
        [sys.executable, "app.py"],
        cwd=PROJECT_ROOT,
        env={**os.environ, "CDK_OUTDIR": str(folder)},
        check=True,
        capture_output=True,
        timeout=180,
    )


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name bytes by their length: their text may hold a time, and then test processes disagree."""
    return f"{len(val)}-bytes" if isinstance(val, bytes) else None
