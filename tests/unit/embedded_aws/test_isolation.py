"""Processes that run what was deployed do not see the project."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

from embedded_aws.isolation import isolated_environment

PROJECT = Path(__file__).parents[3]
CODE = """
import importlib.util
for name in ("recommender", "spark", "embedded_aws", "numpy", "of_the_zip", "of_the_folder"):
    print(name, importlib.util.find_spec(name) is not None)
"""


def found(*arguments: str, environment: dict[str, str]) -> dict[str, str]:
    done = subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(line.split() for line in done.stdout.splitlines())


def test_only_installed_packages_and_deployed_code_can_be_imported(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("of_the_zip.py", "")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "of_the_folder.py").write_text("")
    environment = dict(isolated_environment([tmp_path / "a.zip", folder]))

    assert found("-c", CODE, environment=environment) == {
        "recommender": "False",
        "spark": "False",
        "embedded_aws": "False",
        "numpy": "True",
        "of_the_zip": "True",
        "of_the_folder": "True",
    }


def test_nothing_of_the_callers_environment_is_handed_on(monkeypatch) -> None:
    for name in ("AWS_PROFILE", "SPARK_HOME", "PYTHONHASHSEED", "PYSPARK_SUBMIT_ARGS"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")

    environment = isolated_environment()

    assert not {"AWS_PROFILE", "SPARK_HOME", "PYTHONHASHSEED", "PYSPARK_SUBMIT_ARGS"} & set(
        environment
    )
    assert "/elsewhere" not in environment["PYTHONPATH"]
