"""The functions and what they are packed with."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from infra.bundling import LOCK_NAME
from infra.constructs.function_code import LAYERS_FOLDER
from tests.infrastructure.conftest import Template, resources_of

LAYERS = {
    "resolve_run": "contracts",
    "claim_run": "contracts",
    "preprocess": "preparation",
    "convert_recordio": "conversion",
    "evaluate": "evaluation",
}


@pytest.fixture
def functions(template: Template) -> dict[str, Any]:
    found = {
        function["Properties"]["Handler"].split(".")[1]: function["Properties"]
        for function in resources_of(template, "AWS::Lambda::Function").values()
    }
    assert set(found) >= {"resolve_run", "preprocess", "convert_recordio", "evaluate"}
    return found


def test_every_function_has_its_own_log_group_with_retention(
    template: Template, functions: dict[str, Any]
) -> None:
    groups = [function["LoggingConfig"]["LogGroup"]["Ref"] for function in functions.values()]

    assert len(set(groups)) == len(groups)
    for group in groups:
        assert template["Resources"][group]["Properties"]["RetentionInDays"] == 30


def test_every_function_has_the_house_defaults(functions: dict[str, Any]) -> None:
    for name, function in functions.items():
        assert function["Runtime"] == "python3.13", name
        assert function["Architectures"] == ["arm64"], name
        assert function["TracingConfig"] == {"Mode": "Active"}, name
        assert function["LoggingConfig"]["LogFormat"] == "JSON", name
        assert 0 < function["Timeout"] <= 900, name
        assert function["MemorySize"] >= 256, name
        assert {"DATA_BUCKET", "LOG_LEVEL"} <= set(function["Environment"]["Variables"]), name


def test_functions_have_no_other_variables_than_they_need(functions: dict[str, Any]) -> None:
    extra = {
        name: set(function["Environment"]["Variables"]) - {"DATA_BUCKET", "LOG_LEVEL", "STACK_NAME"}
        for name, function in functions.items()
    }

    assert extra.pop("preprocess") == {"MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"}
    assert extra.pop("resolve_run") == {"SPARK_MIN_ROWS"}
    assert not any(extra.values()), extra


def test_handlers_are_in_the_code(functions: dict[str, Any], code: Path) -> None:
    for function in functions.values():
        module, _, attribute = function["Handler"].rpartition(".")
        source = (code / f"{module.replace('.', '/')}.py").read_text("utf-8")
        assert f"def {attribute}(" in source


@pytest.fixture
def code(assembly: Path, functions: dict[str, Any]) -> Path:
    """Folder of the functions' code in the assembly; all functions share one archive."""
    (key,) = {function["Code"]["S3Key"] for function in functions.values()}
    assets = json.loads((assembly / "VideoRecommender.assets.json").read_text("utf-8"))
    return assembly / assets["files"][key.removesuffix(".zip")]["source"]["path"]


def test_code_is_the_functions_own_and_the_science(code: Path) -> None:
    files = [path.relative_to(code) for path in code.rglob("*") if path.is_file()]

    assert {path.parts[0] for path in files} == {"lambdas", "recommender"}
    assert {path.suffix for path in files} == {".py"}
    assert not (code / "lambdas" / "layers").exists()


def test_every_function_has_the_layer_that_it_needs(
    template: Template, functions: dict[str, Any]
) -> None:
    found = {}
    for name, function in functions.items():
        (layer,) = function["Layers"]
        properties = template["Resources"][layer["Ref"]]["Properties"]
        found[name] = properties["Description"].rpartition("/")[2]

    assert found == LAYERS
    assert {path.name for path in LAYERS_FOLDER.iterdir()} == set(LAYERS.values())


@pytest.mark.parametrize("name", LAYERS.values())
def test_lock_of_a_layer_is_hashed_complete_and_names_no_index(name: str) -> None:
    lock = (LAYERS_FOLDER / name / LOCK_NAME).read_text("utf-8")
    wanted = (LAYERS_FOLDER / name / "requirements.txt").read_text("utf-8").split()
    locked = pins(lock)

    assert {package.replace(".", "-") for package in wanted} <= set(locked)
    assert all("--hash=sha256:" in entry for entry in locked.values())
    assert "://" not in lock
    assert "index-url" not in lock


@pytest.mark.parametrize("name", LAYERS.values())
def test_layers_have_the_versions_that_the_tests_ran_with(name: str) -> None:
    """Pure packages only: numpy's newest version does not run on every Python we support."""
    project_lock = Path(__file__).resolve().parents[2] / "requirements" / "run.lock"
    tested = pins(project_lock.read_text("utf-8"))

    for package, entry in pins((LAYERS_FOLDER / name / LOCK_NAME).read_text("utf-8")).items():
        assert version(entry) in versions(tested, project_lock, package), package


def pins(lock: str) -> dict[str, str]:
    entries = re.split(r"\n(?=\S)", re.sub(r"^\s*#.*\n", "", lock, flags=re.MULTILINE))
    return {entry.partition("==")[0]: entry for entry in entries if "==" in entry}


def version(entry: str) -> str:
    return re.split(r"[\s;\\]", entry.partition("==")[2])[0]


def versions(tested: dict[str, str], lock: Path, package: str) -> set[str]:
    assert package in tested, f"{package} is not in {lock.name}"
    return set(
        re.findall(rf"^{re.escape(package)}==([^\s;\\]+)", lock.read_text("utf-8"), re.MULTILINE)
    )
